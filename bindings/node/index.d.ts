import type { EventEmitter } from 'node:events';
import type { Change, Confirmed, FastRsaState, ObjectKind, OnUnavailable, LogLevel, ReasonCode } from './lib/generated';

export type { Change, Confirmed, FastRsaState, LogLevel, ObjectKind, OnUnavailable, ReasonCode } from './lib/generated';

/** A time: a `Date`, or seconds since 1970. */
export type Time = Date | number;
/** A document of JSON: its text, its bytes, or what `JSON.parse` makes of it. */
export type Json = string | Uint8Array | object;

/** The version of the library. */
export const version: string;
/** What the library was built of, for logs and reports of faults. */
export function buildInfo(): BuildInfo;
/** What a library was built of. */
export interface BuildInfo {
  /** The version of the library. */
  readonly version: string;
  /** The cryptography that checks signatures. */
  readonly cryptography: string;
  /** The system that it was built for, as Rust names it. */
  readonly target: string;
}

/** An object by its name. The namespace is empty or left out for a kind without namespaces. */
export interface ObjectReference {
  /** What kind of object it is. */
  readonly kind: ObjectKind;
  /** Its namespace. */
  readonly namespace?: string;
  /** Its name (`metadata.name`). */
  readonly name: string;
}

/** An object that a token is bound to. */
export interface BoundObject {
  /** What kind of object it is. */
  readonly kind: ObjectKind;
  /** Empty for a kind without namespaces. */
  readonly namespace: string;
  /** Its name (`metadata.name`). */
  readonly name: string;
  /** The uid that the object must have. Empty for the node of a pod if the token does not say it. */
  readonly uid: string;
}

/** An object that exists. */
export interface Present {
  /** Its `metadata.uid`. */
  readonly uid: string;
  /** Its `metadata.deletionTimestamp`. */
  readonly deletionTimestamp?: Time | undefined;
}

/**
 * What a look-up answers: the object as it is, or
 * - `absent`: it does not exist;
 * - `unavailable`: nobody can say at the moment;
 * - `notFollowed`: nobody can ever say. The token is refused.
 */
export type ObjectAnswer = Present | 'absent' | 'unavailable' | 'notFollowed';

/** Looks an object up. If it throws, rejects, or does not settle in time, the object is `unavailable`, and the log is told. */
export type LookUp = (reference: BoundObject) => ObjectAnswer | Promise<ObjectAnswer>;

/** A key of a document that cannot be used. */
export interface SkippedKey {
  /** Its place in the document, counted from 0. */
  readonly index: number;
  /** Its `kid`, if it has one. */
  readonly kid?: string | undefined;
  /** Why it was skipped, and what to do. */
  readonly reason: string;
}

/** The public keys of one issuer. Immutable. */
export class KeySet {
  private constructor();
  /**
   * Reads a JSON Web Key Set (RFC 7517 section 5), as an API server serves at `/openid/v1/jwks`. A key that cannot be used is skipped:
   * see {@link KeySet.skipped}.
   * @throws {KeySetError} if the document is no key set, or is larger than 1 MiB.
   */
  static fromJwks(document: Json): KeySet;
  /**
   * Reads the keys of a PEM file, such as the API server's `--service-account-key-file`. Of private keys only the public half is kept.
   * @throws {KeySetError} if it has no usable key.
   */
  static fromPem(document: string | Uint8Array): KeySet;
  /** The number of keys. */
  get size(): number;
  /** The `kid` of each key, in their order. */
  get kids(): readonly (string | undefined)[];
  /** The keys of the document that cannot be used. */
  get skipped(): readonly SkippedKey[];
}

/** A handle on an issuer's current keys, which can be replaced while verifiers use them. */
export class KeyStore {
  /** @param options `maxAgeSeconds`: past this age verifiers refuse the issuer's tokens with `keys_stale`. No limit without it. */
  constructor(keys: KeySet, options?: { maxAgeSeconds?: number });
  /** Replaces the keys, and restarts their age. Calls that are running finish with the keys they began with. */
  replace(keys: KeySet): void;
  /** Marks the keys as current, which restarts their age. */
  renew(): void;
  /** The current keys. */
  get keys(): KeySet;
  /** Whether the keys are older than their maximum age. */
  get isStale(): boolean;
}

/** An object of a list, or of an event. */
export interface ListedObject extends Present {
  /** Its namespace. Empty or left out for a kind without namespaces. */
  readonly namespace?: string;
  /** Its name (`metadata.name`). */
  readonly name: string;
}

