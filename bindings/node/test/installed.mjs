// Runs in a project into which the package was installed: node installed.mjs FOLDER-OF-VECTORS

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import * as boundtoken from 'boundtoken';
import { KeySet, RejectedError, TrustedIssuer, Verifier, version } from 'boundtoken';

const read = (name) => readFileSync(path.join(process.argv[2], name), 'utf8');
const issuer = new TrustedIssuer('https://kubernetes.default.svc.cluster.local', KeySet.fromJwks(read('jwks.json')));
const verifier = new Verifier({ issuers: [issuer], audiences: ['vault'] });
const token = JSON.parse(read('tokens.json'))['pod-live'];
assert.equal((await verifier.verify(token, { now: 1_795_522_300 })).namespace, 'demo');
await assert.rejects(verifier.verify(token, { now: 1 }), RejectedError);

const auth = await import('boundtoken/auth');
assert.deepEqual(Object.keys(auth).sort(), Object.keys(createRequire(import.meta.url)('boundtoken/auth')).sort());

// Both ways give the same classes, and nothing is missing.
const common = createRequire(import.meta.url)('boundtoken');
assert.deepEqual(Object.keys(boundtoken).sort(), Object.keys(common).sort());
assert.equal(boundtoken.RejectedError, common.RejectedError);
console.log(`ESM: boundtoken ${version}, Node.js ${process.version}`);
