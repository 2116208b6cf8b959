'use strict';
// Runs in a project into which the package was installed: node installed.cjs FOLDER-OF-VECTORS

const assert = require('node:assert/strict');
const { readFileSync } = require('node:fs');
const path = require('node:path');
const boundtoken = require('boundtoken');

const read = (name) => readFileSync(path.join(process.argv[2], name), 'utf8');
const issuer = new boundtoken.TrustedIssuer(
  'https://kubernetes.default.svc.cluster.local',
  boundtoken.KeySet.fromJwks(read('jwks.json')),
  { boundObjects: boundtoken.ObjectStore.fromJson(JSON.parse(read('objects.json')).before) },
);
const verifier = new boundtoken.Verifier({ issuers: [issuer], audiences: ['vault'] });
const token = JSON.parse(read('tokens.json'))['pod-live'];
assert.equal(verifier.verifySync(token, { now: 1_795_522_300 }).subject, 'system:serviceaccount:demo:app');
assert.ok(require.resolve('boundtoken').includes('node_modules'));
console.log(`CommonJS: boundtoken ${boundtoken.version}, Node.js ${process.version}`);
