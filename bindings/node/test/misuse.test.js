'use strict';
// Look-ups that fail, handles that are closed, keys that are replaced, slips in arguments.

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { inspect } = require('node:util');
const { Worker } = require('node:worker_threads');
const boundtoken = require('..');
const { ISSUER, jwks, now, objects, store, tokens, verifier } = require('./captured.js');

const token = tokens['pod-live'];

/** What is logged while `run` runs. */
async function logged(run) {
  const lines = [];
  boundtoken.setLogger((line) => lines.push(line));
  try {
    await run();
  } finally {
    boundtoken.setLogger(null);
  }
  return lines;
}

test('a look-up that throws, rejects, never settles or answers nonsense is unavailable, and is logged', async () => {
  const lookUps = {
    throws: () => {
      throw new Error('on purpose');
    },
    rejects: () => Promise.reject(new Error('on purpose')),
    'never settles': () => new Promise(() => undefined),
    'answers nothing': () => undefined,
    'answers nonsense': () => ({ name: 'no uid' }),
    'answers an unknown word': () => 'present',
  };
  for (const [what, boundObjects] of Object.entries(lookUps)) {
    const asking = verifier({ boundObjects, lookUpTimeoutSeconds: 0.05 });
    const lines = await logged(() => assert.rejects(asking.verify(token, { now }), { code: 'bound_object_unavailable', httpStatus: 503 }));
    assert.ok(lines.length > 0 && lines.every(({ level, error }) => level === 'error' && error instanceof Error), what);
    assert.ok(!inspect(lines, { depth: 9 }).includes(token.slice(0, 20)));
    const accepting = verifier({ boundObjects, lookUpTimeoutSeconds: 0.05, onUnavailable: 'accept' });
    await logged(async () => assert.equal((await accepting.verify(token, { now })).confirmed, 'unavailable'));
  }
});

test('an AbortSignal gives up waiting for a look-up', async () => {
  let asked = 0;
  const boundObjects = () => {
    asked += 1;
    return new Promise(() => undefined);
  };
  const asking = verifier({ boundObjects, lookUpTimeoutSeconds: 0.5 });
  const stop = new AbortController();
  const waiting = asking.verify(token, { now, signal: stop.signal });
  const askedOnce = asked;
  assert.ok(askedOnce > 0);
  stop.abort();
  await assert.rejects(waiting, { name: 'AbortError' });
  const reason = new Error('the client has left');
  await assert.rejects(asking.decide(token, { now, signal: AbortSignal.abort(reason) }), reason);
  assert.equal(asked, askedOnce);
  assert.throws(() => asking.verifySync(token, { now, signal: stop.signal }), TypeError);
  // Who does not stop gets the verdict, and the signal is left as it was.
  const { signal } = new AbortController();
  assert.equal((await verifier({ boundObjects: store() }).verify(token, { now, signal })).subject, 'system:serviceaccount:demo:app');
});

test('an asynchronous look-up is too late for verifySync', async () => {
  const asking = verifier({ boundObjects: async () => ({ uid: 'x' }) });
  const lines = await logged(() => assert.equal(asking.decideSync(token, { now }).rejection.code, 'bound_object_unavailable'));
  assert.match(lines[0].message, /await verify/);
});

test('a logger that throws harms nothing', async () => {
  boundtoken.setLogger(() => {
    throw new Error('on purpose');
  });
  const warned = new Promise((resolve) => process.once('warning', resolve));
  assert.equal(verifier({ boundObjects: () => undefined }).decideSync(token, { now }).accepted, false);
  boundtoken.setLogger(null);
  assert.match((await warned).message, /logger/);
});

test('a verifier that is closed finishes what runs, and refuses to begin', async () => {
  const closing = verifier({ boundObjects: store() });
  const running = Array.from({ length: 20 }, () => closing.verify(token, { now }));
  closing.close();
  closing.close();
  for (const caller of await Promise.all(running)) assert.equal(caller.confirmed, 'live');
  const calls = [
    () => closing.verifySync(token, { now }),
    () => closing.verifySync(token, { now, audiences: ['vault'] }),
    () => closing.check(token, { now }),
    () => closing.statistics(),
    () => closing.decideSync('x'),
  ];
  for (const call of calls) assert.throws(call, boundtoken.ClosedError);
  await assert.rejects(closing.verify(token, { now }), boundtoken.ClosedError);

  const caller = (await running[0]).subject;
  assert.equal(caller, 'system:serviceaccount:demo:app', 'results outlive their verifier');
});

