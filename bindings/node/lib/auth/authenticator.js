'use strict';

const { onlyOptions, seconds, text, texts } = require('../arguments.js');
const { errors } = require('../errors.js');
const { report } = require('../log.js');
const { within } = require('../within.js');
const { demandOneWord, tokenOf } = require('./bearer.js');
const { allows } = require('./policy.js');
const { Refusal } = require('./refusal.js');

const OPTIONS = ['policy', 'audiences', 'header', 'optional', 'keepToken', 'timeLimitSeconds'];
const LOGGED_EACH_SECOND = 10;

/** Logs the first few refusals of each second, and says how many were left out. */
class RefusalLog {
  #second = 0;
  #count = 0;
  #suppressed = 0;

  refused(refusal) {
    const second = Math.floor(performance.now() / 1000);
    if (second !== this.#second) [this.#second, this.#count] = [second, 0];
    this.#count += 1;
    if (this.#count > LOGGED_EACH_SECOND) {
      this.#suppressed += 1;
      return;
    }
    const { code, status, message, cause } = refusal;
    const leftOut = this.#suppressed > 0 ? ` (${this.#suppressed} others were left out)` : '';
    this.#suppressed = 0;
    report(status < 500 ? 'info' : 'warn', `refused a request: ${code}, ${status}: ${message}${leftOut}`, cause);
  }
}

/** Authenticates requests, for every framework. */
class Authenticator {
  #verifier;
  #policy;
  #callOptions;
  #header;
  #isOptional;
  #keepsToken;
  #timeLimit;
  #log = new RefusalLog();

  constructor(verifier, options = {}) {
    onlyOptions(options, OPTIONS, 'the authenticator');
    const { policy, audiences, header = 'authorization', optional = false, keepToken = false, timeLimitSeconds = 5 } = options;
    if (policy !== undefined && typeof policy !== 'function') throw new TypeError('policy must be a function');
    if (audiences !== undefined && texts(audiences, 'audiences').length === 0) throw new TypeError('audiences is empty');
    this.#verifier = verifier;
    this.#policy = policy;
    this.#callOptions = audiences && { audiences: [...audiences] };
    this.#header = text(header, 'header').toLowerCase();
    this.#isOptional = optional === true;
    this.#keepsToken = keepToken === true;
    this.#timeLimit = seconds(timeLimitSeconds, 'timeLimitSeconds');
  }

  /** Authenticates a caller by the values of the header: none, one, or too many. Undefined if the request may pass without. */
  async authenticate(values, { isPreflight = false } = {}) {
    try {
      const token = tokenOf(values, this.#header !== 'authorization');
      if (token === undefined) {
        if (this.#isOptional || isPreflight) return undefined;
        throw Refusal.unauthenticated();
      }
      return allowed(this.#policy, await this.#verify(token));
    } catch (error) {
      throw this.#refused(error);
    }
  }

  /** Throws a refusal if a caller is no longer good. What cannot be known at the moment ends nothing. */
  authenticateAgain(caller) {
    try {
      this.#verifier.verifyAgain(caller);
    } catch (error) {
      const refusal = error instanceof errors.RejectedError ? Refusal.rejected(error) : error;
      if (!refusal.isTemporary) throw this.#refused(refusal);
    }
  }

  /** Throws a refusal if the policy does not allow the caller, or if there is none. */
  demand(caller, policy) {
    try {
      if (caller === undefined) throw Refusal.unauthenticated();
      allowed(policy, caller);
    } catch (error) {
      throw this.#refused(error);
    }
  }

  /** A signal that is aborted when a caller is no longer good. */
  untilRevoked(caller, options) {
    return this.#verifier.untilRevoked(caller, options);
  }

  /** Authenticates the caller of a request of `node:http`. Unless it is kept, the token is taken out of the request. */
  async authenticateRequest(request) {
    const caller = await this.authenticate(valuesOf(request, this.#header), { isPreflight: isPreflightRequest(request) });
    if (!this.#keepsToken) remove(request, this.#header);
    return caller;
  }

  async #verify(token) {
    try {
      return await within(this.#verifier.verify(token, this.#callOptions), this.#timeLimit, () => Refusal.late(this.#timeLimit));
    } catch (error) {
      demandOneWord(token);
      throw error instanceof errors.RejectedError ? Refusal.rejected(error) : error;
    }
  }

  /** The refusal for an error, which the log is told. */
  #refused(error) {
    const refusal = error instanceof Refusal ? error : Refusal.undecided('the verifier failed', error);
    this.#log.refused(refusal);
    return refusal;
  }
}

/** The caller, if the policy allows it. */
function allowed(policy, caller) {
  let isAllowed;
  try {
    isAllowed = policy === undefined || allows(policy, caller);
  } catch (error) {
    throw Refusal.undecided('the policy failed', error);
  }
  if (!isAllowed) throw Refusal.forbidden();
  return caller;
}

/** All values of a header. `request.headers` would have dropped the second. */
function valuesOf({ rawHeaders }, header) {
  return rawHeaders.filter((_, index) => index % 2 === 1 && rawHeaders[index - 1].toLowerCase() === header);
}

function remove(request, header) {
  delete request.headers[header];
  if (request.headersDistinct) delete request.headersDistinct[header];
  const { rawHeaders } = request;
  for (let index = rawHeaders.length - 2; index >= 0; index -= 2) {
    if (rawHeaders[index].toLowerCase() === header) rawHeaders.splice(index, 2);
  }
}

/** Whether this is a preflight request of a browser (Fetch standard, section 3.3.2), in which browsers send no token. */
function isPreflightRequest({ method, headers }) {
  return method === 'OPTIONS' && headers.origin !== undefined && headers['access-control-request-method'] !== undefined;
}

module.exports = { Authenticator };