/** A store that watches fill: see {@link ObjectStore.following}. */
export interface Following {
  /** The store, for verifiers. */
  readonly store: ObjectStore;
  /** A feed for each scope, in their order. */
  readonly feeds: readonly Feed[];
}

/** The objects of a cluster that tokens are bound to, in memory. An object that is not in it does not exist. */
export class ObjectStore {
  constructor();
  /** A store with the objects of a JSON document. See {@link ObjectStore.loadJson}. */
  static fromJson(document: Json): ObjectStore;
  /**
   * A store that watches of your own fill, with a feed for each scope: a kind, or a kind in one namespace. The store is stale until each
   * feed has had its first list, and whenever a feed has proven nothing for longer than `maxStalenessSeconds`. Verifiers then refuse
   * tokens with `bound_object_unavailable`.
   */
  static following(
    scopes: readonly (ObjectKind | { kind: ObjectKind; namespace: string })[],
    options: { maxStalenessSeconds: number },
  ): Following;
  /**
   * Adds the objects of a JSON document, and returns their number: what `kubectl get serviceaccounts,pods,nodes -A -o json` prints, an
   * array of objects, one object, or an object with a list for each resource. Kinds that no token is bound to are skipped.
   * @throws {ObjectsError} if it cannot be read. Nothing is added then.
   */
  loadJson(document: Json): number;
  /** Replaces all objects by those of a JSON document, and returns their number. One that stays is never absent in between. */
  replaceJson(document: Json): number;
  /** Replaces all objects by those of another store. */
  replace(content: ObjectStore): void;
  /** Adds or replaces an object. */
  upsert(reference: ObjectReference, object: Present): void;
  /** Removes an object. Returns whether it was there. */
  delete(reference: ObjectReference): boolean;
  /** What the store knows of an object. */
  lookUp(reference: ObjectReference): ObjectAnswer;
  /** The number of objects. */
  get size(): number;
  /** Whether a store that follows a cluster has lost touch for too long. Always false for other stores. */
  get isStale(): boolean;
}

/** Fills a store with what one watch tells: see {@link ObjectStore.following}. */
export class Feed {
  private constructor();
  /** Takes a list of all objects. `ageSeconds`: how long ago it was requested. */
  replace(objects: readonly ListedObject[], options?: { ageSeconds?: number }): void;
  /** Takes an event: the object was added or has changed. */
  upsert(object: ListedObject): void;
  /** Takes an event: the object was deleted. */
  delete(object: ListedObject): void;
  /** Says that the watch was up to date so long ago, as a bookmark does. */
  prove(options?: { ageSeconds?: number }): void;
}

/** What else a trusted issuer can be told. */
export interface TrustedIssuerOptions {
  /** Your own name for it, which accepted tokens repeat. The default is its name. Clusters that write the same `iss` need labels. */
  label?: string;
  /** Other names that it writes. */
  alsoNamed?: readonly string[];
  /**
   * Where the objects are looked up that tokens are bound to. Without it tokens are accepted as `notChecked`. A function is asked at
   * every verification, which then checks the signature each time. An asynchronous one needs `await verify`.
   */
  boundObjects?: ObjectStore | LookUp;
  /** How long a function may take: 5 if left out. */
  lookUpTimeoutSeconds?: number;
}

/** An issuer whose tokens are accepted. One cluster is one trusted issuer. Immutable. */
export class TrustedIssuer {
  /** Trusts an issuer that writes exactly `name` into `iss` and signs with `keys`. */
  constructor(name: string, keys: KeySet | KeyStore, options?: TrustedIssuerOptions);
  /** Your own name for it, or its name. */
  get label(): string;
}

/** The user that a token speaks for: `status.user` of a TokenReview. */
export interface UserInfo {
  /** `system:serviceaccount:NAMESPACE:NAME`. */
  readonly username: string;
  /** The uid of the service account. */
  readonly uid: string;
  /** `system:serviceaccounts`, the group of the namespace, and `system:authenticated`. */
  readonly groups: readonly string[];
  /** The credential id, and the pod and node that the token names. */
  readonly extra: Readonly<Record<string, readonly string[]>>;
}

