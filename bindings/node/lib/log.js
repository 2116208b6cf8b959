'use strict';

const { LogLevel } = require('./generated.js');
const native = require('./native.js');

const LEVELS = new Map(Object.entries(LogLevel).map(([name, number]) => [number, name]));

let logger;
let least = LogLevel.warn;
const warned = new Set();

/** Hands the log to a function from now on, or to nobody. */
function setLogger(log, { level = 'warn' } = {}) {
  if (log !== null && typeof log !== 'function') throw new TypeError('a logger must be a function, or null');
  if (!Object.hasOwn(LogLevel, level)) throw new TypeError(`${String(level)} is no LogLevel`);
  logger = log ?? undefined;
  least = LogLevel[level];
  if (log === null) native.logToNobody();
  else native.logTo((number, target, message) => tell({ level: LEVELS.get(number) ?? 'debug', target, message }), least);
}

function tell(record) {
  try {
    logger?.(Object.freeze(record));
  } catch (failure) {
    process.emitWarning('the logger of boundtoken has failed', { detail: String(failure) });
  }
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
  tell({ level, target: 'boundtoken', message, error });
}

module.exports = { setLogger, report };
