/*
 * boundtoken: verifies Kubernetes bound service-account tokens inside the service that receives them.
 *
 * It gives the answer of the API server's TokenReview without the call. It checks signature, issuer, audience and
 * times, and whether the pod, secret, node and service account that the token is bound to still exist.
 *
 * Here is a complete program. `who jwks.json objects.json TOKEN` says who sent a token. The files come from
 * `kubectl get --raw /openid/v1/jwks` and `kubectl get serviceaccounts,secrets,pods,nodes -A -o json`.
 *
 *     #include <boundtoken.h>
 *     #include <stdio.h>
 *
 *     static size_t read_file(const char *path, char *buffer, size_t size) {
 *         FILE *file = fopen(path, "rb");
 *         size_t len = file ? fread(buffer, 1, size, file) : 0;
 *         if (file) fclose(file);
 *         return len;
 *     }
 *
 *     int main(int argc, char **argv) {
 *         static char jwks[1 << 16], list[1 << 24];
 *         boundtoken_error *error = NULL;
 *         boundtoken_keys *keys = NULL;
 *         boundtoken_objects *objects = boundtoken_objects_new();
 *         boundtoken_verifier *verifier = NULL;
 *         boundtoken_verified *who = NULL;
 *         if (argc != 4) return 2;
 *         size_t jwks_len = read_file(argv[1], jwks, sizeof jwks);
 *         size_t list_len = read_file(argv[2], list, sizeof list);
 *
 *         // Once, at startup. Later, boundtoken_keys_replace_jwks, boundtoken_objects_upsert and
 *         // boundtoken_objects_delete keep the verifier up to date.
 *         if (boundtoken_keys_from_jwks(jwks, jwks_len, &keys, &error) == BOUNDTOKEN_OK &&
 *             boundtoken_objects_load_json(objects, list, list_len, NULL, &error) == BOUNDTOKEN_OK) {
 *             boundtoken_verifier_builder *builder = boundtoken_verifier_builder_new();
 *             boundtoken_verifier_builder_issuer(
 *                 builder, BOUNDTOKEN_STR("https://kubernetes.default.svc.cluster.local"), keys, objects);
 *             boundtoken_verifier_builder_audience(builder, BOUNDTOKEN_STR("vault"));
 *             if (boundtoken_verifier_builder_build(builder, &verifier, &error) == BOUNDTOKEN_OK) {
 *                 // For every request, from any thread.
 *                 if (boundtoken_verify(verifier, argv[3], strlen(argv[3]), &who, &error) == BOUNDTOKEN_OK) {
 *                     boundtoken_claims claims = boundtoken_claims_init();
 *                     boundtoken_verified_claims(who, &claims);
 *                     printf("%.*s\n", BOUNDTOKEN_PRINT(claims.username));
 *                 }
 *             }
 *         }
 *         int failed = error != NULL;
 *         if (failed) fprintf(stderr, "%.*s\n", BOUNDTOKEN_PRINT(boundtoken_error_message(error)));
 *
 *         boundtoken_error_free(error);
 *         boundtoken_verified_free(who);
 *         boundtoken_verifier_free(verifier);
 *         boundtoken_objects_free(objects);
 *         boundtoken_keys_free(keys);
 *         return failed;
 *     }
 *
 * Compile with: cc who.c -o who $(pkg-config --cflags --libs boundtoken)
 *
 * Conventions
 *
 * Errors. A call that can fail returns a boundtoken_status. It is BOUNDTOKEN_OK (0), a mistake of the caller (1 to 99),
 * or the reason why a token is refused (from 101 on). Only BOUNDTOKEN_OK accepts a token. The last argument, `error`,
 * receives details: a boundtoken_error on failure, to free with boundtoken_error_free, and NULL on success. The old
 * value of `*error` is overwritten, not freed. `error` may be NULL if you do not need the details. Every call can also
 * fail with BOUNDTOKEN_NULL_ARGUMENT, BOUNDTOKEN_NOT_UTF8 or BOUNDTOKEN_LENGTH_OUT_OF_RANGE for its arguments, and with
 * BOUNDTOKEN_PANIC.
 *
 * Ownership. A handle belongs to the caller, whether a call returns it or writes it through a pointer. Free it once,
 * with the function named after it. A handle is NULL after a failure, and every free function ignores NULL. Handles may
 * be freed in any order. The texts and arrays that a handle lends live as long as the handle. The library reads
 * arguments only during the call and keeps none of them, except `userdata`.
 *
 * NULL. A NULL argument where a value is required never crashes. The call returns an error status, or a neutral value
 * if it returns no status. A pointer that is neither NULL nor valid is undefined behaviour, as always in C. A text or
 * bytes of length 0 may have a NULL pointer.
 *
 * Texts. A boundtoken_str does not end with NUL. Pass one with BOUNDTOKEN_STR("literal") or boundtoken_str_from(text).
 * Print one with printf("%.*s", BOUNDTOKEN_PRINT(str)).
 *
 * Threads. Any number of threads may use a handle at the same time. The builder is the exception: only one thread at a
 * time may use it. No thread may be using a handle while it is freed. Verification takes no lock and does no I/O.
 *
 * Processes. The library installs no signal handlers. Except for clusters, it starts no threads and opens no files or
 * connections. For clusters see boundtoken_cluster. After a fork, all handles except those of clusters stay valid in
 * the child process. If other threads were verifying, or changing keys or objects, at the moment of the fork, the child
 * may only call exec. No function may be called from a signal handler. Once used, the library must stay loaded.
 *
 * Versions. Later versions add members, numbers and functions, and never change the existing ones. A program runs with
 * any later library of the same soname. Expect statuses that this header does not list, and treat them as refusals.
 */

/* Generated from bindings/c/src by bindings/c/tests/header.rs. Do not edit. */

#ifndef BOUNDTOKEN_H
#define BOUNDTOKEN_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/// The version of this header. boundtoken_version() returns the version of the library.
#define BOUNDTOKEN_VERSION_MAJOR 0
#define BOUNDTOKEN_VERSION_MINOR 1
#define BOUNDTOKEN_VERSION_PATCH 0
#define BOUNDTOKEN_VERSION_STRING "0.1.0"

/// A result that must not be ignored.
#if defined(__GNUC__)
#define BOUNDTOKEN_MUST_USE __attribute__((warn_unused_result))
#else
#define BOUNDTOKEN_MUST_USE
#endif

