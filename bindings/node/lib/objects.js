'use strict';

const { bytes, kind, optionalTime, seconds, text } = require('./arguments.js');
const { ObjectState } = require('./generated.js');
const native = require('./native.js');

const STATES = new Map(Object.entries(ObjectState).map(([word, number]) => [number, word]));
const INSIDE = Symbol('made by the package');

/** A reference as the native part takes it. */
function name({ kind: kindName, namespace = '', name: objectName }) {
  return { kind: kind(kindName), namespace: text(namespace, 'namespace'), name: text(objectName, 'name') };
}

/** What a look-up has answered, as the native part takes it. */
function state(answer) {
  if (typeof answer === 'string' && answer !== 'present' && Object.hasOwn(ObjectState, answer)) {
    return { state: ObjectState[answer] };
  }
  if (answer !== null && typeof answer === 'object' && typeof answer.uid === 'string') {
    const deleted = optionalTime(answer.deletionTimestamp, 'deletionTimestamp');
    return { state: ObjectState.present, uid: answer.uid, deleted };
  }
  throw new TypeError("a look-up must answer { uid }, 'absent', 'unavailable' or 'notFollowed'");
}

function document(value) {
  const json = typeof value === 'string' || value instanceof Uint8Array ? value : JSON.stringify(value);
  return bytes(json, 'document');
}

function listed({ namespace = '', name: objectName, uid, deletionTimestamp }) {
  return {
    namespace: text(namespace, 'namespace'),
    name: text(objectName, 'name'),
    uid: text(uid, 'uid'),
    deleted: optionalTime(deletionTimestamp, 'deletionTimestamp'),
  };
}

class ObjectStore {
  #handle;

  constructor(inside, handle) {
    this.#handle = inside === INSIDE ? handle : native.objectStore();
    Object.freeze(this);
  }

  static handleOf(store) {
    return store.#handle;
  }

  static is(value) {
    return value !== null && typeof value === 'object' && #handle in value;
  }

  static fromJson(json) {
    const store = new ObjectStore();
    store.loadJson(json);
    return store;
  }

  static following(scopes, { maxStalenessSeconds }) {
    const read = (scope) =>
      typeof scope === 'string'
        ? { kind: kind(scope) }
        : { kind: kind(scope.kind), namespace: text(scope.namespace, 'namespace') };
    const made = native.objectStoreFollowing(scopes.map(read), seconds(maxStalenessSeconds, 'maxStalenessSeconds'));
    const feeds = made.feeds.map((feed) => new Feed(INSIDE, feed));
    return Object.freeze({ store: new ObjectStore(INSIDE, made.store), feeds: Object.freeze(feeds) });
  }

  loadJson(json) {
    return native.objectStoreLoad(this.#handle, document(json));
  }

  replaceJson(json) {
    return native.objectStoreReplaceJson(this.#handle, document(json));
  }

  replace(content) {
    native.objectStoreReplace(this.#handle, content.#handle);
  }

  upsert(reference, { uid, deletionTimestamp }) {
    const deleted = optionalTime(deletionTimestamp, 'deletionTimestamp');
    native.objectStoreUpsert(this.#handle, name(reference), text(uid, 'uid'), deleted);
  }

  delete(reference) {
    return native.objectStoreDelete(this.#handle, name(reference));
  }

  lookUp(reference) {
    const found = native.objectStoreLookUp(this.#handle, name(reference));
    if (found.state !== ObjectState.present) return STATES.get(found.state);
    const deletionTimestamp = typeof found.deleted === 'number' ? new Date(found.deleted * 1000) : undefined;
    return Object.freeze({ uid: found.uid, deletionTimestamp });
  }

  get size() {
    return native.objectStoreSize(this.#handle);
  }

  get isStale() {
    return native.objectStoreIsStale(this.#handle);
  }
}

class Feed {
  #handle;

  constructor(inside, handle) {
    if (inside !== INSIDE) throw new TypeError('ObjectStore.following makes feeds');
    this.#handle = handle;
    Object.freeze(this);
  }

  replace(objects, { ageSeconds = 0 } = {}) {
    native.feedReplace(this.#handle, objects.map(listed), seconds(ageSeconds, 'ageSeconds'));
  }

  upsert(object) {
    native.feedUpsert(this.#handle, listed(object));
  }

  delete({ namespace = '', name: objectName, uid }) {
    native.feedDelete(this.#handle, text(namespace, 'namespace'), text(objectName, 'name'), text(uid, 'uid'));
  }

  prove({ ageSeconds = 0 } = {}) {
    native.feedProve(this.#handle, seconds(ageSeconds, 'ageSeconds'));
  }
}

module.exports = { ObjectStore, Feed, name, state };
