/*
 * boundtoken: verifies Kubernetes bound service-account tokens inside the service that receives them.
 *
 * It gives the answer of the API server's TokenReview without the call: signature, issuer, audience, times, and
 * whether the pod, secret, node and service account that the token is bound to still exist.
 *
 * A complete program: `who jwks.json objects.json TOKEN` says who sent a token. The files come from
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
 *         // Once, at start-up. Later, boundtoken_keys_replace_jwks, boundtoken_objects_upsert and
 *         // boundtoken_objects_delete keep the verifier up to date.
 *         if (boundtoken_keys_from_jwks(jwks, jwks_len, &keys, &error) == BOUNDTOKEN_OK &&
 *             boundtoken_objects_load_json(objects, list, list_len, NULL, &error) == BOUNDTOKEN_OK) {
 *             boundtoken_verifier_builder *builder = boundtoken_verifier_builder_new();
 *             boundtoken_verifier_builder_issuer(
 *                 builder, BOUNDTOKEN_STR("https://kubernetes.default.svc.cluster.local"), keys, objects);
 *             boundtoken_verifier_builder_audience(builder, BOUNDTOKEN_STR("vault"));
 *             if (boundtoken_verifier_builder_build(builder, &verifier, &error) == BOUNDTOKEN_OK) {
 *                 // For each request, from any thread.
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
 * Errors. A call that can fail returns a boundtoken_status: BOUNDTOKEN_OK (0), the caller's mistake (1 to 99), or the
 * reason why a token is refused (from 101 on). Only BOUNDTOKEN_OK accepts a token. The optional last argument `error`
 * receives more: a boundtoken_error on failure, to free with boundtoken_error_free, and NULL on success. It may be NULL;
 * what it held before is overwritten, not freed. Every call can also fail with BOUNDTOKEN_NULL_ARGUMENT,
 * BOUNDTOKEN_NOT_UTF8 and BOUNDTOKEN_LENGTH_OUT_OF_RANGE for its arguments, and with BOUNDTOKEN_PANIC.
 *
 * Ownership. A handle that a call returns, directly or through a pointer to a pointer, belongs to the caller: free it
 * once, with the function named after it. After a failure that pointer is NULL, and every free function ignores NULL.
 * Handles may be freed in any order. What a handle lends (boundtoken_str, arrays) lives as long as the handle. What the
 * caller passes in is read during the call and not kept, but for `userdata`.
 *
 * NULL. A NULL where something is needed is an error status (or the neutral answer of a function that returns no
 * status), never a crash. A pointer that is neither NULL nor valid is undefined, as in all of C. Text or bytes of length
 * 0 may have a NULL pointer.
 *
 * Texts. A boundtoken_str is not terminated by NUL. Pass one with BOUNDTOKEN_STR("literal") or boundtoken_str_from(text);
 * print one with printf("%.*s", BOUNDTOKEN_PRINT(str)).
 *
 * Threads. All handles may be used by any number of threads at once, but for the builder: one thread at a time. Nobody
 * may be using a handle while it is freed. Verifying takes no lock, and reads nothing but memory.
 *
 * Processes. The library installs no signal handlers and, but for clusters, starts no threads, opens no files and no
 * connections; what a boundtoken_cluster does is said there. Handles work on in a child process after fork, but for those
 * of clusters; if other threads were verifying, or changing keys or objects at that moment, call only exec there. No
 * function may be called from a signal handler. Once used, the library must stay loaded.
 *
 * Versions. Members, numbers and functions are added, never changed: a program runs with any later library of the same
 * soname. Expect statuses that this header does not list; treat them as refusals.
 */

/* Generated from src/capi by tests/header.rs. Do not edit. */

#ifndef BOUNDTOKEN_H
#define BOUNDTOKEN_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/// The version of this header. boundtoken_version() is that of the library.
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

