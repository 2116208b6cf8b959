'use strict';
// The development server, which stands in for a cluster.

const { spawn } = require('node:child_process');
const { once } = require('node:events');
const { mkdtempSync, readFileSync, rmSync } = require('node:fs');
const https = require('node:https');
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

/** A development server with the service account demo/app. */
class DevServer {
  static async start(...options) {
    const found = program();
    if (found === undefined) return undefined;
    const server = new DevServer();
    server.folder = mkdtempSync(path.join(os.tmpdir(), 'boundtoken-'));
    server.kubeconfig = path.join(server.folder, 'kubeconfig');
    const command = ['dev-server', '--quiet', '-o', 'json', '--port', '0', '--kubeconfig', server.kubeconfig, ...options];
    server.process = spawn(found, command, { stdio: ['ignore', 'pipe', 'inherit'] });
    await once(server.process.stdout, 'data');
    const line = (name) => new RegExp(`${name}: (.*)`).exec(readFileSync(server.kubeconfig, 'utf8'))[1].trim();
    server.url = line('server');
    server.admin = line('token');
    server.ca = Buffer.from(line('certificate-authority-data'), 'base64').toString();
    await server.call('POST', '/api/v1/namespaces', { metadata: { name: 'demo' } });
    await server.call('POST', '/api/v1/namespaces/demo/serviceaccounts', { metadata: { name: 'app' } });
    return server;
  }

  async call(method, where, body) {
    const headers = { authorization: `Bearer ${this.admin}`, 'content-type': 'application/json' };
    const request = https.request(this.url + where, { method, headers, ca: this.ca, agent: false });
    request.end(body && JSON.stringify(body));
    const [response] = await once(request, 'response');
    const parts = await response.toArray();
    const text = Buffer.concat(parts).toString();
    if (response.statusCode >= 300) throw new Error(`${method} ${where}: ${response.statusCode} ${text}`);
    return JSON.parse(text);
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
    if (this.process.exitCode === null && this.process.signalCode === null) {
      this.process.kill('SIGTERM');
      await once(this.process, 'exit');
    }
    rmSync(this.folder, { recursive: true, force: true });
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

module.exports = { DevServer, eventually };
