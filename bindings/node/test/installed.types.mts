import { Verifier, type VerifiedToken } from 'boundtoken';
export const verify = (verifier: Verifier, token: string): Promise<VerifiedToken> => verifier.verify(token);