/// The outcome of a call: 0 is ok, 1 to 99 are mistakes of the caller, from 101 on are reasons to refuse a token.
///
/// Numbers and names are stable. Later versions may add some.
typedef enum boundtoken_status {
  /// Success. Of a verification: the token is accepted.
  BOUNDTOKEN_OK = 0,
  /// An argument that must not be NULL is NULL.
  BOUNDTOKEN_NULL_ARGUMENT = 1,
  /// A length is larger than any object in memory can be.
  BOUNDTOKEN_LENGTH_OUT_OF_RANGE = 2,
  /// A text is not UTF-8.
  BOUNDTOKEN_NOT_UTF8 = 3,
  /// An argument is none of the values that its enumeration has.
  BOUNDTOKEN_UNKNOWN_VALUE = 4,
  /// A time is before 1970.
  BOUNDTOKEN_NEGATIVE_TIME = 5,
  /// The member `size` of a struct is smaller than that struct ever was.
  BOUNDTOKEN_STRUCT_TOO_SMALL = 6,
  /// The library failed inside. Nothing was decided: treat it as a refusal, and report it as a bug.
  BOUNDTOKEN_PANIC = 7,
  /// The document is not a JSON Web Key Set (RFC 7517 section 5), or it is too large.
  BOUNDTOKEN_JWKS_UNREADABLE = 21,
  /// The document has no PEM block, or it is too large.
  BOUNDTOKEN_PEM_UNREADABLE = 22,
  /// The document could be read, but none of its keys can be used. The message says why.
  BOUNDTOKEN_NO_USABLE_KEY = 23,
  /// One key of a document was passed over. Never the outcome of a call: see `boundtoken_keys_skipped`.
  BOUNDTOKEN_KEY_SKIPPED = 24,
  /// The document is none of the JSON forms that `boundtoken_objects_load_json` takes, or an object in it is
  /// incomplete.
  BOUNDTOKEN_OBJECTS_UNREADABLE = 31,
  /// An object lacks its name, its uid or, if its kind has one, its namespace.
  BOUNDTOKEN_OBJECT_INCOMPLETE = 32,
  /// These objects come from a call-back: they cannot be changed from here.
  BOUNDTOKEN_NOT_AN_OBJECT_STORE = 33,
  /// The verifier has no issuer.
  BOUNDTOKEN_NO_ISSUER = 41,
  /// An issuer's name is the empty text.
  BOUNDTOKEN_EMPTY_ISSUER = 42,
  /// An issuer has no usable key.
  BOUNDTOKEN_ISSUER_WITHOUT_KEY = 43,
  /// The verifier has no audience.
  BOUNDTOKEN_NO_AUDIENCE = 44,
  /// An audience is the empty text.
  BOUNDTOKEN_EMPTY_AUDIENCE = 45,
  /// The leeway is longer than 3,600 seconds.
  BOUNDTOKEN_LEEWAY_TOO_LONG = 46,
  /// The token size limit is 0 or more than 1,048,576 bytes.
  BOUNDTOKEN_TOKEN_SIZE_OUT_OF_RANGE = 47,
  /// An issuer's label is the empty text.
  BOUNDTOKEN_EMPTY_LABEL = 48,
  /// Two issuers of a verifier have the same label. Unless it is set, that is their name.
  BOUNDTOKEN_LABEL_NOT_UNIQUE = 49,
  /// Two issuers have a name and a key in common: whose a token is could not be told.
  BOUNDTOKEN_ISSUERS_AMBIGUOUS = 50,
  /// A cluster's configuration is not the JSON that `boundtoken_cluster_connect` takes, or what it names cannot
  /// be used.
  BOUNDTOKEN_CLUSTER_CONFIGURATION = 51,
  /// The API server could not be reached, or does not answer as one does. The message says at which step.
  BOUNDTOKEN_CLUSTER_UNREACHABLE = 52,
  /// The API server does not accept the credentials, or they lack a permission. The message says which.
  BOUNDTOKEN_CLUSTER_FORBIDDEN = 53,
  /// The cluster answers, but objects were not listed before the deadline. The message says of which kind.
  BOUNDTOKEN_CLUSTER_NOT_IN_STEP = 54,
  /// The thread that is to follow the cluster could not be started.
  BOUNDTOKEN_CLUSTER_THREAD = 55,
  /// The process was forked since the cluster was connected to: what follows the cluster runs in the parent
  /// only.
  BOUNDTOKEN_CLUSTER_FORKED = 56,
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
  /// The header is not one JSON object, or is not JSON by the letter of RFC 8259.
  BOUNDTOKEN_HEADER_MALFORMED = 203,
  /// The header nests deeper than 32 levels.
  BOUNDTOKEN_HEADER_TOO_DEEP = 204,
  /// A member stands twice in one object of the header (RFC 7515 section 4).
  BOUNDTOKEN_HEADER_DUPLICATE_MEMBER = 205,
  /// The header has more than 32 members that mean nothing here, in one object and those around it; or more
  /// than 64 members, elements of arrays and escapes in all. Each costs more to read than its few bytes, and no
  /// signature vouches for them.
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
  /// The header brings its own key or the address of one (`jwk`, `jku`, `x5u`, `x5c`). Keys come from the
  /// verifier's configuration only.
  BOUNDTOKEN_EMBEDDED_KEY = 213,
  /// The header has no `kid`, and not exactly one key fits the algorithm.
  BOUNDTOKEN_KEY_ID_MISSING = 301,
  /// No configured key has the header's `kid`.
  BOUNDTOKEN_KEY_UNKNOWN = 302,
  /// The key with the header's `kid` (or, without one, every key) is for another algorithm than its `alg` (RFC
  /// 8725 section 3.1).
  BOUNDTOKEN_ALGORITHM_MISMATCH = 303,
  /// The signature does not hold under the key.
  BOUNDTOKEN_SIGNATURE_INVALID = 304,
  /// The issuer's keys are older than their maximum age: for so long nobody could say whether it still
  /// publishes them. Only if a maximum age is set, and the verifier refuses in that case.
  BOUNDTOKEN_KEYS_STALE = 305,
  /// The claims are not valid UTF-8, or hold a lone surrogate escape (RFC 8259 section 8).
  BOUNDTOKEN_CLAIMS_NOT_UTF8 = 401,
  /// The claims are not one JSON object, or are not JSON by the letter of RFC 8259.
  BOUNDTOKEN_CLAIMS_MALFORMED = 402,
  /// The claims nest deeper than 32 levels.
  BOUNDTOKEN_CLAIMS_TOO_DEEP = 403,
  /// A member stands twice in one object of the claims (RFC 7519 section 4).
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
  /// The verified `iss` is not one that the key which signed the token belongs to.
  BOUNDTOKEN_ISSUER_MISMATCH = 410,
  /// The token names no audience.
  BOUNDTOKEN_AUDIENCE_MISSING = 411,
  /// None of the token's audiences is one of the verifier's.
  BOUNDTOKEN_AUDIENCE_MISMATCH = 412,
  /// The token has no `exp`: it would be good for ever.
  BOUNDTOKEN_EXPIRY_MISSING = 413,
  /// The token has expired, leeway included (RFC 7519 section 4.1.4).
  BOUNDTOKEN_EXPIRED = 414,
  /// The token's `nbf` lies ahead, leeway included (RFC 7519 section 4.1.5).
  BOUNDTOKEN_NOT_YET_VALID = 415,
  /// The token's `iat` lies ahead, leeway included (RFC 7519 section 4.1.6).
  BOUNDTOKEN_ISSUED_IN_FUTURE = 416,
  /// The claim `kubernetes.io`, its namespace or its service account is missing: this is no service-account
  /// token.
  BOUNDTOKEN_KUBERNETES_CLAIM_MISSING = 417,
  /// `sub` is not `system:serviceaccount:NAMESPACE:NAME` of the claim `kubernetes.io`.
  BOUNDTOKEN_SUBJECT_MISMATCH = 418,
  /// A reference in the claim `kubernetes.io` has an empty or impossible name, or lacks the uid that Kubernetes
  /// writes.
  BOUNDTOKEN_REFERENCE_INVALID = 419,
  /// The claim `kubernetes.io` has a member of a name that boundtoken does not know and of a reference's form:
  /// an object with a `name` or a `uid` that is a string. That is a binding to a kind of object that nobody
  /// here can confirm. The API server ignores members that it does not know.
  BOUNDTOKEN_BINDING_UNKNOWN = 420,
  /// Two trusted issuers have this name, and both publish the key that signed the token: whose it is cannot be
  /// told.
  BOUNDTOKEN_ISSUER_AMBIGUOUS = 421,
  /// The token was checked by one verifier and is to be confirmed by another, which may trust other issuers and
  /// accept other audiences. A mistake of the program, not of the token.
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
  /// The token was issued within the last minute, and of an object that it is bound to no news has arrived yet.
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
  /// Never returned: makes the type 32 bits wide.
  BOUNDTOKEN_STATUS_32_BITS = 0x7fffffff
} boundtoken_status;

// The size of the buffer for a uid, in bytes. Kubernetes writes 36.
#define BOUNDTOKEN_UID_SIZE 128