test('a verifier closed while a look-up runs says so', async () => {
  const closing = verifier({
    boundObjects: async ({ uid }) => {
      closing.close();
      return { uid };
    },
  });
  await assert.rejects(closing.verify(token, { now }), boundtoken.ClosedError);
});

test('a verifier that nobody refers to is freed, and its number used again', async (context) => {
  if (globalThis.gc === undefined) {
    context.skip('NOT TESTED: garbage collection; node --expose-gc');
    return;
  }
  const native = require('../lib/native.js');
  const slots = new Set();
  for (let round = 0; round < 50; round += 1) {
    verifier();
    globalThis.gc();
    await new Promise((resolve) => setImmediate(resolve));
    const builder = native.builder(['vault'], {});
    native.builderIssuer(builder, [ISSUER], ISSUER, native.keyStore(native.keySetFromJwks(Buffer.from(jwks)), undefined), undefined, false);
    slots.add(native.slot(native.builderBuild(builder)));
  }
  assert.ok(slots.size < 40, `${slots.size} numbers`);
});

test('keys are replaced under a verifier, also for tokens that were seen', () => {
  const keys = new boundtoken.KeyStore(boundtoken.KeySet.fromJwks(jwks));
  const using = verifier({ keys, boundObjects: store() });
  assert.ok(using.decideSync(token, { now }).accepted);
  keys.replace(boundtoken.KeySet.fromJwks({ keys: [] }));
  assert.equal(using.decideSync(token, { now }).rejection.code, 'key_unknown');
  keys.replace(boundtoken.KeySet.fromJwks(JSON.parse(jwks)));
  assert.ok(using.decideSync(token, { now }).accepted);
  assert.equal(keys.isStale, false);
});

test('objects are replaced at once, and a store that follows becomes stale', () => {
  const following = boundtoken.ObjectStore.following(['ServiceAccount', { kind: 'Pod', namespace: 'demo' }, 'Secret', 'Node'], {
    maxStalenessSeconds: 150,
  });
  const using = verifier({ boundObjects: following.store });
  assert.equal(following.store.isStale, true);
  assert.equal(using.decideSync(token, { now }).rejection.code, 'bound_object_unavailable');
  const [accounts, pods, ...others] = following.feeds;
  const bound = verifier().check(token, { now }).boundObjects;
  accounts.replace(bound.filter(({ kind }) => kind === 'ServiceAccount'));
  pods.replace(bound.filter(({ kind }) => kind === 'Pod'));
  others.forEach((feed) => feed.replace([]));
  assert.equal(following.store.isStale, false);
  assert.equal(using.verifySync(token, { now }).confirmed, 'live');

  const plain = store();
  const before = plain.size;
  assert.equal(plain.replaceJson(objects.before), before);
  assert.throws(() => plain.loadJson('{'), boundtoken.ObjectsError);
  assert.equal(plain.size, before);
  const pod = bound.find(({ kind }) => kind === 'Pod');
  assert.deepEqual(plain.lookUp(pod), { uid: pod.uid, deletionTimestamp: undefined });
  assert.equal(plain.delete(pod), true);
  assert.equal(plain.lookUp(pod), 'absent');
});

test('other audiences never mix with those of the verifier', () => {
  const own = verifier({ audiences: ['vault', 'other'] });
  const first = own.verifySync(token, { now });
  const narrow = own.verifySync(token, { now, audiences: ['vault'] });
  assert.deepEqual([first.matchedAudiences, narrow.matchedAudiences], [['vault'], ['vault']]);
  assert.equal(own.verifyAgain(narrow, { now }).matchedAudiences[0], 'vault');
  assert.equal(own.verifySync(token, { now }), first);
  assert.equal(own.decideSync(token, { now, audiences: [] }).rejection.code, 'audience_mismatch');
});

