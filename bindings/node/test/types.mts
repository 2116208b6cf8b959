// Compiled, not run: what a TypeScript programmer writes.
import { KeySet, KeyStore, ObjectStore, RejectedError, TrustedIssuer, Verifier, type Verdict } from 'boundtoken';

const keys = new KeyStore(KeySet.fromJwks({ keys: [] }), { maxAgeSeconds: 3600 });
const asked = new TrustedIssuer('https://issuer.example.com', keys, {
  label: 'blue',
  boundObjects: async ({ kind, uid }) => (kind === 'Pod' ? { uid } : 'absent'),
});
using verifier = new Verifier({ issuers: [asked], audiences: ['vault'], onUnavailable: 'refuse' });

function told(verdict: Verdict): string {
  if (verdict.accepted) return verdict.token.subject;
  // @ts-expect-error A refusal has no token.
  void verdict.token;
  return verdict.rejection.code === 'pod_not_found' ? verdict.rejection.remedy : verdict.rejection.challenge;
}

export async function main(token: string): Promise<string | undefined> {
  const caller = await verifier.verify(token, { audiences: ['other'], now: new Date(), signal: AbortSignal.timeout(1_000) });
  const expires: Date = caller.expiresAt;
  // @ts-expect-error Results are immutable.
  caller.subject = 'root';
  // @ts-expect-error A slip in the name of an option.
  verifier.verifySync(token, { audience: ['other'] });
  // @ts-expect-error No kind of objects.
  new ObjectStore().delete({ kind: 'Pots', name: 'x' });
  return told(verifier.decideSync(token)) + expires.toISOString() + caller.pod?.name;
}

export function status(error: unknown): number {
  return error instanceof RejectedError ? error.httpStatus : 500;
}

const doors = await import('boundtoken/auth');
export const policy = doors.allow.anyOf(doors.allow.namespaces('demo'), (caller) => caller.pod?.name === 'app-0');
export const hook = doors.fastify(verifier, { policy, audiences: ['vault'], keepToken: true });
// @ts-expect-error A policy does not wait.
doors.protect(verifier, () => undefined, { policy: async () => true });
export const found: string | undefined = doors.callerOf({})?.subject;
export const route = doors.fastify.require(doors.allow.confirmedLive());
export const revoked: AbortSignal = doors.untilRevoked({});
// @ts-expect-error A route takes a policy, not a verifier.
doors.express.require(verifier);
