'use strict';

const { inspect } = require('node:util');
const { Confirmed } = require('./generated.js');
const native = require('./native.js');
const { Record, KINDS } = require('./record.js');

const CONFIRMED = new Map(Object.entries(Confirmed).map(([name, number]) => [number, name]));
const INSIDE = Symbol('made by a verifier');

const date = (seconds) => (seconds === undefined ? undefined : new Date(seconds * 1000));

/** An accepted token. Each property is decoded when it is first read. */
class VerifiedToken {
  #handle;
  #record;
  #subject;
  #known;

  constructor(inside, handle, subject) {
    if (inside !== INSIDE) throw new TypeError('only a verifier makes a VerifiedToken');
    this.#handle = handle;
    this.#subject = subject;
    Object.freeze(this);
  }

  static handleOf(token) {
    return token.#handle;
  }

  get #read() {
    return (this.#record ??= Record.ofToken(this.#handle));
  }

  /** Decodes a member once. */
  #once(member, decode) {
    this.#known ??= new Map();
    let value = this.#known.get(member);
    if (value === undefined) {
      value = decode(this.#read, member);
      this.#known.set(member, value);
    }
    return value;
  }

  #text(member) {
    return this.#once(member, (record) => record.text(member));
  }

  #texts(member) {
    return this.#once(member, (record) => record.texts(member));
  }

  #seconds(member) {
    return this.#once(member, (record) => record.time(member));
  }

  /** The object of a kind that the token names. */
  #object(kind, member, namespace) {
    return this.#once(member, (record) => {
      const name = record.text(`${member}Name`);
      if (name === undefined) return undefined;
      return Object.freeze({ kind, namespace, name, uid: record.text(`${member}Uid`) ?? '' });
    });
  }

  get subject() {
    return (this.#subject ??= this.#read.text('subject'));
  }

  get namespace() {
    return this.#text('serviceAccountNamespace');
  }

  get serviceAccount() {
    return this.#object('ServiceAccount', 'serviceAccount', this.namespace);
  }

  get pod() {
    return this.#object('Pod', 'pod', this.namespace);
  }

  get secret() {
    return this.#object('Secret', 'secret', this.namespace);
  }

  get node() {
    return this.#object('Node', 'node', '');
  }

  get boundObjects() {
    return this.#once('boundObjects', (record, member) => record.objects(member));
  }

  get confirmed() {
    return CONFIRMED.get(this.#read.number('confirmed'));
  }

  get issuer() {
    return this.#text('issuer');
  }

  get issuerLabel() {
    return this.#text('issuerLabel');
  }

  get audiences() {
    return this.#texts('audiences');
  }

  get matchedAudiences() {
    return this.#texts('matchedAudiences');
  }

  get expiresAt() {
    return date(this.expiresAtSeconds);
  }

  get expiresAtSeconds() {
    return this.#seconds('expiresAt');
  }

  get issuedAt() {
    return date(this.issuedAtSeconds);
  }

  get issuedAtSeconds() {
    return this.#seconds('issuedAt');
  }

  get notBefore() {
    return date(this.notBeforeSeconds);
  }

  get notBeforeSeconds() {
    return this.#seconds('notBefore');
  }

  get warnAfter() {
    return date(this.#seconds('warnAfter'));
  }

  get jti() {
    return this.#text('jti');
  }

  get groups() {
    return this.#texts('groups');
  }

  get attestedApiGroups() {
    return this.#texts('attestedApiGroups');
  }

  get userInfo() {
    return this.#once('userInfo', (record) => {
      const extra = {};
      for (const [key, value] of record.pairs('extra')) (extra[key] ??= []).push(value);
      Object.values(extra).forEach(Object.freeze);
      const uid = record.text('serviceAccountUid') ?? '';
      return Object.freeze({ username: this.subject, uid, groups: this.groups, extra: Object.freeze(extra) });
    });
  }

  get claimsJson() {
    return this.#text('payload');
  }

  get claims() {
    return JSON.parse(this.claimsJson);
  }

  toJSON() {
    return JSON.parse(native.tokenJson(this.#handle));
  }

  [inspect.custom]() {
    return `<VerifiedToken ${this.subject} of ${this.issuerLabel}, ${this.confirmed}, expires ${this.expiresAt.toISOString()}>`;
  }
}

/** A token that is authentic, but whose bound objects nobody has looked up yet. */
class CheckedToken {
  #handle;
  #objects;

  constructor(inside, handle) {
    if (inside !== INSIDE) throw new TypeError('only a verifier makes a CheckedToken');
    this.#handle = handle;
    Object.freeze(this);
  }

  static handleOf(checked) {
    return checked.#handle;
  }

  get boundObjects() {
    const read = ({ kind, ...rest }) => Object.freeze({ kind: KINDS.get(kind), ...rest });
    return (this.#objects ??= Object.freeze(native.checkedObjects(this.#handle).map(read)));
  }

  get issuerLabel() {
    return native.checkedLabel(this.#handle);
  }

  [inspect.custom]() {
    return `<CheckedToken of ${this.issuerLabel}, not confirmed>`;
  }
}

module.exports = { VerifiedToken, CheckedToken, INSIDE };
