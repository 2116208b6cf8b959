'use strict';

const { rejected } = require('./errors.js');
const { ObjectKind, OFFSETS } = require('./generated.js');
const native = require('./native.js');

/** Nearly every record is smaller. */
const scratch = Buffer.alloc(4096);

const KINDS = new Map(Object.entries(ObjectKind).map(([name, number]) => [number, name]));

/** Reads the record of a verdict, member by member: see src/record.rs of the Rust library. */
class Record {
  /** What the buffer has at the moment. */
  static #last = new Record(scratch);

  #bytes;

  constructor(bytes) {
    this.#bytes = bytes;
  }

  /** The record of an accepted token. */
  static ofToken(handle) {
    const size = native.tokenRecord(handle, scratch);
    const copy = Buffer.allocUnsafe(size);
    if (size <= scratch.length) scratch.copy(copy, 0, 0, size);
    else native.tokenRecord(handle, copy);
    return new Record(copy);
  }

  /** The token that was accepted last, and its subject, of which many programs read no more. Nothing if it was refused. */
  static lastToken(slot) {
    const handle = native.lastToken(slot, scratch);
    return handle === null ? undefined : { handle, subject: Record.#last.text('subject') };
  }

  /** The record of a refusal. */
  static ofRefusal(bytes) {
    return new Record(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  }

  number(member) {
    return this.#bytes.readUInt32LE(OFFSETS[member]);
  }

  /** Seconds since 1970. */
  time(member) {
    const seconds = this.#bytes.readBigInt64LE(OFFSETS[member]);
    return seconds < 0n ? undefined : Number(seconds);
  }

  text(member) {
    return this.#textAt(OFFSETS[member]);
  }

  texts(member) {
    return this.#elements(OFFSETS[member], 8, (at) => this.#textAt(at) ?? '');
  }

  pairs(member) {
    return this.#elements(OFFSETS[member], 16, (at) => [this.#textAt(at) ?? '', this.#textAt(at + 8) ?? '']);
  }

  objects(member) {
    return this.#elements(OFFSETS[member], 32, (at) => {
      const [namespace, name, uid] = [8, 16, 24].map((offset) => this.#textAt(at + offset) ?? '');
      return Object.freeze({ kind: KINDS.get(this.#bytes.readUInt32LE(at)), namespace, name, uid });
    });
  }

  #textAt(at) {
    const start = this.#bytes.readUInt32LE(at);
    return start === 0 ? undefined : this.#bytes.utf8Slice(start, start + this.#bytes.readUInt32LE(at + 4));
  }

  #elements(at, size, read) {
    const start = this.#bytes.readUInt32LE(at);
    const count = this.#bytes.readUInt32LE(at + 4);
    return Object.freeze(Array.from({ length: count }, (_, index) => read(start + size * index)));
  }
}

/** The error of a refusal. */
function refusal(record) {
  const read = Record.ofRefusal(record);
  return rejected(read.number('status'), read.text('message'), read.text('wwwAuthenticate'));
}

module.exports = { Record, KINDS, refusal };
