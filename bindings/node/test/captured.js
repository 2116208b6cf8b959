'use strict';
// Tokens, keys and objects of a real API server.

const { readFileSync } = require('node:fs');
const path = require('node:path');
const { KeySet, ObjectStore, TrustedIssuer, Verifier } = require('..');

const folder = path.join(__dirname, '..', '..', '..', 'tests', 'vectors', 'apiserver-rs256');
const read = (name) => readFileSync(path.join(folder, name), 'utf8');

const ISSUER = 'https://kubernetes.default.svc.cluster.local';
/** When the captured tokens are valid. */
const now = 1_795_522_300;
const jwks = read('jwks.json');
const tokens = JSON.parse(read('tokens.json'));
const objects = JSON.parse(read('objects.json'));

const store = (tag = 'before') => ObjectStore.fromJson(objects[tag]);

function verifier({ boundObjects, keys = KeySet.fromJwks(jwks), lookUpTimeoutSeconds, ...options } = {}) {
  const issuer = new TrustedIssuer(ISSUER, keys, { boundObjects, lookUpTimeoutSeconds });
  return new Verifier({ issuers: [issuer], audiences: ['vault'], ...options });
}

module.exports = { ISSUER, now, jwks, tokens, objects, store, verifier };
