'use strict';
// A service of gRPC that greets its callers, with a call and with a stream.

const { once } = require('node:events');
const grpc = require('@grpc/grpc-js');
const auth = require('../auth.js');

const serialize = (value) => Buffer.from(value);
const deserialize = (bytes) => bytes.toString();
const method = (path, stream) => ({
  path,
  requestStream: stream,
  responseStream: stream,
  requestSerialize: serialize,
  requestDeserialize: deserialize,
  responseSerialize: serialize,
  responseDeserialize: deserialize,
});
const service = { greet: method('/demo.Greeter/Greet', false), chat: method('/demo.Greeter/Chat', true) };

/** Runs with a client of a server that has these interceptors. `calls` has each call that reaches a method. */
async function withClient(interceptors, run) {
  const calls = [];
  const greeting = (call) => `hello, ${auth.callerOf(call)?.subject} ${call.metadata.get('authorization')}`;
  const methods = {
    greet(call, respond) {
      calls.push(call);
      respond(null, greeting(call));
    },
    chat(call) {
      calls.push(call);
      call.on('data', () => call.write(greeting(call))).on('end', () => call.end());
    },
  };
  const server = new grpc.Server({ interceptors });
  server.addService(service, methods);
  const bind = new Promise((resolve, reject) => {
    const done = (error, port) => (error ? reject(error) : resolve(port));
    server.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), done);
  });
  const Client = grpc.makeGenericClientConstructor(service, 'Greeter');
  const client = new Client(`127.0.0.1:${await bind}`, grpc.credentials.createInsecure());
  try {
    await run(client, calls);
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

/** Runs with a stream, and with a promise that the method is told of its end. */
function chatting(interceptors, token, run) {
  return withClient(interceptors, async (client, calls) => {
    const stream = client.chat(metadataOf(`Bearer ${token}`));
    const cancelled = (async () => {
      while (calls.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
      if (!calls[0].cancelled) await once(calls[0], 'cancelled');
    })();
    await run(stream, cancelled);
  });
}

module.exports = { chatting, metadataOf, withClient };
