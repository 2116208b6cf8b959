'use strict';

const { LogLevel } = require('./generated.js');

let logger;
let least = LogLevel.warn;
const warned = new Set();

/** Hands the log to a function from now on, or to nobody. */
function setLogger(log, { level = 'warn' } = {}) {
  if (log !== null && typeof log !== 'function') throw new TypeError('a logger must be a function, or null');
  if (!Object.hasOwn(LogLevel, level)) throw new TypeError(`${String(level)} is no LogLevel`);
  logger = log ?? undefined;
  least = LogLevel[level];
}

/** Logs a line. Without a logger, a warning of the process says it once. */
function report(level, message, error) {
  if (LogLevel[level] > least) return;
  if (logger === undefined) {
    if (warned.has(message)) return;
    if (warned.size < 16) warned.add(message);
    process.emitWarning(message, { type: 'BoundtokenWarning', detail: error?.stack });
    return;
  }
  try {
    logger(Object.freeze({ level, target: 'boundtoken', message, error }));
  } catch (failure) {
    process.emitWarning('the logger of boundtoken has failed', { detail: String(failure) });
  }
}

module.exports = { setLogger, report };
