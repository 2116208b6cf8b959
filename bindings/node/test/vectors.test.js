'use strict';
// Every verdict on every captured token is that of the Rust library. BOUNDTOKEN_VECTORS names more folders.

const assert = require('node:assert/strict');
const { before, test } = require('node:test');
const boundtoken = require('..');
const { Confirmed, ObjectKind } = require('../lib/generated.js');
const { notTested } = require('./not-tested.js');
const rust = require('./rust.js');

let folders;
before(() => {
  folders = rust.folders();
});

/** Answers what the cluster knew of the objects of one token. */
class Known {
  objects = [];

  state = ({ kind, namespace, name }) => {
    const known = this.objects.find(
      (object) => object.kind === ObjectKind[kind] && object.namespace === namespace && object.name === name,
    );
    assert.ok(known, `Rust did not ask for ${kind} ${namespace}/${name}`);
    if (known.state !== 0) return ['', 'absent', 'unavailable', 'notFollowed'][known.state];
    return { uid: known.uid, deletionTimestamp: known.deleted ?? undefined };
  };
}

function verifierOf(folder, boundObjects) {
  const [name, ...alsoNamed] = folder.issuers;
  const keys = boundtoken.KeySet.fromJwks(folder.jwks);
  const issuer = new boundtoken.TrustedIssuer(name, keys, { alsoNamed, boundObjects });
  return new boundtoken.Verifier({ issuers: [issuer], audiences: ['of no token'] });
}

/** Goes through all cases. `prepare` makes a function that verifies one, of a folder. */
async function compare(context, prepare) {
  if (folders === undefined) {
    notTested(context, 'the vectors from Node.js', 'install Rust');
    return;
  }
  const verdicts = { accepted: 0, refused: 0 };
  for (const folder of folders) {
    const verify = prepare(folder);
    for (const one of folder.cases) {
      const place = `${folder.folder}: ${one.name}`;
      assert.deepEqual(await judge(() => verify(one)), expected(one.record), place);
      verdicts[one.record.status === 0 ? 'accepted' : 'refused'] += 1;
    }
  }
  context.diagnostic(JSON.stringify(verdicts));
  assert.ok(verdicts.accepted > 0 && verdicts.refused > 0);
}

/** A store with the objects that are there. `unavailable` and `notFollowed` are no states of a plain store. */
function storeOf(objects) {
  const store = new boundtoken.ObjectStore();
  const kinds = Object.fromEntries(Object.entries(ObjectKind).map(([name, number]) => [number, name]));
  for (const { kind, namespace, name, state, uid, deleted } of objects) {
    if (state === 0) store.upsert({ kind: kinds[kind], namespace, name }, { uid, deletionTimestamp: deleted });
  }
  return store;
}

test('verifySync with a store, the first time and again', (context) =>
  compare(context, (folder) => {
    const store = new boundtoken.ObjectStore();
    const verifier = verifierOf(folder, store);
    return ({ token, audiences, now, objects }) => {
      store.replace(storeOf(objects));
      const first = verifier.decideSync(token, { audiences, now });
      const again = verifier.decideSync(Buffer.from(token), { audiences, now: new Date(now * 1000) });
      assert.deepEqual(again.token?.toJSON(), first.token?.toJSON());
      assert.deepEqual(again.rejection?.message, first.rejection?.message);
      if (first.accepted) return first.token;
      throw first.rejection;
    };
  }));

test('verifySync for the audiences of the verifier', async (context) => {
  let sameObjects = 0;
  await compare(context, (folder) => {
    const verifiers = new Map();
    return ({ token, audiences, now, objects }) => {
      const store = storeOf(objects);
      const key = JSON.stringify(audiences);
      if (!verifiers.has(key)) {
        const shared = new boundtoken.ObjectStore();
        const issuer = new boundtoken.TrustedIssuer(folder.issuers[0], boundtoken.KeySet.fromJwks(folder.jwks), {
          alsoNamed: folder.issuers.slice(1),
          boundObjects: shared,
        });
        verifiers.set(key, { shared, verifier: new boundtoken.Verifier({ issuers: [issuer], audiences }) });
      }
      const { shared, verifier } = verifiers.get(key);
      shared.replace(store);
      const { token: first } = verifier.decideSync(token, { now });
      const again = verifier.verifySync(token, { now });
      // The same object, unless the token is not remembered.
      if (again !== first) assert.deepEqual(again.toJSON(), first.toJSON());
      sameObjects += again === first ? 1 : 0;
      return again;
    };
  });
  assert.ok(folders === undefined || sameObjects > 0);
});

