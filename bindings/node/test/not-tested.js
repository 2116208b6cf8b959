'use strict';

const { appendFileSync } = require('node:fs');

/** Skips a test, and notes it for the end of `make test`. With BOUNDTOKEN_SKIP_NOTHING=1 it fails instead. */
function notTested(context, what, remedy) {
  if (process.env.BOUNDTOKEN_SKIP_NOTHING === '1') throw new Error(`${what} could not be tested: ${remedy}`);
  const note = `NOT TESTED: ${what}; ${remedy}`;
  if (process.env.BOUNDTOKEN_NOT_TESTED) appendFileSync(process.env.BOUNDTOKEN_NOT_TESTED, `${note}\n`);
  context.skip(note);
}

module.exports = { notTested };
