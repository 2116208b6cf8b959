'use strict';

const { Cluster } = require('./lib/cluster.js');
const { errors } = require('./lib/errors.js');
const { TrustedIssuer } = require('./lib/issuer.js');
const { KeySet, KeyStore } = require('./lib/keys.js');
const { setLogger } = require('./lib/log.js');
const { prometheusText } = require('./lib/metrics.js');
const native = require('./lib/native.js');
const { Feed, ObjectStore } = require('./lib/objects.js');
const { CheckedToken, VerifiedToken } = require('./lib/token.js');
const { Verifier } = require('./lib/verifier.js');

const version = native.version();
const buildInfo = () => ({ version, cryptography: 'aws-lc-rs', target: native.target() });

module.exports = {
  ...errors,
  CheckedToken,
  Cluster,
  Feed,
  KeySet,
  KeyStore,
  ObjectStore,
  TrustedIssuer,
  VerifiedToken,
  Verifier,
  buildInfo,
  prometheusText,
  setLogger,
  version,
};
