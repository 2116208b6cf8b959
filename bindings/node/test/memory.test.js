'use strict';
// Memory is stable. BOUNDTOKEN_VERIFICATIONS says over how many verifications: 10 million in `make test-node-memory`.

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { now, store, tokens, verifier } = require('./captured.js');

const verifications = Number(process.env.BOUNDTOKEN_VERIFICATIONS ?? 200_000);
const ROUNDS = 10;

/** What the process takes once everything that can be freed is freed, in MiB. */
async function memory() {
  for (let round = 0; round < 3; round += 1) {
    globalThis.gc?.();
    await new Promise((resolve) => setImmediate(resolve));
  }
  return process.memoryUsage.rss() / 2 ** 20;
}

test(`memory is stable over ${verifications} verifications`, async (context) => {
  const token = tokens['pod-live'];
  const remembering = verifier({ boundObjects: store() });
  const forgetting = verifier({ boundObjects: store(), cachedTokens: 0 });
  let accepted = 0;
  const round = async () => {
    for (let one = 0; one < verifications / ROUNDS; one += 1) {
      // Most are seen again; some are refused, take a signature check, or are for other audiences.
      const kind = one % 1000;
      if (kind === 0) accepted += forgetting.decideSync(token, { now }).accepted ? 1 : 0;
      else if (kind === 1) accepted += (await forgetting.decide(token, { now })).accepted ? 1 : 0;
      else if (kind < 10) accepted += remembering.decideSync(`${token}x`, { now }).accepted ? 1 : 0;
      else if (kind < 20) accepted += remembering.decideSync(token, { now, audiences: ['vault'] }).accepted ? 1 : 0;
      else accepted += remembering.verifySync(token, { now }).subject.length > 0 ? 1 : 0;
    }
  };
  await round();
  await round();
  const before = await memory();
  for (let rest = 2; rest < ROUNDS; rest += 1) await round();
  const after = await memory();
  context.diagnostic(`${accepted} accepted, ${before.toFixed(1)} MiB, then ${after.toFixed(1)} MiB`);
  assert.ok(after - before < 24, `${before} MiB became ${after} MiB`);
});