// The kinds of objects that decide over a token.
typedef enum {
  // A core/v1 ServiceAccount: every token speaks for one.
  BOUNDTOKEN_KIND_SERVICE_ACCOUNT = 1,
  // A core/v1 Secret.
  BOUNDTOKEN_KIND_SECRET = 2,
  // A core/v1 Pod.
  BOUNDTOKEN_KIND_POD = 3,
  // A core/v1 Node, which has no namespace.
  BOUNDTOKEN_KIND_NODE = 4,
  // An admissionregistration.k8s.io/v1 ValidatingWebhookConfiguration, which has no namespace.
  BOUNDTOKEN_KIND_VALIDATING_WEBHOOK_CONFIGURATION = 5,
  // An admissionregistration.k8s.io/v1 MutatingWebhookConfiguration, which has no namespace.
  BOUNDTOKEN_KIND_MUTATING_WEBHOOK_CONFIGURATION = 6,
} boundtoken_object_kind;

// Whether the objects that a token is bound to were found alive.
typedef enum {
  // The issuer has no source of bound objects: a token of a deleted pod is accepted until it expires.
  BOUNDTOKEN_CONFIRMED_NOT_CHECKED = 0,
  // Every object exists, with the right uid, and is not past its deletion.
  BOUNDTOKEN_CONFIRMED_LIVE = 1,
  // The source could not answer for some object, and the verifier was told to accept such tokens.
  BOUNDTOKEN_CONFIRMED_UNAVAILABLE = 2,
  // Every object existed when the source was last in touch with the cluster, longer ago than it should be.
  BOUNDTOKEN_CONFIRMED_STALE = 3,
} boundtoken_confirmed;

// What changed in what is known of a cluster. Later versions may add some.
typedef enum {
  // The cluster has published a key: tokens that it signed are accepted from now on.
  BOUNDTOKEN_CHANGE_KEY_ADDED = 1,
  // The cluster has withdrawn a key: tokens that it signed are refused from now on.
  BOUNDTOKEN_CHANGE_KEY_WITHDRAWN = 2,
  // The objects of a kind are known as they are, again.
  BOUNDTOKEN_CHANGE_IN_STEP = 3,
  // The connection that tells of the objects of a kind is lost. What was known goes on to count for a while.
  BOUNDTOKEN_CHANGE_LOST = 4,
  // What is known of the objects of a kind is older than `maxStalenessSeconds`: verifiers refuse, or say that it is
  // outdated.
  BOUNDTOKEN_CHANGE_STALE = 5,
} boundtoken_change;

// Whether the library checks common RS256 signatures by its own fast path, on x86-64 CPUs with AVX-512 IFMA.
typedef enum {
  // The library was built without it.
  BOUNDTOKEN_FAST_RSA_NOT_COMPILED = 0,
  // The CPU or the operating system lacks the instructions.
  BOUNDTOKEN_FAST_RSA_NO_INSTRUCTIONS = 1,
  // The environment variable BOUNDTOKEN_FAST_RSA turned it off: it is set, and neither empty nor `on`.
  BOUNDTOKEN_FAST_RSA_TURNED_OFF = 2,
  // It failed its self-test and serves no key. Please report it.
  BOUNDTOKEN_FAST_RSA_SELF_TEST_FAILED = 3,
  // It serves the keys that it can: RS256 with 2,048 bits and the exponent 65537.
  BOUNDTOKEN_FAST_RSA_ON = 4,
  // It disagreed with the cryptography library, once, and has been off since. Please report it.
  BOUNDTOKEN_FAST_RSA_SWITCHED_OFF = 5,
} boundtoken_fast_rsa_state;

// What a call-back knows about an object.
typedef enum {
  // It cannot be said at the moment: the source is not connected, or not up to date.
  BOUNDTOKEN_OBJECT_UNAVAILABLE = 0,
  // The object exists, and the answer is filled.
  BOUNDTOKEN_OBJECT_PRESENT = 1,
  // The object does not exist.
  BOUNDTOKEN_OBJECT_ABSENT = 2,
  // It can never be said: the source does not follow objects of this kind, or in this namespace. The token is refused,
  // also by a verifier that accepts what is unavailable.
  BOUNDTOKEN_OBJECT_NOT_FOLLOWED = 3,
} boundtoken_object_state;

// What a verifier does when its source of bound objects cannot answer.
typedef enum {
  // Refuse the token with BOUNDTOKEN_BOUND_OBJECT_UNAVAILABLE. The default.
  BOUNDTOKEN_UNAVAILABLE_REFUSE = 0,
  // Accept it, and say so: BOUNDTOKEN_CONFIRMED_UNAVAILABLE or BOUNDTOKEN_CONFIRMED_STALE.
  BOUNDTOKEN_UNAVAILABLE_ACCEPT = 1,
} boundtoken_on_unavailable;

// A connection to a cluster: its keys and its objects, kept in step by a thread in the background.
//
// The functions about clusters are there if the library was built with its feature `kubernetes`, as `make capi` does.
//
// Threads. Each connection has one thread of its own, named `boundtoken`, and for a moment another one where a host's
// name is looked up. They block all signals, but for those that a fault of their own raises: no signal handler of the
// program ever runs on them, none is interrupted, and a lost connection raises no SIGPIPE. A credential plug-in that a
// kubeconfig names is started with all signals blocked.
//
// Processes. After fork the child has no such thread, and does not follow the cluster: there calls with the handle fail
// with BOUNDTOKEN_CLUSTER_FORKED, its verifiers count what they know as outdated at once
// (BOUNDTOKEN_BOUND_OBJECT_UNAVAILABLE unless they are to accept that), and boundtoken_cluster_free does nothing. Connect
// in each process, after the fork. The parent is not affected. (A child that is made by a bare clone system call, past
// the C library, is not noticed.)
typedef struct boundtoken_cluster boundtoken_cluster;

// What was known of a cluster at one moment, and how well. Immutable.
typedef struct boundtoken_cluster_report boundtoken_cluster_report;

// Why a call failed: number, name and message. Immutable.
typedef struct boundtoken_error boundtoken_error;

// The public keys of one issuer. They may be replaced at any time, also while threads verify with them.
typedef struct boundtoken_keys boundtoken_keys;

// Where a verifier looks up the objects that tokens are bound to: a store in memory that the caller fills, or a
// call-back of the caller's.
typedef struct boundtoken_objects boundtoken_objects;

// An accepted token. Immutable.
typedef struct boundtoken_verified boundtoken_verified;

// Verifies tokens. Immutable, but for the keys and objects behind it.
typedef struct boundtoken_verifier boundtoken_verifier;

// Collects what a verifier needs. To be used by one thread at a time.
//
// Its calls return a status, but it may be ignored: a builder remembers the first failure, and
// boundtoken_verifier_builder_build reports it.
typedef struct boundtoken_verifier_builder boundtoken_verifier_builder;

// A piece of text or bytes: `len` bytes at `data`, without a terminating NUL.
//
// An absent text has `data` NULL and `len` 0; an empty one has only `len` 0. As an argument both mean the empty text.
// Texts that the library returns are UTF-8.
typedef struct {
  // The first byte. May be NULL when `len` is 0.
  const char *data;
  // How many bytes there are.
  size_t len;
} boundtoken_str;