/// The outcome of a call. 0 is success, 1 to 99 are mistakes of the caller, and from 101 on are reasons to refuse a
/// token.
///
/// Numbers and names are stable. Later versions may add some.
typedef uint32_t boundtoken_status;
enum {
  /// Success. From a verification: the token is accepted.
  BOUNDTOKEN_OK = 0,
  /// An argument that must not be NULL is NULL.
  BOUNDTOKEN_NULL_ARGUMENT = 1,
  /// A length is larger than the size of any object in memory.
  BOUNDTOKEN_LENGTH_OUT_OF_RANGE = 2,
  /// A text is not UTF-8.
  BOUNDTOKEN_NOT_UTF8 = 3,
  /// An argument is not a value of its enumeration.
  BOUNDTOKEN_UNKNOWN_VALUE = 4,
  /// A time is before 1970.
  BOUNDTOKEN_NEGATIVE_TIME = 5,
  /// The member `size` of a struct is smaller than in any version of the header.
  BOUNDTOKEN_STRUCT_TOO_SMALL = 6,
  /// An internal error in the library. Nothing was decided. Treat it as a refusal, and report it as a bug.
  BOUNDTOKEN_PANIC = 7,
  /// The buffer is too small for the record of an accepted token. The token was not accepted by this call. Pass
  /// a larger buffer: the call says how large.
  BOUNDTOKEN_BUFFER_TOO_SMALL = 8,
  /// The verdict takes a signature check, and the caller asked for none. Nothing was decided. Call again
  /// without BOUNDTOKEN_VERIFY_CACHED_ONLY, on a thread that may take longer.
  BOUNDTOKEN_NOT_CACHED = 9,
  /// Clusters have not answered yet. Nothing was decided. Wait, and call boundtoken_verification_finish again.
  BOUNDTOKEN_STILL_ASKING = 10,
  /// The library was built without clusters.
  BOUNDTOKEN_NOT_BUILT_IN = 11,
  /// Nothing happened before the time-out.
  BOUNDTOKEN_TIMED_OUT = 12,
  /// There is not one answer for each object of a checked token.
  BOUNDTOKEN_ANSWERS_MISSING = 13,
  /// The document is not a JSON Web Key Set (RFC 7517 section 5), or is too large.
  BOUNDTOKEN_JWKS_UNREADABLE = 21,
  /// The document has no PEM block, or is too large.
  BOUNDTOKEN_PEM_UNREADABLE = 22,
  /// The document was read, but none of its keys can be used. The message says why.
  BOUNDTOKEN_NO_USABLE_KEY = 23,
  /// One key of a document was skipped. No call returns this status: see `boundtoken_keys_skipped`.
  BOUNDTOKEN_KEY_SKIPPED = 24,
  /// The document is not in any of the JSON forms that `boundtoken_objects_load_json` takes, or an object in it
  /// is incomplete.
  BOUNDTOKEN_OBJECTS_UNREADABLE = 31,
  /// An object has no name, no uid or, if its kind is namespaced, no namespace.
  BOUNDTOKEN_OBJECT_INCOMPLETE = 32,
  /// The objects come from a callback, so the library cannot change them.
  BOUNDTOKEN_NOT_AN_OBJECT_STORE = 33,
  /// The verifier has no issuer.
  BOUNDTOKEN_NO_ISSUER = 41,
  /// An issuer's name is empty.
  BOUNDTOKEN_EMPTY_ISSUER = 42,
  /// An issuer has no usable key.
  BOUNDTOKEN_ISSUER_WITHOUT_KEY = 43,
  /// The verifier has no audience.
  BOUNDTOKEN_NO_AUDIENCE = 44,
  /// An audience is empty.
  BOUNDTOKEN_EMPTY_AUDIENCE = 45,
  /// The leeway is longer than 3,600 seconds.
  BOUNDTOKEN_LEEWAY_TOO_LONG = 46,
  /// The token size limit is 0 or more than 1,048,576 bytes.
  BOUNDTOKEN_TOKEN_SIZE_OUT_OF_RANGE = 47,
  /// An issuer's label is empty.
  BOUNDTOKEN_EMPTY_LABEL = 48,
  /// Two issuers of a verifier have the same label. An issuer without a label uses its name.
  BOUNDTOKEN_LABEL_NOT_UNIQUE = 49,
  /// Two issuers share a name and a key, so a token could belong to either.
  BOUNDTOKEN_ISSUERS_AMBIGUOUS = 50,
  /// A cluster's configuration is not the JSON that `boundtoken_cluster_connect` takes, or something it names
  /// cannot be used.
  BOUNDTOKEN_CLUSTER_CONFIGURATION = 51,
  /// The API server could not be reached, or its answer makes no sense. The message says which step failed.
  BOUNDTOKEN_CLUSTER_UNREACHABLE = 52,
  /// The API server rejected the credentials, or they lack a permission. The message says which.
  BOUNDTOKEN_CLUSTER_FORBIDDEN = 53,
  /// The cluster answers, but some objects were not listed before the deadline. The message names their kind.
  BOUNDTOKEN_CLUSTER_NOT_IN_STEP = 54,
  /// The thread that follows the cluster could not be started.
  BOUNDTOKEN_CLUSTER_THREAD = 55,
  /// The process has forked since the connection was made. Only the parent process follows the cluster.
  BOUNDTOKEN_CLUSTER_FORKED = 56,
  /// The cluster was freed, so nothing more is heard of it.
  BOUNDTOKEN_CLUSTER_ENDED = 57,
  /// There is no token at all.
  BOUNDTOKEN_TOKEN_EMPTY = 101,
  /// The token is longer than the verifier's limit (16 KiB unless configured).
  BOUNDTOKEN_TOKEN_TOO_LARGE = 102,
  /// The compact form is three parts with a dot between them (RFC 7515 section 7.1); this is something else.
  BOUNDTOKEN_TOKEN_PART_COUNT = 103,
  /// Each part is canonical base64url (RFC 7515 section 2): its 64 letters only, no padding, no white space, no
  /// stray bits at the end.
  BOUNDTOKEN_TOKEN_NOT_BASE64URL = 104,
  /// The decoded header is longer than 4,096 bytes.
  BOUNDTOKEN_HEADER_TOO_LARGE = 201,
  /// The header is not valid UTF-8, or holds a lone surrogate escape (RFC 8259 section 8).
  BOUNDTOKEN_HEADER_NOT_UTF8 = 202,
  /// The header is not a single JSON object, or is not JSON as RFC 8259 defines it.
  BOUNDTOKEN_HEADER_MALFORMED = 203,
  /// The header nests deeper than 32 levels.
  BOUNDTOKEN_HEADER_TOO_DEEP = 204,
  /// An object in the header has the same member twice (RFC 7515 section 4).
  BOUNDTOKEN_HEADER_DUPLICATE_MEMBER = 205,
  /// The header has more than 32 members that boundtoken does not use, in one object and the objects around it;
  /// or more than 64 members, array elements and escapes in total. Each costs more to read than its few bytes
  /// suggest, and no signature vouches for them.
  BOUNDTOKEN_HEADER_TOO_MANY_MEMBERS = 206,
  /// A number in the header is longer than 64 characters, or has no finite value in double precision (RFC 7493
  /// section 2.2).
  BOUNDTOKEN_HEADER_NUMBER_OUT_OF_RANGE = 207,
  /// A known header member (`alg`, `kid`, `typ`, `nonce`) is not a string.
  BOUNDTOKEN_HEADER_WRONG_TYPE = 208,
  /// The header has no `alg` (RFC 7515 section 4.1.1).
  BOUNDTOKEN_ALGORITHM_MISSING = 209,
  /// The header's `alg` is `none`, symmetric, or unknown here. Only RS, PS, ES and EdDSA signatures can be
  /// verified with public keys.
  BOUNDTOKEN_ALGORITHM_UNSUPPORTED = 210,
  /// The header's `typ` is neither absent nor `JWT`: it may be a token for another purpose (RFC 8725 section
  /// 3.11).
  BOUNDTOKEN_TYPE_UNSUPPORTED = 211,
  /// The header has `crit` or `b64`: extensions that change what is signed (RFC 7515 section 4.1.11, RFC 7797).
  BOUNDTOKEN_CRITICAL_HEADER = 212,
  /// The header brings its own key or the address of one (`jwk`, `jku`, `x5u`, `x5c`). Keys come only from the
  /// verifier's configuration.
  BOUNDTOKEN_EMBEDDED_KEY = 213,
  /// The header has no `kid`, and not exactly one key fits the algorithm.
  BOUNDTOKEN_KEY_ID_MISSING = 301,
  /// No configured key has the header's `kid`.
  BOUNDTOKEN_KEY_UNKNOWN = 302,
  /// The key with the header's `kid` (or, without one, every key) is for a different algorithm than its `alg`
  /// (RFC 8725 section 3.1).
  BOUNDTOKEN_ALGORITHM_MISMATCH = 303,
  /// The signature is not valid under the key.
  BOUNDTOKEN_SIGNATURE_INVALID = 304,
  /// The issuer's keys are older than their maximum age, so the issuer may have withdrawn them. Only if a
  /// maximum age is set, and the verifier refuses in that case.
  BOUNDTOKEN_KEYS_STALE = 305,
  /// The claims are not valid UTF-8, or hold a lone surrogate escape (RFC 8259 section 8).
  BOUNDTOKEN_CLAIMS_NOT_UTF8 = 401,
  /// The claims are not a single JSON object, or are not JSON as RFC 8259 defines it.
  BOUNDTOKEN_CLAIMS_MALFORMED = 402,
  /// The claims nest deeper than 32 levels.
  BOUNDTOKEN_CLAIMS_TOO_DEEP = 403,
  /// An object in the claims has the same member twice (RFC 7519 section 4).
  BOUNDTOKEN_CLAIMS_DUPLICATE_MEMBER = 404,
  /// A number in the claims is longer than 64 characters, or has no finite value in double precision (RFC 7493
  /// section 2.2).
  BOUNDTOKEN_CLAIMS_NUMBER_OUT_OF_RANGE = 405,
  /// A known claim has the wrong JSON type.
  BOUNDTOKEN_CLAIMS_WRONG_TYPE = 406,
  /// A claim's name differs from a registered one only in the case of its letters (`Exp`, `AUD`): readers would
  /// disagree about it.
  BOUNDTOKEN_CLAIMS_NAME_CASE = 407,
  /// A date is outside 0 to 253402300799 (the years 1970 to 9999).
  BOUNDTOKEN_CLAIMS_DATE_OUT_OF_RANGE = 408,
  /// A legacy, secret-based service-account token (issuer `kubernetes/serviceaccount`). It names no audience
  /// and never expires.
  BOUNDTOKEN_LEGACY_TOKEN = 409,
  /// The verified `iss` is not an issuer that the signing key belongs to.
  BOUNDTOKEN_ISSUER_MISMATCH = 410,
  /// The token names no audience.
  BOUNDTOKEN_AUDIENCE_MISSING = 411,
  /// None of the token's audiences is one of the verifier's.
  BOUNDTOKEN_AUDIENCE_MISMATCH = 412,
  /// The token has no `exp`: it would be valid forever.
  BOUNDTOKEN_EXPIRY_MISSING = 413,
  /// The token has expired, even with the leeway (RFC 7519 section 4.1.4).
  BOUNDTOKEN_EXPIRED = 414,
  /// The token's `nbf` is in the future, even with the leeway (RFC 7519 section 4.1.5).
  BOUNDTOKEN_NOT_YET_VALID = 415,
  /// The token's `iat` is in the future, even with the leeway (RFC 7519 section 4.1.6).
  BOUNDTOKEN_ISSUED_IN_FUTURE = 416,
  /// The claim `kubernetes.io`, its namespace or its service account is missing: this is not a service-account
  /// token.
  BOUNDTOKEN_KUBERNETES_CLAIM_MISSING = 417,
  /// `sub` is not `system:serviceaccount:NAMESPACE:NAME` with the names in the claim `kubernetes.io`.
  BOUNDTOKEN_SUBJECT_MISMATCH = 418,
  /// A reference in the claim `kubernetes.io` has an empty or impossible name, or lacks the uid that Kubernetes
  /// writes.
  BOUNDTOKEN_REFERENCE_INVALID = 419,
  /// The claim `kubernetes.io` has a member that boundtoken does not know and that has the form of a reference:
  /// an object with a `name` or a `uid` that is a string. It binds the token to a kind of object that
  /// boundtoken cannot confirm. The API server ignores members that it does not know.
  BOUNDTOKEN_BINDING_UNKNOWN = 420,
  /// Two trusted issuers have this name, and both publish the key that signed the token: nobody can tell which
  /// of them issued it.
  BOUNDTOKEN_ISSUER_AMBIGUOUS = 421,
  /// The token was checked or accepted by one verifier and is to be judged further by another, which may trust
  /// other issuers and accept other audiences. This is a mistake in the program, not in the token.
  BOUNDTOKEN_VERIFIER_MISMATCH = 422,
  /// The service account does not exist (any more).
  BOUNDTOKEN_SERVICE_ACCOUNT_NOT_FOUND = 501,
  /// A service account of that name exists, with another uid: it was deleted and created again.
  BOUNDTOKEN_SERVICE_ACCOUNT_UID_MISMATCH = 502,
  /// The service account's deletionTimestamp passed 60 seconds ago or more.
  BOUNDTOKEN_SERVICE_ACCOUNT_DELETED = 503,
  /// The secret that the token is bound to does not exist (any more).
  BOUNDTOKEN_SECRET_NOT_FOUND = 511,
  /// A secret of that name exists, with another uid.
  BOUNDTOKEN_SECRET_UID_MISMATCH = 512,
  /// The secret's deletionTimestamp passed 60 seconds ago or more.
  BOUNDTOKEN_SECRET_DELETED = 513,
  /// The pod that the token is bound to does not exist (any more).
  BOUNDTOKEN_POD_NOT_FOUND = 521,
  /// A pod of that name exists, with another uid.
  BOUNDTOKEN_POD_UID_MISMATCH = 522,
  /// The pod's deletionTimestamp passed 60 seconds ago or more.
  BOUNDTOKEN_POD_DELETED = 523,
  /// The node that the token is bound to does not exist (any more).
  BOUNDTOKEN_NODE_NOT_FOUND = 531,
  /// A node of that name exists, with another uid.
  BOUNDTOKEN_NODE_UID_MISMATCH = 532,
  /// The node's deletionTimestamp passed 60 seconds ago or more.
  BOUNDTOKEN_NODE_DELETED = 533,
  /// The source of bound objects could not answer, and the verifier refuses in that case.
  BOUNDTOKEN_BOUND_OBJECT_UNAVAILABLE = 541,
  /// The token was issued within the last minute, and nothing has been heard yet of an object that it is bound
  /// to.
  BOUNDTOKEN_BOUND_OBJECT_PENDING = 542,
  /// The source of bound objects does not follow objects of this kind, or in this namespace. It will never know
  /// them, so the token is refused, whatever the verifier does when a source is unavailable.
  BOUNDTOKEN_BOUND_OBJECT_NOT_FOLLOWED = 543,
  /// The token is bound to a webhook configuration, and its claim `attestations` has no
  /// `admissionReviewAPIGroups` (KEP-6060).
  BOUNDTOKEN_ATTESTATION_MISSING = 550,
  /// The validating webhook configuration that the token is bound to does not exist (any more).
  BOUNDTOKEN_VALIDATING_WEBHOOK_CONFIGURATION_NOT_FOUND = 551,
  /// A validating webhook configuration of that name exists, with another uid.
  BOUNDTOKEN_VALIDATING_WEBHOOK_CONFIGURATION_UID_MISMATCH = 552,
  /// The validating webhook configuration's deletionTimestamp passed 60 seconds ago or more.
  BOUNDTOKEN_VALIDATING_WEBHOOK_CONFIGURATION_DELETED = 553,
  /// The mutating webhook configuration that the token is bound to does not exist (any more).
  BOUNDTOKEN_MUTATING_WEBHOOK_CONFIGURATION_NOT_FOUND = 561,
  /// A mutating webhook configuration of that name exists, with another uid.
  BOUNDTOKEN_MUTATING_WEBHOOK_CONFIGURATION_UID_MISMATCH = 562,
  /// The mutating webhook configuration's deletionTimestamp passed 60 seconds ago or more.
  BOUNDTOKEN_MUTATING_WEBHOOK_CONFIGURATION_DELETED = 563,
};

// The size of the buffer for a uid, in bytes. Kubernetes uses 36 of them.
#define BOUNDTOKEN_UID_SIZE 128

// Verify at the time `now` of the options, instead of the time of the system's clock.
#define BOUNDTOKEN_VERIFY_AT 1

// Verify for the audiences of the options, even if there are none. Without this flag, no audiences in the options mean the
// audiences of the verifier.
#define BOUNDTOKEN_VERIFY_FOR 2

// Decide only what takes no signature check: tokens that were accepted before, and tokens that are refused before their
// signature. Any other token gives BOUNDTOKEN_NOT_CACHED. Such a call takes less than a microsecond and calls no callback
// that boundtoken_verify would not call.
#define BOUNDTOKEN_VERIFY_CACHED_ONLY 4

// Ask the verifier's clusters when their latest changes may not have arrived yet, as boundtoken_verify_online does. The
// call may then wait for a network. It cannot be combined with BOUNDTOKEN_VERIFY_CACHED_ONLY.
#define BOUNDTOKEN_VERIFY_ONLINE 8

// The kinds of objects that a token can be bound to.
typedef uint32_t boundtoken_object_kind;
enum {
  // No object.
  BOUNDTOKEN_OBJECT_KIND_NONE = 0,
  // A core/v1 ServiceAccount. Every token has one.
  BOUNDTOKEN_OBJECT_KIND_SERVICE_ACCOUNT = 1,
  // A core/v1 Secret.
  BOUNDTOKEN_OBJECT_KIND_SECRET = 2,
  // A core/v1 Pod.
  BOUNDTOKEN_OBJECT_KIND_POD = 3,
  // A core/v1 Node, which has no namespace.
  BOUNDTOKEN_OBJECT_KIND_NODE = 4,
  // An admissionregistration.k8s.io/v1 ValidatingWebhookConfiguration, which has no namespace.
  BOUNDTOKEN_OBJECT_KIND_VALIDATING_WEBHOOK_CONFIGURATION = 5,
  // An admissionregistration.k8s.io/v1 MutatingWebhookConfiguration, which has no namespace.
  BOUNDTOKEN_OBJECT_KIND_MUTATING_WEBHOOK_CONFIGURATION = 6,
};

// What a callback knows about an object.
typedef uint32_t boundtoken_object_state;
enum {
  // The callback cannot say at the moment: its source is not connected, or not up to date.
  BOUNDTOKEN_OBJECT_STATE_UNAVAILABLE = 0,
  // The object exists, and the callback has filled in the answer.
  BOUNDTOKEN_OBJECT_STATE_PRESENT = 1,
  // The object does not exist.
  BOUNDTOKEN_OBJECT_STATE_ABSENT = 2,
  // The callback can never say: its source does not follow objects of this kind or in this namespace. The token is
  // refused, even by a verifier that accepts tokens whose objects are unavailable.
  BOUNDTOKEN_OBJECT_STATE_NOT_FOLLOWED = 3,
};

