'use strict';

const native = require('./native.js');
const { refusal } = require('./record.js');

/** What is done when a caller ends, by its number. */
const waiting = new Map();
let last = 0;
/** Tells of the ends of this thread's callers. */
let ends;

function ended(number, record) {
  waiting.get(number)?.(refusal(record));
}

/** Returns a signal that is aborted when the token is no longer good. It is held until then, or until `signal` is aborted. */
function untilRevoked(slot, handle, signal) {
  const revoked = new AbortController();
  if (signal?.aborted) return revoked.signal;
  ends ??= native.revocations(ended);
  const number = (last += 1);
  const canceller = native.canceller();
  const forget = () => {
    waiting.delete(number);
    signal?.removeEventListener('abort', forget);
    native.cancel(canceller);
  };
  native.revocation(ends, slot, handle, number, canceller);
  signal?.addEventListener('abort', forget);
  waiting.set(number, (rejection) => {
    forget();
    revoked.abort(rejection);
  });
  return revoked.signal;
}

module.exports = { untilRevoked };
