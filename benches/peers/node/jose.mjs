// jose: the key is imported once. It only has promises, so the tokens are awaited one after the other.

import { importSPKI, jwtVerify } from "jose";
import { serve } from "./protocol.mjs";

await serve(
  "jose",
  async (inputs, algorithm, pem) => {
    const key = await importSPKI(pem, algorithm);
    const options = {
      algorithms: [algorithm],
      issuer: inputs.issuer,
      audience: inputs.audience,
      requiredClaims: ["exp"],
    };
    return async (token) => {
      try {
        return (await jwtVerify(token, key, options)).payload !== undefined;
      } catch {
        return false;
      }
    };
  },
  { asynchronous: true },
);