// What a call-back says of an object that exists. Comes zeroed.
typedef struct {
  // Its metadata.uid, `uid_len` bytes, without a terminating NUL.
  char uid[BOUNDTOKEN_UID_SIZE];
  // How many bytes of `uid` are used, at most all.
  size_t uid_len;
  // Its metadata.deletionTimestamp in Unix seconds while it is being deleted, else 0.
  int64_t deletion_timestamp;
} boundtoken_object_answer;

// Says whether an object exists. Called during boundtoken_verify, for each object that the token is bound to, until one
// decides against it: service account, secret, pod, and the node when there is no pod.
//
// It only reports: the verifier compares the uid and judges the deletion. It may be called from any thread, from
// several at once, and should answer from memory. It must not throw, unwind or longjmp out, and must not free the
// verifier that calls it. The texts live until it returns; `object_namespace` is empty for a node. `answer` is to be
// filled if it returns BOUNDTOKEN_OBJECT_PRESENT. Any other state than these four, a `uid_len` beyond the buffer, a uid
// that is not UTF-8 and a negative time count as BOUNDTOKEN_OBJECT_UNAVAILABLE.
typedef boundtoken_object_state (*boundtoken_objects_callback)(void *userdata,
                                                               boundtoken_object_kind kind,
                                                               boundtoken_str object_namespace,
                                                               boundtoken_str object_name,
                                                               boundtoken_object_answer *answer);

// Frees what a call-back works on.
typedef void (*boundtoken_userdata_free)(void *userdata);

// A key with one value. A key that has several values stands there several times.
typedef struct {
  // Such as `authentication.kubernetes.io/pod-name`.
  boundtoken_str key;
  // Such as `live`.
  boundtoken_str value;
} boundtoken_extra;

// Everything that a verified token says. Initialise it with its size: `boundtoken_claims claims = {sizeof claims};`
//
// An absent text has `data` NULL and `len` 0, an absent time is -1, an absent array has length 0. Later versions append
// members: a program compiled with an older header gets the members it knows.
typedef struct {
  // Set by the caller to the size of the struct; afterwards how many bytes of it are filled.
  size_t size;
  // Whether the objects that the token is bound to were found alive.
  boundtoken_confirmed confirmed;
  // `iss`: one of the issuer's names that the verifier was built with.
  boundtoken_str issuer;
  // `sub`: `system:serviceaccount:NAMESPACE:NAME`.
  boundtoken_str subject;
  // The user name, as TokenReview's `status.user.username` says it: `system:serviceaccount:NAMESPACE:NAME`.
  boundtoken_str username;
  // The namespace of the service account, and of the pod or secret that the token is bound to.
  boundtoken_str service_account_namespace;
  // The name of the service account.
  boundtoken_str service_account_name;
  // The uid of the service account: TokenReview's `status.user.uid`.
  boundtoken_str service_account_uid;
  // TokenReview's `status.user.groups`.
  const boundtoken_str *groups;
  // How many groups there are.
  size_t groups_len;
  // TokenReview's `status.user.extra`, ordered by key.
  const boundtoken_extra *extra;
  // How many pairs of key and value there are.
  size_t extra_len;
  // `aud`: all audiences of the token, in its order.
  const boundtoken_str *audiences;
  // How many audiences there are.
  size_t audiences_len;
  // The audiences of the verifier that the token names, in the verifier's order: TokenReview's `status.audiences`.
  const boundtoken_str *matched_audiences;
  // How many of them there are.
  size_t matched_audiences_len;
  // `exp`: when the token expires, in Unix seconds. Never absent.
  int64_t expires_at;
  // `nbf`: from when on the token is valid, in Unix seconds.
  int64_t not_before;
  // `iat`: when the token was issued, in Unix seconds.
  int64_t issued_at;
  // After this time, in Unix seconds, the API server counts the token as stale. No effect on the verdict.
  int64_t warn_after;
  // `jti`: the token's own identifier.
  boundtoken_str jti;
  // The pod that the token is bound to.
  boundtoken_str pod_name;
  // Its uid.
  boundtoken_str pod_uid;
  // The secret that the token is bound to.
  boundtoken_str secret_name;
  // Its uid.
  boundtoken_str secret_uid;
  // The node that the token is bound to or, with a pod, the node that the pod was scheduled to.
  boundtoken_str node_name;
  // Its uid; beside a pod it may be empty.
  boundtoken_str node_uid;
  // The claims as they were signed: one JSON object.
  boundtoken_str payload;
  // The validating webhook configuration that the token is bound to (Kubernetes 1.37, KEP-6060).
  boundtoken_str validating_webhook_configuration_name;
  // Its uid.
  boundtoken_str validating_webhook_configuration_uid;
  // The mutating webhook configuration that the token is bound to (Kubernetes 1.37, KEP-6060).
  boundtoken_str mutating_webhook_configuration_name;
  // Its uid.
  boundtoken_str mutating_webhook_configuration_uid;
  // The API groups whose admission reviews the caller may send (the attestation `admissionReviewAPIGroups`); `*` is
  // all. A webhook must find the API group of a review here before it believes the review.
  const boundtoken_str *attested_api_groups;
  // How many API groups there are.
  size_t attested_api_groups_len;
  // What the verifier calls the issuer that the token belongs to: which cluster it was.
  boundtoken_str issuer_label;
} boundtoken_claims;

// A change, lent to a call-back until that returns. Later versions append members.
typedef struct {
  // What changed.
  boundtoken_change change;
  // The kind of the objects; 0 when it is about a key.
  boundtoken_object_kind object_kind;
  // The namespace of the objects; absent for the whole cluster, and when it is about a key.
  boundtoken_str object_namespace;
  // The kid of the key; absent when it is about objects.
  boundtoken_str kid;
  // Why the connection was lost, for people; else absent.
  boundtoken_str failure;
} boundtoken_cluster_change;

// Is told of a change.
//
// Called by the cluster's own thread, one change at a time, with all signals blocked. It must return soon: nothing is
// followed meanwhile. It must not throw, unwind or longjmp out. `change` and its texts live until it returns. It may
// call every function of the library, but boundtoken_cluster_free does not wait there.
typedef void (*boundtoken_cluster_callback)(void *userdata, const boundtoken_cluster_change *change);

