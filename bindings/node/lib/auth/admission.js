'use strict';

const { Refusal } = require('./refusal.js');

/** What doors have let pass. A request that is gone takes its admission with it. */
const admissions = new WeakMap();

/** A request that has passed a door: its caller, if it has one, and what ends with it. */
class Admission {
  #authenticator;
  #ending = new AbortController();
  #revoked;

  constructor(authenticator, caller) {
    this.#authenticator = authenticator;
    this.caller = caller;
  }

  /** The admission of a request: of `node:http`, of a framework, or of gRPC. */
  static of(request) {
    return admissions.get(rawOf(request)) ?? admissions.get(request.metadata);
  }

  /** Keeps the admission for a request, or for the metadata of a call. */
  keepFor(request) {
    admissions.set(request, this);
    return this;
  }

  /** Throws a refusal if the policy does not allow the caller. */
  demand(policy) {
    this.#authenticator.demand(this.caller, policy);
  }

  /** Throws a refusal if the caller is no longer good. */
  demandAgain() {
    if (this.caller !== undefined) this.#authenticator.authenticateAgain(this.caller);
  }

  /** A signal that is aborted when the caller is no longer good. Without a caller it never is. */
  untilRevoked() {
    const { signal } = this.#ending;
    return (this.#revoked ??= this.caller === undefined ? new AbortController().signal : this.#authenticator.untilRevoked(this.caller, { signal }));
  }

  /** The request is over, so nobody waits any more. */
  end() {
    this.#ending.abort();
  }
}

/** The request of `node:http` in what a framework gives. */
function rawOf(request) {
  return request.raw ?? request.req ?? request;
}

function callerOf(request) {
  return Admission.of(request)?.caller;
}

function untilRevoked(request) {
  const admission = Admission.of(request);
  if (admission === undefined) throw Refusal.undecided('no door stands before this request');
  return admission.untilRevoked();
}

module.exports = { Admission, callerOf, untilRevoked };
