'use strict';
// Runs the service against a development server: it greets a caller, and refuses the same token after its pod is deleted.

const assert = require('node:assert/strict');
const { spawn } = require('node:child_process');
const { once } = require('node:events');
const path = require('node:path');
const { DevServer, eventually } = require('../test/servers.js');

async function main() {
  const server = await DevServer.start();
  const env = { ...process.env, KUBECONFIG: server.kubeconfig, PORT: '0' };
  const service = spawn(process.execPath, [path.join(__dirname, 'service.js')], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  try {
    const [address] = await once(service.stdout, 'data');
    await server.createPod('app-0');
    const token = await server.token('app-0', 'greeter');
    const ask = () => fetch(address.toString().trim(), { headers: { authorization: `Bearer ${token}` } });

    const greeting = await ask();
    console.log(greeting.status, (await greeting.text()).trim());
    assert.equal(greeting.status, 200);

    await server.deletePod('app-0');
    await eventually(async () => (await ask()).status === 401, 'the token of a deleted pod is still accepted');
    const refused = await ask();
    console.log(refused.status, refused.headers.get('www-authenticate'));
  } finally {
    service.kill();
    await server.stop();
  }
}

main();
