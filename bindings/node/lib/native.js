'use strict';

const { translated } = require('./errors.js');
const { libraryName } = require('./platform.js');

/** Loads the library that was built for this machine. It is part of the package. */
function load() {
  const name = libraryName();
  try {
    return require(`../prebuilt/${name}`);
  } catch (cause) {
    if (cause.code !== 'MODULE_NOT_FOUND') throw cause;
    throw new Error(`boundtoken has no library for this machine: ${name}`, { cause });
  }
}

const loaded = load();

/** Called for each request, and they throw nothing but for a slip of the package. */
const HOT = ['verifyCached', 'verifyNow', 'lastToken', 'tokenRecord'];

const wrap = (call) => (...values) => {
  try {
    return call(...values);
  } catch (error) {
    throw translated(error);
  }
};

const native = {};
for (const [name, call] of Object.entries(loaded)) native[name] = HOT.includes(name) ? call : wrap(call);

module.exports = native;