// What a verifier does when its source of bound objects cannot answer.
typedef uint32_t boundtoken_on_unavailable;
enum {
  // Refuse the token with BOUNDTOKEN_BOUND_OBJECT_UNAVAILABLE. The default.
  BOUNDTOKEN_ON_UNAVAILABLE_REFUSE = 0,
  // Accept the token and mark it as BOUNDTOKEN_CONFIRMED_UNAVAILABLE or BOUNDTOKEN_CONFIRMED_STALE.
  BOUNDTOKEN_ON_UNAVAILABLE_ACCEPT = 1,
};

// Whether the objects that a token is bound to were confirmed to exist.
typedef uint32_t boundtoken_confirmed;
enum {
  // No token was accepted.
  BOUNDTOKEN_CONFIRMED_NONE = 0,
  // Every object exists, has the right uid, and is not past its deletion.
  BOUNDTOKEN_CONFIRMED_LIVE = 1,
  // The issuer has no source of bound objects. A token of a deleted pod is accepted until it expires.
  BOUNDTOKEN_CONFIRMED_NOT_CHECKED = 2,
  // The source could not answer for some object, and the verifier was told to accept such tokens.
  BOUNDTOKEN_CONFIRMED_UNAVAILABLE = 3,
  // Every object existed when the source last heard from the cluster, but that was too long ago. The verifier was
  // told to accept such tokens.
  BOUNDTOKEN_CONFIRMED_STALE = 4,
};

// The kinds of changes in a cluster. Later versions may add some.
typedef uint32_t boundtoken_change;
enum {
  // No change.
  BOUNDTOKEN_CHANGE_NONE = 0,
  // The cluster has published a key. Tokens signed with it are accepted from now on.
  BOUNDTOKEN_CHANGE_KEY_ADDED = 1,
  // The cluster has withdrawn a key. Tokens signed with it are refused from now on.
  BOUNDTOKEN_CHANGE_KEY_WITHDRAWN = 2,
  // A watch is in step again: the objects of this kind are known as they are.
  BOUNDTOKEN_CHANGE_IN_STEP = 3,
  // The watch for objects of this kind has lost its connection. Verifiers rely on the last known state for a
  // while.
  BOUNDTOKEN_CHANGE_LOST = 4,
  // The objects of this kind have not been heard of for longer than `maxStalenessSeconds`. Verifiers refuse their
  // tokens or mark them as stale.
  BOUNDTOKEN_CHANGE_STALE = 5,
};

// Whether the library checks common RS256 signatures with its own fast path, which runs on x86-64 CPUs with AVX-512
// IFMA. The fast path for ES256 has the same states, and runs on every CPU.
typedef uint32_t boundtoken_fast_rsa_state;
enum {
  // The library was built without it.
  BOUNDTOKEN_FAST_RSA_NOT_COMPILED = 0,
  // The CPU or the operating system does not support the instructions.
  BOUNDTOKEN_FAST_RSA_NO_INSTRUCTIONS = 1,
  // The environment variable BOUNDTOKEN_FAST_RSA turned it off. Any value except `on` and the empty text does
  // that.
  BOUNDTOKEN_FAST_RSA_TURNED_OFF = 2,
  // It failed its self-test and serves no key. Please report it.
  BOUNDTOKEN_FAST_RSA_SELF_TEST_FAILED = 3,
  // It serves all keys that it supports: RS256 keys of 2,048 bits with the exponent 65537.
  BOUNDTOKEN_FAST_RSA_ON = 4,
  // It disagreed once with the cryptography library and has been off since then. Please report it.
  BOUNDTOKEN_FAST_RSA_SWITCHED_OFF = 5,
};

// How important a line of the log is.
typedef uint32_t boundtoken_log_level;
enum {
  // Nothing is logged.
  BOUNDTOKEN_LOG_LEVEL_NONE = 0,
  // Something is broken, and somebody should look at it.
  BOUNDTOKEN_LOG_LEVEL_ERROR = 1,
  // Something failed that will be tried again, such as a connection.
  BOUNDTOKEN_LOG_LEVEL_WARN = 2,
  // What happens seldom, such as a connection that is made.
  BOUNDTOKEN_LOG_LEVEL_INFO = 3,
  // What helps to find a fault.
  BOUNDTOKEN_LOG_LEVEL_DEBUG = 4,
};

// A token whose bound objects were not looked up yet. It is not accepted. Immutable.
typedef struct boundtoken_checked boundtoken_checked;

// A connection to a cluster. A background thread keeps the cluster's keys and objects current.
//
// A library that was built without its feature `kubernetes` has the cluster functions too. There they fail with
// BOUNDTOKEN_NOT_BUILT_IN. `make capi` builds it with the feature.
//
// Threads. Each connection has its own thread, named `boundtoken`. A second thread runs for a moment while a host
// name is looked up. Both block all signals except those that their own faults raise. So no signal handler of the
// program runs on them, no signal interrupts them, and a lost connection raises no SIGPIPE. A credential plug-in of
// a kubeconfig is started with all signals blocked.
//
// Processes. After a fork the child process has no such thread and does not follow the cluster. In the child:
//
// - calls with the handle fail with BOUNDTOKEN_CLUSTER_FORKED;
// - verifiers treat the cluster's objects as outdated at once. They refuse tokens with
//   BOUNDTOKEN_BOUND_OBJECT_UNAVAILABLE unless they were told to accept that;
// - boundtoken_cluster_free does nothing.
//
// Connect in each process, after the fork. The parent is not affected. A child that was created by a bare clone
// system call, not through the C library, goes unnoticed.
typedef struct boundtoken_cluster boundtoken_cluster;

// The changes of a cluster, for a thread that waits for them. Only one thread at a time may use it.
typedef struct boundtoken_cluster_changes boundtoken_cluster_changes;

// What was known of a cluster at one moment, and how current it was. Immutable.
typedef struct boundtoken_cluster_report boundtoken_cluster_report;

// A connection to a cluster that is being made.
typedef struct boundtoken_connecting boundtoken_connecting;

// Why a call failed: number, name and message. Immutable.
typedef struct boundtoken_error boundtoken_error;

// The connection from one watch of the caller to a store that follows a cluster. Any thread may use it, but a watch
// reports its events in order.
typedef struct boundtoken_feed boundtoken_feed;

// The public keys of one issuer. They may be replaced at any time, even while threads verify with them.
typedef struct boundtoken_keys boundtoken_keys;

// The objects that tokens are bound to. This is either a store in memory that the caller fills, or a callback of the
// caller.
typedef struct boundtoken_objects boundtoken_objects;

// A verification that may wait for clusters. It holds a copy of the token, and keeps the verifier alive.
typedef struct boundtoken_verification boundtoken_verification;

// An accepted token. Immutable.
typedef struct boundtoken_verified boundtoken_verified;

// A verifier of tokens. It is immutable. The keys and objects that it uses may change.
typedef struct boundtoken_verifier boundtoken_verifier;

// Collects the configuration of a verifier. Only one thread at a time may use it.
//
// The status of its calls may be ignored: the builder remembers the first failure, and
// boundtoken_verifier_builder_build reports it.
typedef struct boundtoken_verifier_builder boundtoken_verifier_builder;

// A text: `len` bytes at `data`, without a terminating NUL.
//
// An absent text has `data` NULL and `len` 0. An empty text has `len` 0 and `data` not NULL. As an argument both
// mean the empty text. Texts that the library returns are UTF-8.
typedef struct {
  // The first byte. May be NULL when `len` is 0.
  const char *data;
  // The number of bytes.
  size_t len;
} boundtoken_str;

// Everything that an error says. Initialise it with its size: `boundtoken_error_details details = {sizeof details};`
//
// Later versions append members.
typedef struct {
  // The caller sets it to the size of the struct. Afterwards it is the number of bytes that were filled in.
  size_t size;
  // The status that the failed call returned.
  uint32_t status;
  // The status of an HTTP answer that refuses the request: 401, 503 if the same token may be accepted soon, and 500 for
  // mistakes of the program.
  uint32_t http_status;
  // As boundtoken_error_name.
  boundtoken_str name;
  // As boundtoken_error_message.
  boundtoken_str message;
  // What to do about it, as one phrase. The message ends with it, except for mistakes with a message of their own.
  boundtoken_str remedy;
  // As boundtoken_error_www_authenticate.
  boundtoken_str www_authenticate;
} boundtoken_error_details;

// What a watch sees: the objects of one kind, in one namespace or in the whole cluster.
typedef struct {
  // A boundtoken_object_kind.
  boundtoken_object_kind kind;
  // 0.
  uint32_t reserved;
  // The namespace. Empty for the whole cluster.
  boundtoken_str object_namespace;
} boundtoken_scope;

// An object in a list of an API server.
typedef struct {
  // Its namespace. Empty for a kind without namespaces.
  boundtoken_str object_namespace;
  // Its name.
  boundtoken_str object_name;
  // Its metadata.uid.
  boundtoken_str uid;
  // Its metadata.deletionTimestamp in Unix seconds, or 0 if it is not being deleted.
  int64_t deletion_timestamp;
} boundtoken_listed_object;

// The object that a callback is asked about. Later versions append members.
typedef struct {
  // The size of this struct in the library, in bytes. It tells which members there are.
  size_t size;
  // The kind of the object.
  boundtoken_object_kind kind;
  // The namespace of the object. Empty for a kind without namespaces.
  boundtoken_str object_namespace;
  // The name of the object.
  boundtoken_str object_name;
} boundtoken_object_query;

// What a callback says about an object that exists. Later versions append members.
typedef struct {
  // The size of this struct in the library, in bytes. It tells which members there are. All others are zero when the
  // callback receives it.
  size_t size;
  // The object's metadata.uid, `uid_len` bytes, without a terminating NUL.
  char uid[BOUNDTOKEN_UID_SIZE];
  // The number of bytes of `uid` that are used.
  size_t uid_len;
  // The object's metadata.deletionTimestamp in Unix seconds, or 0 if it is not being deleted.
  int64_t deletion_timestamp;
} boundtoken_object_answer;

// Says whether an object exists.
//
// The library calls it during boundtoken_verify for each object that the token is bound to: the service account, the
// secret, the pod, and the node if there is no pod. It stops at the first object that makes the verifier refuse.
//
// The callback only reports. The verifier compares the uid and judges the deletion. If the callback returns
// BOUNDTOKEN_OBJECT_STATE_PRESENT, it must fill in `answer`. Query, answer and texts live until the callback returns.
//
// It may be called from any thread, and from several threads at once, until `userdata_free` is called. It should
// answer from memory. It may call every function of the library, but must not free the verifier that calls it. It must
// not throw, unwind or longjmp out.
//
// An invalid answer counts as BOUNDTOKEN_OBJECT_STATE_UNAVAILABLE: a number that is not a boundtoken_object_state, a
// `uid_len` beyond the buffer, a uid that is not UTF-8, or a negative time.
typedef boundtoken_object_state (*boundtoken_objects_callback)(void *userdata,
                                                               const boundtoken_object_query *query,
                                                               boundtoken_object_answer *answer);

// Frees the userdata of a callback.
typedef void (*boundtoken_userdata_free)(void *userdata);

// A key with one value. A key with several values occurs several times.
typedef struct {
  // For example `authentication.kubernetes.io/pod-name`.
  boundtoken_str key;
  // For example `live`.
  boundtoken_str value;
} boundtoken_extra;

