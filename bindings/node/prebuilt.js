'use strict';
// Copies the library that cargo has built into the package: node prebuilt.js FOLDER

const { copyFileSync, renameSync } = require('node:fs');
const path = require('node:path');
const { libraryName } = require('./lib/platform.js');

const built = { darwin: 'libboundtoken_node.dylib', win32: 'boundtoken_node.dll' }[process.platform] ?? 'libboundtoken_node.so';
const target = path.join(__dirname, 'prebuilt', libraryName());
// A program that has the old one loaded keeps it.
copyFileSync(path.join(process.argv[2], built), `${target}.new`);
renameSync(`${target}.new`, target);
