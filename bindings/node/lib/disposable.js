'use strict';

/** The symbol of `using`, which Node.js 20 has, and which compilers of TypeScript look for. */
const dispose = Symbol.dispose ?? Symbol.for('nodejs.dispose');

/** Has `using` close the objects of a class. */
function disposable(made) {
  Object.defineProperty(made.prototype, dispose, { value: made.prototype.close, configurable: true, writable: true });
}

module.exports = { disposable };
