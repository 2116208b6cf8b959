'use strict';

const { unlessAborted } = require('./aborted.js');
const { bytes, onlyOptions, optionalTime, texts, whole } = require('./arguments.js');
const { Cluster, cancellable } = require('./cluster.js');
const { disposable } = require('./disposable.js');
const { errors } = require('./errors.js');
const { FastRsaState, OnUnavailable } = require('./generated.js');
const { TrustedIssuer } = require('./issuer.js');
const { ask, askNow } = require('./lookup.js');
const native = require('./native.js');
const { name, state } = require('./objects.js');
const { Record, refusal } = require('./record.js');
const { untilRevoked } = require('./revocation.js');
const { Seen } = require('./seen.js');
const { CheckedToken, VerifiedToken, INSIDE } = require('./token.js');

const OPTIONS = [
  'issuers',
  'audiences',
  'leewaySeconds',
  'onUnavailable',
  'maxTokenSize',
  'cachedTokens',
  'cacheSize',
];
const CALL_OPTIONS = ['audiences', 'now'];
const WAITING_OPTIONS = [...CALL_OPTIONS, 'signal'];

const FAST_RSA_STATES = new Map(Object.entries(FastRsaState).map(([word, number]) => [number, word]));

/** What the native part returns in place of the number of a token. */
const IS_CLOSED = -1;
const UNDECIDED = -2;

/** Tokens on their way to the native part. Larger ones take a copy. */
const scratch = new Uint8Array(16 * 1024);
const encoder = new TextEncoder();

function closed() {
  return new errors.ClosedError('the verifier was closed', 'ERR_BOUNDTOKEN_CLOSED');
}

/** The options of a call, as the native part takes them. */
function readOptions(options, names = CALL_OPTIONS) {
  const { audiences, now, signal } = onlyOptions(options, names, 'the call');
  return { audiences: audiences && texts(audiences, 'audiences'), at: optionalTime(now, 'now'), signal };
}

const NO_OPTIONS = Object.freeze({ audiences: undefined, at: undefined, signal: undefined });

class Verifier {
  #judge;
  #slot;
  #seen;
  /** The functions that look up the objects of issuers, by label. */
  #lookUps = new Map();
  #asksClusters = false;

  constructor(options) {
    const { issuers, audiences, onUnavailable = 'refuse', ...rest } = onlyOptions(options, OPTIONS, 'Verifier');
    if (!Array.isArray(issuers)) throw new TypeError('issuers must be an array of TrustedIssuer');
    if (!Object.hasOwn(OnUnavailable, onUnavailable)) throw new TypeError("onUnavailable must be 'refuse' or 'accept'");
    const limits = { onUnavailable: OnUnavailable[onUnavailable] };
    for (const [option, value] of Object.entries(rest)) limits[option] = whole(value, option);
    const builder = native.builder(texts(audiences, 'audiences'), limits);
    for (const issuer of issuers) {
      if (Cluster.is(issuer)) {
        this.#asksClusters = true;
        Cluster.add(issuer, builder);
        continue;
      }
      const lookUp = TrustedIssuer.add(issuer, builder);
      if (lookUp !== undefined) this.#lookUps.set(issuer.label, lookUp);
    }
    this.#judge = native.builderBuild(builder);
    this.#slot = native.slot(this.#judge);
    this.#seen = new Seen(limits.cachedTokens ?? 10_000);
    Object.freeze(this);
  }

  verifySync(token, options) {
    const how = options === undefined ? NO_OPTIONS : readOptions(options);
    if (typeof token === 'string' && how.audiences === undefined && this.#lookUps.size === 0) {
      const { read: taken, written } = encoder.encodeInto(token, scratch);
      if (taken === token.length) {
        const number = native.verifyNow(this.#slot, scratch, written, how.at);
        return number < 0 ? this.#last(number) : (this.#seen.get(number) ?? this.#last(number));
      }
    }
    return this.#verifySync(bytes(token, 'token'), how);
  }

  #verifySync(token, how) {
    if (this.#lookUps.size > 0) {
      const { checked, lookUp } = this.#checkFor(token, how);
      if (lookUp !== undefined) return this.#confirm(checked, askNow(lookUp, checked.boundObjects), how.at);
    }
    return this.#now(token, how);
  }