test('a slip is an error', () => {
  const issuer = new boundtoken.TrustedIssuer(ISSUER, boundtoken.KeySet.fromJwks(jwks));
  const slips = [
    [() => new boundtoken.Verifier({ issuers: [], audiences: ['vault'] }), boundtoken.ConfigurationError],
    [() => new boundtoken.Verifier({ issuers: [issuer], audiences: [] }), boundtoken.ConfigurationError],
    [() => new boundtoken.Verifier({ issuers: [issuer], audiences: ['vault'], leewaySeconds: 3601 }), boundtoken.ConfigurationError],
    [() => new boundtoken.Verifier({ issuers: [issuer], audiences: ['vault'], leewaySeconds: -1 }), boundtoken.ConfigurationError],
    [() => new boundtoken.Verifier({ issuers: [issuer, issuer], audiences: ['vault'] }), boundtoken.ConfigurationError],
    [() => new boundtoken.Verifier({ issuers: [issuer], audiences: 'vault' }), TypeError],
    [() => new boundtoken.Verifier({ issuers: [issuer], audience: ['vault'] }), TypeError],
    [() => new boundtoken.Verifier({ issuers: [{}], audiences: ['vault'] }), TypeError],
    [() => new boundtoken.TrustedIssuer(ISSUER, {}), TypeError],
    [() => new boundtoken.TrustedIssuer(ISSUER, boundtoken.KeySet.fromJwks(jwks), { boundObjects: {} }), TypeError],
    [() => boundtoken.KeySet.fromJwks('{'), boundtoken.KeySetError],
    [() => boundtoken.KeySet.fromPem('x'), boundtoken.KeySetError],
    [() => new boundtoken.VerifiedToken(), TypeError],
    [() => new boundtoken.KeySet(), TypeError],
    [() => verifier().verifySync(undefined), TypeError],
    [() => verifier().verifySync(token, { now: -1 }), TypeError],
    [() => verifier().verifySync(token, { now: new Date(NaN) }), TypeError],
    [() => verifier().verifySync(token, { audiences: 'vault' }), TypeError],
    [() => new boundtoken.ObjectStore().delete({ kind: 'toString', name: 'x' }), TypeError],
  ];
  for (const [slip, error] of slips) assert.throws(slip, error, slip.toString());
});

test('texts that are no tokens are refused, whatever their letters', () => {
  const strict = verifier();
  // Letters beyond one byte, whose lower byte would be a letter of the token.
  const wide = [...token].map((letter) => String.fromCharCode(letter.charCodeAt(0) + 0x100)).join('');
  for (const text of ['', 'x', wide, token.replace('e', '\u0165'), `${token}\0`, `${token}\ud800`, 'a.b.c', 'x'.repeat(100_000)]) {
    const { rejection } = strict.decideSync(text, { now });
    assert.ok(rejection instanceof boundtoken.TokenError, JSON.stringify(text.slice(0, 20)));
  }
  assert.equal(strict.decideSync('x'.repeat(20_000)).rejection.code, 'token_too_large');
  assert.equal(strict.verifySync(new Uint8Array(Buffer.from(token)), { now }).namespace, 'demo');
});

test('results are immutable, and show no token', () => {
  const caller = verifier({ boundObjects: store() }).verifySync(token, { now });
  assert.throws(() => {
    caller.subject = 'system:serviceaccount:kube-system:root';
  }, TypeError);
  assert.throws(() => caller.groups.push('system:masters'), TypeError);
  assert.throws(() => {
    caller.pod.uid = '';
  }, TypeError);
  caller.claims.sub = 'root';
  assert.equal(caller.claims.sub, 'system:serviceaccount:demo:app');
  const shown = inspect({ caller, deep: [caller] }, { depth: 9, showHidden: true }) + JSON.stringify(caller);
  for (const part of token.split('.')) assert.ok(!shown.includes(part.slice(0, 20)));
});

test('workers verify side by side', async () => {
  const source = `
    const { parentPort } = require('node:worker_threads');
    const { now, store, tokens, verifier } = require(${JSON.stringify(require.resolve('./captured.js'))});
    const own = verifier({ boundObjects: store() });
    (async () => {
      for (let round = 0; round < 2000; round += 1) own.verifySync(tokens['pod-live'], { now });
      await own.verify(tokens['pod-live'], { now });
      parentPort.postMessage(own.statistics().acceptedAgain);
    })();`;
  const results = Array.from({ length: 4 }, () => {
    const worker = new Worker(source, { eval: true });
    return new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject));
  });
  assert.deepEqual(await Promise.all(results), Array(4).fill(2000));
});