// Everything that a verified token says. Initialise it with its size: `boundtoken_claims claims = {sizeof claims};`
//
// An absent text has `data` NULL and `len` 0. An absent time is -1. An absent array has length 0. Later versions
// append members. A program that was compiled with an older header gets the members that it knows.
typedef struct {
  // The caller sets it to the size of the struct. Afterwards it is the number of bytes that were filled in.
  size_t size;
  // Whether the objects that the token is bound to were confirmed to exist.
  boundtoken_confirmed confirmed;
  // `iss`: one of the issuer's names that the verifier was built with.
  boundtoken_str issuer;
  // `sub`: `system:serviceaccount:NAMESPACE:NAME`.
  boundtoken_str subject;
  // The user name, as in TokenReview's `status.user.username`: `system:serviceaccount:NAMESPACE:NAME`.
  boundtoken_str username;
  // The namespace of the service account, and of the pod or secret that the token is bound to.
  boundtoken_str service_account_namespace;
  // The name of the service account.
  boundtoken_str service_account_name;
  // The uid of the service account, as in TokenReview's `status.user.uid`.
  boundtoken_str service_account_uid;
  // The groups, as in TokenReview's `status.user.groups`.
  const boundtoken_str *groups;
  // The number of groups.
  size_t groups_len;
  // Further attributes of the user, as in TokenReview's `status.user.extra`, ordered by key.
  const boundtoken_extra *extra;
  // The number of pairs of key and value.
  size_t extra_len;
  // `aud`: all audiences of the token, in its order.
  const boundtoken_str *audiences;
  // The number of audiences.
  size_t audiences_len;
  // The verifier's audiences that the token names, in the verifier's order, as in TokenReview's
  // `status.audiences`.
  const boundtoken_str *matched_audiences;
  // The number of matched audiences.
  size_t matched_audiences_len;
  // `exp`: when the token expires, in Unix seconds. Never absent.
  int64_t expires_at;
  // `nbf`: when the token becomes valid, in Unix seconds.
  int64_t not_before;
  // `iat`: when the token was issued, in Unix seconds.
  int64_t issued_at;
  // When the API server begins to count the token as stale, in Unix seconds. It does not affect the verdict.
  int64_t warn_after;
  // `jti`: the token's own identifier.
  boundtoken_str jti;
  // The name of the pod that the token is bound to.
  boundtoken_str pod_name;
  // The uid of the pod.
  boundtoken_str pod_uid;
  // The name of the secret that the token is bound to.
  boundtoken_str secret_name;
  // The uid of the secret.
  boundtoken_str secret_uid;
  // The name of the node that the token is bound to. For a token bound to a pod, the node that the pod runs on.
  boundtoken_str node_name;
  // The uid of the node. For a token bound to a pod it may be empty.
  boundtoken_str node_uid;
  // The claims as they were signed: one JSON object.
  boundtoken_str payload;
  // The name of the validating webhook configuration that the token is bound to (Kubernetes 1.37, KEP-6060).
  boundtoken_str validating_webhook_configuration_name;
  // The uid of the validating webhook configuration.
  boundtoken_str validating_webhook_configuration_uid;
  // The name of the mutating webhook configuration that the token is bound to (Kubernetes 1.37, KEP-6060).
  boundtoken_str mutating_webhook_configuration_name;
  // The uid of the mutating webhook configuration.
  boundtoken_str mutating_webhook_configuration_uid;
  // The API groups for which the caller may send admission reviews (the attestation `admissionReviewAPIGroups`).
  // `*` stands for all groups. A webhook must find the API group of a review here before it believes the review.
  const boundtoken_str *attested_api_groups;
  // The number of API groups.
  size_t attested_api_groups_len;
  // The verifier's label for the issuer of the token. It says which cluster the token belongs to.
  boundtoken_str issuer_label;
} boundtoken_claims;

// How to verify a token. Initialise it with its size: `boundtoken_verify_options options = {sizeof options};`
//
// Zero in all other members means what boundtoken_verify does. Later versions append members.
typedef struct {
  // The caller sets it to the size of the struct.
  size_t size;
  // A sum of BOUNDTOKEN_VERIFY_AT, BOUNDTOKEN_VERIFY_FOR, BOUNDTOKEN_VERIFY_CACHED_ONLY and BOUNDTOKEN_VERIFY_ONLINE.
  // Other numbers are BOUNDTOKEN_UNKNOWN_VALUE.
  uint32_t flags;
  // With BOUNDTOKEN_VERIFY_AT: the time, in Unix seconds.
  int64_t now;
  // The audiences of this call, instead of the verifier's own. See boundtoken_verify_for.
  const boundtoken_str *audiences;
  // The number of audiences.
  size_t audiences_len;
  // With BOUNDTOKEN_VERIFY_ONLINE: how long the call may wait for the clusters, in milliseconds. After that it decides by
  // what it knows. 0 means 20,000.
  uint32_t timeout_milliseconds;
  // Must be 0.
  uint32_t reserved;
} boundtoken_verify_options;

// An object that a token is bound to.
typedef struct {
  // The kind of the object.
  boundtoken_object_kind kind;
  // The namespace of the object. Empty for a kind without namespaces.
  boundtoken_str object_namespace;
  // The name of the object.
  boundtoken_str object_name;
  // The uid of the very object that the token was issued for.
  boundtoken_str uid;
} boundtoken_bound_object;

// What a caller has found out about an object.
typedef struct {
  // A boundtoken_object_state. A number that is none counts as BOUNDTOKEN_OBJECT_STATE_UNAVAILABLE.
  boundtoken_object_state state;
  // 0.
  uint32_t reserved;
  // The object's metadata.deletionTimestamp in Unix seconds, or 0 if it is not being deleted.
  int64_t deletion_timestamp;
  // The object's metadata.uid if it is present.
  boundtoken_str uid;
} boundtoken_found_object;

// Says that something is done. It is called at most once for each time that there was something to wait for, from any
// thread. It must return soon, and must not throw, unwind or longjmp out. It may call every function of the library.
typedef void (*boundtoken_done_callback)(void *userdata);

// A change, lent to a callback until the callback returns. Later versions append members.
typedef struct {
  // The size of this struct in the library, in bytes. It tells which members there are.
  size_t size;
  // What changed.
  boundtoken_change change;
  // The kind of the objects. 0 if the change is about a key.
  boundtoken_object_kind object_kind;
  // The namespace of the objects. Absent for the whole cluster, and if the change is about a key.
  boundtoken_str object_namespace;
  // The kid of the key. Absent if the change is about objects.
  boundtoken_str kid;
  // Why the connection was lost, for people. Absent in any other change.
  boundtoken_str failure;
} boundtoken_cluster_change;

// Receives a change.
//
// The cluster's own thread calls it, one change at a time, with all signals blocked. It must return soon, because
// nothing is updated meanwhile. It must not throw, unwind or longjmp out. `change` and its texts live until it
// returns.
//
// It may call every function of the library. boundtoken_cluster_free does not wait there.
typedef void (*boundtoken_cluster_callback)(void *userdata, const boundtoken_cluster_change *change);

// What a verifier has decided since it was built, what it remembers, and how the fast paths do. Initialise it with
// its size: `boundtoken_statistics statistics = {sizeof statistics};`
//
// Later versions append members. A program that was compiled with an older header gets the members that it knows.
typedef struct {
  // The caller sets it to the size of the struct. Afterwards it is the number of bytes that were filled in.
  size_t size;
  // A boundtoken_fast_rsa_state: whether this process has the fast path.
  boundtoken_fast_rsa_state fast_rsa_state;
  // Tokens that were accepted after their signature was checked.
  uint64_t accepted_first;
  // Tokens that were accepted because they had been accepted before.
  uint64_t accepted_again;
  // Refusals for the form of the token: statuses 101 to 199.
  uint64_t refused_for_form;
  // Refusals for the header: statuses 201 to 299.
  uint64_t refused_for_header;
  // Refusals for the key or the signature: statuses 301 to 399.
  uint64_t refused_for_key;
  // Refusals for the claims: statuses 401 to 499.
  uint64_t refused_for_claims;
  // Refusals for the bound objects: statuses 501 to 599.
  uint64_t refused_for_objects;
  // Tokens that the verifier remembers now.
  uint64_t remembered_tokens;
  // About how much memory they take, in bytes.
  uint64_t cache_size;
  // Keys of all issuers now.
  uint64_t keys;
  // Keys of all issuers that the fast path serves now.
  uint64_t fast_rsa_keys;
  // In this process: keys that the fast path supports but does not serve because they failed their self-test.
  uint64_t fast_rsa_keys_refused;
  // In this process: signatures that the fast path accepted and that the cryptography library checked again.
  uint64_t fast_rsa_accepted_checked;
  // In this process: signatures that the fast path refused and that the cryptography library checked again.
  uint64_t fast_rsa_refused_checked;
  // In this process: signatures that the fast path refused and that were not checked again, because there were too many.
  uint64_t fast_rsa_refused_unchecked;
  // In this process: how often the cryptography library came to another verdict, which was then used.
  uint64_t fast_rsa_disagreements;
  // A boundtoken_fast_rsa_state: whether this process has the fast path for ES256. Its environment variable is
  // BOUNDTOKEN_FAST_P256.
  boundtoken_fast_rsa_state fast_p256_state;
  // 1 if that fast path uses AVX-512 IFMA, and 0 if it runs in portable code or is not there.
  uint32_t fast_p256_has_lanes;
  // Keys of all issuers that the fast path for ES256 serves now.
  uint64_t fast_p256_keys;
  // In this process: how much memory the tables of its keys take, in bytes.
  uint64_t fast_p256_table_bytes;
  // In this process: keys that the fast path for ES256 does not serve because their tables failed the self-test.
  uint64_t fast_p256_keys_refused;
  // As fast_rsa_accepted_checked, for the fast path for ES256.
  uint64_t fast_p256_accepted_checked;
  // As fast_rsa_refused_checked, for the fast path for ES256.
  uint64_t fast_p256_refused_checked;
  // As fast_rsa_refused_unchecked, for the fast path for ES256.
  uint64_t fast_p256_refused_unchecked;
  // As fast_rsa_disagreements, for the fast path for ES256.
  uint64_t fast_p256_disagreements;
} boundtoken_statistics;

// A line of the log, lent to a callback until the callback returns. Later versions append members.
typedef struct {
  // The size of this struct in the library, in bytes. It tells which members there are.
  size_t size;
  // How important the line is.
  boundtoken_log_level level;
  // The part of the library that writes it, such as `boundtoken_kubernetes::watching`.
  boundtoken_str target;
  // What happened, for people. It never contains a token.
  boundtoken_str message;
} boundtoken_log_line;

// Receives a line of the log. It may be called from any thread, and from several threads at once, also by verifications. It
// must return soon, must not throw, unwind or longjmp out, and must not call the library.
typedef void (*boundtoken_log_callback)(void *userdata, const boundtoken_log_line *line);

// Where an array stands in a record.
typedef struct {
  // The offset of its first element in the record, a multiple of 8.
  uint32_t offset;
  // The number of elements.
  uint32_t count;
} boundtoken_record_array;

// Where a text stands in a record.
typedef struct {
  // The offset of its first byte in the record. 0 if it is absent.
  uint32_t offset;
  // The number of bytes. 0 if it is absent.
  uint32_t len;
} boundtoken_record_text;

// The header of a record: what boundtoken_verify_into writes at the start of the buffer.
//
// All numbers are little-endian. On little-endian machines, C programs may read a buffer that is aligned to 8 bytes through
// this struct. Other languages read at the offsets of its members, which never change. Members are never absent: before
// the call writes a verdict, the header is all zeros.
//
// Texts are UTF-8 and do not end with NUL. The offset 0 stands for an absent text. Times are Unix seconds, and -1 if
// absent. Later versions append members: `header_size` says which there are.
typedef struct {
  // Offset 0. The version of the form of records: 1. 0 if the call decided nothing.
  uint32_t version;
  // Offset 4. The status that the call returned. Only BOUNDTOKEN_OK accepts the token.
  uint32_t status;
  // Offset 8. The size of the record in bytes: how much of the buffer was written.
  uint32_t size;
  // Offset 12. The status of an HTTP answer that refuses the request: 401, 503 if the same token may be accepted soon,
  // and 500 for mistakes of the program. 200 if the token is accepted.
  uint32_t http_status;
  // Offset 16. A boundtoken_confirmed: whether the objects that the token is bound to were confirmed to exist.
  uint32_t confirmed;
  // Offset 20. The size of this header in bytes: 296 in version 1.
  uint32_t header_size;
  // Offset 24. A number that stands for the claims, for programs that keep an object of their own for them. 0 if the
  // verifier does not remember the token. Two records of this process with the same number have the same claims.
  // `confirmed` and the matched audiences can be different each time.
  uint64_t claims_id;
  // Offset 32. `exp`: when the token expires.
  int64_t expires_at;
  // Offset 40. `nbf`: when the token becomes valid.
  int64_t not_before;
  // Offset 48. `iat`: when the token was issued.
  int64_t issued_at;
  // Offset 56. When the API server begins to count the token as stale. It does not affect the verdict.
  int64_t warn_after;
  // Offset 64. An array of boundtoken_record_text: the accepted audiences that the token names.
  boundtoken_record_array matched_audiences;
  // Offset 72. The stable name of the status. Absent if the token is accepted.
  boundtoken_record_text name;
  // Offset 80. What was wrong, and what to do. For the log, not for the client. In a small buffer it is cut. Absent if the
  // token is accepted.
  boundtoken_record_text message;
  // Offset 88. The value of the header `WWW-Authenticate` of an answer that refuses the request. Absent if the token is
  // accepted, and for mistakes of the program.
  boundtoken_record_text www_authenticate;
  // Offset 96. The claims as they were signed: one JSON object. From here on, all members are absent unless the token is
  // accepted.
  boundtoken_record_text payload;
  // Offset 104. `iss`.
  boundtoken_record_text issuer;
  // Offset 112. The verifier's label for the issuer. It says which cluster the token belongs to.
  boundtoken_record_text issuer_label;
  // Offset 120. `sub`, which is the user name too: `system:serviceaccount:NAMESPACE:NAME`.
  boundtoken_record_text subject;
  // Offset 128. The namespace of the service account, and of the pod or secret that the token is bound to.
  boundtoken_record_text service_account_namespace;
  // Offset 136. The name of the service account.
  boundtoken_record_text service_account_name;
  // Offset 144. The uid of the service account.
  boundtoken_record_text service_account_uid;
  // Offset 152. `jti`.
  boundtoken_record_text jti;
  // Offset 160. The credential id: `JTI=` and the `jti`.
  boundtoken_record_text credential_id;
  // Offset 168. The name of the pod that the token is bound to.
  boundtoken_record_text pod_name;
  // Offset 176. The uid of the pod.
  boundtoken_record_text pod_uid;
  // Offset 184. The name of the secret that the token is bound to.
  boundtoken_record_text secret_name;
  // Offset 192. The uid of the secret.
  boundtoken_record_text secret_uid;
  // Offset 200. The name of the node that the token is bound to. For a token bound to a pod, the node that the pod runs
  // on.
  boundtoken_record_text node_name;
  // Offset 208. The uid of the node. For a token bound to a pod it may be absent.
  boundtoken_record_text node_uid;
  // Offset 216. The name of the validating webhook configuration that the token is bound to.
  boundtoken_record_text validating_webhook_configuration_name;
  // Offset 224. The uid of the validating webhook configuration.
  boundtoken_record_text validating_webhook_configuration_uid;
  // Offset 232. The name of the mutating webhook configuration that the token is bound to.
  boundtoken_record_text mutating_webhook_configuration_name;
  // Offset 240. The uid of the mutating webhook configuration.
  boundtoken_record_text mutating_webhook_configuration_uid;
  // Offset 248. An array of boundtoken_record_text: all audiences of the token.
  boundtoken_record_array audiences;
  // Offset 256. An array of boundtoken_record_text: the groups of the user.
  boundtoken_record_array groups;
  // Offset 264. An array of pairs of boundtoken_record_text, 16 bytes each: the keys and values of the user's `extra`,
  // ordered by key. A key with several values occurs several times.
  boundtoken_record_array extra;
  // Offset 272. An array of boundtoken_record_object: the objects that must exist, in the order in which they are judged.
  boundtoken_record_array bound_objects;
  // Offset 280. An array of boundtoken_record_text: the API groups for which the caller may send admission reviews.
  boundtoken_record_array attested_api_groups;
  // Offset 288. An array of boundtoken_record_attestation.
  boundtoken_record_array attestations;
} boundtoken_record;