  async verify(token, options) {
    const how = options === undefined ? NO_OPTIONS : readOptions(options, WAITING_OPTIONS);
    const given = bytes(token, 'token');
    how.signal?.throwIfAborted();
    if (this.#lookUps.size > 0) {
      const { checked, lookUp } = this.#checkFor(given, how);
      if (lookUp !== undefined) {
        const answers = await unlessAborted(how.signal, ask(lookUp, checked.boundObjects));
        return this.#confirm(checked, answers, how.at);
      }
    }
    if (this.#asksClusters && how.at === undefined) return this.#online(given, how);
    const known = this.#cached(given, how);
    if (known !== undefined) return known;
    const answer = await native.verifyLater(this.#slot, given, how.audiences, how.at);
    return this.#settle(answer, how.audiences === undefined);
  }

  /** Verifies a token, and asks clusters if that can change the verdict. */
  async #online(token, { audiences, signal }) {
    const number = audiences === undefined ? native.verifyCached(this.#slot, token, token.length) : UNDECIDED;
    const known = this.#seen.get(number);
    if (known !== undefined) return known;
    let answer = await native.verifyLater(this.#slot, token, audiences);
    if (answer.couldChange) {
      answer = await cancellable(signal, (canceller) => native.verifyOnline(this.#slot, token, audiences, canceller));
    }
    return this.#settle(answer, audiences === undefined);
  }

  decideSync(token, options) {
    try {
      return Object.freeze({ accepted: true, token: this.verifySync(token, options) });
    } catch (error) {
      return refused(error);
    }
  }

  async decide(token, options) {
    try {
      return Object.freeze({ accepted: true, token: await this.verify(token, options) });
    } catch (error) {
      return refused(error);
    }
  }

  verifyAgain(token, options) {
    const { at } = options === undefined ? NO_OPTIONS : readOptions(options);
    return this.#settle(native.verifyAgain(this.#slot, VerifiedToken.handleOf(token), at), false);
  }

  untilRevoked(token, options = {}) {
    const { signal } = onlyOptions(options, ['signal'], 'untilRevoked');
    return untilRevoked(this.#slot, VerifiedToken.handleOf(token), signal);
  }

  check(token, options) {
    return this.#check(bytes(token, 'token'), options === undefined ? NO_OPTIONS : readOptions(options));
  }

  confirm(checked, answers, options) {
    const { at } = options === undefined ? NO_OPTIONS : readOptions(options);
    const looked = answers.map(({ reference, state: answer }) => ({ reference: name(reference), state: state(answer) }));
    return this.#confirm(checked, looked, at);
  }

  statistics() {
    const numbers = native.statistics(this.#slot);
    return Object.freeze({ ...numbers, fastRsaState: FAST_RSA_STATES.get(numbers.fastRsaState) });
  }

  close() {
    native.close(this.#slot);
    this.#seen.clear();
  }

  #check(token, { audiences, at }) {
    const { token: checked, refusal: record } = native.check(this.#slot, token, audiences, at);
    if (checked === undefined) throw refusal(record);
    return new CheckedToken(INSIDE, checked);
  }

  /** Checks a token, and finds the function that looks up its objects. */
  #checkFor(token, how) {
    const checked = this.#check(token, how);
    return { checked, lookUp: this.#lookUps.get(checked.issuerLabel) };
  }

  #confirm(checked, answers, at) {
    return this.#settle(native.confirm(this.#slot, CheckedToken.handleOf(checked), answers, at), false);
  }

  /** Decides if that takes no signature check. */
  #cached(token, { audiences, at }) {
    if (audiences !== undefined) {
      const answer = native.verifyCachedFor(this.#slot, token, audiences, at);
      return answer === null ? undefined : this.#settle(answer, false);
    }
    const number = native.verifyCached(this.#slot, token, token.length, at);
    return number === UNDECIDED ? undefined : (this.#seen.get(number) ?? this.#last(number));
  }

  #now(token, { audiences, at }) {
    if (audiences !== undefined) return this.#settle(native.verifyNowFor(this.#slot, token, audiences, at), false);
    const number = native.verifyNow(this.#slot, token, token.length, at);
    return this.#seen.get(number) ?? this.#last(number);
  }

  /** Takes what the call just now has decided. */
  #last(number) {
    if (number === IS_CLOSED) throw closed();
    const accepted = Record.lastToken(this.#slot);
    if (accepted === undefined) throw refusal(native.lastRefusal(this.#slot));
    return this.#keep(number, accepted.handle, accepted.subject);
  }

  /** Takes an answer. Only one for the verifier's own audiences is kept. */
  #settle({ token, refusal: record }, isOwn) {
    if (token === undefined) throw refusal(record);
    return isOwn ? this.#keep(native.tokenNumber(token), token) : new VerifiedToken(INSIDE, token);
  }

  #keep(number, handle, subject) {
    const isRemembered = number >= 0;
    const known = isRemembered ? this.#seen.get(number) : undefined;
    if (known !== undefined) return known;
    const made = new VerifiedToken(INSIDE, handle, subject);
    if (isRemembered) this.#seen.set(number, made);
    return made;
  }
}

function refused(error) {
  if (!(error instanceof errors.RejectedError)) throw error;
  return Object.freeze({ accepted: false, rejection: error });
}

disposable(Verifier);

module.exports = { Verifier };
