'use strict';
// The row of Node.js in `make bench-bindings`: see benches/bindings/run.sh. The argument is the folder of a demo.

const { readFileSync } = require('node:fs');
const path = require('node:path');
const { createInterface } = require('node:readline');
const { KeySet, ObjectStore, TrustedIssuer, Verifier } = require('..');

const read = (name) => readFileSync(path.join(process.argv[2], name), 'utf8').trim();

function verifier(cachedTokens) {
  const boundObjects = ObjectStore.fromJson(read('objects.json'));
  const issuer = new TrustedIssuer(read('issuer'), KeySet.fromJwks(read('jwks.json')), { boundObjects });
  return new Verifier({ issuers: [issuer], audiences: [read('audience')], cachedTokens });
}

const token = read('token');
const verifiers = { again: verifier(10_000), first: verifier(0) };

/** Verifies the token so often. Returns the nanoseconds, and how many letters the subjects had. */
function measure(used, count) {
  let letters = 0;
  const start = process.hrtime.bigint();
  for (let turn = 0; turn < count; turn += 1) letters += used.verifySync(token).subject.length;
  return { nanoseconds: Number(process.hrtime.bigint() - start), letters };
}

createInterface({ input: process.stdin }).on('line', (line) => {
  const [name, given] = line.split(' ');
  const count = Number(given);
  const answer = name in verifiers ? { language: 'Node.js', case: name, count, ...measure(verifiers[name], count) } : {};
  console.log(JSON.stringify(answer));
});
