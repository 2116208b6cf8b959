'use strict';
// What a verification costs in Node.js, beside fast-jwt and jsonwebtoken, in one run: node benches/figures.js
//
// Each is measured in turn, in short slices. The shortest slice counts, so that other programs on the machine disturb less.

const { createPublicKey } = require('node:crypto');
const { createVerifier } = require('fast-jwt');
const jsonwebtoken = require('jsonwebtoken');
const { ISSUER, jwks, now, store, tokens, verifier } = require('../test/captured.js');

const SLICES = Number(process.env.SLICES ?? 400);

const token = tokens['pod-live'];
const { kid } = JSON.parse(Buffer.from(token.split('.')[0], 'base64url'));
const jwk = JSON.parse(jwks).keys.find((key) => key.kid === kid);
const key = createPublicKey({ key: jwk, format: 'jwk' });
const pem = key.export({ type: 'spki', format: 'pem' });

const remembering = verifier({ boundObjects: store() });
const forgetting = verifier({ boundObjects: store(), cachedTokens: 0 });
const fast = { key: pem, algorithms: ['RS256'], allowedIss: ISSUER, allowedAud: 'vault', clockTimestamp: now * 1000 };
const fastFirst = createVerifier(fast);
const fastAgain = createVerifier({ ...fast, cache: true });
const slow = { algorithms: ['RS256'], issuer: ISSUER, audience: 'vault', clockTimestamp: now };

let letters = 0;
const rows = {
  'seen again, boundtoken': [2000, () => (letters += remembering.verifySync(token, { now }).subject.length)],
  'seen again, fast-jwt with its cache': [2000, () => (letters += fastAgain(token).sub.length)],
  'first RS256, boundtoken': [20, () => (letters += forgetting.verifySync(token, { now }).subject.length)],
  'first RS256, fast-jwt': [20, () => (letters += fastFirst(token).sub.length)],
  'first RS256, jsonwebtoken': [20, () => (letters += jsonwebtoken.verify(token, key, slow).sub.length)],
};

const best = {};
for (let slice = 0; slice < SLICES; slice += 1) {
  for (const [name, [times, run]] of Object.entries(rows)) {
    const start = process.hrtime.bigint();
    for (let time = 0; time < times; time += 1) run();
    best[name] = Math.min(best[name] ?? Infinity, Number(process.hrtime.bigint() - start) / times);
  }
}
for (const [name, nanoseconds] of Object.entries(best)) {
  const ours = best[name.startsWith('seen') ? 'seen again, boundtoken' : 'first RS256, boundtoken'];
  console.log(`${name.padEnd(38)} ${nanoseconds.toFixed(0).padStart(8)} ns  ${(nanoseconds / ours).toFixed(2)} x`);
}
