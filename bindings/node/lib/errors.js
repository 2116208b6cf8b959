'use strict';

const { FAMILIES, REASONS } = require('./generated.js');

class BoundtokenError extends Error {
  constructor(message, code) {
    super(message);
    this.code = code;
  }
}

class RejectedError extends BoundtokenError {
  #reason;
  #challenge;

  constructor(number, message, challenge) {
    const reason = REASONS.get(number);
    super(message, reason.code);
    this.#reason = reason;
    this.#challenge = challenge;
  }

  get number() {
    return this.#reason.number;
  }

  get description() {
    return this.#reason.description;
  }

  get remedy() {
    return this.#reason.remedy;
  }

  get httpStatus() {
    return this.#reason.httpStatus;
  }

  get isStricter() {
    return this.#reason.isStricter;
  }

  get challenge() {
    return this.#challenge;
  }
}

class TokenError extends RejectedError {}
class HeaderError extends RejectedError {}
class SignatureError extends RejectedError {}
class ClaimsError extends RejectedError {}
class BoundObjectsError extends RejectedError {}

class ConfigurationError extends BoundtokenError {}
class KeySetError extends ConfigurationError {}
class ObjectsError extends ConfigurationError {}
class ClosedError extends BoundtokenError {}
class ClusterError extends BoundtokenError {}
class ClusterUnreachableError extends ClusterError {}
class ClusterForbiddenError extends ClusterError {}
class ClusterNotInStepError extends ClusterError {}

const CLASSES = {
  ERR_BOUNDTOKEN_CONFIGURATION: ConfigurationError,
  ERR_BOUNDTOKEN_KEY_SET: KeySetError,
  ERR_BOUNDTOKEN_OBJECTS: ObjectsError,
  ERR_BOUNDTOKEN_CLOSED: ClosedError,
  ERR_BOUNDTOKEN_CLUSTER_UNREACHABLE: ClusterUnreachableError,
  ERR_BOUNDTOKEN_CLUSTER_FORBIDDEN: ClusterForbiddenError,
  ERR_BOUNDTOKEN_CLUSTER_NOT_IN_STEP: ClusterNotInStepError,
};

const BY_FAMILY = {
  token: TokenError,
  header: HeaderError,
  signature: SignatureError,
  claims: ClaimsError,
  bound_objects: BoundObjectsError,
};

const errors = {
  BoundtokenError,
  RejectedError,
  TokenError,
  HeaderError,
  SignatureError,
  ClaimsError,
  BoundObjectsError,
  ConfigurationError,
  KeySetError,
  ObjectsError,
  ClosedError,
  ClusterError,
  ClusterUnreachableError,
  ClusterForbiddenError,
  ClusterNotInStepError,
};

// A name that a debugger and a log show, without a property on each error.
for (const [name, value] of Object.entries(errors)) {
  Object.defineProperty(value.prototype, 'name', { value: name, configurable: true, writable: true });
}

/** Makes the error of a refusal, of the class of its family. */
function rejected(number, message, challenge) {
  const family = FAMILIES.find(({ first, last }) => first <= number && number <= last);
  return new BY_FAMILY[family.name](number, message, challenge);
}

/** Makes the error of the package out of one of the native part. */
function translated(error) {
  const known = CLASSES[error?.code];
  const made = known ? new known(error.message, error.code) : new TypeError(error?.message ?? String(error));
  Error.captureStackTrace(made, translated);
  return made;
}

module.exports = { errors, rejected, translated };
