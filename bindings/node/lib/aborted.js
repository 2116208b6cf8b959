'use strict';

/** Whatever a promise settles to, or a rejection with the reason of the signal once that is aborted. The promise itself goes on. */
async function unlessAborted(signal, promise) {
  if (signal === undefined) return promise;
  let abort;
  const aborted = new Promise((_, reject) => {
    abort = () => reject(signal.reason);
    signal.addEventListener('abort', abort);
  });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

module.exports = { unlessAborted };