/** An accepted token. Immutable. It does not contain the token itself. Each property is decoded when it is first read. */
export class VerifiedToken {
  private constructor();
  /** The user name: `system:serviceaccount:NAMESPACE:NAME` (`sub`). */
  get subject(): string;
  /** The namespace of the service account. */
  get namespace(): string;
  /** The service account that the token speaks for. */
  get serviceAccount(): BoundObject;
  /** The pod that the token is bound to. */
  get pod(): BoundObject | undefined;
  /** The secret that the token is bound to. */
  get secret(): BoundObject | undefined;
  /** The node that the token is bound to or, in a token bound to a pod, the node of that pod. */
  get node(): BoundObject | undefined;
  /** The objects that must exist for the token to be good, in the API server's order. */
  get boundObjects(): readonly BoundObject[];
  /** Whether these objects were confirmed to exist. */
  get confirmed(): Confirmed;
  /** The issuer (`iss`). */
  get issuer(): string;
  /** The label of the trusted issuer that the token belongs to. It identifies the cluster. */
  get issuerLabel(): string;
  /** All audiences of the token (`aud`), in the token's order. */
  get audiences(): readonly string[];
  /** The accepted audiences that the token names: `status.audiences` of a TokenReview. Never empty. */
  get matchedAudiences(): readonly string[];
  /** When the token expires (`exp`). */
  get expiresAt(): Date;
  /** The same in seconds since 1970. */
  get expiresAtSeconds(): number;
  /** When the token was issued (`iat`). */
  get issuedAt(): Date | undefined;
  /** The same in seconds since 1970. */
  get issuedAtSeconds(): number | undefined;
  /** When the token becomes valid (`nbf`). */
  get notBefore(): Date | undefined;
  /** The same in seconds since 1970. */
  get notBeforeSeconds(): number | undefined;
  /** When the API server starts to count the token as stale (`warnafter`). */
  get warnAfter(): Date | undefined;
  /** The identifier of the token (`jti`). */
  get jti(): string | undefined;
  /** The groups of the user. */
  get groups(): readonly string[];
  /** The API groups whose admission reviews the caller may send (KEP-6060). `*` stands for all. */
  get attestedApiGroups(): readonly string[];
  /** The user as a TokenReview describes it. */
  get userInfo(): UserInfo;
  /** The claims as they were signed: the text of one JSON object. */
  get claimsJson(): string;
  /** The claims as they were signed. Each call reads the JSON again and returns a new object. */
  get claims(): Record<string, unknown>;
  /** Everything as an object: `user`, `issuerLabel`, `audiences`, `confirmed`, `boundObjects`, `claims`. */
  toJSON(): Record<string, unknown>;
}

/** A token that is authentic and meant for the verifier, but whose bound objects nobody has looked up yet. It is not accepted. */
export class CheckedToken {
  private constructor();
  /** The objects to look up, in the order in which they will be judged. */
  get boundObjects(): readonly BoundObject[];
  /** The label of the trusted issuer whose objects can confirm the token. */
  get issuerLabel(): string;
}

/** A verdict that accepts a token. */
export interface Accepted {
  /** What tells it from a refusal. */
  readonly accepted: true;
  /** What the token says. */
  readonly token: VerifiedToken;
}

/** A verdict that refuses a token. */
export interface Refused {
  /** What tells it from an acceptance. */
  readonly accepted: false;
  /** Why, and what to do. */
  readonly rejection: RejectedError;
}

/** Accepted with a token, or refused with the reason. */
export type Verdict = Accepted | Refused;

/** What a verifier is told. */
export interface VerifierOptions {
  /** Whose tokens are accepted. */
  issuers: readonly (TrustedIssuer | Cluster)[];
  /** The identifiers of this service. A token must name one of them, letter by letter. */
  audiences: readonly string[];
  /** How much the clocks of issuer and verifier may differ: 60 if left out, at most 3,600. */
  leewaySeconds?: number;
  /** What to do with a token if its objects cannot be looked up, or if what is known is outdated: `refuse` if left out. */
  onUnavailable?: OnUnavailable;
  /** The size of the largest token that is looked at, in bytes: 16,384 if left out, at most 1 MiB. */
  maxTokenSize?: number;
  /** How many accepted tokens are remembered: 10,000 if left out. 0 turns the cache off. */
  cachedTokens?: number;
  /** How many bytes they may take: 32 MiB if left out. */
  cacheSize?: number;
}

/** What one verification can be told. */
export interface CallOptions {
  /** Accept these audiences in place of the verifier's own. */
  audiences?: readonly string[];
  /** The time, in place of the system's clock. */
  now?: Time;
}