// What the fast path has done in this process. Initialise it with its size: `boundtoken_fast_rsa status = {sizeof status};`
//
// Later versions append members: a program compiled with an older header gets the members it knows.
typedef struct {
  // Set by the caller to the size of the struct; afterwards how many bytes of it are filled.
  size_t size;
  // Whether it is on.
  boundtoken_fast_rsa_state state;
  // Keys that it could have served, but for a self-test that they failed.
  uint64_t keys_refused;
  // Signatures that it accepted and that the cryptography library checked once more.
  uint64_t accepted_checked;
  // Signatures that it refused and that the cryptography library checked once more.
  uint64_t refused_checked;
  // Signatures that it refused beyond the rate at which they are checked once more.
  uint64_t refused_unchecked;
  // How often the cryptography library came to another verdict. That was the answer.
  uint64_t disagreements;
} boundtoken_fast_rsa;

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

// The version of the library that is loaded, such as `0.1.0`. The text lives for ever. Any thread.
//
// BOUNDTOKEN_VERSION_STRING is the version of the header that the caller was compiled with.
boundtoken_str boundtoken_version(void);

// The stable name of a status, in snake case, for logs and metrics: BOUNDTOKEN_EXPIRED is `expired`.
//
// A number that this version does not know is named `unknown`. The text lives for ever. Any thread.
boundtoken_str boundtoken_status_name(boundtoken_status status);

// What a status means, as one phrase. `boundtoken_error_message` says more.
//
// The text lives for ever; a number that this version does not know has one too. Any thread.
boundtoken_str boundtoken_status_description(boundtoken_status status);

// The status that the failed call returned. BOUNDTOKEN_OK if `error` is NULL. Any thread.
boundtoken_status boundtoken_error_status(const boundtoken_error *error);

// The stable name of the status. Empty if `error` is NULL. The text lives for ever. Any thread.
boundtoken_str boundtoken_error_name(const boundtoken_error *error);

// What was wrong and what to do, for people: one line, never a token, a signature or key material.
//
// It can tell more than a client who sends bad tokens should learn: it belongs into the log, not into the response.
// Empty if `error` is NULL. The text lives as long as `error`. Any thread.
boundtoken_str boundtoken_error_message(const boundtoken_error *error);

// The value of the header `WWW-Authenticate` to refuse the request with (RFC 6750 section 3).
//
// Empty if no token was refused: for statuses below 101, and if `error` is NULL. The text lives as long as `error`.
// Any thread.
boundtoken_str boundtoken_error_www_authenticate(const boundtoken_error *error);

// Frees an error and every text lent by it. NULL is ignored.
void boundtoken_error_free(boundtoken_error *error);

// Reads a JSON Web Key Set (RFC 7517 section 5), as a cluster serves it at `/openid/v1/jwks`.
//
// `data`: the document, `len` bytes, at most 1 MiB; not needed after the call. Keys that cannot be used are passed
// over: see boundtoken_keys_skipped. `keys`: receives a handle to free with boundtoken_keys_free; NULL on failure.
// Any thread.
//
// BOUNDTOKEN_JWKS_UNREADABLE: no key set. BOUNDTOKEN_NO_USABLE_KEY: no key of it can be used; the message says why.
BOUNDTOKEN_MUST_USE
boundtoken_status boundtoken_keys_from_jwks(const char *data,
                                            size_t len,
                                            boundtoken_keys **keys,
                                            boundtoken_error **error);

// Reads the keys of a PEM file, such as the API server's `--service-account-key-file`.
//
// Public keys, certificates and, for their public half only, private keys are taken. Otherwise as
// boundtoken_keys_from_jwks. Any thread.
//
// BOUNDTOKEN_PEM_UNREADABLE: no PEM file. BOUNDTOKEN_NO_USABLE_KEY: no block of it holds a usable key.
BOUNDTOKEN_MUST_USE
boundtoken_status boundtoken_keys_from_pem(const char *data,
                                           size_t len,
                                           boundtoken_keys **keys,
                                           boundtoken_error **error);

// Replaces the keys by those of a JSON Web Key Set, at once for all verifiers that use them.
//
// Verifications under way finish with the keys they began with. After a failure, the same as of
// boundtoken_keys_from_jwks, the old keys stay. Any thread.
BOUNDTOKEN_MUST_USE
boundtoken_status boundtoken_keys_replace_jwks(const boundtoken_keys *keys,
                                               const char *data,
                                               size_t len,
                                               boundtoken_error **error);

// Replaces the keys by those of a PEM file. Otherwise as boundtoken_keys_replace_jwks. Any thread.
BOUNDTOKEN_MUST_USE
boundtoken_status boundtoken_keys_replace_pem(const boundtoken_keys *keys,
                                              const char *data,
                                              size_t len,
                                              boundtoken_error **error);

// How many keys can be used now. 0 if `keys` is NULL. Any thread.
size_t boundtoken_keys_count(const boundtoken_keys *keys);

// How many keys of the document were passed over. 0 if `keys` is NULL. Any thread.
size_t boundtoken_keys_skipped_count(const boundtoken_keys *keys);

// Why the key at `index`, counted from 0, was passed over: an error with status BOUNDTOKEN_KEY_SKIPPED, whose message
// names the key's place in the document and its kid.
//
// NULL if there is no such index or `keys` is NULL. Free it with boundtoken_error_free. Any thread.
boundtoken_error *boundtoken_keys_skipped(const boundtoken_keys *keys,
                                          size_t index);

// Frees the handle. NULL is ignored. Verifiers that use the keys keep them.
void boundtoken_keys_free(boundtoken_keys *keys);

// Makes an empty store in memory: every object is absent, so every token is refused until the store is filled.
//
// Free the handle with boundtoken_objects_free. NULL only after an internal error. Any thread.
BOUNDTOKEN_MUST_USE
boundtoken_objects *boundtoken_objects_new(void);

// Adds the objects of a JSON document to a store, or replaces what it knows of them.
//
// `data`: `len` bytes, not needed after the call: `{"pods": [...], "secrets": [...], "serviceaccounts": [...],
// "nodes": [...], "validatingwebhookconfigurations": [...], "mutatingwebhookconfigurations": [...]}`, or what
// `kubectl get serviceaccounts,secrets,pods,nodes -A -o json` prints, or an array of objects. Of each object only kind
// and metadata are read; other kinds are passed over. `loaded`: receives how many were taken; may be NULL. Any thread.
//
// BOUNDTOKEN_OBJECTS_UNREADABLE: another document, or an object without name or uid; nothing is added then.
// BOUNDTOKEN_NOT_AN_OBJECT_STORE: `objects` comes from a call-back.
BOUNDTOKEN_MUST_USE
boundtoken_status boundtoken_objects_load_json(const boundtoken_objects *objects,
                                               const char *data,
                                               size_t len,
                                               size_t *loaded,
                                               boundtoken_error **error);

