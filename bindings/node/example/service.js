'use strict';
// A service that greets its callers. They prove who they are by a bound token for the audience "greeter".

const { Cluster, Verifier, setLogger } = require('boundtoken');
const { callerOf, fastify } = require('boundtoken/auth');
const createApp = require('fastify');

async function main() {
  setLogger(({ level, message }) => console.error(`${level}: ${message}`), { level: 'info' });
  // The cluster of the pod, or of the kubeconfig.
  const cluster = await Cluster.connect();
  const verifier = new Verifier({ issuers: [cluster], audiences: ['greeter'] });

  const app = createApp();
  app.addHook('onRequest', fastify(verifier));
  app.get('/', async (request) => {
    const { subject, pod } = callerOf(request);
    return `hello, ${subject} in the pod ${pod?.name}\n`;
  });
  console.log(await app.listen({ port: Number(process.env.PORT ?? 8080), host: '127.0.0.1' }));
}

main();
