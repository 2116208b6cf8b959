'use strict';
// What the Rust library says of tokens, and the programs of the repository.

const { spawnSync } = require('node:child_process');
const { readFileSync } = require('node:fs');
const path = require('node:path');

const repository = path.join(__dirname, '..', '..', '..');
const abi = JSON.parse(readFileSync(path.join(repository, 'bindings', 'abi.json'), 'utf8'));

/** Runs cargo in the repository, and returns what it prints. Undefined without cargo. */
function runCargo(...args) {
  const env = { ...process.env, CARGO_TARGET_DIR: process.env.TARGET_DIR ?? path.join(repository, 'target') };
  const stdio = ['ignore', 'pipe', 'inherit'];
  const run = spawnSync(process.env.CARGO ?? 'cargo', args, { cwd: repository, env, stdio, maxBuffer: 2 ** 30 });
  if (run.error?.code === 'ENOENT') return undefined;
  if (run.status !== 0) throw run.error ?? new Error(`cargo has failed: ${run.status}`);
  return run.stdout.toString();
}

/** All vectors, with the folders in BOUNDTOKEN_VECTORS. Undefined without cargo. */
function folders() {
  const features = ['--features', 'boundtoken/aws-lc-rs'];
  const output = runCargo('run', '--quiet', '-p', 'boundtoken-testing', ...features, '--example', 'verdicts');
  if (output === undefined) return undefined;
  const found = [];
  // Other lines are notes about keys that were skipped.
  for (const line of output.split('\n').filter((text) => text.startsWith('{'))) {
    const read = JSON.parse(line);
    if (read.folder !== undefined) found.push({ ...read, cases: [] });
    else found.at(-1).cases.push({ ...read, record: decode(Buffer.from(read.record, 'base64')) });
  }
  return found;
}

const MEMBERS = abi.structs.find(({ name }) => name === 'boundtoken_record').members;

/** Reads a record by the offsets of bindings/abi.json, apart from the code of the package. */
function decode(record) {
  const text = (at) => {
    const start = record.readUInt32LE(at);
    return start === 0 ? undefined : record.toString('utf8', start, start + record.readUInt32LE(at + 4));
  };
  const places = (at, size) => {
    const [start, count] = [record.readUInt32LE(at), record.readUInt32LE(at + 4)];
    return Array.from({ length: count }, (_, index) => start + size * index);
  };
  const object = (at) => [record.readUInt32LE(at), ...[8, 16, 24].map((part) => text(at + part) ?? '')];
  const read = {};
  for (const { name, type, offset } of MEMBERS) {
    const at = offset['64'];
    if (type === 'uint32_t') read[name] = record.readUInt32LE(at);
    else if (type === 'int64_t') read[name] = Number(record.readBigInt64LE(at));
    else if (type === 'boundtoken_record_text') read[name] = text(at);
    else if (name === 'bound_objects') read[name] = places(at, 32).map(object);
    else if (name === 'extra') read[name] = places(at, 16).map((place) => [text(place), text(place + 8) ?? '']);
    else if (name !== 'attestations' && type === 'boundtoken_record_array') read[name] = places(at, 8).map((place) => text(place) ?? '');
  }
  return read;
}

module.exports = { abi, folders, repository, runCargo };
