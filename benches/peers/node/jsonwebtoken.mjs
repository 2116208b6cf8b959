// jsonwebtoken: a key object, so the key is parsed once. Without a callback, which is its faster mode.

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
