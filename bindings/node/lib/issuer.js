'use strict';

const { onlyOptions, seconds, text, texts } = require('./arguments.js');
const { KeyStore } = require('./keys.js');
const native = require('./native.js');
const { ObjectStore } = require('./objects.js');

const OPTIONS = ['label', 'alsoNamed', 'boundObjects', 'lookUpTimeoutSeconds'];

class TrustedIssuer {
  #names;
  #label;
  #keys;
  #objects;
  #timeout;

  constructor(name, keys, options = {}) {
    onlyOptions(options, OPTIONS, 'TrustedIssuer');
    const { label = name, alsoNamed = [], boundObjects, lookUpTimeoutSeconds = 5 } = options;
    if (boundObjects !== undefined && typeof boundObjects !== 'function' && !ObjectStore.is(boundObjects)) {
      throw new TypeError('boundObjects must be an ObjectStore or a function');
    }
    this.#names = [text(name, 'name'), ...texts(alsoNamed, 'alsoNamed')];
    this.#label = text(label, 'label');
    this.#keys = keys instanceof KeyStore ? keys : new KeyStore(keys);
    this.#objects = boundObjects;
    this.#timeout = seconds(lookUpTimeoutSeconds, 'lookUpTimeoutSeconds');
    Object.freeze(this);
  }

  get label() {
    return this.#label;
  }

  /** Adds the issuer to a builder. Returns the function that looks up its objects, if it has one. */
  static add(issuer, builder) {
    const objects = issuer.#objects;
    const isAsked = typeof objects === 'function';
    const store = isAsked || objects === undefined ? undefined : ObjectStore.handleOf(objects);
    const keys = KeyStore.handleOf(issuer.#keys);
    native.builderIssuer(builder, issuer.#names, issuer.#label, keys, store, isAsked);
    return isAsked ? { lookUp: objects, timeoutSeconds: issuer.#timeout } : undefined;
  }
}

module.exports = { TrustedIssuer };
