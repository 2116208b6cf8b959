import boundtoken = require('boundtoken');
export const verify = (verifier: boundtoken.Verifier, token: string): boundtoken.VerifiedToken => verifier.verifySync(token);
