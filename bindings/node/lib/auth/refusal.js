'use strict';

const { errors } = require('../errors.js');

/** Why a request was refused, and how to answer it. It never contains a token. */
class Refusal extends errors.BoundtokenError {
  #status;
  #description;
  #challenge;

  constructor(code, status, { description, challenge, message = description, cause }) {
    super(message, code);
    if (cause !== undefined) this.cause = cause;
    this.#status = status;
    this.#description = description;
    this.#challenge = challenge;
  }

  get status() {
    return this.#status;
  }

  get description() {
    return this.#description;
  }

  get challenge() {
    return this.#challenge;
  }

  get isTemporary() {
    return this.#status === 503;
  }

  get headers() {
    return {
      ...(this.#challenge === undefined ? {} : { 'www-authenticate': this.#challenge }),
      ...(this.isTemporary ? { 'retry-after': '1' } : {}),
    };
  }

  static unauthenticated() {
    return new Refusal('unauthenticated', 401, { description: 'the request has no token', challenge: 'Bearer' });
  }

  static invalidRequest(description) {
    const challenge = `Bearer error="invalid_request", error_description="${description}"`;
    return new Refusal('invalid_request', 400, { description, challenge });
  }

  static forbidden() {
    const challenge = 'Bearer error="insufficient_scope"';
    return new Refusal('forbidden', 403, { description: 'the policy does not allow this caller', challenge });
  }

  /** Nothing was decided, because something failed. `message` says what, for the log. */
  static undecided(message, cause) {
    return new Refusal('undecided', 500, { description: 'the caller could not be authenticated', message, cause });
  }

  /** Nothing was decided in time. */
  static late(limit) {
    const message = `the caller could not be authenticated within ${limit} seconds`;
    return new Refusal('undecided', 503, { description: 'the caller cannot be authenticated at the moment', message });
  }

  static rejected(cause) {
    const { code, httpStatus, description, message } = cause;
    // Another token would not help if nobody can decide.
    const challenge = httpStatus === 503 ? undefined : cause.challenge;
    return new Refusal(code, httpStatus, { description, challenge, message, cause });
  }
}

Object.defineProperty(Refusal.prototype, 'name', { value: 'Refusal', configurable: true, writable: true });

module.exports = { Refusal };
