'use strict';

/** Numbers in the text format of Prometheus, version 0.0.4. */
class Exposition {
  #lines = [];

  /** Writes a number with its values: each a value, and its labels. */
  write(name, kind, help, values) {
    this.#lines.push(`# HELP ${name} ${help}`, `# TYPE ${name} ${kind}`);
    for (const [value, labels = {}] of values) {
      const pairs = Object.entries(labels).map(([label, text]) => `${label}="${escaped(text)}"`);
      this.#lines.push(`${name}${pairs.length > 0 ? `{${pairs.join(',')}}` : ''} ${value}`);
    }
  }

  toString() {
    return `${this.#lines.join('\n')}\n`;
  }
}

function escaped(text) {
  return text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}

function writeStatistics(text, of) {
  const refused = [
    [of.refusedForForm, { family: 'form' }],
    [of.refusedForHeader, { family: 'header' }],
    [of.refusedForKey, { family: 'key' }],
    [of.refusedForClaims, { family: 'claims' }],
    [of.refusedForObjects, { family: 'objects' }],
  ];
  text.write('boundtoken_tokens_first_total', 'counter', 'accepted tokens whose signature was checked', [[of.acceptedFirst]]);
  text.write('boundtoken_tokens_again_total', 'counter', 'accepted tokens that were seen before', [[of.acceptedAgain]]);
  text.write('boundtoken_tokens_refused_total', 'counter', 'refused tokens, by family of reasons', refused);
  text.write('boundtoken_tokens_remembered', 'gauge', 'tokens in the cache', [[of.rememberedTokens]]);
  text.write('boundtoken_tokens_remembered_bytes', 'gauge', 'memory that the tokens in the cache take', [[of.cacheSize]]);
}

function writeClusters(text, clusters) {
  const all = clusters.map((cluster) => ({ labels: { issuer: cluster.label }, status: cluster.status() }));
  const ofClusters = (value) => all.map(({ labels, status }) => [value(status), labels]);
  const ofWatches = (value) =>
    all.flatMap(({ labels, status }) =>
      status.watches.map((watch) => [value(watch), { ...labels, kind: watch.kind, namespace: watch.namespace ?? '' }]),
    );
  const age = ({ keysLoadedAt }) => Math.max(0, (Date.now() - keysLoadedAt.getTime()) / 1000);
  const stale = '1 if tokens are refused because news of the cluster is missing';
  text.write('boundtoken_cluster_stale', 'gauge', stale, ofClusters((status) => Number(status.stale)));
  text.write('boundtoken_cluster_keys_age_seconds', 'gauge', 'time since the keys were last loaded', ofClusters(age));
  text.write('boundtoken_cluster_objects', 'gauge', 'objects that a watch knows', ofWatches(({ objects }) => objects));
  const heard = 'time since a watch last heard of its cluster';
  text.write('boundtoken_cluster_watch_age_seconds', 'gauge', heard, ofWatches(({ ageSeconds }) => ageSeconds));
  const restarts = 'how often a watch began anew';
  text.write('boundtoken_cluster_watch_restarts_total', 'counter', restarts, ofWatches(({ reconnects }) => reconnects));
}

/** What a verifier has decided and what is known of its clusters, in the text format of Prometheus. */
function prometheusText(verifier, clusters = []) {
  const text = new Exposition();
  writeStatistics(text, verifier.statistics());
  if (clusters.length > 0) writeClusters(text, clusters);
  return text.toString();
}

module.exports = { prometheusText };
