'use strict';
// The doors, over real connections.

const assert = require('node:assert/strict');
const { once } = require('node:events');
const http = require('node:http');
const { test } = require('node:test');
const boundtoken = require('..');
const auth = require('../auth.js');
const { now, store, tokens, verifier } = require('./captured.js');

const token = tokens['pod-live'];
const boundObjects = store();
/** A verifier at the time of the captured tokens. */
const captured = (options) => {
  const inner = verifier({ boundObjects, ...options });
  return { verify: (given, callOptions) => inner.verify(given, { ...callOptions, now }) };
};
const subjectOf = (request) => auth.callerOf(request)?.subject ?? 'nobody';

/** A policy of a route of its own. */
const elsewhere = auth.allow.namespaces('elsewhere');
const here = auth.allow.namespaces('demo');

/** Each door, with a handler that answers with the caller and what it sees of the token. */
const doors = {
  'node:http': async (used, options) => {
    const handler = (request, response) => response.end(`${subjectOf(request)} ${request.headers.authorization}`);
    const routes = { '/here': auth.protect.require(here, handler), '/elsewhere': auth.protect.require(elsewhere, handler) };
    const routed = (request, response) => (routes[request.url] ?? handler)(request, response);
    return http.createServer(auth.protect(used, routed, options)).listen(0);
  },
  Express: async (used, options) => {
    const app = require('express')();
    app.use(auth.express(used, options));
    app.use('/here', auth.express.require(here));
    app.use('/elsewhere', auth.express.require(elsewhere));
    app.use((request, response) => response.end(`${subjectOf(request)} ${request.get('authorization')}`));
    return app.listen(0);
  },
  Koa: async (used, options) => {
    const app = new (require('koa'))();
    app.use(auth.koa(used, options));
    const routes = { '/here': auth.koa.require(here), '/elsewhere': auth.koa.require(elsewhere) };
    app.use((context, next) => (routes[context.path] ? routes[context.path](context, next) : next()));
    app.use((context) => {
      context.body = `${subjectOf(context)} ${context.req.headers.authorization}`;
    });
    return app.listen(0);
  },
  Fastify: async (used, options) => {
    const app = require('fastify')();
    app.addHook('onRequest', auth.fastify(used, options));
    const handler = async (request) => `${subjectOf(request)} ${request.headers.authorization}`;
    app.get('/', handler);
    app.get('/here', { onRequest: auth.fastify.require(here) }, handler);
    app.get('/elsewhere', { onRequest: auth.fastify.require(elsewhere) }, handler);
    await app.listen({ port: 0 });
    return app.server;
  },
};

/** Asks the server, with the headers. Returns the status, the headers and the body. */
async function ask(server, headers, where = '/') {
  const request = http.request({ port: server.address().port, path: where, headers, agent: false });
  request.end();
  const [response] = await once(request, 'response');
  const body = Buffer.concat(await response.toArray()).toString();
  return { status: response.statusCode, challenge: response.headers['www-authenticate'], retry: response.headers['retry-after'], body };
}

async function withServer(open, used, options, run) {
  const server = await open(used, options);
  if (!server.listening) await once(server, 'listening');
  try {
    await run(server);
  } finally {
    server.close();
    server.closeAllConnections();
  }
}

const bearer = (value) => ({ authorization: `Bearer ${value}` });

for (const [name, open] of Object.entries(doors)) {
  test(`${name}: only authenticated requests pass`, () =>
    withServer(open, captured(), {}, async (server) => {
      const good = await ask(server, bearer(token));
      assert.deepEqual([good.status, good.body], [200, 'system:serviceaccount:demo:app undefined'], 'the token is taken out');

      const none = await ask(server, {});
      assert.deepEqual([none.status, none.challenge, none.body], [401, 'Bearer', '']);
      assert.equal((await ask(server, { authorization: 'Basic eDp5' })).status, 401);

      const bad = await ask(server, bearer(`${token}x`));
      assert.equal(bad.status, 401);
      assert.match(bad.challenge, /^Bearer error="invalid_token"/);

      const twice = await ask(server, ['Authorization', `Bearer ${token}`, 'Authorization', `Bearer ${token}`, 'Host', 'x']);
      assert.equal(twice.status, 400);
      assert.match(twice.challenge, /error="invalid_request"/);
      assert.equal((await ask(server, bearer(''))).status, 400);
      assert.equal((await ask(server, bearer(`${token} x`))).status, 400);
    }));

  test(`${name}: policies, outages, options`, async () => {
    await withServer(open, captured(), { policy: auth.allow.namespaces('other') }, async (server) => {
      const refused = await ask(server, bearer(token));
      assert.deepEqual([refused.status, refused.challenge], [403, 'Bearer error="insufficient_scope"']);
    });
    const outage = captured({ boundObjects: async () => 'unavailable' });
    await withServer(open, outage, {}, async (server) => {
      const refused = await ask(server, bearer(token));
      assert.deepEqual([refused.status, refused.challenge, refused.retry, refused.body], [503, undefined, '1', '']);
    });
    const never = captured({ boundObjects: () => new Promise(() => undefined), lookUpTimeoutSeconds: 1 });
    await withServer(open, never, { timeLimitSeconds: 0.01 }, async (server) => {
      const refused = await ask(server, bearer(token));
      assert.deepEqual([refused.status, refused.challenge, refused.retry], [503, undefined, '1']);
    });
    const failing = { policy: async () => true };
    await withServer(open, captured(), failing, async (server) => assert.equal((await ask(server, bearer(token))).status, 500));
    await withServer(open, captured(), { optional: true, keepToken: true }, async (server) => {
      assert.equal((await ask(server, {})).body, 'nobody undefined');
      assert.match((await ask(server, bearer(token))).body, /demo:app Bearer /);
      assert.equal((await ask(server, bearer('x'))).status, 401);
    });
    await withServer(open, captured(), { header: 'X-Token' }, async (server) => {
      assert.equal((await ask(server, { 'x-token': token })).status, 200);
      assert.equal((await ask(server, bearer(token))).status, 401);
    });
  });
}