// Adds an object to a store, or replaces what the store knows of it, at once for all verifiers that use the store.
//
// `object_namespace`: ignored for a kind that has no namespace. `uid`: its metadata.uid. `deletion_timestamp`: its
// metadata.deletionTimestamp in Unix seconds while it is being deleted, else 0. The texts are copied. Any thread.
//
// BOUNDTOKEN_OBJECT_INCOMPLETE: a text is empty. BOUNDTOKEN_UNKNOWN_VALUE: `kind`. BOUNDTOKEN_NEGATIVE_TIME.
// BOUNDTOKEN_NOT_AN_OBJECT_STORE: `objects` comes from a call-back.
boundtoken_status boundtoken_objects_upsert(const boundtoken_objects *objects,
                                            boundtoken_object_kind kind,
                                            boundtoken_str object_namespace,
                                            boundtoken_str object_name,
                                            boundtoken_str uid,
                                            int64_t deletion_timestamp,
                                            boundtoken_error **error);

// Removes an object from a store, at once for all verifiers that use it: tokens bound to the object are refused from
// now on. To remove one that is not there is no failure. Otherwise as boundtoken_objects_upsert. Any thread.
boundtoken_status boundtoken_objects_delete(const boundtoken_objects *objects,
                                            boundtoken_object_kind kind,
                                            boundtoken_str object_namespace,
                                            boundtoken_str object_name,
                                            boundtoken_error **error);

// How many objects a store holds. 0 for those of a call-back, and if `objects` is NULL. Any thread.
size_t boundtoken_objects_count(const boundtoken_objects *objects);

// Frees the handle. NULL is ignored. Verifiers that use the objects keep them.
void boundtoken_objects_free(boundtoken_objects *objects);

// Makes a source of bound objects from a call-back.
//
// `userdata`: passed to each call, may be NULL. `userdata_free`: called once with `userdata`, when the handle and every
// verifier that uses it are freed, by the thread that frees the last of them; may be NULL. `objects`: receives a handle
// to free with boundtoken_objects_free; NULL on failure, and then `userdata` stays the caller's. Any thread.
BOUNDTOKEN_MUST_USE
boundtoken_status boundtoken_objects_from_callback(boundtoken_objects_callback callback,
                                                   void *userdata,
                                                   boundtoken_userdata_free userdata_free,
                                                   boundtoken_objects **objects,
                                                   boundtoken_error **error);

// Starts a verifier: it needs at least one issuer and one audience.
//
// The handle ends with boundtoken_verifier_builder_build, or with boundtoken_verifier_builder_free. NULL only after an
// internal error. Any thread.
BOUNDTOKEN_MUST_USE
boundtoken_verifier_builder *boundtoken_verifier_builder_new(void);

// Accepts tokens of this issuer. Call it once for each cluster; those that write the same name need labels, which
// boundtoken_verifier_builder_issuer_label gives.
//
// `name`: as the cluster writes it into `iss`, letter by letter; copied. `keys`: what it signs with. `objects`: where
// the objects that its tokens are bound to are looked up, or NULL: then they are not, and accepted tokens say
// BOUNDTOKEN_CONFIRMED_NOT_CHECKED. The verifier takes a share of its own in both: the caller's handles may be freed, or
// used to change keys and objects later.
boundtoken_status boundtoken_verifier_builder_issuer(boundtoken_verifier_builder *builder,
                                                     boundtoken_str name,
                                                     const boundtoken_keys *keys,
                                                     const boundtoken_objects *objects);

// Accepts a further name of the issuer that was added last, as an API server with several
// `--service-account-issuer` flags does.
//
// BOUNDTOKEN_NO_ISSUER: none was added before.
boundtoken_status boundtoken_verifier_builder_issuer_also_named(boundtoken_verifier_builder *builder,
                                                                boundtoken_str name);

// What you call the issuer that was added last: its name unless set; unique in a verifier. A verified token says it, which
// tells clusters apart that write the same `iss`, as most do. The text is copied.
//
// BOUNDTOKEN_NO_ISSUER: none was added before.
boundtoken_status boundtoken_verifier_builder_issuer_label(boundtoken_verifier_builder *builder,
                                                           boundtoken_str label);

// Accepts tokens for this audience, letter by letter: the identifier of the service that verifies. Call it once for
// each identifier; a token is good if it names any of them. The text is copied.
boundtoken_status boundtoken_verifier_builder_audience(boundtoken_verifier_builder *builder,
                                                       boundtoken_str audience);

// How many seconds the clocks of issuer and verifier may differ: 60 unless set, as in the API server; at most 3,600.
boundtoken_status boundtoken_verifier_builder_leeway_seconds(boundtoken_verifier_builder *builder,
                                                             uint64_t seconds);

// The largest token that is looked at, in bytes: 16 KiB unless set; at most 1 MiB.
boundtoken_status boundtoken_verifier_builder_max_token_size(boundtoken_verifier_builder *builder,
                                                             size_t bytes);

// What to do when bound objects cannot be looked up, or what is known of them is outdated, or a cluster's keys are older than
// `maxKeyAgeSeconds`: refuse unless set.
//
// BOUNDTOKEN_UNKNOWN_VALUE: `choice` is neither of the two.
boundtoken_status boundtoken_verifier_builder_on_unavailable(boundtoken_verifier_builder *builder,
                                                             boundtoken_on_unavailable choice);

// How many accepted tokens are remembered, so that they cost next to nothing when they are seen again: 10,000 unless
// set; 0 for none.
//
// A remembered token is still refused once it has expired, its key is withdrawn, or an object that it is bound to is
// gone. Only accepted tokens are remembered.
boundtoken_status boundtoken_verifier_builder_cached_tokens(boundtoken_verifier_builder *builder,
                                                            size_t tokens);

// How much memory the remembered tokens may take, in bytes: 32 MiB unless set; 0 for no tokens.
boundtoken_status boundtoken_verifier_builder_cache_size(boundtoken_verifier_builder *builder, size_t bytes);

// Whether the keys that the fast path for RS256 serves are verified by it: 0 for no. Unless set they are, where the library
// was built with it: see boundtoken_fast_rsa_status.
boundtoken_status boundtoken_verifier_builder_fast_rsa(boundtoken_verifier_builder *builder,
                                                       uint32_t allowed);

