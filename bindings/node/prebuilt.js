'use strict';
// Copies the library that cargo has built into a package: node prebuilt.js FOLDER [PREBUILT]

const { copyFileSync, renameSync } = require('node:fs');
const path = require('node:path');
const { libraryName } = require('./lib/platform.js');

const built = { darwin: 'libboundtoken_node.dylib', win32: 'boundtoken_node.dll' }[process.platform] ?? 'libboundtoken_node.so';
const [, , folder, prebuilt = path.join(__dirname, 'prebuilt')] = process.argv;
const target = path.join(prebuilt, libraryName());
// A program that has the old one loaded keeps it.
copyFileSync(path.join(folder, built), `${target}.new`);
renameSync(`${target}.new`, target);