/** What a verification that may wait can be told. */
export interface WaitingOptions extends CallOptions {
  /** Gives up waiting for a look-up or for a cluster when it is aborted: the call rejects with the signal's reason. */
  signal?: AbortSignal;
}

/** What a verifier has decided so far, and what it remembers. */
export interface Statistics {
  /** Tokens that were accepted after their signature was checked. */
  readonly acceptedFirst: number;
  /** Tokens that were accepted because they had been accepted before. */
  readonly acceptedAgain: number;
  /** Tokens that were refused for their form: reasons 101 to 199. */
  readonly refusedForForm: number;
  /** Tokens that were refused for their header: reasons 201 to 299. */
  readonly refusedForHeader: number;
  /** Tokens that were refused for key or signature: reasons 301 to 399. */
  readonly refusedForKey: number;
  /** Tokens that were refused for their claims: reasons 401 to 499. */
  readonly refusedForClaims: number;
  /** Tokens that were refused for a bound object: reasons 501 to 599. */
  readonly refusedForObjects: number;
  /** Tokens that the cache holds now. */
  readonly rememberedTokens: number;
  /** About how much memory they take, in bytes. */
  readonly cacheSize: number;
  /** Keys of all issuers now. */
  readonly keys: number;
  /** Whether this process has the fast path for RS256. */
  readonly fastRsaState: FastRsaState;
  /** Keys of all issuers that it serves now. */
  readonly fastRsaKeys: number;
  /** In this process: keys that it does not serve because they failed their self-test. */
  readonly fastRsaKeysRefused: number;
  /** In this process: signatures that it accepted and that the cryptography library checked again. */
  readonly fastRsaAcceptedChecked: number;
  /** In this process: signatures that it refused and that the cryptography library checked again. */
  readonly fastRsaRefusedChecked: number;
  /** In this process: signatures that it refused and that were not checked again, because there were too many. */
  readonly fastRsaRefusedUnchecked: number;
  /** In this process: how often the cryptography library came to another verdict, which was then used. */
  readonly fastRsaDisagreements: number;
}

/** Verifies bound tokens in memory. Build one at start-up and keep it, one in each worker. */
export class Verifier {
  /** @throws {ConfigurationError} if something is missing or out of range. */
  constructor(options: VerifierOptions);
  /**
   * Verifies a token at once. One that was accepted before takes well under a microsecond. Any other has its signature checked.
   * @param token the bare token, without `Bearer` and without white space around it.
   * @throws {RejectedError} if it is refused.
   */
  verifySync(token: string | Uint8Array, options?: CallOptions): VerifiedToken;
  /**
   * Verifies a token, and checks its signature on another thread. If the answer of one of the verifier's clusters can change the verdict,
   * it is asked: about an unknown key, or about an object that was created a moment ago. Rejects with a {@link RejectedError} if it is
   * refused.
   */
  verify(token: string | Uint8Array, options?: WaitingOptions): Promise<VerifiedToken>;
  /** Like {@link Verifier.verifySync}, and returns a refusal. */
  decideSync(token: string | Uint8Array, options?: CallOptions): Verdict;
  /** Like {@link Verifier.verify}, and returns a refusal. */
  decide(token: string | Uint8Array, options?: WaitingOptions): Promise<Verdict>;
  /** Judges an accepted token again, without its bytes: key, times and bound objects. For long connections. */
  verifyAgain(token: VerifiedToken, options?: { now?: Time }): VerifiedToken;
  /**
   * Returns a signal that is aborted when an accepted token is no longer good, for connections that outlive a request: the token has expired
   * (the leeway counts), its key was withdrawn, or an object that it is bound to was deleted. The stores of keys and objects tell at once:
   * nothing is asked again and again. The `reason` of the signal is a {@link RejectedError}. An outage ends nothing. Objects that a function
   * looks up end nothing either: only key and expiry do.
   *
   * Abort `signal` to stop waiting. Until then it costs about 1 KiB, and keeps no program running.
   */
  untilRevoked(token: VerifiedToken, options?: { signal?: AbortSignal }): AbortSignal;
  /** Checks everything except the bound objects. {@link Verifier.confirm} does the rest. */
  check(token: string | Uint8Array, options?: CallOptions): CheckedToken;
  /** Judges a checked token by the answers that were looked up. An object without an answer counts as `unavailable`. */
  confirm(
    checked: CheckedToken,
    answers: readonly { reference: ObjectReference; state: ObjectAnswer }[],
    options?: { now?: Time },
  ): VerifiedToken;
  /** What was decided so far, and what is remembered now. */
  statistics(): Statistics;
  /** Frees the verifier. Calls that are running finish. Later ones throw a {@link ClosedError}. */
  close(): void;
  /** The same as `close`, for `using`. */
  [Symbol.dispose](): void;
}