// Builds the verifier, and frees the builder in any case, also on failure: do not use it again.
//
// `verifier`: receives a handle to free with boundtoken_verifier_free; NULL on failure.
//
// Fails with the first failure of the calls before, or with one of BOUNDTOKEN_NO_ISSUER, BOUNDTOKEN_EMPTY_ISSUER,
// BOUNDTOKEN_ISSUER_WITHOUT_KEY, BOUNDTOKEN_EMPTY_LABEL, BOUNDTOKEN_LABEL_NOT_UNIQUE, BOUNDTOKEN_ISSUERS_AMBIGUOUS,
// BOUNDTOKEN_NO_AUDIENCE, BOUNDTOKEN_EMPTY_AUDIENCE, BOUNDTOKEN_LEEWAY_TOO_LONG and
// BOUNDTOKEN_TOKEN_SIZE_OUT_OF_RANGE.
BOUNDTOKEN_MUST_USE
boundtoken_status boundtoken_verifier_builder_build(boundtoken_verifier_builder *builder,
                                                    boundtoken_verifier **verifier,
                                                    boundtoken_error **error);

// Frees a builder that was not built. NULL is ignored.
void boundtoken_verifier_builder_free(boundtoken_verifier_builder *builder);

// Verifies a token at the time of the system's clock.
//
// `token`: the bare token, `token_len` bytes, without `Bearer` and without white space around it; not needed after the
// call. `verified`: receives a handle to free with boundtoken_verified_free; NULL on failure. Any thread: takes no lock,
// never blocks, reads nothing but memory (but for a call-back).
//
// BOUNDTOKEN_OK: the token is accepted. Anything else: it is not. From 101 on the status is the reason; when several
// things are wrong, the first in the API server's order: form, signature, issuer, audience, times, bound objects.
BOUNDTOKEN_MUST_USE
boundtoken_status boundtoken_verify(const boundtoken_verifier *verifier,
                                    const char *token,
                                    size_t token_len,
                                    boundtoken_verified **verified,
                                    boundtoken_error **error);

// Verifies a token at the time `now`, in Unix seconds. Otherwise as boundtoken_verify. Any thread.
//
// BOUNDTOKEN_NEGATIVE_TIME: `now` is before 1970.
BOUNDTOKEN_MUST_USE
boundtoken_status boundtoken_verify_at(const boundtoken_verifier *verifier,
                                       const char *token,
                                       size_t token_len,
                                       int64_t now,
                                       boundtoken_verified **verified,
                                       boundtoken_error **error);

// Verifies a token that must be meant for one of these audiences, whatever audiences the verifier was built with, at
// the time of the system's clock. Otherwise as boundtoken_verify, with the same rules and the same cache. Any thread.
//
// `audiences`: `audiences_len` texts, not needed after the call. No audiences, and the empty text among them, match no
// token. Those that the token names become the matched audiences of boundtoken_claims, in the order given.
//
// BOUNDTOKEN_NOT_UTF8: an audience.
BOUNDTOKEN_MUST_USE
boundtoken_status boundtoken_verify_for(const boundtoken_verifier *verifier,
                                        const char *token,
                                        size_t token_len,
                                        const boundtoken_str *audiences,
                                        size_t audiences_len,
                                        boundtoken_verified **verified,
                                        boundtoken_error **error);

// Verifies a token for these audiences at the time `now`, in Unix seconds. Otherwise as boundtoken_verify_for. Any thread.
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

// Frees a verifier. NULL is ignored. No thread may be using it; verified tokens stay.
void boundtoken_verifier_free(boundtoken_verifier *verifier);

// Fills a struct with everything that a verified token says.
//
// `claims`: its member `size` must be set. No more than `size` bytes are written. Texts and arrays in it are lent by
// `verified` and live as long. The same call later lends the same texts. Any thread.
//
// BOUNDTOKEN_STRUCT_TOO_SMALL: `size` is not set, or to less than in any version of the header. Nothing is written
// on failure.
boundtoken_status boundtoken_verified_claims(const boundtoken_verified *verified,
                                             boundtoken_claims *claims);

// The verified token as JSON: an object with the members `user` (as in a TokenReview), `issuerLabel`, `audiences`,
// `boundObjects` and `claims`.
//
// `json`: receives a text that is lent by `verified` and lives as long; absent on failure. Any thread.
boundtoken_status boundtoken_verified_json(const boundtoken_verified *verified,
                                           boundtoken_str *json,
                                           boundtoken_error **error);

// Frees a verified token, and every text and array lent by it. NULL is ignored.
void boundtoken_verified_free(boundtoken_verified *verified);

// Connects to a cluster, and returns once its keys are loaded and its objects are known; from then on they are followed.
//
// `configuration`: a JSON object, `len` bytes, at most 64 KiB; not needed after the call. With `len` 0, and for members
// that are absent or null: the pod's own configuration in a cluster, else the kubeconfig that kubectl takes; service
// accounts, pods and nodes of the whole cluster, no secrets and no webhook configurations. Its members, of which no others
// are taken and none twice:
//
// - `kubeconfig`: the path of a file; `context`: the context of it to take; `inCluster`: true for the pod's own
//   configuration, and nothing else;
// - `namespaces`: an array of names: objects of these only. Tokens of other namespaces are refused then;
// - `secrets`: true to follow secrets too (their metadata only). Unless it is, tokens that are bound to secrets are
//   refused; `nodes`: false not to follow nodes, which only tokens that are bound to a node alone need;
// - `webhookConfigurations`: true to follow ValidatingWebhookConfigurations and MutatingWebhookConfigurations too (their
//   metadata only). Unless it is, tokens that are bound to one are refused; only admission webhooks are shown such tokens,
//   by Kubernetes 1.37 or later (KEP-6060);
// - `maxStalenessSeconds`: how old the knowledge of objects may become before it counts as outdated: 150 unless set, at
//   most 86,400. The API server proves once a minute that nothing happened, so less than that refuses good tokens;
// - `maxKeyAgeSeconds`: how old the keys may become while they cannot be loaded again: any age unless set, at most
//   31,536,000. Past it tokens are refused (BOUNDTOKEN_KEYS_STALE), or accepted as stale if the verifier is to accept that.
//   Less than a minute refuses good tokens;
// - `unknownKeyWaitMilliseconds`: how long boundtoken_cluster_verify waits for new keys when a token names an unknown one:
//   300 unless set, at most 10,000, 0 not to wait. Anybody can send such tokens, so 16 calls wait at a time; further ones
//   refuse their token at once. The keys are loaded all the same, and serve the next token;
// - `deadlineSeconds`: how long connecting may take, about: 30 unless set, at most 3,600.
//
// `cluster`: receives a handle to free with boundtoken_cluster_free; NULL on failure. Blocks. Any thread.
//
// BOUNDTOKEN_CLUSTER_CONFIGURATION, BOUNDTOKEN_CLUSTER_UNREACHABLE, BOUNDTOKEN_CLUSTER_FORBIDDEN,
// BOUNDTOKEN_CLUSTER_NOT_IN_STEP: the message says which step failed and which address or permission is missing.
// BOUNDTOKEN_CLUSTER_THREAD.
BOUNDTOKEN_MUST_USE
boundtoken_status boundtoken_cluster_connect(const char *configuration,
                                             size_t len,
                                             boundtoken_cluster **cluster,
                                             boundtoken_error **error);