// An object that a token is bound to, as an element of an array.
typedef struct {
  // A boundtoken_object_kind.
  uint32_t kind;
  // 0.
  uint32_t reserved;
  // The namespace. Absent for a kind without namespaces.
  boundtoken_record_text object_namespace;
  // The name.
  boundtoken_record_text name;
  // The uid.
  boundtoken_record_text uid;
} boundtoken_record_object;

// An attestation, as an element of an array.
typedef struct {
  // The name.
  boundtoken_record_text name;
  // An array of boundtoken_record_text: the attested values.
  boundtoken_record_array values;
} boundtoken_record_attestation;

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

// Returns what the library was built of, as a JSON object, for logs and reports of faults.
//
// Its members are `version`, `cryptography` (`ring` or `aws-lc-rs`), `features` (an array with `kubernetes`, `fast-rsa`
// and `fast-p256` as far as they are built in), `cpuPaths` (an array with `fast-rsa` and `fast-p256` as far as the CPU and the
// environment allow them) and `target` (the architecture and the operating system). Later versions may add members. The text
// is static. Any thread.
boundtoken_str boundtoken_build_info(void);

// Returns the version of the loaded library, such as `0.1.0`. The text is static. Any thread.
//
// BOUNDTOKEN_VERSION_STRING is the version of the header that the program was compiled with.
boundtoken_str boundtoken_version(void);

// Returns the stable name of a status in snake case, for logs and metrics. BOUNDTOKEN_EXPIRED is `expired`.
//
// A number that this version does not know is `unknown`. The text is static. Any thread.
boundtoken_str boundtoken_status_name(boundtoken_status status);

// Returns what a status means, as one phrase. `boundtoken_error_message` says more.
//
// A number that this version does not know has a phrase too. The text is static. Any thread.
boundtoken_str boundtoken_status_description(boundtoken_status status);

// Returns everything that an error says, in one call.
//
// `details`: its member `size` must be set. At most `size` bytes are written, and none on failure. Its texts live as long as
// `error`.
//
// Any thread.
//
// BOUNDTOKEN_STRUCT_TOO_SMALL: `size` is not set, or is smaller than in any version of the header.
boundtoken_status boundtoken_error_get(const boundtoken_error *error,
                                       boundtoken_error_details *details);

// Returns the status that the failed call returned. BOUNDTOKEN_OK if `error` is NULL. Any thread.
boundtoken_status boundtoken_error_status(const boundtoken_error *error);

// Returns the stable name of the status. Empty if `error` is NULL. The text is static. Any thread.
boundtoken_str boundtoken_error_name(const boundtoken_error *error);

// Returns what went wrong and what to do about it, for people. It is one line and never contains a token, a
// signature or key material.
//
// Write it to the log, not into the response: it can tell more than a client should learn. Empty if `error` is NULL.
// The text lives as long as `error`. Any thread.
boundtoken_str boundtoken_error_message(const boundtoken_error *error);

// Returns the value of the header `WWW-Authenticate` for a response that refuses the request (RFC 6750 section 3).
//
// Empty if no token was refused, which means for statuses below 101 and if `error` is NULL. The text lives as long
// as `error`. Any thread.
boundtoken_str boundtoken_error_www_authenticate(const boundtoken_error *error);

// Frees an error and every text it has lent. NULL is ignored.
void boundtoken_error_free(boundtoken_error *error);

// Reads a JSON Web Key Set (RFC 7517 section 5), such as a cluster serves at `/openid/v1/jwks`.
//
// `data`: the document, `len` bytes, at most 1 MiB. Not needed after the call.
// `keys`: receives a handle to free with boundtoken_keys_free. NULL on failure.
//
// Keys that cannot be used are skipped: see boundtoken_keys_skipped. Any thread.
//
// BOUNDTOKEN_JWKS_UNREADABLE: the document is not a key set.
// BOUNDTOKEN_NO_USABLE_KEY: none of its keys can be used. The message says why.
BOUNDTOKEN_MUST_USE
boundtoken_status boundtoken_keys_from_jwks(const char *data,
                                            size_t len,
                                            boundtoken_keys **keys,
                                            boundtoken_error **error);

// Reads the keys of a PEM file, such as the API server's `--service-account-key-file`.
//
// It takes public keys, certificates, and the public half of private keys. In all else it is like
// boundtoken_keys_from_jwks. Any thread.
//
// BOUNDTOKEN_PEM_UNREADABLE: the document is not a PEM file.
// BOUNDTOKEN_NO_USABLE_KEY: none of its blocks has a usable key. The message says why.
BOUNDTOKEN_MUST_USE
boundtoken_status boundtoken_keys_from_pem(const char *data,
                                           size_t len,
                                           boundtoken_keys **keys,
                                           boundtoken_error **error);

// Replaces the keys with the keys of a JSON Web Key Set, at once for all verifiers that use them.
//
// A verification that is running finishes with the keys it began with. It fails like boundtoken_keys_from_jwks. On
// failure the old keys stay. Any thread.
BOUNDTOKEN_MUST_USE
boundtoken_status boundtoken_keys_replace_jwks(const boundtoken_keys *keys,
                                               const char *data,
                                               size_t len,
                                               boundtoken_error **error);

// Replaces the keys with the keys of a PEM file. It fails like boundtoken_keys_from_pem. In all else it is like
// boundtoken_keys_replace_jwks. Any thread.
BOUNDTOKEN_MUST_USE
boundtoken_status boundtoken_keys_replace_pem(const boundtoken_keys *keys,
                                              const char *data,
                                              size_t len,
                                              boundtoken_error **error);

// Returns the number of usable keys. 0 if `keys` is NULL. Any thread.
size_t boundtoken_keys_count(const boundtoken_keys *keys);

// Returns the number of keys of the document that were skipped. 0 if `keys` is NULL. Any thread.
size_t boundtoken_keys_skipped_count(const boundtoken_keys *keys);

// Returns why a key was skipped, as an error with status BOUNDTOKEN_KEY_SKIPPED. Its message names the key's place
// in the document and its kid.
//
// `index`: counts the skipped keys from 0.
//
// Free the error with boundtoken_error_free. NULL if there is no such index or `keys` is NULL. Any thread.
boundtoken_error *boundtoken_keys_skipped(const boundtoken_keys *keys,
                                          size_t index);

// Retains the handle and returns it, like boundtoken_verifier_retain. Any thread.
boundtoken_keys *boundtoken_keys_retain(const boundtoken_keys *keys);

// Frees the handle. NULL is ignored. Verifiers that use the keys keep them alive.
void boundtoken_keys_free(boundtoken_keys *keys);

// Creates an empty store in memory. While it is empty, every object is absent and every token is refused.
//
// Free the handle with boundtoken_objects_free. It is NULL only after an internal error. Any thread.
BOUNDTOKEN_MUST_USE boundtoken_objects *boundtoken_objects_new(void);

// Adds the objects of a JSON document to a store. Replaces objects that the store has already.
//
// The document is one of these:
//
// - what `kubectl get serviceaccounts,secrets,pods,nodes -A -o json` prints;
// - an array of objects;
// - an object with arrays of objects: `{"pods": [...], "secrets": [...], "serviceaccounts": [...], "nodes": [...],
//   "validatingwebhookconfigurations": [...], "mutatingwebhookconfigurations": [...]}`.
//
// Only the kind and the metadata of each object are read. Objects of other kinds are skipped.
//
// `data`: the document, `len` bytes. Not needed after the call.
// `loaded`: receives the number of objects that were added. May be NULL.
//
// Any thread.
//
// BOUNDTOKEN_OBJECTS_UNREADABLE: the document is in none of these forms, or an object has no name or uid. Nothing is
// added.
// BOUNDTOKEN_NOT_AN_OBJECT_STORE: `objects` comes from a callback.
BOUNDTOKEN_MUST_USE
boundtoken_status boundtoken_objects_load_json(const boundtoken_objects *objects,
                                               const char *data,
                                               size_t len,
                                               size_t *loaded,
                                               boundtoken_error **error);

// Replaces everything in a store by the objects of a JSON document, at once for all verifiers that use the store.
//
// It is for programs that list the objects of a cluster again and again. No object that is in both is missing in between.
// It takes the same arguments and fails in the same cases as boundtoken_objects_load_json. On failure the old objects stay.
// Any thread.
BOUNDTOKEN_MUST_USE
boundtoken_status boundtoken_objects_replace_json(const boundtoken_objects *objects,
                                                  const char *data,
                                                  size_t len,
                                                  size_t *loaded,
                                                  boundtoken_error **error);

// Adds or replaces one object in a store, at once for all verifiers that use the store.
//
// `kind`: a boundtoken_object_kind.
// `object_namespace`: ignored for a kind without namespaces.
// `uid`: the object's metadata.uid.
// `deletion_timestamp`: the object's metadata.deletionTimestamp in Unix seconds, or 0 if it is not being deleted.
//
// The texts are copied. Any thread.
//
// BOUNDTOKEN_OBJECT_INCOMPLETE: a text is empty.
// BOUNDTOKEN_UNKNOWN_VALUE: `kind` is none of the kinds.
// BOUNDTOKEN_NEGATIVE_TIME: `deletion_timestamp` is negative.
// BOUNDTOKEN_NOT_AN_OBJECT_STORE: `objects` comes from a callback.
boundtoken_status boundtoken_objects_upsert(const boundtoken_objects *objects,
                                            boundtoken_object_kind kind,
                                            boundtoken_str object_namespace,
                                            boundtoken_str object_name,
                                            boundtoken_str uid,
                                            int64_t deletion_timestamp,
                                            boundtoken_error **error);

// Removes one object from a store, at once for all verifiers that use the store. Tokens bound to the object are
// refused from now on.
//
// Removing an object that is not in the store succeeds. It takes the same arguments and fails in the same
// cases as boundtoken_objects_upsert. Any thread.
boundtoken_status boundtoken_objects_delete(const boundtoken_objects *objects,
                                            boundtoken_object_kind kind,
                                            boundtoken_str object_namespace,
                                            boundtoken_str object_name,
                                            boundtoken_error **error);

// Returns the number of objects in a store. 0 if `objects` is NULL or comes from a callback. Any thread.
size_t boundtoken_objects_count(const boundtoken_objects *objects);

// Retains the handle and returns it, like boundtoken_verifier_retain. Any thread.
boundtoken_objects *boundtoken_objects_retain(const boundtoken_objects *objects);

// Frees the handle. NULL is ignored. Verifiers that use the objects keep them alive.
void boundtoken_objects_free(boundtoken_objects *objects);

