'use strict';
// Clusters, against a development server.

const assert = require('node:assert/strict');
const { spawn } = require('node:child_process');
const { once } = require('node:events');
const net = require('node:net');
const path = require('node:path');
const { after, before, test } = require('node:test');
const { inspect } = require('node:util');
const { Worker } = require('node:worker_threads');
const boundtoken = require('..');
const { notTested } = require('./not-tested.js');
const { DevServer, eventually } = require('./servers.js');

let server;
before(async () => {
  server = await DevServer.start();
  await server?.createPod('app-0');
});
after(() => server?.stop());

/** A test that needs the server. */
function clusterTest(name, run) {
  test(name, async (context) => {
    if (server === undefined) notTested(context, 'clusters from Node.js', 'install Rust');
    else await run(context);
  });
}

const connect = (options) => boundtoken.Cluster.connect({ kubeconfig: server.kubeconfig, deadlineSeconds: 30, ...options });
const verifierOf = (cluster) => new boundtoken.Verifier({ issuers: [cluster], audiences: ['vault'] });

clusterTest('a token is refused soon after its pod is deleted', async () => {
  await server.createPod('short-lived');
  const token = await server.token('short-lived');
  const cluster = await connect();
  const verifier = verifierOf(cluster);
  const caller = await verifier.verify(token);
  assert.equal(caller.confirmed, 'live');
  assert.equal(caller.issuerLabel, cluster.issuer);
  await server.deletePod('short-lived');
  await eventually(() => verifier.decideSync(token).rejection?.code === 'pod_not_found', 'the deletion is not noticed');
  await assert.rejects(verifier.verify(token), boundtoken.BoundObjectsError);
  cluster.close();
});

clusterTest('a pod that was created a moment ago is asked for', async () => {
  const cluster = await connect();
  const verifier = verifierOf(cluster);
  for (let round = 0; round < 5; round += 1) {
    await server.createPod(`fresh-${round}`);
    const caller = await verifier.verify(await server.token(`fresh-${round}`));
    assert.equal(caller.pod.name, `fresh-${round}`);
  }
  cluster.close();
});

clusterTest('a cluster says how it is', async () => {
  const cluster = await connect({ label: 'blue', secrets: true, namespaces: ['demo'] });
  assert.equal(inspect(cluster), '<Cluster blue>');
  const status = cluster.status();
  assert.deepEqual([status.issuer, status.stale, status.keysWithdrawn], [cluster.issuer, false, false]);
  assert.equal(status.keyIds.length, 1);
  assert.ok(status.keysLoadedAt instanceof Date && !Number.isNaN(status.keysLoadedAt.getTime()));
  const pods = status.watches.find(({ kind }) => kind === 'Pod');
  assert.deepEqual([pods.namespace, pods.inStep], ['demo', true]);
  const metrics = boundtoken.prometheusText(verifierOf(cluster), [cluster]);
  assert.match(metrics, /^boundtoken_cluster_stale\{issuer="blue"\} 0$/m);
  assert.match(metrics, /^boundtoken_cluster_objects\{issuer="blue",kind="Pod",namespace="demo"\} \d+$/m);
  assert.match(metrics, /^boundtoken_tokens_refused_total\{family="claims"\} 0$/m);
  cluster.close();
  cluster.close();
  assert.equal(cluster.isStale, true);
  assert.throws(() => cluster.status(), boundtoken.ClosedError);
  assert.throws(() => verifierOf(cluster), boundtoken.ClosedError);
});

clusterTest('changes and the log are told when the connection is lost', async () => {
  const other = await DevServer.start();
  const lines = [];
  boundtoken.setLogger((line) => lines.push(line), { level: 'debug' });
  const cluster = await connect({ kubeconfig: other.kubeconfig });
  const changes = [];
  cluster.on('change', (change) => changes.push(change));
  await other.stop();
  await eventually(() => changes.some(({ change }) => change === 'lost'), 'no change');
  await eventually(() => lines.length > 0, 'no line');
  assert.ok(lines.every(({ target, message }) => target && message));
  boundtoken.setLogger(null);
  cluster.close();
});

clusterTest('what is wrong with a connection', async () => {
  await assert.rejects(connect({ kubeconfig: '/there/is/none' }), boundtoken.ConfigurationError);
  await assert.rejects(connect({ namespaces: [] }), boundtoken.ConfigurationError);
  await assert.rejects(connect({ namespaces: ['../x'] }), boundtoken.ConfigurationError);
  await assert.rejects(connect({ namespace: 'demo' }), /has no option namespace/);
  await assert.rejects(connect({ deadlineSeconds: 0 }), boundtoken.ConfigurationError);
});

clusterTest('an AbortSignal gives up connecting', async () => {
  // It accepts connections, and says nothing.
  const silent = net.createServer().listen(0, '127.0.0.1');
  await once(silent, 'listening');
  const { mkdtempSync, readFileSync, writeFileSync } = require('node:fs');
  const folder = mkdtempSync(path.join(require('node:os').tmpdir(), 'boundtoken-'));
  const text = readFileSync(server.kubeconfig, 'utf8').replaceAll(server.url, `https://127.0.0.1:${silent.address().port}`);
  writeFileSync(path.join(folder, 'kubeconfig'), text);
  const abort = new AbortController();
  const connecting = connect({ kubeconfig: path.join(folder, 'kubeconfig'), signal: abort.signal });
  setTimeout(() => abort.abort(), 50);
  await assert.rejects(connecting, { name: 'AbortError' });
  await assert.rejects(connect({ signal: AbortSignal.abort() }), { name: 'AbortError' });
  silent.close();
});

/** Runs a program with a connected cluster, which does not close it. */
async function runs(source) {
  const env = { ...process.env, KUBECONFIG: server.kubeconfig };
  const child = spawn(process.execPath, ['-e', source], { cwd: path.join(__dirname, '..'), env, stdio: ['ignore', 'pipe', 'inherit'] });
  const timer = setTimeout(() => child.kill('SIGKILL'), 60_000);
  const [output, [status]] = await Promise.all([child.stdout.toArray(), once(child, 'exit')]);
  clearTimeout(timer);
  return { output: Buffer.concat(output).toString(), status };
}

const CONNECTED = `
  const boundtoken = require('.');
  boundtoken.setLogger(() => {}, { level: 'debug' });
  boundtoken.Cluster.connect({ kubeconfig: process.env.KUBECONFIG }).then((cluster) => {
    globalThis.kept = new boundtoken.Verifier({ issuers: [cluster], audiences: ['vault'] });
    cluster.on('change', () => {});
    console.log('connected');`;

clusterTest('a process ends with a cluster connected', async () => {
  assert.deepEqual(await runs(`${CONNECTED} });`), { output: 'connected\n', status: 0 });
  assert.deepEqual(await runs(`${CONNECTED} process.exit(3); });`), { output: 'connected\n', status: 3 });
});

clusterTest('a worker ends with a cluster connected, or while it connects', async () => {
  const worker = `${CONNECTED} require('node:worker_threads').parentPort.postMessage('connected'); });`;
  for (let round = 0; round < 3; round += 1) {
    const env = { ...process.env, KUBECONFIG: server.kubeconfig };
    const cwd = JSON.stringify(path.join(__dirname, '..'));
    const source = worker.replace("require('.')", `require(${cwd})`);
    const running = new Worker(source, { eval: true, env, stdout: true });
    await once(running, 'message');
    await running.terminate();
    const started = new Worker(source, { eval: true, env, stdout: true });
    await once(started, 'online');
    await new Promise((resolve) => setTimeout(resolve, 5 * round));
    await started.terminate();
  }
});