// Accepts tokens of this cluster: a boundtoken_verifier_builder_issuer with the cluster's own name, keys and objects.
//
// The verifier takes a share of its own in them: it lives on when the cluster is freed, but what it knows is not followed
// any more then, and counts as outdated after `maxStalenessSeconds`.
//
// BOUNDTOKEN_CLUSTER_FORKED.
boundtoken_status boundtoken_verifier_builder_cluster(boundtoken_verifier_builder *builder,
                                                      const boundtoken_cluster *cluster);

// Whether what is known of the cluster's objects or keys is outdated, so that verifiers refuse, or say so: 1 or 0. For a
// readiness probe.
//
// 1 also if `cluster` is NULL, or was connected to before a fork. Any thread; takes no lock.
int boundtoken_cluster_is_stale(const boundtoken_cluster *cluster);

// Ends the connection, and its thread, which is waited for. NULL is ignored. No other thread may be using the handle.
//
// Verifiers that were built from it live on: see boundtoken_verifier_builder_cluster. It should not be called by a
// call-back of boundtoken_cluster_on_change: there it cannot wait, and the thread ends by itself when that returns. In
// the child after a fork it does nothing: what the handle holds cannot be freed safely there.
void boundtoken_cluster_free(boundtoken_cluster *cluster);

// Verifies a token as boundtoken_verify does, and asks the clusters that the verifier was built with, where the news may
// still be on its way: all of them for their keys when a key is unknown, and the one that the token belongs to for each
// object that a token of the last minute is bound to and that was not seen yet.
//
// All else is as of boundtoken_verify, and as quick, unless there is something to ask: then it waits, for keys a fraction
// of a second, for objects some seconds. No token reaches the network whose signature, audience or times do not hold.
// Keys are asked for once in ten seconds at most however many tokens name unknown ones, objects by a few requests at a
// time; what does not exist is remembered for some seconds. The clusters' threads only ask: the token is judged, and
// call-backs are called, on the caller's thread, and nothing of the verifier is used after the call. A thread that must not
// wait calls boundtoken_verify. Any thread; from a call-back of boundtoken_cluster_on_change nobody is asked. Of a cluster
// that was freed nobody is asked either.
//
// BOUNDTOKEN_CLUSTER_FORKED: connect again in this process; the token was not looked at.
BOUNDTOKEN_MUST_USE
boundtoken_status boundtoken_verify_online(const boundtoken_verifier *verifier,
                                           const char *token,
                                           size_t token_len,
                                           boundtoken_verified **verified,
                                           boundtoken_error **error);

// Reports what is known of a cluster, and how well, for logs and metrics.
//
// `report`: receives a handle to free with boundtoken_cluster_report_free; NULL on failure. Any thread; does not wait
// for the network, but takes longer the more objects there are: boundtoken_cluster_is_stale is for every request.
//
// BOUNDTOKEN_CLUSTER_FORKED.
boundtoken_status boundtoken_cluster_status(const boundtoken_cluster *cluster,
                                            boundtoken_cluster_report **report,
                                            boundtoken_error **error);

// The report as a JSON object: `issuer`; `keyIds`, an array; `keysLoadedAt` in Unix seconds; `keysWithdrawn`, true while the
// cluster publishes no key that can be used, so that all tokens are refused; `keysStale`, true if the keys are older than
// `maxKeyAgeSeconds`; `stale`, a boolean as of boundtoken_cluster_is_stale; and `watches`, an array with one object for each kind and namespace: `kind`, `namespace`
// (absent for the whole cluster), `inStep`, `ageSeconds`, `objects`, `events`, `reconnects`, `failure` (the last one,
// absent if nothing failed since). Later versions may add members.
//
// Absent if `report` is NULL. The text lives as long as `report`. Any thread.
boundtoken_str boundtoken_cluster_report_json(const boundtoken_cluster_report *report);

// Frees a report, and the text lent by it. NULL is ignored.
void boundtoken_cluster_report_free(boundtoken_cluster_report *report);

// Has a call-back told of what changes from now on: keys, and connections that are lost and found again. For logs and
// alarms; verifiers take notice by themselves. What comes and goes within a tenth of a second may not be told.
//
// `callback`: takes the place of the one before; NULL for none. `userdata`: passed to each call, may be NULL.
// `userdata_free`: called once with `userdata`, after the last call, by the cluster's thread: soon after another
// call-back has taken its place, at the latest before boundtoken_cluster_free returns; may be NULL. On failure, and with
// `callback` NULL, `userdata` stays the caller's. Any thread.
//
// BOUNDTOKEN_CLUSTER_FORKED.
boundtoken_status boundtoken_cluster_on_change(const boundtoken_cluster *cluster,
                                               boundtoken_cluster_callback callback,
                                               void *userdata,
                                               boundtoken_userdata_free userdata_free,
                                               boundtoken_error **error);

// Says whether the fast path for RS256 is on in this process, and what it has done.
//
// `status`: its member `size` must be set. No more than `size` bytes are written. Any thread.
//
// BOUNDTOKEN_STRUCT_TOO_SMALL: `size` is not set, or to less than in any version of the header. Nothing is written
// on failure.
boundtoken_status boundtoken_fast_rsa_status(boundtoken_fast_rsa *status);

// How many of the keys are verified by the fast path now. 0 if `keys` is NULL. Any thread.
size_t boundtoken_keys_fast_rsa_count(const boundtoken_keys *keys);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

/// A boundtoken_str of a string literal, without counting at run time.
#ifdef __cplusplus
#define BOUNDTOKEN_STR(literal) (boundtoken_str{"" literal, sizeof(literal) - 1})
#else
#define BOUNDTOKEN_STR(literal) ((boundtoken_str){"" literal, sizeof(literal) - 1})
#endif

/// Two arguments for printf's `%.*s` that print a boundtoken_str, absent ones as nothing.
#define BOUNDTOKEN_PRINT(str) (int)(str).len, ((str).data ? (str).data : "")

/// A boundtoken_str of a text that ends with NUL; absent if `text` is NULL. It lives as long as `text`.
static inline boundtoken_str boundtoken_str_from(const char *text) {
  boundtoken_str str;
  str.data = text;
  str.len = text ? strlen(text) : 0;
  return str;
}

/// Empty claims whose size is set: the same as `{sizeof claims}`, without a warning of strict compilers.
static inline boundtoken_claims boundtoken_claims_init(void) {
  boundtoken_claims claims;
  memset(&claims, 0, sizeof claims);
  claims.size = sizeof claims;
  return claims;
}

#endif /* BOUNDTOKEN_H */