// Creates a store that follows a cluster, for programs with watches (informers) of their own.
//
// `scopes`: what the watches see, `scopes_len` in all, at least one. Not needed after the call.
// `max_staleness_seconds`: how old the news of a watch may become before the whole store counts as outdated: from 1 to 86,400.
// An API server confirms an idle watch about once a minute by a bookmark.
// `feeds`: receives one handle for each scope, in the same order, each to free with boundtoken_feed_free.
// `objects`: receives a handle to free with boundtoken_objects_free. NULL on failure, and then no feed was written.
//
// Unlike the store of boundtoken_objects_new, it knows what it does not know. Until every feed has listed once, and whenever
// one is too old, verifiers refuse tokens with BOUNDTOKEN_BOUND_OBJECT_UNAVAILABLE or mark them as stale. Tokens with objects
// outside of the scopes are refused with BOUNDTOKEN_BOUND_OBJECT_NOT_FOLLOWED. Any thread.
//
// BOUNDTOKEN_UNKNOWN_VALUE: there is no scope, a kind is none of the kinds, or the staleness is out of range.
BOUNDTOKEN_MUST_USE
boundtoken_status boundtoken_objects_following(const boundtoken_scope *scopes,
                                               size_t scopes_len,
                                               uint32_t max_staleness_seconds,
                                               boundtoken_feed **feeds,
                                               boundtoken_objects **objects,
                                               boundtoken_error **error);

// Replaces what a watch knew by a list, as every watch begins, and goes on when the API server has lost its place.
//
// `listed`: the objects, `listed_len` in all. Copied. An object that is in both is never missing in between.
// `age_seconds`: how long ago the list was asked for.
//
// Any thread.
//
// BOUNDTOKEN_OBJECT_INCOMPLETE: an object has no name or no uid. Nothing is removed.
// BOUNDTOKEN_NEGATIVE_TIME: a `deletion_timestamp` is negative. Nothing is removed.
BOUNDTOKEN_MUST_USE
boundtoken_status boundtoken_feed_replace(const boundtoken_feed *feed,
                                          const boundtoken_listed_object *listed,
                                          size_t listed_len,
                                          uint32_t age_seconds,
                                          boundtoken_error **error);

// Adds or replaces the object of an event, at once for all verifiers that use the store. It proves that the watch is up to
// date.
//
// The texts are copied. Any thread. It fails like boundtoken_feed_replace.
boundtoken_status boundtoken_feed_upsert(const boundtoken_feed *feed,
                                         const boundtoken_listed_object *object,
                                         boundtoken_error **error);

// Removes the object of an event, at once for all verifiers that use the store. It proves that the watch is up to date.
//
// Tokens that are bound to the object are refused from now on. Any thread. It fails like boundtoken_feed_replace.
boundtoken_status boundtoken_feed_delete(const boundtoken_feed *feed,
                                         const boundtoken_listed_object *object,
                                         boundtoken_error **error);

// Says that a watch is up to date, as a bookmark of the API server proves.
//
// Ignored if `feed` is NULL. Any thread.
void boundtoken_feed_prove(const boundtoken_feed *feed);

// Frees a feed. NULL is ignored. The store stays, and becomes outdated in `max_staleness_seconds`.
void boundtoken_feed_free(boundtoken_feed *feed);

// Returns 1 if the store follows a cluster and its objects are outdated, and 0 if not. Meant for a readiness probe.
//
// 0 for a store that does not follow, which is always current, and for the objects of a callback. 1 if `objects` is NULL. Any
// thread.
int boundtoken_objects_are_stale(const boundtoken_objects *objects);

// Creates a source of bound objects from a callback.
//
// `userdata`: passed to each call. May be NULL.
// `userdata_free`: called once with `userdata`, after the handle and every verifier that uses it have been freed.
// The thread that frees the last of them calls it. May be NULL.
// `objects`: receives a handle to free with boundtoken_objects_free. NULL on failure. The caller then still owns
// `userdata`.
//
// Any thread.
BOUNDTOKEN_MUST_USE
boundtoken_status boundtoken_objects_from_callback(boundtoken_objects_callback callback,
                                                   void *userdata,
                                                   boundtoken_userdata_free userdata_free,
                                                   boundtoken_objects **objects,
                                                   boundtoken_error **error);

// Creates a builder. A verifier needs at least one issuer and one audience.
//
// End the handle with boundtoken_verifier_builder_build or boundtoken_verifier_builder_free. It is NULL only after
// an internal error. Any thread.
BOUNDTOKEN_MUST_USE
boundtoken_verifier_builder *boundtoken_verifier_builder_new(void);

// Accepts tokens of this issuer. Call it once for each cluster. Clusters with the same issuer name need labels: see
// boundtoken_verifier_builder_issuer_label.
//
// `name`: exactly what the cluster writes into `iss`. Copied.
// `keys`: the keys that the issuer signs with.
// `objects`: the objects that its tokens are bound to. May be NULL: objects are then not checked, and accepted
// tokens say BOUNDTOKEN_CONFIRMED_NOT_CHECKED.
//
// The verifier shares keys and objects with the caller. The caller may free the handles at any time, or use them to
// change the keys and objects later.
boundtoken_status boundtoken_verifier_builder_issuer(boundtoken_verifier_builder *builder,
                                                     boundtoken_str name,
                                                     const boundtoken_keys *keys,
                                                     const boundtoken_objects *objects);

// Accepts another name of the issuer that was added last. An API server with several `--service-account-issuer`
// flags accepts several names too. The text is copied.
//
// BOUNDTOKEN_NO_ISSUER: no issuer has been added.
boundtoken_status boundtoken_verifier_builder_issuer_also_named(boundtoken_verifier_builder *builder,
                                                                boundtoken_str name);

// Sets your own label for the issuer that was added last. Default: its name. A label must be unique in a verifier.
//
// A verified token carries the label. It tells apart clusters that write the same `iss`, as most clusters do. The
// text is copied.
//
// BOUNDTOKEN_NO_ISSUER: no issuer has been added.
boundtoken_status boundtoken_verifier_builder_issuer_label(boundtoken_verifier_builder *builder,
                                                           boundtoken_str label);

// Accepts tokens for this audience, which is the identifier of the service that verifies. Audiences are compared
// exactly.
//
// Call it once for each identifier. A token must name at least one of them. The text is copied.
boundtoken_status boundtoken_verifier_builder_audience(boundtoken_verifier_builder *builder,
                                                       boundtoken_str audience);

// Sets by how many seconds the clocks of issuer and verifier may differ. Default: 60, as in the API server. At most
// 3,600.
boundtoken_status boundtoken_verifier_builder_leeway_seconds(boundtoken_verifier_builder *builder,
                                                             uint64_t seconds);

// Sets the largest accepted size of a token, in bytes. Default: 16 KiB. At least 1, at most 1 MiB.
boundtoken_status boundtoken_verifier_builder_max_token_size(boundtoken_verifier_builder *builder,
                                                             size_t bytes);

// Sets what to do with a token whose objects cannot be looked up, whose objects are known only from too long ago, or
// whose cluster's keys are older than `maxKeyAgeSeconds`. Default: refuse it.
//
// `choice`: a boundtoken_on_unavailable.
//
// BOUNDTOKEN_UNKNOWN_VALUE: `choice` is neither of the two.
boundtoken_status boundtoken_verifier_builder_on_unavailable(boundtoken_verifier_builder *builder,
                                                             boundtoken_on_unavailable choice);

// Sets how many accepted tokens are remembered. Default: 10,000. 0 remembers none.
//
// A remembered token costs next to nothing when it is seen again. It is still refused once it has expired, its key
// is withdrawn, or an object that it is bound to is gone. Refused tokens are not remembered.
boundtoken_status boundtoken_verifier_builder_cached_tokens(boundtoken_verifier_builder *builder,
                                                            size_t tokens);

// Sets how much memory the remembered tokens may use, in bytes. Default: 32 MiB. 0 remembers no tokens.
boundtoken_status boundtoken_verifier_builder_cache_size(boundtoken_verifier_builder *builder, size_t bytes);

// Sets whether this verifier may use the fast path for RS256. Default: yes.
//
// `allowed`: 0 for no, anything else for yes. It has no effect if the library was built without the fast path or the
// CPU does not support it: see boundtoken_verifier_statistics.
boundtoken_status boundtoken_verifier_builder_fast_rsa(boundtoken_verifier_builder *builder,
                                                       uint32_t allowed);

// Sets whether this verifier may use the fast path for ES256, and build tables of keys for it. Default: yes.
//
// `allowed`: 0 for no, anything else for yes. It has no effect if the library was built without the fast path: see
// boundtoken_verifier_statistics.
boundtoken_status boundtoken_verifier_builder_fast_p256(boundtoken_verifier_builder *builder,
                                                        uint32_t allowed);

// Builds the verifier. It always frees the builder, even on failure: do not use the builder again.
//
// `verifier`: receives a handle to free with boundtoken_verifier_free. NULL on failure.
//
// Fails with the first failure of the earlier calls, or with one of BOUNDTOKEN_NO_ISSUER, BOUNDTOKEN_EMPTY_ISSUER,
// BOUNDTOKEN_ISSUER_WITHOUT_KEY, BOUNDTOKEN_EMPTY_LABEL, BOUNDTOKEN_LABEL_NOT_UNIQUE, BOUNDTOKEN_ISSUERS_AMBIGUOUS,
// BOUNDTOKEN_NO_AUDIENCE, BOUNDTOKEN_EMPTY_AUDIENCE, BOUNDTOKEN_LEEWAY_TOO_LONG and
// BOUNDTOKEN_TOKEN_SIZE_OUT_OF_RANGE.
BOUNDTOKEN_MUST_USE
boundtoken_status boundtoken_verifier_builder_build(boundtoken_verifier_builder *builder,
                                                    boundtoken_verifier **verifier,
                                                    boundtoken_error **error);

// Frees a builder that was not built. NULL is ignored.
void boundtoken_verifier_builder_free(boundtoken_verifier_builder *builder);

// Verifies a token at the current time of the system clock.
//
// `token`: the bare token, `token_len` bytes, without `Bearer` and without white space around it. Not needed after
// the call.
// `verified`: receives a handle to free with boundtoken_verified_free. NULL on failure.
//
// Any thread. It takes no lock, never blocks and does no I/O, except for what a callback does.
//
// BOUNDTOKEN_OK accepts the token. Every other status does not. From 101 on the status is the reason for the
// refusal. If several things are wrong, it is the first in the API server's order: form, signature, issuer,
// audience, times, bound objects.
BOUNDTOKEN_MUST_USE
boundtoken_status boundtoken_verify(const boundtoken_verifier *verifier,
                                    const char *token,
                                    size_t token_len,
                                    boundtoken_verified **verified,
                                    boundtoken_error **error);

// Verifies a token like boundtoken_verify, but at the time `now` in Unix seconds. Any thread.
//
// BOUNDTOKEN_NEGATIVE_TIME: `now` is before 1970.
BOUNDTOKEN_MUST_USE
boundtoken_status boundtoken_verify_at(const boundtoken_verifier *verifier,
                                       const char *token,
                                       size_t token_len,
                                       int64_t now,
                                       boundtoken_verified **verified,
                                       boundtoken_error **error);

// Verifies a token like boundtoken_verify, but for these audiences instead of the verifier's own. Any thread.
//
// `audiences`: `audiences_len` texts. Not needed after the call.
//
// The token must name at least one of the audiences. An empty list matches no token, and neither does an empty
// audience. The audiences that the token names become the matched audiences of boundtoken_claims, in the order
// given. All other rules and the cache are the same.
//
// BOUNDTOKEN_NOT_UTF8: an audience is not UTF-8.
BOUNDTOKEN_MUST_USE
boundtoken_status boundtoken_verify_for(const boundtoken_verifier *verifier,
                                        const char *token,
                                        size_t token_len,
                                        const boundtoken_str *audiences,
                                        size_t audiences_len,
                                        boundtoken_verified **verified,
                                        boundtoken_error **error);

// Verifies a token like boundtoken_verify_for, but at the time `now` in Unix seconds. Any thread.
//
// BOUNDTOKEN_NEGATIVE_TIME: `now` is before 1970.
BOUNDTOKEN_MUST_USE
boundtoken_status boundtoken_verify_for_at(const boundtoken_verifier *verifier,
                                           const char *token,
                                           size_t token_len,
                                           const boundtoken_str *audiences,
                                           size_t audiences_len,
                                           int64_t now,
                                           boundtoken_verified **verified,
                                           boundtoken_error **error);

// Verifies a token like boundtoken_verify, but asks the verifier's clusters when their latest changes may not have
// arrived yet.
//
// It asks in two cases. If a token names an unknown key, it asks all clusters for their keys. If a token is less
// than a minute old and one of its objects has not been seen yet, it asks the token's cluster about that object.
//
// Most calls ask nobody and are as fast as boundtoken_verify. A call that asks waits a fraction of a second for keys
// and some seconds for objects. A thread that must not wait calls boundtoken_verify, or boundtoken_verification_start.
// boundtoken_verify_into does the same with BOUNDTOKEN_VERIFY_ONLINE, and has a time-out.
//
// A bad token cannot cause unbounded work. It asks about objects only if signature, audience and times of the token
// are good. Keys are requested at most once every ten seconds, however many tokens name unknown keys. Few requests
// for objects run at a time, and that an object does not exist is remembered for some seconds.
//
// The clusters' threads only do the asking. The caller's thread judges the token and calls the callbacks, and
// nothing of the verifier is used after the call. Any thread. It asks nobody if it is called from a callback of
// boundtoken_cluster_on_change. It does not ask a cluster that was freed.
//
// BOUNDTOKEN_CLUSTER_FORKED: a cluster was connected to before a fork. The token was not judged. Connect in this
// process.
BOUNDTOKEN_MUST_USE
boundtoken_status boundtoken_verify_online(const boundtoken_verifier *verifier,
                                           const char *token,
                                           size_t token_len,
                                           boundtoken_verified **verified,
                                           boundtoken_error **error);

