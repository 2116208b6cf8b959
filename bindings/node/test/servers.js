'use strict';
// Servers with the service account demo/app: the development server, which stands in for a cluster, and a real API server.

const { spawn } = require('node:child_process');
const { generateKeyPairSync } = require('node:crypto');
const { once } = require('node:events');
const { existsSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } = require('node:fs');
const https = require('node:https');
const net = require('node:net');
const os = require('node:os');
const path = require('node:path');
const rust = require('./rust.js');

/** The path of the program `boundtoken`, which is built if need be. Undefined without cargo. */
function program() {
  if (process.env.BOUNDTOKEN) return process.env.BOUNDTOKEN;
  const output = rust.runCargo('build', '--quiet', '-p', 'boundtoken-cli', '--message-format=json-render-diagnostics');
  const messages = output?.split('\n').filter((line) => line.startsWith('{')).map((line) => JSON.parse(line));
  return messages?.find(({ executable }) => executable)?.executable;
}

/** A server whose API is called as an administrator. */
class Server {
  folder = mkdtempSync(path.join(os.tmpdir(), 'boundtoken-'));
  kubeconfig = path.join(this.folder, 'kubeconfig');
  processes = [];

  /** Starts a program that ends with the server. */
  start(command, options, stdio) {
    this.processes.unshift(spawn(command, options, { stdio }));
    return this.processes[0];
  }

  async createAccount() {
    await this.call('POST', '/api/v1/namespaces', { metadata: { name: 'demo' } });
    await this.call('POST', '/api/v1/namespaces/demo/serviceaccounts', { metadata: { name: 'app' } });
  }

  async call(method, where, body) {
    const headers = { authorization: `Bearer ${this.admin}`, 'content-type': 'application/json' };
    const request = https.request(this.url + where, { method, headers, ca: this.ca, agent: false });
    request.end(body && JSON.stringify(body));
    const [response] = await once(request, 'response');
    const parts = await response.toArray();
    const text = Buffer.concat(parts).toString();
    if (response.statusCode >= 300) throw new Error(`${method} ${where}: ${response.statusCode} ${text}`);
    return text.startsWith('{') ? JSON.parse(text) : text;
  }

  createPod(name) {
    const spec = { serviceAccountName: 'app', containers: [{ name: 'app', image: 'registry.example.com/app' }] };
    return this.call('POST', '/api/v1/namespaces/demo/pods', { metadata: { name }, spec });
  }

  deletePod(name) {
    return this.call('DELETE', `/api/v1/namespaces/demo/pods/${name}?gracePeriodSeconds=0`);
  }

  /** A new token for the audience, bound to the pod. */
  async token(pod, audience = 'vault') {
    const boundObjectRef = pod && { kind: 'Pod', apiVersion: 'v1', name: pod };
    const spec = { audiences: [audience], boundObjectRef };
    const answer = await this.call('POST', '/api/v1/namespaces/demo/serviceaccounts/app/token', { spec });
    return answer.status.token;
  }

  async stop() {
    for (const running of this.processes) {
      if (running.exitCode !== null || running.signalCode !== null) continue;
      running.kill('SIGTERM');
      await once(running, 'exit');
    }
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** A development server. */
class DevServer extends Server {
  static async start(...options) {
    const found = program();
    if (found === undefined) return undefined;
    const server = new DevServer();
    const flags = ['dev-server', '--quiet', '-o', 'json', '--port', '0', '--kubeconfig', server.kubeconfig, ...options];
    const started = server.start(found, flags, ['ignore', 'pipe', 'inherit']);
    await once(started.stdout, 'data');
    const line = (name) => new RegExp(`${name}: (.*)`).exec(readFileSync(server.kubeconfig, 'utf8'))[1].trim();
    server.url = line('server');
    server.admin = line('token');
    server.ca = Buffer.from(line('certificate-authority-data'), 'base64').toString();
    await server.createAccount();
    return server;
  }
}

async function freePorts(count) {
  const listening = Array.from({ length: count }, () => net.createServer().listen(0, '127.0.0.1'));
  await Promise.all(listening.map((each) => once(each, 'listening')));
  const ports = listening.map((each) => each.address().port);
  await Promise.all(listening.map((each) => new Promise((closed) => each.close(closed))));
  return ports;
}

const ISSUER = 'https://kubernetes.default.svc.cluster.local';

/** A kube-apiserver with its etcd, of a folder that `make test-cluster` fills. */
class RealServer extends Server {
  static async start(programs) {
    const server = new RealServer();
    const { folder } = server;
    const run = (name, ...options) => {
      const log = openSync(path.join(folder, `${name}.log`), 'w');
      server.start(path.join(programs, name), options, ['ignore', log, log]);
    };
    const [client, port, peer] = await freePorts(3);
    const [clients, peers] = [client, peer].map((each) => `http://127.0.0.1:${each}`);
    run(
      'etcd', '--name=test', '--unsafe-no-fsync', `--data-dir=${folder}/etcd`, `--listen-client-urls=${clients}`,
      `--advertise-client-urls=${clients}`, `--listen-peer-urls=${peers}`, `--initial-advertise-peer-urls=${peers}`,
      `--initial-cluster=test=${peers}`,
    );
    server.admin = 'admin-token';
    writeFileSync(path.join(folder, 'tokens.csv'), `${server.admin},admin,admin,system:masters\n`);
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
    const key = path.join(folder, 'key.pem');
    writeFileSync(key, privateKey.export({ type: 'sec1', format: 'pem' }));
    run(
      'kube-apiserver', `--etcd-servers=${clients}`, '--bind-address=127.0.0.1', '--advertise-address=127.0.0.1',
      `--secure-port=${port}`, `--cert-dir=${folder}/certificates`, '--service-cluster-ip-range=10.96.0.0/16',
      '--endpoint-reconciler-type=none', `--service-account-signing-key-file=${key}`, `--service-account-key-file=${key}`,
      `--service-account-issuer=${ISSUER}`, `--api-audiences=${ISSUER}`, '--authorization-mode=RBAC',
      '--disable-admission-plugins=ServiceAccount', `--token-auth-file=${folder}/tokens.csv`,
    );
    server.url = `https://127.0.0.1:${port}`;
    const certificate = path.join(folder, 'certificates', 'apiserver.crt');
    const isReady = async () => {
      if (!existsSync(certificate)) return false;
      server.ca = readFileSync(certificate, 'utf8');
      return server.call('GET', '/readyz').then(() => true, () => false);
    };
    await eventually(isReady, `the API server does not start: ${folder}`);
    await server.createAccount();
    const authority = Buffer.from(server.ca).toString('base64');
    const parts = {
      clusters: { cluster: { server: server.url, 'certificate-authority-data': authority } },
      users: { user: { token: server.admin } },
      contexts: { context: { cluster: 'test', user: 'test' } },
    };
    const lists = Object.entries(parts).map(([name, part]) => [name, [{ name: 'test', ...part }]]);
    const kubeconfig = { apiVersion: 'v1', kind: 'Config', 'current-context': 'test', ...Object.fromEntries(lists) };
    writeFileSync(server.kubeconfig, JSON.stringify(kubeconfig));
    return server;
  }
}

/** Waits until something is so. Nothing here takes long, but the machine may be busy. */
async function eventually(holds, what) {
  const end = Date.now() + 60_000;
  while (!(await holds())) {
    if (Date.now() > end) throw new Error(what);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

module.exports = { DevServer, RealServer, eventually };
