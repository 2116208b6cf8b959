'use strict';

const { Refusal } = require('./refusal.js');

/** What follows the scheme and at least one space, or nothing if the scheme is all there is. Undefined for other schemes. */
function afterScheme(value) {
  const found = /^bearer(?: (.*))?$/is.exec(value);
  return found === null ? undefined : (found[1] ?? '').replace(/^[ \t\n\f\r]+|[ \t\n\f\r]+$/g, '');
}

/**
 * The token in the values of a header: `Bearer TOKEN` (RFC 6750 section 2.1). Undefined if there is none. In `Authorization` other schemes
 * are not about tokens. A header that is for tokens alone may leave the scheme out.
 */
function tokenOf(values, isForTokensAlone) {
  if (values.length === 0) return undefined;
  // Two readers could take different tokens.
  if (values.length > 1) throw Refusal.invalidRequest('the request has more than one header with a token');
  const token = afterScheme(values[0]) ?? (isForTokensAlone ? values[0] : undefined);
  if (token === '') throw Refusal.invalidRequest('no token follows the scheme Bearer');
  return token;
}

/** Refuses a header with text behind a token that was refused. No token that is accepted has white space in it. */
function demandOneWord(token) {
  if (/[ \t]/.test(token)) throw Refusal.invalidRequest('the header has text behind the token');
}

module.exports = { tokenOf, demandOneWord };