// Retains a verifier and returns it. It then takes one call more of boundtoken_verifier_free to free it.
//
// This is for programs and languages that share a handle among owners who do not know each other. NULL is returned as it is.
// Any thread.
boundtoken_verifier *boundtoken_verifier_retain(const boundtoken_verifier *verifier);

// Frees a verifier. NULL is ignored. No thread may be using it. Verified tokens stay valid.
void boundtoken_verifier_free(boundtoken_verifier *verifier);

// Fills in a struct with everything that a verified token says.
//
// `claims`: its member `size` must be set. At most `size` bytes are written, and none on failure.
//
// The texts and arrays in the struct live as long as `verified`. Every call returns the same texts. Any thread.
//
// BOUNDTOKEN_STRUCT_TOO_SMALL: `size` is not set, or is smaller than in any version of the header.
boundtoken_status boundtoken_verified_claims(const boundtoken_verified *verified,
                                             boundtoken_claims *claims);

// Returns the verified token as JSON: an object with the members `user` (as in a TokenReview), `issuerLabel`,
// `audiences`, `confirmed`, `boundObjects` and `claims`.
//
// `json`: receives a text that lives as long as `verified`. Absent on failure.
//
// Any thread.
boundtoken_status boundtoken_verified_json(const boundtoken_verified *verified,
                                           boundtoken_str *json,
                                           boundtoken_error **error);

// Retains a verified token and returns it, like boundtoken_verifier_retain. Any thread.
boundtoken_verified *boundtoken_verified_retain(const boundtoken_verified *verified);

// Frees a verified token and every text and array that it has lent. NULL is ignored.
void boundtoken_verified_free(boundtoken_verified *verified);

// Verifies a token, and writes everything that the verdict says into one buffer: a boundtoken_record, followed by its texts
// and arrays. It creates no handle and allocates nothing for the caller.
//
// `token`: the bare token, `token_len` bytes. Not needed after the call.
// `options`: how to verify it. NULL does what boundtoken_verify does.
// `buffer`: receives the record, at most `capacity` bytes. It must not overlap the arguments. It may be NULL, which
// is like a `capacity` of 0. 2,048 bytes hold the record of
// nearly every token. On a stack or in a pool, 4,096 do no harm. boundtoken_verifier_largest_record holds any.
// `needed`: receives the size of the whole record. May be NULL.
//
// The status is the verdict, and the same as that of boundtoken_verify. The record repeats it.
//
// - BOUNDTOKEN_OK accepts the token. The record is complete.
// - BOUNDTOKEN_BUFFER_TOO_SMALL: the token would be accepted, but its record does not fit. Call again with `needed` bytes. It
//   can become more between the two calls only if other audiences are given.
// - BOUNDTOKEN_NOT_CACHED: nothing was decided. See BOUNDTOKEN_VERIFY_CACHED_ONLY.
// - Every other status refuses the token. If the buffer is small, the message is cut.
//
// The header is set to zeros before anything else is done, as far as the buffer reaches. So no record of an earlier call is
// ever taken for this one. In a buffer that is smaller than the header, only the first 8 bytes are used after that: the version
// stays 0, and the status is that of the call. Any thread. It takes no lock, never blocks and does no I/O, except for what a callback does.
BOUNDTOKEN_MUST_USE
boundtoken_status boundtoken_verify_into(const boundtoken_verifier *verifier,
                                         const char *token,
                                         size_t token_len,
                                         const boundtoken_verify_options *options,
                                         void *buffer,
                                         size_t capacity,
                                         size_t *needed);

// Returns the size in bytes of the largest record that a verifier can make for its own audiences. For other audiences it
// takes 8 bytes more for each.
//
// The largest record is many times larger than a usual one. 0 if `verifier` is NULL. Any thread.
size_t boundtoken_verifier_largest_record(const boundtoken_verifier *verifier);

// Verifies many tokens in one call, on several threads, and writes one record for each, as boundtoken_verify_into does.
//
// `tokens`: `count` bare tokens. They need not be UTF-8. Not needed after the call.
// `options`: the time. NULL stands for zeros. Only BOUNDTOKEN_VERIFY_AT can be set.
// `threads`: how many threads work at once, this one among them. The others run during the call. At most 1,024.
// `buffer`: receives the record of the first token at its start, of the second at `stride`, and so on: `count` times `stride`
// bytes. A `stride` of 2,048 holds the record of nearly every token. It must not overlap the tokens.
//
// BOUNDTOKEN_OK says that every token has a record. Each record has its own status: the verdict on its token, or
// BOUNDTOKEN_BUFFER_TOO_SMALL if `stride` is too small for the record of an accepted token. Any thread.
//
// BOUNDTOKEN_UNKNOWN_VALUE: `threads` is 0 or too large, other options are set, or `stride` is smaller than the header of a
// record or no multiple of 8. Nothing was decided.
BOUNDTOKEN_MUST_USE
boundtoken_status boundtoken_verify_batch(const boundtoken_verifier *verifier,
                                          const boundtoken_str *tokens,
                                          size_t count,
                                          const boundtoken_verify_options *options,
                                          uint32_t threads,
                                          void *buffer,
                                          size_t stride,
                                          boundtoken_error **error);

// Checks everything about a token except its bound objects. This is the first of two steps, for languages and programs that
// ask a network about objects, and wait for it, without a callback. boundtoken_confirm is the second.
//
// `token`: the bare token, `token_len` bytes. Not needed after the call.
// `options`: how to verify it. NULL stands for zeros. BOUNDTOKEN_VERIFY_CACHED_ONLY and BOUNDTOKEN_VERIFY_ONLINE are
// BOUNDTOKEN_UNKNOWN_VALUE.
// `checked`: receives a handle to free with boundtoken_checked_free. NULL on failure.
//
// BOUNDTOKEN_OK does not accept the token. A source of objects that the verifier has is not asked. Any thread.
BOUNDTOKEN_MUST_USE
boundtoken_status boundtoken_check(const boundtoken_verifier *verifier,
                                   const char *token,
                                   size_t token_len,
                                   const boundtoken_verify_options *options,
                                   boundtoken_checked **checked,
                                   boundtoken_error **error);

// Returns the objects to look up, in the order in which they will be judged, and writes their number to `count`.
//
// NULL and 0 if `checked` is NULL. The objects live as long as `checked`. Any thread.
const boundtoken_bound_object *boundtoken_checked_objects(const boundtoken_checked *checked,
                                                          size_t *count);

// Returns the label of the issuer that the token belongs to. Only the objects of that cluster can confirm the token.
//
// Absent if `checked` is NULL. The text lives as long as `checked`. Any thread.
boundtoken_str boundtoken_checked_issuer_label(const boundtoken_checked *checked);

// Judges the bound objects of a checked token by what the caller has found out, and its times once more.
//
// `checked`: from boundtoken_check with the same verifier. It stays valid.
// `found`: one answer for each object of boundtoken_checked_objects, in the same order, `found_len` in all.
// `options`: the time of this step. NULL stands for zeros. The first step has decided about the audiences.
// `verified`: receives a handle to free with boundtoken_verified_free. NULL on failure.
//
// BOUNDTOKEN_OK accepts the token. The rules are the same as for boundtoken_objects_callback. Any thread.
//
// BOUNDTOKEN_ANSWERS_MISSING: there is not one answer for each object.
// BOUNDTOKEN_VERIFIER_MISMATCH: another verifier checked the token.
BOUNDTOKEN_MUST_USE
boundtoken_status boundtoken_confirm(const boundtoken_verifier *verifier,
                                     const boundtoken_checked *checked,
                                     const boundtoken_found_object *found,
                                     size_t found_len,
                                     const boundtoken_verify_options *options,
                                     boundtoken_verified **verified,
                                     boundtoken_error **error);

// Does what boundtoken_confirm does, and writes the record of the verdict, as boundtoken_verify_into does. Any thread.
BOUNDTOKEN_MUST_USE
boundtoken_status boundtoken_confirm_into(const boundtoken_verifier *verifier,
                                          const boundtoken_checked *checked,
                                          const boundtoken_found_object *found,
                                          size_t found_len,
                                          const boundtoken_verify_options *options,
                                          void *buffer,
                                          size_t capacity,
                                          size_t *needed);

// Frees a checked token and the objects that it has lent. NULL is ignored.
void boundtoken_checked_free(boundtoken_checked *checked);

// Begins to verify a token like boundtoken_verify_online, but does not wait. This is for event loops and for languages with
// functions that can wait.
//
// `token`: the bare token, `token_len` bytes. Copied.
// `options`: how to verify it. NULL stands for zeros. Its time-out is not used: the caller decides when to stop waiting.
// `callback`: called when boundtoken_verification_finish can go on. It may be NULL: then ask
// boundtoken_verification_is_ready. It can be called before this call returns.
// `userdata`: passed to each call. May be NULL.
// `userdata_free`: called once with `userdata`, by any thread, after the last call of the callback. May be NULL.
// `verification`: receives a handle to free with boundtoken_verification_free. NULL on failure. The caller then still owns
// `userdata`.
//
// Most tokens are decided here, without a question to a cluster. Then the callback is not called, and
// boundtoken_verification_is_ready is 1 at once. The clusters' threads only do the asking: the token is judged here and in
// boundtoken_verification_finish, by the thread that calls them. Any thread.
//
// BOUNDTOKEN_UNKNOWN_VALUE: the options say BOUNDTOKEN_VERIFY_CACHED_ONLY.
// BOUNDTOKEN_CLUSTER_FORKED: a cluster was connected to before a fork.
BOUNDTOKEN_MUST_USE
boundtoken_status boundtoken_verification_start(const boundtoken_verifier *verifier,
                                                const char *token,
                                                size_t token_len,
                                                const boundtoken_verify_options *options,
                                                boundtoken_done_callback callback,
                                                void *userdata,
                                                boundtoken_userdata_free userdata_free,
                                                boundtoken_verification **verification,
                                                boundtoken_error **error);

// Returns 1 if boundtoken_verification_finish can go on without a wait, and 0 if clusters have not answered yet.
//
// 1 if `verification` is NULL. Any thread.
int boundtoken_verification_is_ready(const boundtoken_verification *verification);

// Judges the token by the answers of the clusters, and writes the record of the verdict, as boundtoken_verify_into does.
//
// `at_once`: 0 to wait for answers that are missing, and anything else to decide by what is known now, as after a time-out.
//
// BOUNDTOKEN_STILL_ASKING: clusters have not answered yet, or one must be asked another question. Nothing was decided. Wait
// until the callback is called again, or until boundtoken_verification_is_ready is 1, and call again. It never comes if
// `at_once` is not 0, and at most twice for one token.
//
// The verdict stays the same if the call is repeated, for example with a larger buffer. Any thread. It does not block, except
// while another thread finishes the same verification.
BOUNDTOKEN_MUST_USE
boundtoken_status boundtoken_verification_finish(const boundtoken_verification *verification,
                                                 int at_once,
                                                 void *buffer,
                                                 size_t capacity,
                                                 size_t *needed);

// Frees a verification, and gives up questions that are not answered yet. NULL is ignored.
//
// The callback can still be called until `userdata_free` is.
void boundtoken_verification_free(boundtoken_verification *verification);

