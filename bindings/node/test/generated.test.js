'use strict';

const assert = require('node:assert/strict');
const { spawnSync } = require('node:child_process');
const path = require('node:path');
const { test } = require('node:test');

test('the enumerations are what bindings/abi.json says', () => {
  const run = spawnSync(process.execPath, [path.join(__dirname, '..', 'generate.js'), '--check']);
  assert.equal(run.status, 0, run.stderr.toString());
});
