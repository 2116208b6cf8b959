'use strict';

/** Whatever a promise settles to, or a rejection with this error if that takes longer. The promise itself goes on. */
async function within(promise, seconds, late) {
  let timer;
  const limit = new Promise((_, reject) => {
    timer = setTimeout(() => reject(late()), seconds * 1000);
  });
  try {
    return await Promise.race([promise, limit]);
  } finally {
    clearTimeout(timer);
  }
}

module.exports = { within };