for (const [name, open] of Object.entries(doors)) {
  test(`${name}: a policy for a route`, () =>
    withServer(open, captured(), { optional: true }, async (server) => {
      assert.equal((await ask(server, bearer(token), '/here')).status, 200);
      const refused = await ask(server, bearer(token), '/elsewhere');
      assert.deepEqual([refused.status, refused.challenge], [403, 'Bearer error="insufficient_scope"']);
      const none = await ask(server, {}, '/here');
      assert.deepEqual([none.status, none.challenge], [401, 'Bearer']);
    }));
}

test('a route without a door before it is an error of the service', () =>
  withServer(async () => http.createServer(auth.protect.require(here, (_, response) => response.end())).listen(0), undefined, undefined, async (server) => {
    assert.equal((await ask(server, bearer(token))).status, 500);
    assert.throws(() => auth.untilRevoked({}), { code: 'undecided', status: 500 });
    for (const { require: requires } of [auth.protect, auth.express, auth.koa, auth.fastify]) assert.throws(() => requires('demo'), TypeError);
  }));

test('a verifier that was closed is an error of the service', async () => {
  const closed = verifier();
  closed.close();
  await assert.rejects(new auth.Authenticator(closed).authenticate([`Bearer ${token}`]), { code: 'undecided', status: 500 });
});

test('the token is what follows the scheme', async () => {
  const seen = [];
  const spy = { verify: async (given) => seen.push(given) };
  const authenticator = new auth.Authenticator(spy);
  for (const value of ['Bearer a.b.c', 'bearer a.b.c', 'BEARER   a.b.c ']) await authenticator.authenticate([value]);
  assert.deepEqual(seen, ['a.b.c', 'a.b.c', 'a.b.c']);
  for (const value of ['Bearer, Bearer a', 'Bearera.b.c', 'Bearer\ta.b.c', 'Basic x', 'a.b.c', '', '\u212aearer a']) {
    await assert.rejects(authenticator.authenticate([value]), { code: 'unauthenticated', status: 401 }, value);
  }
  for (const value of ['Bearer', 'Bearer  ']) {
    await assert.rejects(authenticator.authenticate([value]), { code: 'invalid_request', status: 400 }, value);
  }
  assert.equal(await authenticator.authenticate([], { isPreflight: true }), undefined);
});

test('policies', () => {
  const { allow } = auth;
  const caller = verifier({ boundObjects }).verifySync(token, { now });
  const allowed = [
    allow.namespaces('x', 'demo'),
    allow.serviceAccount('demo', 'app'),
    allow.audiences('vault'),
    allow.nodes('node-1'),
    allow.issuers(caller.issuerLabel),
    allow.confirmedLive(),
    allow.anyOf(allow.namespaces('x'), allow.namespaces('demo')),
    allow.allOf(allow.namespaces('demo'), allow.confirmedLive()),
    allow.not(allow.namespaces('x')),
  ];
  const refused = [
    allow.namespaces(),
    allow.serviceAccount('demo', 'other'),
    allow.apiGroups(),
    allow.apiGroups('apps'),
    allow.anyOf(),
    allow.allOf(),
    allow.allOf(allow.namespaces('demo'), allow.namespaces('x')),
  ];
  for (const policy of allowed) assert.equal(policy(caller), true);
  for (const policy of refused) assert.equal(policy(caller), false);
  for (const slip of [() => allow.namespaces(['demo']), () => allow.anyOf('demo'), () => allow.serviceAccount('demo')]) {
    assert.throws(slip, TypeError);
  }
  assert.throws(() => allow.not(() => 1)(caller), TypeError);
  assert.throws(() => new auth.Authenticator(verifier(), { polici: () => true }), TypeError);
});

test('refusals are logged, at most ten a second, without a token', async () => {
  const lines = [];
  boundtoken.setLogger((line) => lines.push(line.message), { level: 'info' });
  const authenticator = new auth.Authenticator(captured());
  for (let round = 0; round < 50; round += 1) await assert.rejects(authenticator.authenticate([`Bearer ${token}x`]));
  boundtoken.setLogger(null);
  assert.ok(lines.length >= 10 && lines.length <= 20, `${lines.length}`);
  assert.ok(lines.every((line) => line.includes('token_not_base64url') && !line.includes(token.slice(0, 20))));
});
