'use strict';
// What outlives a request ends with its caller, against a development server.

const assert = require('node:assert/strict');
const { once } = require('node:events');
const http = require('node:http');
const { after, before, test } = require('node:test');
const grpc = require('@grpc/grpc-js');
const boundtoken = require('..');
const auth = require('../auth.js');
const { chatting } = require('./greeter.js');
const { notTested } = require('./not-tested.js');
const { DevServer } = require('./servers.js');

let server;
let verifier;
let cluster;
before(async () => {
  server = await DevServer.start();
  if (server === undefined) return;
  cluster = await boundtoken.Cluster.connect({ kubeconfig: server.kubeconfig, deadlineSeconds: 30 });
  verifier = new boundtoken.Verifier({ issuers: [cluster], audiences: ['vault'] });
});
after(async () => {
  cluster?.close();
  await server?.stop();
});

/** A test with a pod, its token, and a function that deletes the pod. */
function podTest(name, run) {
  test(name, async (context) => {
    if (server === undefined) {
      notTested(context, 'callers who are no longer good, from Node.js', 'install Rust');
      return;
    }
    const pod = name.replaceAll(/[^a-z]+/g, '-').slice(0, 40).replace(/-$/, '');
    await server.createPod(pod);
    await run(await server.token(pod), () => server.deletePod(pod));
  });
}

/** The reason of a signal that is aborted soon. */
async function reasonOf(signal) {
  if (!signal.aborted) await once(signal, 'abort');
  return signal.reason;
}

podTest('a signal is aborted when the pod is deleted', async (token, deletePod) => {
  const caller = await verifier.verify(token);
  const [first, second] = [verifier.untilRevoked(caller), verifier.untilRevoked(caller)];
  const stop = new AbortController();
  const stopped = verifier.untilRevoked(caller, { signal: stop.signal });
  stop.abort();
  assert.equal(verifier.untilRevoked(caller, { signal: AbortSignal.abort() }).aborted, false);
  assert.equal(first.aborted, false);
  await deletePod();
  for (const signal of [first, second]) {
    const reason = await reasonOf(signal);
    assert.ok(reason instanceof boundtoken.BoundObjectsError);
    assert.equal(reason.code, 'pod_not_found');
  }
  assert.equal(stopped.aborted, false);
  // It is gone already.
  assert.equal((await reasonOf(verifier.untilRevoked(caller))).code, 'pod_not_found');
  assert.throws(() => verifier.untilRevoked({}), TypeError);
  assert.throws(() => verifier.untilRevoked(caller, { sigal: stop.signal }), TypeError);
});

podTest('a long answer ends', async (token, deletePod) => {
  const handler = async (request, response) => {
    response.write('begun');
    assert.equal(auth.untilRevoked(request), auth.untilRevoked(request));
    response.end(` ${(await reasonOf(auth.untilRevoked(request))).code}`);
  };
  const service = http.createServer(auth.protect(verifier, handler)).listen(0);
  const request = http.get({ port: service.address().port, headers: { authorization: `Bearer ${token}` }, agent: false });
  const [response] = await once(request, 'response');
  const parts = response[Symbol.asyncIterator]();
  assert.equal((await parts.next()).value.toString(), 'begun');
  await deletePod();
  assert.equal((await parts.next()).value.toString(), ' pod_not_found');
  service.close();
});

podTest('a stream of grpc ends although it is silent', async (token, deletePod) => {
  const interceptors = [auth.grpcInterceptor(grpc, verifier)];
  await chatting(interceptors, token, async (stream, cancelled) => {
    stream.write('x');
    assert.match(String(await once(stream, 'data')), /^hello, system:serviceaccount:demo:app/);
    // The stream may end before the server has answered to the deletion.
    const [[error]] = await Promise.all([once(stream, 'error'), deletePod()]);
    assert.equal(error.code, grpc.status.UNAUTHENTICATED);
    assert.ok(!error.details.includes(token.slice(0, 20)));
    await cancelled;
  });
});

podTest('who waits keeps neither a program nor a worker running', async (token) => {
  const source = `
    const boundtoken = require(${JSON.stringify(require.resolve('..'))});
    (async () => {
      const cluster = await boundtoken.Cluster.connect({ kubeconfig: process.env.KUBECONFIG });
      const verifier = new boundtoken.Verifier({ issuers: [cluster], audiences: ['vault'] });
      const caller = await verifier.verify(process.env.TOKEN);
      globalThis.kept = Array.from({ length: 50 }, () => verifier.untilRevoked(caller));
    })();`;
  const env = { ...process.env, KUBECONFIG: server.kubeconfig, TOKEN: token };
  const { spawn } = require('node:child_process');
  const child = spawn(process.execPath, ['-e', source], { env, stdio: ['ignore', 'inherit', 'inherit'] });
  const timer = setTimeout(() => child.kill('SIGKILL'), 60_000);
  assert.deepEqual(await once(child, 'exit'), [0, null]);
  clearTimeout(timer);
  const { Worker } = require('node:worker_threads');
  const worker = new Worker(source, { eval: true, env });
  assert.deepEqual(await once(worker, 'exit'), [0]);
});