// Connects to a cluster. Returns once its keys are loaded and its objects are known. From then on both are kept
// current.
//
// `configuration`: a JSON object, `len` bytes, at most 64 KiB. Not needed after the call.
// `cluster`: receives a handle to free with boundtoken_cluster_free. NULL on failure.
//
// With `len` 0 all members of the configuration have their defaults. A member that is absent or null has its default
// too. Unknown members and members that occur twice are errors. The members are:
//
// - `kubeconfig`: the path of a kubeconfig file. Default: the pod's own configuration inside a cluster, and
//   kubectl's kubeconfig elsewhere.
// - `context`: the context of the kubeconfig. Default: its current context.
// - `inCluster`: true to use the pod's own configuration and nothing else.
// - `namespaces`: an array of names. Only objects of these namespaces are followed, and tokens of other namespaces
//   are refused. Default: the whole cluster.
// - `secrets`: true to follow the metadata of secrets. Default: false, and tokens that are bound to secrets are
//   refused.
// - `nodes`: false not to follow nodes. Only tokens that are bound directly to a node need it. Default: true.
// - `webhookConfigurations`: true to follow the metadata of ValidatingWebhookConfigurations and
//   MutatingWebhookConfigurations. Default: false, and tokens that are bound to them are refused. Only admission
//   webhooks receive such tokens, from Kubernetes 1.37 or later (KEP-6060).
// - `maxStalenessSeconds`: how old the known state of objects may become before it counts as outdated. Default: 150.
//   At most 86,400. The API server confirms an idle watch only once a minute, so a limit below that refuses good
//   tokens.
// - `maxKeyAgeSeconds`: how old the keys may become while they cannot be reloaded. Default: no limit. At most
//   31,536,000. Tokens under older keys are refused with BOUNDTOKEN_KEYS_STALE, or accepted as stale if the verifier
//   was told to accept that. A limit below one minute refuses good tokens.
// - `unknownKeyWaitMilliseconds`: how long boundtoken_verify_online waits for new keys when a token names an unknown
//   key. Default: 300. At most 10,000. With 0 it does not wait. Anybody can send such tokens, so at most 16 calls
//   wait at a time. Further calls refuse their token at once. The keys are loaded anyway and serve the next token.
// - `deadlineSeconds`: about how long connecting may take. Default: 30. At most 3,600.
//
// The call blocks. Any thread.
//
// BOUNDTOKEN_CLUSTER_CONFIGURATION, BOUNDTOKEN_CLUSTER_UNREACHABLE, BOUNDTOKEN_CLUSTER_FORBIDDEN,
// BOUNDTOKEN_CLUSTER_NOT_IN_STEP: the message says which step failed and which address or permission is missing.
// BOUNDTOKEN_CLUSTER_THREAD: the background thread could not be started.
BOUNDTOKEN_MUST_USE
boundtoken_status boundtoken_cluster_connect(const char *configuration,
                                             size_t len,
                                             boundtoken_cluster **cluster,
                                             boundtoken_error **error);

// Accepts tokens of this cluster. It is like boundtoken_verifier_builder_issuer with the cluster's own name, keys
// and objects.
//
// The verifier shares them with the cluster and stays valid after the cluster is freed. Nothing updates them then,
// and the objects count as outdated after `maxStalenessSeconds`.
//
// BOUNDTOKEN_CLUSTER_FORKED: the cluster was connected to before a fork.
boundtoken_status boundtoken_verifier_builder_cluster(boundtoken_verifier_builder *builder,
                                                      const boundtoken_cluster *cluster);

// Returns 1 if the cluster's objects or keys are outdated, and 0 if not. Meant for a readiness probe.
//
// While they are outdated, verifiers refuse tokens or mark them as stale. It returns 1 too if `cluster` is NULL or
// was connected to before a fork. Any thread. It takes no lock.
int boundtoken_cluster_is_stale(const boundtoken_cluster *cluster);

// Retains the handle and returns it, like boundtoken_verifier_retain. Any thread.
boundtoken_cluster *boundtoken_cluster_retain(const boundtoken_cluster *cluster);

// Ends the connection and waits for its thread to end. If the handle was retained, the last call does. NULL is ignored. No
// other thread may be using the handle.
//
// Verifiers built from it stay valid: see boundtoken_verifier_builder_cluster.
//
// Do not call it from a callback of boundtoken_cluster_on_change if you can avoid it. It cannot wait there. The
// thread ends by itself after the callback returns.
//
// In a child process after a fork it does nothing, because the memory of the handle cannot be freed safely there.
void boundtoken_cluster_free(boundtoken_cluster *cluster);

// Begins to connect to a cluster like boundtoken_cluster_connect, but does not wait.
//
// `configuration`: a JSON object, `len` bytes. See boundtoken_cluster_connect. Not needed after the call.
// `callback`: called once when the connection is made or has failed. It may be NULL: then ask
// boundtoken_connecting_is_ready. It can be called before this call returns.
// `userdata`: passed to the callback. May be NULL.
// `userdata_free`: called once with `userdata`, by any thread, after the callback. May be NULL.
// `connecting`: receives a handle to free with boundtoken_connecting_free. NULL on failure. The caller then still owns
// `userdata`.
//
// Any thread.
//
// BOUNDTOKEN_CLUSTER_CONFIGURATION: the configuration cannot be used.
// BOUNDTOKEN_CLUSTER_THREAD: the background thread could not be started.
BOUNDTOKEN_MUST_USE
boundtoken_status boundtoken_connecting_start(const char *configuration,
                                              size_t len,
                                              boundtoken_done_callback callback,
                                              void *userdata,
                                              boundtoken_userdata_free userdata_free,
                                              boundtoken_connecting **connecting,
                                              boundtoken_error **error);

// Returns 1 if the connection is made or has failed, and 0 if not. 1 if `connecting` is NULL. Any thread.
int boundtoken_connecting_is_ready(const boundtoken_connecting *connecting);

// Returns the connection.
//
// `cluster`: receives a handle to free with boundtoken_cluster_free. NULL on failure.
//
// It does not block. Only the first call that does not return BOUNDTOKEN_STILL_ASKING gets the connection. Any thread.
//
// BOUNDTOKEN_STILL_ASKING: the connection is not made yet. Wait for the callback, and call again.
// BOUNDTOKEN_CLUSTER_FORKED: this is a child of the process that began to connect.
// BOUNDTOKEN_CLUSTER_UNREACHABLE, BOUNDTOKEN_CLUSTER_FORBIDDEN, BOUNDTOKEN_CLUSTER_NOT_IN_STEP: as
// boundtoken_cluster_connect. A later call says BOUNDTOKEN_NULL_ARGUMENT: there is nothing left to return.
BOUNDTOKEN_MUST_USE
boundtoken_status boundtoken_connecting_finish(const boundtoken_connecting *connecting,
                                               boundtoken_cluster **cluster,
                                               boundtoken_error **error);

// Frees the handle, and gives up a connection that was not returned. NULL is ignored.
//
// The callback can still be called until `userdata_free` is. It does not wait for the connection's thread, which ends soon.
void boundtoken_connecting_free(boundtoken_connecting *connecting);

// Reports what is known of a cluster and how current it is, for logs and metrics.
//
// `report`: receives a handle to free with boundtoken_cluster_report_free. NULL on failure.
//
// Any thread. It does not wait for the network, but takes longer the more objects there are. For a check on every
// request use boundtoken_cluster_is_stale.
//
// BOUNDTOKEN_CLUSTER_FORKED: the cluster was connected to before a fork.
boundtoken_status boundtoken_cluster_status(const boundtoken_cluster *cluster,
                                            boundtoken_cluster_report **report,
                                            boundtoken_error **error);

// Returns the report as a JSON object with these members:
//
// - `issuer`: the issuer's name.
// - `keyIds`: an array with the kids of the keys in use.
// - `keysLoadedAt`: when the keys were last loaded, in UTC by RFC 3339.
// - `keysFailure`: why the last attempt to load the keys failed. Absent if it succeeded.
// - `keysWithdrawn`: true while the cluster publishes no usable key. All its tokens are refused then.
// - `keysStale`: true if the keys are older than `maxKeyAgeSeconds`.
// - `stale`: true if boundtoken_cluster_is_stale is 1.
// - `watches`: an array with one object for each kind and namespace. Its members are `kind`, `namespace` (absent for
//   the whole cluster), `inStep`, `ageSeconds`, `objects`, `events`, `reconnects` and `failure` (absent if nothing
//   has failed since the watch last heard from the API server).
//
// Later versions may add members. Absent if `report` is NULL. The text lives as long as `report`. Any thread.
boundtoken_str boundtoken_cluster_report_json(const boundtoken_cluster_report *report);

// Frees a report and the text that it has lent. NULL is ignored.
void boundtoken_cluster_report_free(boundtoken_cluster_report *report);

// Sets a callback that receives what changes from now on: keys that are added or withdrawn, and watches that are
// lost or back in step.
//
// It is meant for logs and alarms. Verifiers need no help to notice a change. A change that is undone within a tenth
// of a second may go unreported.
//
// `callback`: replaces the callback that was set before. NULL removes it.
// `userdata`: passed to each call. May be NULL.
// `userdata_free`: called once with `userdata`, by the cluster's thread, after the last call of the callback. This
// happens soon after the callback was replaced, and at the latest before boundtoken_cluster_free returns. May be
// NULL.
//
// On failure, and if `callback` is NULL, the caller still owns `userdata`. Any thread.
//
// BOUNDTOKEN_CLUSTER_FORKED: the cluster was connected to before a fork.
boundtoken_status boundtoken_cluster_on_change(const boundtoken_cluster *cluster,
                                               boundtoken_cluster_callback callback,
                                               void *userdata,
                                               boundtoken_userdata_free userdata_free,
                                               boundtoken_error **error);

// Begins to collect what changes in a cluster from now on, for boundtoken_cluster_next_change. This is for languages whose
// functions should not be called by a foreign thread. boundtoken_cluster_on_change tells of the same changes.
//
// `changes`: receives a handle to free with boundtoken_cluster_changes_free. NULL on failure.
//
// At most 1,024 changes wait to be read. Beyond that the oldest are dropped. Any thread.
//
// BOUNDTOKEN_CLUSTER_FORKED: the cluster was connected to before a fork.
BOUNDTOKEN_MUST_USE
boundtoken_status boundtoken_cluster_changes_new(const boundtoken_cluster *cluster,
                                                 boundtoken_cluster_changes **changes,
                                                 boundtoken_error **error);

// Waits for the next change.
//
// `timeout_milliseconds`: how long to wait. 0 does not wait.
// `change`: its member `size` must be set. At most `size` bytes are written, and none on failure. Its texts live until the
// next call with these changes.
//
// The call blocks. It can be used from one thread at a time.
//
// BOUNDTOKEN_STRUCT_TOO_SMALL: `size` is not set, or is smaller than in any version of the header.
// BOUNDTOKEN_TIMED_OUT: nothing has changed.
// BOUNDTOKEN_CLUSTER_ENDED: the cluster was freed, and all its changes were read.
BOUNDTOKEN_MUST_USE
boundtoken_status boundtoken_cluster_next_change(boundtoken_cluster_changes *changes,
                                                 uint32_t timeout_milliseconds,
                                                 boundtoken_cluster_change *change,
                                                 boundtoken_error **error);

// Stops collecting changes, and frees them. NULL is ignored. No thread may be waiting for a change.
void boundtoken_cluster_changes_free(boundtoken_cluster_changes *changes);

// Returns what a verifier has decided so far, and what it remembers.
//
// `statistics`: its member `size` must be set. At most `size` bytes are written, and none on failure.
//
// The numbers are read one by one, so a verdict may be in one and not yet in another. Of a verification in two steps the
// second counts, and a first that refuses. Any thread.
//
// BOUNDTOKEN_STRUCT_TOO_SMALL: `size` is not set, or is smaller than in any version of the header.
boundtoken_status boundtoken_verifier_statistics(const boundtoken_verifier *verifier,
                                                 boundtoken_statistics *statistics);

// Sets the callback that receives what the library logs: lost and new connections of clusters, and faults of the fast path.
// Until then nothing is logged.
//
// `callback`: replaces the callback that was set before. NULL removes it.
// `level`: the least important level that is logged.
// `userdata`: passed to each call. May be NULL.
// `userdata_free`: called once with `userdata`, after the callback was replaced and its last call has returned. May be NULL.
//
// A process has one log. On failure the caller still owns `userdata`. Any thread.
//
// BOUNDTOKEN_UNKNOWN_VALUE: `level` is none of the levels.
// BOUNDTOKEN_NOT_BUILT_IN: this library has neither clusters nor the fast path, so it logs nothing.
boundtoken_status boundtoken_set_log(boundtoken_log_callback callback,
                                     boundtoken_log_level level,
                                     void *userdata,
                                     boundtoken_userdata_free userdata_free,
                                     boundtoken_error **error);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

/// A boundtoken_str of a string literal. Its length is computed at compile time.
#ifdef __cplusplus
#define BOUNDTOKEN_STR(literal) (boundtoken_str{"" literal, sizeof(literal) - 1})
#else
#define BOUNDTOKEN_STR(literal) ((boundtoken_str){"" literal, sizeof(literal) - 1})
#endif

/// The two arguments that make printf's `%.*s` print a boundtoken_str. An absent text prints nothing.
#define BOUNDTOKEN_PRINT(str) (int)(str).len, ((str).data ? (str).data : "")

/// A boundtoken_str of a text that ends with NUL. Absent if `text` is NULL. It lives as long as `text`.
static inline boundtoken_str boundtoken_str_from(const char *text) {
  boundtoken_str str;
  str.data = text;
  str.len = text ? strlen(text) : 0;
  return str;
}

/// Options with their size set, which do what boundtoken_verify does.
static inline boundtoken_verify_options boundtoken_verify_options_init(void) {
  boundtoken_verify_options options;
  memset(&options, 0, sizeof options);
  options.size = sizeof options;
  return options;
}

/// Empty claims with their size set. Like `{sizeof claims}`, but strict compilers do not warn about it.
static inline boundtoken_claims boundtoken_claims_init(void) {
  boundtoken_claims claims;
  memset(&claims, 0, sizeof claims);
  claims.size = sizeof claims;
  return claims;
}

#endif /* BOUNDTOKEN_H */