/** How to connect to a cluster, and what to follow there. */
export interface ClusterOptions {
  /** The path of a kubeconfig. The default is the cluster of the pod, of `KUBECONFIG`, or of `~/.kube/config`. */
  kubeconfig?: string;
  /** The context of the kubeconfig. */
  context?: string;
  /** Only the cluster of the pod. */
  inCluster?: boolean;
  /** Your own name for it, which accepted tokens repeat. The default is the name of its issuer. */
  label?: string;
  /** Follow pods, secrets and service accounts of these namespaces only. */
  namespaces?: readonly string[];
  /** Whether to follow secrets. */
  secrets?: boolean;
  /** Whether to follow nodes. */
  nodes?: boolean;
  /** Whether to follow webhook configurations. */
  webhookConfigurations?: boolean;
  /** How long the last known state counts if the connection is lost. */
  maxStalenessSeconds?: number;
  /** How long connecting may take. */
  deadlineSeconds?: number;
  /** How long {@link Verifier.verify} waits for new keys. */
  unknownKeyWaitSeconds?: number;
  /** How old the keys may be. */
  maxKeyAgeSeconds?: number;
  /** Gives up connecting. */
  signal?: AbortSignal;
}

/** The state of one watch of a cluster. */
export interface WatchStatus {
  /** The kind of the objects. */
  readonly kind: ObjectKind;
  /** Left out for the whole cluster. */
  readonly namespace?: string;
  /** Whether all objects have been listed at least once. */
  readonly inStep: boolean;
  /** How old the known state may be. */
  readonly ageSeconds: number;
  /** How many objects are known. */
  readonly objects: number;
  /** How many events were received. */
  readonly events: number;
  /** How often the watch was started again. */
  readonly reconnects: number;
  /** What has failed since the watch last heard from the API server. */
  readonly failure?: string;
}

/** What was known of a cluster at one moment, and how current it was. */
export interface ClusterStatus {
  /** The name of the cluster's issuer. */
  readonly issuer: string;
  /** The `kid` of each key. */
  readonly keyIds: readonly string[];
  /** When the keys were last loaded. */
  readonly keysLoadedAt: Date;
  /** Why the last attempt to load the keys failed. */
  readonly keysFailure?: string;
  /** Whether the cluster publishes no usable key. All its tokens are refused then. */
  readonly keysWithdrawn: boolean;
  /** Whether the keys are older than allowed. */
  readonly keysStale: boolean;
  /** Whether verifiers refuse tokens because what is known is outdated. */
  readonly stale: boolean;
  /** The state of each watch. */
  readonly watches: readonly WatchStatus[];
}

/** A key was added, or is no longer published. */
export interface KeyChange {
  /** What has changed. */
  readonly change: 'keyAdded' | 'keyWithdrawn';
  /** The `kid` of the key. */
  readonly kid: string;
}

/** A watch is in step, or what it knows is outdated. */
export interface WatchChange {
  /** What has changed. */
  readonly change: 'inStep' | 'stale';
  /** The kind of the objects. */
  readonly kind: ObjectKind;
  /** Left out for the whole cluster. */
  readonly namespace?: string;
}

/** A watch has lost the API server. */
export interface WatchLost {
  /** What has changed. */
  readonly change: 'lost';
  /** The kind of the objects. */
  readonly kind: ObjectKind;
  /** Left out for the whole cluster. */
  readonly namespace?: string;
  /** What has failed. */
  readonly failure: string;
}

/** A change in what a cluster knows. */
export type ClusterChange = KeyChange | WatchChange | WatchLost;

/** The events of a cluster. */
export interface ClusterEvents {
  /** Something has changed in what the cluster knows. */
  change: [ClusterChange];
}

/**
 * A connection to a Kubernetes cluster, whose keys and objects a thread keeps current. Verifiers built from it share what it knows. It
 * keeps no program running.
 */
