'use strict';

const { bytes, seconds } = require('./arguments.js');
const native = require('./native.js');

const INSIDE = Symbol('made by the package');

class KeySet {
  #handle;
  #kids;
  #skipped;

  constructor(inside, handle) {
    if (inside !== INSIDE) throw new TypeError('use KeySet.fromJwks or KeySet.fromPem');
    this.#handle = handle;
    Object.freeze(this);
  }

  static handleOf(keys) {
    return keys.#handle;
  }

  static fromJwks(document) {
    const json = typeof document === 'string' || document instanceof Uint8Array ? document : JSON.stringify(document);
    return new KeySet(INSIDE, native.keySetFromJwks(bytes(json, 'document')));
  }

  static fromPem(document) {
    return new KeySet(INSIDE, native.keySetFromPem(bytes(document, 'document')));
  }

  get size() {
    return this.kids.length;
  }

  get kids() {
    return (this.#kids ??= Object.freeze(native.keySetKids(this.#handle).map((kid) => kid ?? undefined)));
  }

  get skipped() {
    return (this.#skipped ??= Object.freeze(native.keySetSkipped(this.#handle).map(Object.freeze)));
  }
}

class KeyStore {
  #handle;

  constructor(keys, { maxAgeSeconds } = {}) {
    this.#handle = native.keyStore(KeySet.handleOf(keys), seconds(maxAgeSeconds, 'maxAgeSeconds'));
    Object.freeze(this);
  }

  static handleOf(store) {
    return store.#handle;
  }

  replace(keys) {
    native.keyStoreReplace(this.#handle, KeySet.handleOf(keys));
  }

  renew() {
    native.keyStoreRenew(this.#handle);
  }

  get keys() {
    return new KeySet(INSIDE, native.keyStoreKeys(this.#handle));
  }

  get isStale() {
    return native.keyStoreIsStale(this.#handle);
  }
}

module.exports = { KeySet, KeyStore };
