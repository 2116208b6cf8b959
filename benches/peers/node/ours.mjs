// boundtoken for Node.js: the package as a service uses it, with the objects in a store.

import { readFileSync } from "node:fs";
import { KeySet, ObjectStore, TrustedIssuer, Verifier } from "boundtoken";
import { serve } from "./protocol.mjs";

const folder = process.argv[2];
const boundObjects = ObjectStore.fromJson(readFileSync(`${folder}/objects.json`));

await serve("boundtoken", ({ issuer, audience, again }, algorithm) => {
  // The tokens name the keys of the key set.
  const keys = KeySet.fromJwks(readFileSync(`${folder}/${algorithm}/jwks.json`));
  const trusted = new TrustedIssuer(issuer, keys, { boundObjects });
  const verifier = new Verifier({ issuers: [trusted], audiences: [audience], ...(again ? {} : { cachedTokens: 0 }) });
  return (token) => verifier.decideSync(token).accepted;
});
