'use strict';

/**
 * Results by the number of their claims, so that a token that is seen again gives the same object. Whether it is accepted is never
 * decided here. Half of the results is forgotten at a time, the longer unused half.
 */
class Seen {
  #young = new Map();
  #old = new Map();
  #half;

  constructor(limit) {
    this.#half = Math.ceil(limit / 2);
  }

  get(number) {
    const young = this.#young.get(number);
    if (young !== undefined) return young;
    const old = this.#old.get(number);
    if (old !== undefined) this.set(number, old);
    return old;
  }

  set(number, value) {
    if (this.#young.size >= this.#half) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(number, value);
  }

  clear() {
    this.#young.clear();
    this.#old.clear();
  }
}

module.exports = { Seen };
