// fast-jwt: one verifier that is created once. With a local key it is synchronous, which is its fastest mode.

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