test('await verify with a store', (context) =>
  compare(context, (folder) => {
    const store = new boundtoken.ObjectStore();
    const verifier = verifierOf(folder, store);
    return ({ token, audiences, now, objects }) => {
      store.replace(storeOf(objects));
      return verifier.verify(token, { audiences, now });
    };
  }));

test('await verify with an asynchronous look-up', (context) =>
  compare(context, (folder) => {
    const known = new Known();
    const verifier = verifierOf(folder, async (reference) => known.state(reference));
    return ({ token, audiences, now, objects }) => {
      known.objects = objects;
      return verifier.verify(token, { audiences, now });
    };
  }));

test('verifySync with a look-up', (context) =>
  compare(context, (folder) => {
    const known = new Known();
    const verifier = verifierOf(folder, known.state);
    return ({ token, audiences, now, objects }) => {
      known.objects = objects;
      return verifier.verifySync(token, { audiences, now });
    };
  }));

test('check and confirm', (context) =>
  compare(context, (folder) => {
    const known = new Known();
    const verifier = verifierOf(folder);
    return ({ token, audiences, now, objects }) => {
      known.objects = objects;
      const checked = verifier.check(token, { audiences, now });
      const answers = checked.boundObjects.map((reference) => ({ reference, state: known.state(reference) }));
      return verifier.confirm(checked, answers, { now });
    };
  }));

/** Says of a verdict what a record says. */
async function judge(verify) {
  let token;
  try {
    token = await verify();
  } catch (error) {
    if (!(error instanceof boundtoken.RejectedError)) throw error;
    assert.ok(error.message.startsWith(error.description) && error.message.endsWith(error.remedy));
    const { number, httpStatus, code, message, challenge } = error;
    return { status: number, http_status: httpStatus, name: code, message, www_authenticate: challenge };
  }
  assert.equal(token.userInfo.username, token.subject);
  assert.deepEqual(token.userInfo.groups, token.groups);
  assert.deepEqual(token.claims, JSON.parse(token.claimsJson));
  assert.equal(token.expiresAt.getTime(), token.expiresAtSeconds * 1000);
  return {
    status: 0,
    http_status: 200,
    confirmed: Confirmed[token.confirmed],
    payload: token.claimsJson,
    issuer: token.issuer,
    issuer_label: token.issuerLabel,
    subject: token.subject,
    namespace: token.namespace,
    service_account: [token.serviceAccount.name, token.serviceAccount.uid],
    jti: token.jti,
    objects: [token.pod, token.secret, token.node].map((found) => found && [found.name, found.uid]),
    times: [token.expiresAtSeconds, token.issuedAtSeconds, token.notBeforeSeconds],
    warn_after: token.warnAfter && token.warnAfter.getTime() / 1000,
    audiences: [...token.audiences],
    matched_audiences: [...token.matchedAudiences],
    groups: [...token.groups],
    uid: token.userInfo.uid,
    extra: Object.entries(token.userInfo.extra).flatMap(([key, values]) => values.map((value) => [key, value])),
    bound_objects: token.boundObjects.map(({ kind, namespace, name, uid }) => [ObjectKind[kind], namespace, name, uid]),
    attested_api_groups: [...token.attestedApiGroups],
  };
}

const KEPT = [
  'status', 'http_status', 'confirmed', 'payload', 'issuer', 'issuer_label', 'subject', 'jti', 'audiences', 'matched_audiences',
  'groups', 'bound_objects', 'attested_api_groups', 'extra',
];

/** What a record of the Rust library says, in the same words. */
function expected(record) {
  const pick = (names) => Object.fromEntries(names.map((name) => [name, record[name]]));
  if (record.status !== 0) return pick(['status', 'http_status', 'name', 'message', 'www_authenticate']);
  const present = (seconds) => (seconds < 0 ? undefined : seconds);
  const object = (kind) => record[`${kind}_name`] && [record[`${kind}_name`], record[`${kind}_uid`] ?? ''];
  return {
    ...pick(KEPT),
    namespace: record.service_account_namespace,
    service_account: [record.service_account_name, record.service_account_uid],
    uid: record.service_account_uid,
    objects: ['pod', 'secret', 'node'].map(object),
    times: [record.expires_at, present(record.issued_at), present(record.not_before)],
    warn_after: present(record.warn_after),
  };
}
