'use strict';
// A real API server, of the folder that BOUNDTOKEN_CLUSTER names: `make test-cluster`.

const assert = require('node:assert/strict');
const { once } = require('node:events');
const { test } = require('node:test');
const boundtoken = require('..');
const { RealServer, eventually } = require('./servers.js');

test('verdicts are those of the API server', async () => {
  const server = await RealServer.start(process.env.BOUNDTOKEN_CLUSTER);
  let cluster;
  try {
    cluster = await boundtoken.Cluster.connect({ kubeconfig: server.kubeconfig });
    const verifier = new boundtoken.Verifier({ issuers: [cluster], audiences: ['vault'] });
    await server.createPod('app-0');
    const token = await server.token('app-0');
    const caller = await verifier.verify(token);

    const reviewed = async () => {
      const review = { spec: { token, audiences: ['vault'] } };
      return (await server.call('POST', '/apis/authentication.k8s.io/v1/tokenreviews', review)).status;
    };
    const { authenticated, user, audiences } = await reviewed();
    assert.equal(authenticated, true);
    assert.deepEqual([caller.userInfo, caller.matchedAudiences, caller.confirmed], [user, audiences, 'live']);

    const revoked = verifier.untilRevoked(caller);
    await server.deletePod('app-0');
    if (!revoked.aborted) await once(revoked, 'abort');
    assert.equal(revoked.reason.code, 'pod_not_found');
    assert.equal((await verifier.decide(token)).rejection.code, 'pod_not_found');
    // The API server remembers its own answer for ten seconds.
    await eventually(async () => !(await reviewed()).authenticated, 'the API server accepts it still');
  } finally {
    cluster?.close();
    await server.stop();
  }
});
