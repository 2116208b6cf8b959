import type { IncomingMessage, ServerResponse } from 'node:http';
import { BoundtokenError, type RejectedError, type VerifiedToken, type Verifier } from './index';

/** Says whether a caller is allowed, among those whose tokens were accepted. It must not wait. If it throws, the answer is 500. */
export type Policy = (caller: VerifiedToken) => boolean;

/**
 * Policies. If a verifier trusts several clusters, the namespaces, service accounts and nodes of all of them count. Name the cluster as
 * well, by `allow.issuers`. An empty list allows nobody.
 */
export const allow: {
  /** Every service account of these namespaces. */
  readonly namespaces: (...names: string[]) => Policy;
  /** This service account alone. */
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
  /** Callers that one of these policies allows. */
  readonly anyOf: (...policies: Policy[]) => Policy;
  /** Without a policy it allows nobody: a list that is empty by mistake must not open the door. */
  readonly allOf: (...policies: Policy[]) => Policy;
  /** Callers that this policy does not allow. */
  readonly not: (policy: Policy) => Policy;
};

/** What a door can be told. */
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
  /** How long the verifier may take for one request, which asks clusters and look-ups: 5 if left out. The answer is 503 then. */
  timeLimitSeconds?: number;
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
  /**
   * Looks at an accepted caller again, in about a microsecond. For messages of long connections.
   * @throws {Refusal} if the token has expired, its key was withdrawn, or an object that it is bound to was deleted. What cannot be known
   * at the moment throws nothing.
   */
  authenticateAgain(caller: VerifiedToken): void;
  /**
   * Holds a caller to one more policy.
   * @throws {Refusal} if the policy does not allow the caller, or if there is none.
   */
  demand(caller: VerifiedToken | undefined, policy: Policy): void;
  /** See {@link Verifier.untilRevoked}. */
  untilRevoked(caller: VerifiedToken, options?: { signal?: AbortSignal }): AbortSignal;
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

/**
 * Returns a signal that is aborted when the caller of a request or of a call is no longer good, for answers that take long: server-sent
 * events, downloads, WebSockets. Its `reason` is a {@link RejectedError}. It is the same signal each time, and nobody waits any more once
 * the response is closed. Without a caller it is never aborted. See {@link Verifier.untilRevoked}.
 * @throws {Refusal} if the request has passed no door.
 */
export function untilRevoked(request: object): AbortSignal;

/** A handler of `node:http`. */
export type Handler = (request: IncomingMessage, response: ServerResponse) => void | Promise<void>;

/** Middleware of Express and Connect. */
export type Middleware = (request: IncomingMessage, response: ServerResponse, next: (error?: unknown) => void) => void;

/** Middleware of Koa. Its types are those of the program. */
export type KoaMiddleware = (context: any, next: () => Promise<unknown>) => Promise<unknown>;

/** A hook of Fastify for `onRequest`. Its types are those of the program. */
export type FastifyHook = (request: any, reply: any) => Promise<unknown>;

/** For `node:http`: a handler that lets only authenticated requests through to another. */
export function protect(
  verifier: Verifier,
  handler: Handler,
  options?: AuthenticatorOptions,
): (request: IncomingMessage, response: ServerResponse) => Promise<void>;

/** For single routes of `node:http`. */
export namespace protect {
  /** A handler that lets only allowed callers through to another. A door must stand before it. */
  function require(policy: Policy, handler: Handler): (request: IncomingMessage, response: ServerResponse) => Promise<void>;
}

/** Middleware for Express, Connect, and whatever else has `next`. */
export function express(verifier: Verifier, options?: AuthenticatorOptions): Middleware;

/** For single routes of Express. */
export namespace express {
  /** Lets only allowed callers through: `app.get('/keys', express.require(allow.namespaces('demo')), ...)`. A door must stand before it. */
  function require(policy: Policy): Middleware;
}

/** Middleware for Koa. */
export function koa(verifier: Verifier, options?: AuthenticatorOptions): KoaMiddleware;

/** For single routes of Koa. */
export namespace koa {
  /** Lets only allowed callers through. A door must stand before it. */
  function require(policy: Policy): KoaMiddleware;
}

/** A hook for Fastify: `app.addHook('onRequest', fastify(verifier))`. */
export function fastify(verifier: Verifier, options?: AuthenticatorOptions): FastifyHook;

/** For single routes of Fastify. */
export namespace fastify {
  /**
   * Lets only allowed callers through: `app.get('/keys', { onRequest: fastify.require(allow.namespaces('demo')) }, ...)`. A door must stand
   * before it.
   */
  function require(policy: Policy): FastifyHook;
}

/**
 * An interceptor for servers of `@grpc/grpc-js`: `new grpc.Server({ interceptors: [grpcInterceptor(grpc, verifier)] })`. A call that does not pass
 * ends with `UNAUTHENTICATED`, `PERMISSION_DENIED` or `UNAVAILABLE`, before the method sees a message. A stream ends so too, as soon as its
 * caller is no longer good, who is looked at again with every message.
 * @param grpc the module, as the program has it.
 */
export function grpcInterceptor(grpc: object, verifier: Verifier, options?: AuthenticatorOptions): (method: any, call: any) => any;
