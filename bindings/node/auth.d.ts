import type { IncomingMessage, ServerResponse } from 'node:http';
import { BoundtokenError, type VerifiedToken, type Verifier } from './index';

/** Says whether a caller is allowed, among those whose tokens were accepted. It must not wait. If it throws, the answer is 500. */
export type Policy = (caller: VerifiedToken) => boolean;

/**
 * Policies. If a verifier trusts several clusters, the namespaces, service accounts and nodes of all of them count. Name the cluster as
 * well, by `allow.issuers`. An empty list allows nobody.
 */
export const allow: {
  /** Every service account of these namespaces. */
  readonly namespaces: (...names: string[]) => Policy;
  readonly serviceAccount: (namespace: string, name: string) => Policy;
  /** Callers whose token was accepted for one of these audiences. For a verifier that accepts several. */
  readonly audiences: (...audiences: string[]) => Policy;
  /** Callers whose token is bound to one of these nodes, or to a pod on it. */
  readonly nodes: (...names: string[]) => Policy;
  /** Callers of these issuers, by their labels. An issuer without a label has its name as label. */
  readonly issuers: (...labels: string[]) => Policy;
  /** Callers whose token attests one of these API groups, or `*` for all (KEP-6060). */
  readonly apiGroups: (...groups: string[]) => Policy;
  /** Callers whose bound objects are known to exist. For a verifier that accepts tokens without this knowledge too. */
  readonly confirmedLive: () => Policy;
  readonly anyOf: (...policies: Policy[]) => Policy;
  /** Without a policy it allows nobody: a list that is empty by mistake must not open the door. */
  readonly allOf: (...policies: Policy[]) => Policy;
  readonly not: (policy: Policy) => Policy;
};

export interface AuthenticatorOptions {
  /** Lets only those callers pass that it allows. Without one, every caller with a good token passes. */
  policy?: Policy;
  /** Accept these audiences in place of the verifier's own. */
  audiences?: readonly string[];
  /**
   * The header with the token: `authorization` if left out. In another header the scheme `Bearer` may be left out. If a proxy sets the
   * header, callers must not be able to.
   */
  header?: string;
  /** Lets requests without a token pass, without a caller. A token that is there must still be good. */
  optional?: boolean;
  /** Leaves the token in the request, for services that forward it. */
  keepToken?: boolean;
}

/** Authenticates requests, for every framework. Refusals go to the log, at most ten times a second, never with a token. */
export class Authenticator {
  constructor(verifier: Verifier, options?: AuthenticatorOptions);
  /**
   * Authenticates a caller by the values of the header: none, one, or too many. Resolves to `undefined` if there is no token and the request
   * may pass without. Rejects with a {@link Refusal}.
   */
  authenticate(values: readonly string[], options?: { isPreflight?: boolean }): Promise<VerifiedToken | undefined>;
  /** Authenticates the caller of a request of `node:http`. Unless it is kept, the token is taken out of the request. */
  authenticateRequest(request: IncomingMessage): Promise<VerifiedToken | undefined>;
}

/** Why a request was refused, and how to answer it. The message is for the log. It never contains a token. */
export class Refusal extends BoundtokenError {
  private constructor();
  /** The status of the answer: 400, 401, 403 or 503, and 500 if the verifier or the policy failed. */
  get status(): number;
  /** What the caller may learn in words. */
  get description(): string;
  /** The value of `WWW-Authenticate` (RFC 6750 section 3), unless another token would not help. */
  get challenge(): string | undefined;
  /** Whether the same request may succeed a moment later. */
  get isTemporary(): boolean;
  /** The headers of the answer. */
  get headers(): Readonly<Record<string, string>>;
}

/** The caller of a request that a door has let pass: of `node:http`, Express, Koa (the context), Fastify or gRPC. */
export function callerOf(request: object): VerifiedToken | undefined;

/** For `node:http`: a handler that lets only authenticated requests through to another. */
export function protect(
  verifier: Verifier,
  handler: (request: IncomingMessage, response: ServerResponse) => void | Promise<void>,
  options?: AuthenticatorOptions,
): (request: IncomingMessage, response: ServerResponse) => Promise<void>;

/** Middleware for Express, Connect, and whatever else has `next`. */
export function express(
  verifier: Verifier,
  options?: AuthenticatorOptions,
): (request: IncomingMessage, response: ServerResponse, next: (error?: unknown) => void) => void;

/** Middleware for Koa. */
export function koa(
  verifier: Verifier,
  options?: AuthenticatorOptions,
): (context: any, next: () => Promise<unknown>) => Promise<unknown>;

/** A hook for Fastify: `app.addHook('onRequest', fastify(verifier))`. */
export function fastify(verifier: Verifier, options?: AuthenticatorOptions): (request: any, reply: any) => Promise<unknown>;

/**
 * An interceptor for servers of `@grpc/grpc-js`: `new grpc.Server({ interceptors: [grpcInterceptor(grpc, verifier)] })`. A call that does not pass
 * ends with `UNAUTHENTICATED`, `PERMISSION_DENIED` or `UNAVAILABLE`, before the method sees a message.
 * @param grpc the module, as the program has it.
 */
export function grpcInterceptor(grpc: object, verifier: Verifier, options?: AuthenticatorOptions): (method: any, call: any) => any;
