'use strict';

const assert = require('node:assert/strict');
const { once } = require('node:events');
const { test } = require('node:test');
const grpc = require('@grpc/grpc-js');
const auth = require('../auth.js');
const { now, store, tokens, verifier } = require('./captured.js');

const token = tokens['pod-live'];

const text = { serialize: (value) => Buffer.from(value), deserialize: (bytes) => bytes.toString() };
const method = (path, stream) => ({
  path,
  requestStream: stream,
  responseStream: stream,
  requestSerialize: text.serialize,
  requestDeserialize: text.deserialize,
  responseSerialize: text.serialize,
  responseDeserialize: text.deserialize,
});
const service = { greet: method('/demo.Greeter/Greet', false), chat: method('/demo.Greeter/Chat', true) };

let called = 0;
const greeting = (call) => {
  called += 1;
  return `hello, ${auth.callerOf(call)?.subject} ${call.metadata.get('authorization')}`;
};
const methods = {
  greet: (call, respond) => respond(null, greeting(call)),
  chat: (call) => call.on('data', () => call.write(greeting(call))).on('end', () => call.end()),
};

/** Runs with a client of a server that lets calls pass by these options. */
async function withClient({ bound = { boundObjects: store() }, ...options }, run) {
  const inner = verifier(bound);
  const captured = { verify: (given, how) => inner.verify(given, { ...how, now }) };
  const server = new grpc.Server({ interceptors: [auth.grpcInterceptor(grpc, captured, options)] });
  server.addService(service, methods);
  const bind = new Promise((resolve, reject) => {
    const done = (error, port) => (error ? reject(error) : resolve(port));
    server.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), done);
  });
  const Client = grpc.makeGenericClientConstructor(service, 'Greeter');
  const client = new Client(`127.0.0.1:${await bind}`, grpc.credentials.createInsecure());
  try {
    await run(client);
  } finally {
    client.close();
    server.forceShutdown();
  }
}

function metadataOf(...values) {
  const metadata = new grpc.Metadata();
  values.forEach((value) => metadata.add('authorization', value));
  return metadata;
}

const greet = (client, metadata) =>
  new Promise((resolve) => {
    client.greet('x', metadata, (error, answer) => resolve(error ? { code: error.code, details: error.details } : answer));
  });

test('only authenticated calls reach a method', () =>
  withClient({}, async (client) => {
    assert.equal(await greet(client, metadataOf(`Bearer ${token}`)), 'hello, system:serviceaccount:demo:app ');
    const before = called;
    const { UNAUTHENTICATED } = grpc.status;
    const details = 'the request has no token';
    assert.deepEqual(await greet(client, metadataOf()), { code: UNAUTHENTICATED, details });
    const bad = await greet(client, metadataOf(`Bearer ${token}x`));
    assert.equal(bad.code, UNAUTHENTICATED);
    assert.ok(!bad.details.includes(token.slice(0, 20)));
    assert.equal(called, before);
  }));

test('streams, too', () =>
  withClient({}, async (client) => {
    const good = client.chat(metadataOf(`Bearer ${token}`));
    good.write('x');
    assert.deepEqual(await once(good, 'data'), ['hello, system:serviceaccount:demo:app ']);
    good.end();
    const before = called;
    const bad = client.chat(metadataOf());
    bad.write('x');
    const [error] = await once(bad, 'error');
    assert.equal(error.code, grpc.status.UNAUTHENTICATED);
    assert.equal(called, before);
  }));

test('policies and outages', async () => {
  const metadata = metadataOf(`Bearer ${token}`);
  await withClient({ policy: auth.allow.namespaces('other') }, async (client) =>
    assert.equal((await greet(client, metadata)).code, grpc.status.PERMISSION_DENIED),
  );
  await withClient({ bound: { boundObjects: async () => 'unavailable' } }, async (client) =>
    assert.equal((await greet(client, metadata)).code, grpc.status.UNAVAILABLE),
  );
});
