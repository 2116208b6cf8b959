// Answers the questions that ../driver/program.rs describes.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { createInterface } from "node:readline";

/**
 * Answers until the input ends. `load` is given the inputs, an algorithm and its public key as PEM, and returns what
 * says of a token whether it is accepted, a promise of that if `asynchronous`, or undefined if the algorithm is not
 * supported.
 */
export async function serve(name, load, { asynchronous = false } = {}) {
  const [folder, mode] = process.argv.slice(2);
  const read = (path) => readFileSync(`${folder}/${path}`, "utf8");
  const inputs = { issuer: read("issuer"), audience: read("audience"), again: mode === "again" };
  const { version } = createRequire(import.meta.url)(`./node_modules/${name}/package.json`);
  console.log(`${version}\tNode ${process.versions.node}`);

  const verifiers = new Map();
  const files = new Map();
  for await (const line of createInterface({ input: process.stdin })) {
    const [, algorithm, file, count] = line.split(" ");
    if (!verifiers.has(algorithm)) {
      verifiers.set(algorithm, await load(inputs, algorithm, read(`${algorithm}/public.pem`)));
    }
    const verify = verifiers.get(algorithm);
    if (verify === undefined) {
      console.log("unsupported");
      continue;
    }
    const path = `${algorithm}/${file}`;
    if (!files.has(path)) files.set(path, read(path).trim().split("\n"));
    const run = asynchronous ? await runAsynchronous(verify, files.get(path), +count) : runAll(verify, files.get(path), +count);
    console.log(run);
  }
}

function runAll(verify, tokens, count) {
  const start = process.hrtime.bigint();
  let accepted = 0;
  for (let next = 0; count > 0; count -= 1) {
    if (verify(tokens[next])) accepted += 1;
    next = next + 1 === tokens.length ? 0 : next + 1;
  }
  return `${process.hrtime.bigint() - start} ${accepted}`;
}

async function runAsynchronous(verify, tokens, count) {
  const start = process.hrtime.bigint();
  let accepted = 0;
  for (let next = 0; count > 0; count -= 1) {
    if (await verify(tokens[next])) accepted += 1;
    next = next + 1 === tokens.length ? 0 : next + 1;
  }
  return `${process.hrtime.bigint() - start} ${accepted}`;
}
