'use strict';

const assert = require('node:assert/strict');
const { spawnSync } = require('node:child_process');
const { existsSync, readFileSync } = require('node:fs');
const { test } = require('node:test');
const { inspect } = require('node:util');
const boundtoken = require('..');
const { now, store, tokens, verifier } = require('./captured.js');
const { notTested } = require('./not-tested.js');

const token = tokens['pod-live'];
const POD = { kind: 'Pod', namespace: 'demo', name: 'live' };

test('the fast path for RS256 is on where the CPU has it', (context) => {
  const cpu = '/proc/cpuinfo';
  if (!existsSync(cpu)) {
    notTested(context, 'the fast path for RS256', 'run the tests on Linux');
    return;
  }
  const hasInstructions = readFileSync(cpu, 'utf8').includes('avx512ifma');
  const { fastRsaState, fastRsaKeys, fastRsaKeysRefused, fastRsaDisagreements } = verifier().statistics();
  assert.equal(fastRsaState === 'on', hasInstructions);
  assert.deepEqual([fastRsaKeys, fastRsaKeysRefused, fastRsaDisagreements], [hasInstructions ? 1 : 0, 0, 0]);
});

test('the environment turns the fast path for RS256 off', () => {
  const program = `console.log(require('./captured.js').verifier().statistics().fastRsaState)`;
  const env = { ...process.env, BOUNDTOKEN_FAST_RSA: 'off' };
  const run = spawnSync(process.execPath, ['-e', program], { cwd: __dirname, env });
  assert.equal(run.stdout.toString().trim(), 'turnedOff', run.stderr.toString());
});

test('a captured token is accepted, and refused when its pod is deleted', () => {
  const boundObjects = store();
  const trusting = verifier({ boundObjects });
  const caller = trusting.verifySync(token, { now });
  assert.equal(caller.subject, 'system:serviceaccount:demo:app');
  assert.equal(caller.confirmed, 'live');
  assert.deepEqual(caller.pod, { ...POD, uid: 'e5bf3f7d-fbca-403d-a58f-f50f44e8da63' });
  assert.equal(caller.expiresAt.toISOString(), '2026-11-24T13:11:18.000Z');
  assert.equal(trusting.verifySync(token, { now }), caller);

  boundObjects.delete(POD);
  assert.throws(() => trusting.verifySync(token, { now }), { code: 'pod_not_found', number: 521, httpStatus: 401 });
});

test('a refusal says why, and never shows the token', () => {
  const refused = verifier().decideSync(`${token}x`, { now });
  assert.equal(refused.accepted, false);
  assert.ok(refused.rejection instanceof boundtoken.TokenError);
  assert.ok(refused.rejection.message.endsWith(refused.rejection.remedy));
  assert.match(refused.rejection.challenge, /^Bearer error="invalid_token"/);
  assert.ok(!inspect(refused, { depth: 9, showHidden: true }).includes(token.slice(0, 20)));
});
