'use strict';

const { translated } = require('./errors.js');

/** Loads the library that was built for this machine. It is part of the package. */
function load() {
  const { platform, arch } = process;
  const isMusl = platform === 'linux' && !process.report.getReport().header.glibcVersionRuntime;
  const name = [platform, arch, ...(platform === 'linux' ? [isMusl ? 'musl' : 'gnu'] : [])].join('-');
  try {
    return require(`../prebuilt/boundtoken.${name}.node`);
  } catch (cause) {
    if (cause.code !== 'MODULE_NOT_FOUND') throw cause;
    throw new Error(`boundtoken has no library for ${name}`, { cause });
  }
}

const loaded = load();

/** Called for each request, and they throw nothing but for a slip of the package. */
const HOT = ['verifyCached', 'verifyNow'];

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