export class Cluster extends EventEmitter<ClusterEvents> {
  private constructor();
  /** Connects, and waits until keys and objects are known. Rejects with a {@link ClusterError} or a {@link ConfigurationError}. */
  static connect(options?: ClusterOptions): Promise<Cluster>;
  /** The name of the cluster's issuer. */
  get issuer(): string;
  /** Your own name for it, or the name of its issuer. */
  get label(): string;
  /** Whether verifiers refuse tokens because what is known is outdated. For `/readyz`. True once it is closed. */
  get isStale(): boolean;
  /** What is known and how current it is, for logs and metrics. It takes longer the more objects there are. */
  status(): ClusterStatus;
  /** Ends the connection. Verifiers refuse its tokens as soon as what is known is outdated. */
  close(): void;
  /** The same as `close`, for `using`. */
  [Symbol.dispose](): void;
}

/** The base of all errors of this package. No message ever contains a token. */
export class BoundtokenError extends Error {
  /** The stable name of what went wrong, such as `ERR_BOUNDTOKEN_CONFIGURATION`. */
  readonly code: string;
}

/**
 * A token was refused. There is a subclass for each family of reasons. The message says what was wrong with this token and what to do.
 * That belongs in the server's log. A client gets the {@link RejectedError.challenge}.
 */
export class RejectedError extends BoundtokenError {
  protected constructor();
  /** The stable name of the reason, for logs and metrics, such as `pod_not_found`. */
  readonly code: ReasonCode;
  /** The stable number of the reason, the same in every language. */
  get number(): number;
  /** What was wrong, without details of this token. */
  get description(): string;
  /** What to do about it. */
  get remedy(): string;
  /** 503 if nothing can be decided now, else 401 (RFC 6750 section 3.1). */
  get httpStatus(): number;
  /** Whether an API server accepts some tokens that are refused for this reason. */
  get isStricter(): boolean;
  /** The value of the header `WWW-Authenticate` for the answer (RFC 6750 section 3). */
  get challenge(): string;
}
/** The token does not have the form of a token: reasons 101 to 199. */
export class TokenError extends RejectedError {}
/** The header of the token is not one that a verifier may act on: reasons 201 to 299. */
export class HeaderError extends RejectedError {}
/** No key vouches for the token: reasons 301 to 399. */
export class SignatureError extends RejectedError {}
/** The claims break a rule: issuer, audience, times or form: reasons 401 to 499. */
export class ClaimsError extends RejectedError {}
/** A bound object is gone, or cannot be confirmed: reasons 501 to 599. */
export class BoundObjectsError extends RejectedError {}
/** What a verifier, an issuer or a connection was given cannot be used. The message says what to give instead. */
export class ConfigurationError extends BoundtokenError {}
/** A document of keys cannot be read. The message never contains key material. */
export class KeySetError extends ConfigurationError {}
/** A document of objects cannot be read. */
export class ObjectsError extends ConfigurationError {}
/** The verifier or the cluster was closed. A call that was running when it was closed finishes. */
export class ClosedError extends BoundtokenError {}
/** Connecting to a cluster failed. The message says which step failed and what to do. */
export class ClusterError extends BoundtokenError {}
/** The API server does not answer, or not as an API server does. */
export class ClusterUnreachableError extends ClusterError {}
/** The API server refuses the credentials, or they may not read what verifiers need. */
export class ClusterForbiddenError extends ClusterError {}
/** The objects of the cluster could not be listed and watched within the deadline. */
export class ClusterNotInStepError extends ClusterError {}

/** A line of the log. */
export interface LogRecord {
  /** How important it is. */
  readonly level: LogLevel;
  /** The part of the library that speaks. */
  readonly target: string;
  /** What was said. It never contains a token. */
  readonly message: string;
  /** What a look-up has thrown. */
  readonly error?: unknown;
}
/**
 * Hands the log to a function from now on, or to nobody with `null`. Without a logger, each kind of warning is a warning of the process
 * once.
 */
export function setLogger(logger: ((record: LogRecord) => void) | null, options?: { level?: LogLevel }): void;

/**
 * What a verifier has decided and what is known of its clusters, in the text format of Prometheus (0.0.4), for a handler of `/metrics`. The
 * names are those of the other languages: `boundtoken_tokens_*`, and `boundtoken_cluster_*` with the label of each cluster as `issuer`.
 */
export function prometheusText(verifier: Verifier, clusters?: readonly Cluster[]): string;
