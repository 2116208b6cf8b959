// jsonwebtoken: with a key object, so that the key is parsed once, and without a call-back, which is its faster way.

import { createPublicKey } from "node:crypto";
import jsonwebtoken from "jsonwebtoken";
import { serve } from "./protocol.mjs";

await serve("jsonwebtoken", (inputs, algorithm, pem) => {
  if (algorithm === "EdDSA") return undefined;
  const key = createPublicKey(pem);
  const options = { algorithms: [algorithm], issuer: inputs.issuer, audience: inputs.audience };
  return (token) => {
    try {
      return jsonwebtoken.verify(token, key, options) !== undefined;
    } catch {
      return false;
    }
  };
});
