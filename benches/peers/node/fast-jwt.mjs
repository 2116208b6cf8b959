// fast-jwt: one verifier that is made once, with a local key, which makes it synchronous, its fastest way.

import { createVerifier } from "fast-jwt";
import { serve } from "./protocol.mjs";

await serve("fast-jwt", (inputs, algorithm, key) => {
  const verify = createVerifier({
    key,
    algorithms: [algorithm],
    allowedIss: inputs.issuer,
    allowedAud: inputs.audience,
    requiredClaims: ["exp"],
    cache: inputs.again,
  });
  return (token) => {
    try {
      return verify(token) !== undefined;
    } catch {
      return false;
    }
  };
});
