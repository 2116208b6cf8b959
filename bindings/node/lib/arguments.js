'use strict';

const { errors } = require('./errors.js');
const { ObjectKind } = require('./generated.js');

/** The bytes of a text or of a Uint8Array. The error does not repeat them. */
function bytes(value, name) {
  if (typeof value === 'string') return Buffer.from(value, 'utf8');
  if (value instanceof Uint8Array) return value;
  throw new TypeError(`${name} must be a string or a Uint8Array`);
}

/** Seconds since 1970 of a Date or of a number. */
function time(value, name) {
  const since1970 = value instanceof Date ? value.getTime() / 1000 : value;
  if (typeof since1970 !== 'number' || !Number.isFinite(since1970) || since1970 < 0) {
    throw new TypeError(`${name} must be a Date, or seconds since 1970`);
  }
  return Math.floor(since1970);
}

/** The same, or undefined. */
function optionalTime(value, name) {
  return value === undefined || value === null ? undefined : time(value, name);
}

function text(value, name) {
  if (typeof value !== 'string') throw new TypeError(`${name} must be a string`);
  return value;
}

function texts(value, name) {
  if (!Array.isArray(value)) throw new TypeError(`${name} must be an array of strings`);
  return value.map((each) => text(each, name));
}

/** A whole number from 0 to 2^32 - 1. */
function whole(value, name) {
  if (value === undefined) return undefined;
  if (!Number.isInteger(value) || value < 0 || value > 0xffffffff) {
    throw new errors.ConfigurationError(`${name} must be a whole number, and not negative`, 'ERR_BOUNDTOKEN_CONFIGURATION');
  }
  return value;
}

/** A number of seconds, not negative. */
function seconds(value, name) {
  if (value === undefined) return undefined;
  if (typeof value !== 'number' || !Number.isFinite(value) || value < 0) {
    throw new errors.ConfigurationError(`${name} must be a number of seconds, and not negative`, 'ERR_BOUNDTOKEN_CONFIGURATION');
  }
  return value;
}

/** The number of a kind. */
function kind(name) {
  if (!Object.hasOwn(ObjectKind, name)) throw new TypeError(`${String(name)} is no kind of objects`);
  return ObjectKind[name];
}

/** Refuses a slip in the name of an option, which must not silently mean less. */
function onlyOptions(options, names, what) {
  if (options === null || typeof options !== 'object') throw new TypeError(`the options of ${what} must be an object`);
  for (const name of Object.keys(options)) {
    if (!names.includes(name)) throw new TypeError(`${what} has no option ${name}`);
  }
  return options;
}

module.exports = { bytes, time, optionalTime, text, texts, whole, seconds, kind, onlyOptions };
