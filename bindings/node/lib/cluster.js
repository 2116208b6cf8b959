'use strict';

const { EventEmitter } = require('node:events');
const { inspect } = require('node:util');
const { onlyOptions, text, texts } = require('./arguments.js');
const { disposable } = require('./disposable.js');
const { translated } = require('./errors.js');
const native = require('./native.js');

const OPTIONS = [
  'kubeconfig', 'context', 'inCluster', 'label', 'namespaces', 'secrets', 'nodes', 'webhookConfigurations',
  'maxStalenessSeconds', 'deadlineSeconds', 'unknownKeyWaitSeconds', 'maxKeyAgeSeconds', 'signal',
];
const INSIDE = Symbol('made by the package');

/** Runs work that the native part can cancel. Undefined if it was. */
async function cancellable(signal, start) {
  signal?.throwIfAborted();
  const canceller = native.canceller();
  const cancel = () => native.cancel(canceller);
  signal?.addEventListener('abort', cancel, { once: true });
  try {
    const result = await start(canceller);
    signal?.throwIfAborted();
    return result;
  } finally {
    signal?.removeEventListener('abort', cancel);
    // It must live as long as the work.
    cancel();
  }
}

class Cluster extends EventEmitter {
  #connection;
  #issuer;
  #label;
  #isFollowed = false;

  constructor(inside, connection, label) {
    if (inside !== INSIDE) throw new TypeError('use Cluster.connect');
    super();
    this.#connection = connection;
    this.#issuer = native.clusterIssuer(connection);
    this.#label = label ?? this.#issuer;
    // The native part looks for changes only if somebody listens.
    this.on('newListener', (event) => {
      if (event === 'change') this.#follow();
    });
  }

  static async connect(options = {}) {
    const { label, signal, ...configuration } = onlyOptions(options, OPTIONS, 'Cluster.connect');
    if (label !== undefined) text(label, 'label');
    if (configuration.namespaces !== undefined) texts(configuration.namespaces, 'namespaces');
    const connect = (canceller) => native.clusterConnect(configuration, canceller);
    const { cluster, failure } = await cancellable(signal, connect);
    if (failure !== undefined) throw translated(failure);
    return new Cluster(INSIDE, cluster, label);
  }

  static is(value) {
    return value !== null && typeof value === 'object' && #connection in value;
  }

  /** Adds the cluster to a builder. */
  static add(cluster, builder) {
    native.builderCluster(builder, cluster.#connection, cluster.#label);
  }

  get issuer() {
    return this.#issuer;
  }

  get label() {
    return this.#label;
  }

  get isStale() {
    return native.clusterIsStale(this.#connection);
  }

  status() {
    const { keysLoadedAt, ...rest } = JSON.parse(native.clusterStatus(this.#connection));
    rest.watches.forEach(Object.freeze);
    return Object.freeze({ ...rest, keysLoadedAt: new Date(keysLoadedAt) });
  }

  close() {
    native.clusterClose(this.#connection);
    this.removeAllListeners('change');
  }

  #follow() {
    if (this.#isFollowed) return;
    this.#isFollowed = true;
    // A cluster that nobody refers to any more must not live for its listeners.
    const cluster = new WeakRef(this);
    native.clusterChanges(this.#connection, (json) => {
      const change = Object.freeze(JSON.parse(json));
      cluster.deref()?.emit('change', change);
    });
  }

  [inspect.custom]() {
    return `<Cluster ${this.#label}>`;
  }
}

disposable(Cluster);

module.exports = { Cluster, cancellable };
