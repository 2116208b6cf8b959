'use strict';

const assert = require('node:assert/strict');
const { once } = require('node:events');
const { test } = require('node:test');
const grpc = require('@grpc/grpc-js');
const auth = require('../auth.js');
const { metadataOf, withClient } = require('./greeter.js');
const { now, store, tokens, verifier } = require('./captured.js');

const token = tokens['pod-live'];

/** Runs with a client of a server that lets calls pass by these options. */
function withServer({ bound = { boundObjects: store() }, again = () => undefined, ...options }, run) {
  const inner = verifier(bound);
  const captured = {
    verify: (given, how) => inner.verify(given, { ...how, now }),
    verifyAgain: (caller) => again(inner, caller),
    untilRevoked: () => new AbortController().signal,
  };
  return withClient([auth.grpcInterceptor(grpc, captured, options)], run);
}

const greet = (client, metadata) =>
  new Promise((resolve) => {
    client.greet('x', metadata, (error, answer) => resolve(error ? { code: error.code, details: error.details } : answer));
  });

test('only authenticated calls reach a method', () =>
  withServer({}, async (client, calls) => {
    assert.equal(await greet(client, metadataOf(`Bearer ${token}`)), 'hello, system:serviceaccount:demo:app ');
    const before = calls.length;
    const { UNAUTHENTICATED } = grpc.status;
    const details = 'the request has no token';
    assert.deepEqual(await greet(client, metadataOf()), { code: UNAUTHENTICATED, details });
    const bad = await greet(client, metadataOf(`Bearer ${token}x`));
    assert.equal(bad.code, UNAUTHENTICATED);
    assert.ok(!bad.details.includes(token.slice(0, 20)));
    assert.equal(calls.length, before);
  }));

test('streams, too', () =>
  withServer({}, async (client, calls) => {
    const good = client.chat(metadataOf(`Bearer ${token}`));
    good.write('x');
    assert.deepEqual(await once(good, 'data'), ['hello, system:serviceaccount:demo:app ']);
    good.end();
    const before = calls.length;
    const bad = client.chat(metadataOf());
    bad.write('x');
    const [error] = await once(bad, 'error');
    assert.equal(error.code, grpc.status.UNAUTHENTICATED);
    assert.equal(calls.length, before);
  }));

test('policies and outages', async () => {
  const metadata = metadataOf(`Bearer ${token}`);
  await withServer({ policy: auth.allow.namespaces('other') }, async (client) =>
    assert.equal((await greet(client, metadata)).code, grpc.status.PERMISSION_DENIED),
  );
  await withServer({ bound: { boundObjects: async () => 'unavailable' } }, async (client) =>
    assert.equal((await greet(client, metadata)).code, grpc.status.UNAVAILABLE),
  );
});

test('the caller of a stream is looked at again with every message', async () => {
  const boundObjects = store();
  const again = (inner, caller) => inner.verifyAgain(caller, { now });
  await withServer({ bound: { boundObjects }, again }, async (client) => {
    const stream = client.chat(metadataOf(`Bearer ${token}`));
    for (let message = 0; message < 3; message += 1) {
      stream.write('x');
      await once(stream, 'data');
    }
    boundObjects.delete({ kind: 'Pod', namespace: 'demo', name: 'live' });
    stream.write('x');
    const [error] = await once(stream, 'error');
    assert.equal(error.code, grpc.status.UNAUTHENTICATED);
  });
});

test('what cannot be known ends no stream', () => {
  const known = store();
  // A function is not asked again.
  const boundObjects = (reference) => known.lookUp(reference);
  const again = (inner, caller) => inner.verifyAgain(caller, { now });
  return withServer({ bound: { boundObjects }, again }, async (client) => {
    const stream = client.chat(metadataOf(`Bearer ${token}`));
    stream.write('x');
    assert.deepEqual(await once(stream, 'data'), ['hello, system:serviceaccount:demo:app ']);
    stream.end();
    await once(stream, 'end');
  });
});
