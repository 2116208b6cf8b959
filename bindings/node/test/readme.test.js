'use strict';
// The programs of the README: each is read by Node.js, imports what there is, and the one without a cluster runs.

const assert = require('node:assert/strict');
const { spawnSync } = require('node:child_process');
const { readFileSync } = require('node:fs');
const path = require('node:path');
const { test } = require('node:test');
const { jwks, now, objects, tokens } = require('./captured.js');

const readme = readFileSync(path.join(__dirname, '..', 'README.md'), 'utf8');
const programs = [...readme.matchAll(/```js\n(.*?)```/gs)].map(([, program]) => program);

/** Runs Node.js in the folder of the package, where its own name is known. */
function node(source, ...options) {
  const cwd = path.join(__dirname, '..');
  return spawnSync(process.execPath, [...options, '--input-type=module', '-'], { cwd, input: source, encoding: 'utf8' });
}

test('each program is one, and imports what there is', () => {
  assert.ok(programs.length >= 4);
  for (const program of programs) {
    const run = node(program, '--check');
    assert.equal(run.status, 0, run.stderr);
    for (const [line, names, from] of program.matchAll(/import \{ (.*) \} from '(boundtoken.*)';/g)) {
      const there = require(from === 'boundtoken' ? '..' : '../auth.js');
      for (const name of names.split(', ')) assert.ok(name in there, line);
    }
  }
});

test('the program without a cluster runs', () => {
  const program = programs.find((source) => source.includes('new KeyStore'));
  const given = `const [jwks, token] = ${JSON.stringify([jwks, tokens['pod-live']])};`;
  const atThatTime = program
    .replace('verifier.verify(token)', `verifier.verify(token, { now: ${now} })`)
    .replace('new ObjectStore()', `ObjectStore.fromJson(${JSON.stringify(objects.before)})`);
  const run = node(`${given}\n${atThatTime}\nconsole.log(caller.subject, caller.pod.name, caller.expiresAt.getTime());`);
  assert.equal(run.stderr, '');
  assert.equal(run.stdout, 'system:serviceaccount:demo:app live 1795525878000\n');
});
