"""The enumerations of the library. `python generate.py` writes this file from bindings/abi.json."""

from enum import IntEnum


class Reason(IntEnum):
    """Why a token was refused. The number and the stable name are the same in every language."""

    #: There is no token at all.
    TOKEN_EMPTY = 101
    #: The token is longer than the verifier's limit (16 KiB unless configured).
    TOKEN_TOO_LARGE = 102
    #: The compact form is three parts with a dot between them (RFC 7515 section 7.1); this is something else.
    TOKEN_PART_COUNT = 103
    #: Each part is canonical base64url (RFC 7515 section 2): its 64 letters only, no padding, no white space,
    #: no stray bits at the end.
    TOKEN_NOT_BASE64URL = 104
    #: The decoded header is longer than 4,096 bytes.
    HEADER_TOO_LARGE = 201
    #: The header is not valid UTF-8, or holds a lone surrogate escape (RFC 8259 section 8).
    HEADER_NOT_UTF8 = 202
    #: The header is not a single JSON object, or is not JSON as RFC 8259 defines it.
    HEADER_MALFORMED = 203
    #: The header nests deeper than 32 levels.
    HEADER_TOO_DEEP = 204
    #: An object in the header has the same member twice (RFC 7515 section 4).
    HEADER_DUPLICATE_MEMBER = 205
    #: The header has more than 32 members that boundtoken does not use, in one object and the objects around
    #: it; or more than 64 members, array elements and escapes in total. Each costs more to read than its few
    #: bytes suggest, and no signature vouches for them.
    HEADER_TOO_MANY_MEMBERS = 206
    #: A number in the header is longer than 64 characters, or has no finite value in double precision (RFC 7493
    #: section 2.2).
    HEADER_NUMBER_OUT_OF_RANGE = 207
    #: A known header member (`alg`, `kid`, `typ`, `nonce`) is not a string.
    HEADER_WRONG_TYPE = 208
    #: The header has no `alg` (RFC 7515 section 4.1.1).
    ALGORITHM_MISSING = 209
    #: The header's `alg` is `none`, symmetric, or unknown here. Only RS, PS, ES and EdDSA signatures can be
    #: verified with public keys.
    ALGORITHM_UNSUPPORTED = 210
    #: The header's `typ` is neither absent nor `JWT`: it may be a token for another purpose (RFC 8725 section
    #: 3.11).
    TYPE_UNSUPPORTED = 211
    #: The header has `crit` or `b64`: extensions that change what is signed (RFC 7515 section 4.1.11, RFC
    #: 7797).
    CRITICAL_HEADER = 212
    #: The header brings its own key or the address of one (`jwk`, `jku`, `x5u`, `x5c`). Keys come only from the
    #: verifier's configuration.
    EMBEDDED_KEY = 213
    #: The header has no `kid`, and not exactly one key fits the algorithm.
    KEY_ID_MISSING = 301
    #: No configured key has the header's `kid`.
    KEY_UNKNOWN = 302
    #: The key with the header's `kid` (or, without one, every key) is for a different algorithm than its `alg`
    #: (RFC 8725 section 3.1).
    ALGORITHM_MISMATCH = 303
    #: The signature is not valid under the key.
    SIGNATURE_INVALID = 304
    #: The issuer's keys are older than their maximum age, so the issuer may have withdrawn them. Only if a
    #: maximum age is set, and the verifier refuses in that case.
    KEYS_STALE = 305
    #: The claims are not valid UTF-8, or hold a lone surrogate escape (RFC 8259 section 8).
    CLAIMS_NOT_UTF8 = 401
    #: The claims are not a single JSON object, or are not JSON as RFC 8259 defines it.
    CLAIMS_MALFORMED = 402
    #: The claims nest deeper than 32 levels.
    CLAIMS_TOO_DEEP = 403
    #: An object in the claims has the same member twice (RFC 7519 section 4).
    CLAIMS_DUPLICATE_MEMBER = 404
    #: A number in the claims is longer than 64 characters, or has no finite value in double precision (RFC 7493
    #: section 2.2).
    CLAIMS_NUMBER_OUT_OF_RANGE = 405
    #: A known claim has the wrong JSON type.
    CLAIMS_WRONG_TYPE = 406
    #: A claim's name differs from a registered one only in the case of its letters (`Exp`, `AUD`): readers
    #: would disagree about it.
    CLAIMS_NAME_CASE = 407
    #: A date is outside 0 to 253402300799 (the years 1970 to 9999).
    CLAIMS_DATE_OUT_OF_RANGE = 408
    #: A legacy, secret-based service-account token (issuer `kubernetes/serviceaccount`). It names no audience
    #: and never expires.
    LEGACY_TOKEN = 409
    #: The verified `iss` is not an issuer that the signing key belongs to.
    ISSUER_MISMATCH = 410
    #: The token names no audience.
    AUDIENCE_MISSING = 411
    #: None of the token's audiences is one of the verifier's.
    AUDIENCE_MISMATCH = 412
    #: The token has no `exp`: it would be valid forever.
    EXPIRY_MISSING = 413
    #: The token has expired, even with the leeway (RFC 7519 section 4.1.4).
    EXPIRED = 414
    #: The token's `nbf` is in the future, even with the leeway (RFC 7519 section 4.1.5).
    NOT_YET_VALID = 415
    #: The token's `iat` is in the future, even with the leeway (RFC 7519 section 4.1.6).
    ISSUED_IN_FUTURE = 416
    #: The claim `kubernetes.io`, its namespace or its service account is missing: this is not a service-account
    #: token.
    KUBERNETES_CLAIM_MISSING = 417
    #: `sub` is not `system:serviceaccount:NAMESPACE:NAME` with the names in the claim `kubernetes.io`.
    SUBJECT_MISMATCH = 418
    #: A reference in the claim `kubernetes.io` has an empty or impossible name, or lacks the uid that
    #: Kubernetes writes.
    REFERENCE_INVALID = 419
    #: The claim `kubernetes.io` has a member that boundtoken does not know and that has the form of a
    #: reference: an object with a `name` or a `uid` that is a string. It binds the token to a kind of object
    #: that boundtoken cannot confirm. The API server ignores members that it does not know.
    BINDING_UNKNOWN = 420
    #: Two trusted issuers have this name, and both publish the key that signed the token: nobody can tell which
    #: of them issued it.
    ISSUER_AMBIGUOUS = 421
    #: The token was checked or accepted by one verifier and is to be judged further by another, which may trust
    #: other issuers and accept other audiences. This is a mistake in the program, not in the token.
    VERIFIER_MISMATCH = 422
    #: The service account does not exist (any more).
    SERVICE_ACCOUNT_NOT_FOUND = 501
    #: A service account of that name exists, with another uid: it was deleted and created again.
    SERVICE_ACCOUNT_UID_MISMATCH = 502
    #: The service account's deletionTimestamp passed 60 seconds ago or more.
    SERVICE_ACCOUNT_DELETED = 503
    #: The secret that the token is bound to does not exist (any more).
    SECRET_NOT_FOUND = 511
    #: A secret of that name exists, with another uid.
    SECRET_UID_MISMATCH = 512
    #: The secret's deletionTimestamp passed 60 seconds ago or more.
    SECRET_DELETED = 513
    #: The pod that the token is bound to does not exist (any more).
    POD_NOT_FOUND = 521
    #: A pod of that name exists, with another uid.
    POD_UID_MISMATCH = 522
    #: The pod's deletionTimestamp passed 60 seconds ago or more.
    POD_DELETED = 523
    #: The node that the token is bound to does not exist (any more).
    NODE_NOT_FOUND = 531
    #: A node of that name exists, with another uid.
    NODE_UID_MISMATCH = 532
    #: The node's deletionTimestamp passed 60 seconds ago or more.
    NODE_DELETED = 533
    #: The source of bound objects could not answer, and the verifier refuses in that case.
    BOUND_OBJECT_UNAVAILABLE = 541
    #: The token was issued within the last minute, and nothing has been heard yet of an object that it is bound
    #: to.
    BOUND_OBJECT_PENDING = 542
    #: The source of bound objects does not follow objects of this kind, or in this namespace. It will never
    #: know them, so the token is refused, whatever the verifier does when a source is unavailable.
    BOUND_OBJECT_NOT_FOLLOWED = 543
    #: The token is bound to a webhook configuration, and its claim `attestations` has no
    #: `admissionReviewAPIGroups` (KEP-6060).
    ATTESTATION_MISSING = 550
    #: The validating webhook configuration that the token is bound to does not exist (any more).
    VALIDATING_WEBHOOK_CONFIGURATION_NOT_FOUND = 551
    #: A validating webhook configuration of that name exists, with another uid.
    VALIDATING_WEBHOOK_CONFIGURATION_UID_MISMATCH = 552
    #: The validating webhook configuration's deletionTimestamp passed 60 seconds ago or more.
    VALIDATING_WEBHOOK_CONFIGURATION_DELETED = 553
    #: The mutating webhook configuration that the token is bound to does not exist (any more).
    MUTATING_WEBHOOK_CONFIGURATION_NOT_FOUND = 561
    #: A mutating webhook configuration of that name exists, with another uid.
    MUTATING_WEBHOOK_CONFIGURATION_UID_MISMATCH = 562
    #: The mutating webhook configuration's deletionTimestamp passed 60 seconds ago or more.
    MUTATING_WEBHOOK_CONFIGURATION_DELETED = 563

    @property
    def stable_name(self) -> str:
        """The name in logs and metrics, such as ``pod_not_found``."""
        return self.name.lower()

    @property
    def description(self) -> str:
        """What was wrong, as one phrase without punctuation at its end."""
        return _TEXTS[self][0]

    @property
    def remedy(self) -> str:
        """What to do about it, as one phrase without punctuation at its end."""
        return _TEXTS[self][1]

    @property
    def http_status(self) -> int:
        """The status of an HTTP answer: 503 if nothing can be decided now, else 401 (RFC 6750 section 3.1)."""
        return _TEXTS[self][2]

    @property
    def is_stricter(self) -> bool:
        """Whether an API server accepts some tokens that are refused for this reason."""
        return _TEXTS[self][3]


_TEXTS: dict[Reason, tuple[str, str, int, bool]] = {
    Reason.TOKEN_EMPTY: (
        "the token is empty",
        "send the token in the header `Authorization: Bearer TOKEN`",
        401,
        False,
    ),
    Reason.TOKEN_TOO_LARGE: (
        "the token is larger than the limit",
        "raise the verifier's token size limit if this issuer writes tokens this long",
        401,
        True,
    ),
    Reason.TOKEN_PART_COUNT: (
        "the token does not have exactly three parts",
        "send one JWS in compact form: HEADER.CLAIMS.SIGNATURE",
        401,
        False,
    ),
    Reason.TOKEN_NOT_BASE64URL: (
        "a part of the token is not canonical base64url",
        "send the token exactly as it was issued, without line breaks, quotes or padding",
        401,
        True,
    ),
    Reason.HEADER_TOO_LARGE: (
        "the header is larger than 4096 bytes",
        "use an issuer that writes small headers",
        401,
        True,
    ),
    Reason.HEADER_NOT_UTF8: (
        "the header is not valid Unicode text",
        "use an issuer that writes RFC 8259 JSON",
        401,
        True,
    ),
    Reason.HEADER_MALFORMED: (
        "the header is not a JSON object",
        "use an issuer that writes RFC 8259 JSON",
        401,
        False,
    ),
    Reason.HEADER_TOO_DEEP: (
        "the header nests deeper than 32 levels",
        "use an issuer that writes flat headers",
        401,
        True,
    ),
    Reason.HEADER_DUPLICATE_MEMBER: (
        "the header has a member twice",
        "use an issuer that writes each member once",
        401,
        False,
    ),
    Reason.HEADER_TOO_MANY_MEMBERS: (
        "the header has too many members, elements or escapes",
        "use an issuer that writes small headers",
        401,
        True,
    ),
    Reason.HEADER_NUMBER_OUT_OF_RANGE: (
        "a number in the header is longer than 64 characters or beyond double precision",
        "use an issuer that writes ordinary numbers",
        401,
        True,
    ),
    Reason.HEADER_WRONG_TYPE: (
        "a header member has the wrong JSON type",
        "use an issuer that writes alg, kid and typ as strings",
        401,
        True,
    ),
    Reason.ALGORITHM_MISSING: (
        "the header names no algorithm",
        "use an issuer that signs its tokens",
        401,
        False,
    ),
    Reason.ALGORITHM_UNSUPPORTED: (
        "the token's algorithm is not supported",
        "use RS256 or ES256, as Kubernetes does; ES512 needs the AWS-LC backend",
        401,
        False,
    ),
    Reason.TYPE_UNSUPPORTED: (
        "the token's type is not JWT",
        "send a Kubernetes service-account token",
        401,
        True,
    ),
    Reason.CRITICAL_HEADER: (
        "the header demands an extension (crit or b64)",
        "use an issuer that writes plain RFC 7515 tokens",
        401,
        True,
    ),
    Reason.EMBEDDED_KEY: (
        "the header brings its own key",
        "use an issuer that names its key by kid",
        401,
        True,
    ),
    Reason.KEY_ID_MISSING: (
        "the header names no key and several would fit",
        "use an issuer that writes kid",
        401,
        True,
    ),
    Reason.KEY_UNKNOWN: (
        "no configured key has the token's kid",
        "refresh the key set: the issuer may have rotated its keys, or the token comes from another issuer",
        401,
        False,
    ),
    Reason.ALGORITHM_MISMATCH: (
        "the token's algorithm is not the key's",
        "use an issuer that signs with the algorithm its key set names",
        401,
        True,
    ),
    Reason.SIGNATURE_INVALID: (
        "the signature is not valid",
        "send the token exactly as it was issued; a token that was altered or signed by another key is never accepted",
        401,
        False,
    ),
    Reason.KEYS_STALE: (
        "the issuer's keys have not been confirmed for longer than allowed",
        "retry; check the connection to the server that publishes the keys",
        503,
        False,
    ),
    Reason.CLAIMS_NOT_UTF8: (
        "the claims are not valid Unicode text",
        "use an issuer that writes RFC 8259 JSON",
        401,
        True,
    ),
    Reason.CLAIMS_MALFORMED: (
        "the claims are not a JSON object",
        "use an issuer that writes RFC 8259 JSON",
        401,
        False,
    ),
    Reason.CLAIMS_TOO_DEEP: (
        "the claims nest deeper than 32 levels",
        "use an issuer that writes flat claims",
        401,
        True,
    ),
    Reason.CLAIMS_DUPLICATE_MEMBER: (
        "the claims have a member twice",
        "use an issuer that writes each member once",
        401,
        True,
    ),
    Reason.CLAIMS_NUMBER_OUT_OF_RANGE: (
        "a number in the claims is longer than 64 characters or beyond double precision",
        "use an issuer that writes ordinary numbers",
        401,
        True,
    ),
    Reason.CLAIMS_WRONG_TYPE: (
        "a claim has the wrong JSON type",
        "use an issuer that writes claims as RFC 7519 and Kubernetes define them",
        401,
        False,
    ),
    Reason.CLAIMS_NAME_CASE: (
        "a claim's name is a registered name in the wrong case",
        "use an issuer that writes claim names in lower case",
        401,
        True,
    ),
    Reason.CLAIMS_DATE_OUT_OF_RANGE: (
        "a date claim is outside the years 1970 to 9999",
        "use an issuer that writes dates in seconds since 1970",
        401,
        True,
    ),
    Reason.LEGACY_TOKEN: (
        "this is a legacy secret-based token without an audience or an expiry",
        "request a bound token: `kubectl create token`, or a projected service-account volume",
        401,
        True,
    ),
    Reason.ISSUER_MISMATCH: (
        "the token's issuer is not trusted with this key",
        "configure exactly the issuer that the cluster writes: see /.well-known/openid-configuration",
        401,
        False,
    ),
    Reason.AUDIENCE_MISSING: (
        "the token names no audience",
        "request a token for this service: `kubectl create token --audience`",
        401,
        True,
    ),
    Reason.AUDIENCE_MISMATCH: (
        "the token is meant for another audience",
        "request a token for this service: `kubectl create token --audience`",
        401,
        False,
    ),
    Reason.EXPIRY_MISSING: (
        "the token has no expiry",
        "request a token through TokenRequest, which always has one",
        401,
        True,
    ),
    Reason.EXPIRED: (
        "the token has expired",
        "request a new token, as with `kubectl create token`; read a projected token from its file again",
        401,
        False,
    ),
    Reason.NOT_YET_VALID: (
        "the token is not valid yet",
        "compare the clocks of the issuer and the verifier",
        401,
        False,
    ),
    Reason.ISSUED_IN_FUTURE: (
        "the token was issued in the future",
        "compare the clocks of the issuer and the verifier",
        401,
        False,
    ),
    Reason.KUBERNETES_CLAIM_MISSING: (
        "the token is not a Kubernetes service-account token",
        "send a token issued through TokenRequest",
        401,
        False,
    ),
    Reason.SUBJECT_MISMATCH: (
        "the subject is not the service account of the kubernetes.io claim",
        "use an issuer that writes the same account into both",
        401,
        True,
    ),
    Reason.REFERENCE_INVALID: (
        "a reference in the kubernetes.io claim is incomplete or has an impossible name",
        "send a token issued through TokenRequest",
        401,
        True,
    ),
    Reason.BINDING_UNKNOWN: (
        "the token is bound to an object of an unknown kind",
        "use a version of boundtoken that knows this kind of binding",
        401,
        True,
    ),
    Reason.ISSUER_AMBIGUOUS: (
        "two trusted issuers have the token's issuer and the key that signed it",
        "give each cluster a signing key of its own",
        401,
        True,
    ),
    Reason.VERIFIER_MISMATCH: (
        "the token was checked by another verifier",
        "confirm a token with the verifier that checked it",
        401,
        False,
    ),
    Reason.SERVICE_ACCOUNT_NOT_FOUND: (
        "the service account does not exist",
        "request a token for an account that exists; an account that was just created may not have been seen yet",
        401,
        False,
    ),
    Reason.SERVICE_ACCOUNT_UID_MISMATCH: (
        "the service account was replaced by another of the same name",
        "request a new token for the new account",
        401,
        False,
    ),
    Reason.SERVICE_ACCOUNT_DELETED: (
        "the service account is being deleted",
        "request a token for another account",
        401,
        False,
    ),
    Reason.SECRET_NOT_FOUND: (
        "the secret that the token is bound to does not exist",
        "request a new token: tokens bound to a deleted secret are void",
        401,
        False,
    ),
    Reason.SECRET_UID_MISMATCH: (
        "the secret that the token is bound to was replaced by another of the same name",
        "request a new token",
        401,
        False,
    ),
    Reason.SECRET_DELETED: (
        "the secret that the token is bound to is being deleted",
        "request a new token",
        401,
        False,
    ),
    Reason.POD_NOT_FOUND: (
        "the pod that the token is bound to does not exist",
        "use the token of a pod that exists: tokens bound to a deleted pod are void",
        401,
        False,
    ),
    Reason.POD_UID_MISMATCH: (
        "the pod that the token is bound to was replaced by another of the same name",
        "use the new pod's own token",
        401,
        False,
    ),
    Reason.POD_DELETED: (
        "the pod that the token is bound to is being deleted",
        "use the token of another pod: tokens of a pod past its grace period are void",
        401,
        False,
    ),
    Reason.NODE_NOT_FOUND: (
        "the node that the token is bound to does not exist",
        "request a new token: tokens bound to a deleted node are void",
        401,
        False,
    ),
    Reason.NODE_UID_MISMATCH: (
        "the node that the token is bound to was replaced by another of the same name",
        "request a new token on the new node",
        401,
        False,
    ),
    Reason.NODE_DELETED: (
        "the node that the token is bound to is being deleted",
        "request a new token on another node",
        401,
        False,
    ),
    Reason.BOUND_OBJECT_UNAVAILABLE: (
        "the bound object could not be looked up",
        "retry; check the connection to the source of bound objects",
        503,
        False,
    ),
    Reason.BOUND_OBJECT_PENDING: (
        "the bound object has not been seen yet",
        "retry in a moment, or verify through the cluster, which asks the API server",
        503,
        False,
    ),
    Reason.BOUND_OBJECT_NOT_FOLLOWED: (
        "objects of this kind, or in this namespace, are not followed",
        "have the source follow them, or send a token that is bound to what it follows",
        503,
        False,
    ),
    Reason.ATTESTATION_MISSING: (
        "the token is bound to a webhook configuration and attests no API group",
        "send a token issued through TokenRequest, which always has the attestation admissionReviewAPIGroups",
        401,
        False,
    ),
    Reason.VALIDATING_WEBHOOK_CONFIGURATION_NOT_FOUND: (
        "the validating webhook configuration that the token is bound to does not exist",
        "request a new token: tokens bound to a deleted configuration are void",
        401,
        False,
    ),
    Reason.VALIDATING_WEBHOOK_CONFIGURATION_UID_MISMATCH: (
        "the validating webhook configuration that the token is bound to was replaced by another of the same name",
        "request a new token",
        401,
        False,
    ),
    Reason.VALIDATING_WEBHOOK_CONFIGURATION_DELETED: (
        "the validating webhook configuration that the token is bound to is being deleted",
        "request a new token",
        401,
        False,
    ),
    Reason.MUTATING_WEBHOOK_CONFIGURATION_NOT_FOUND: (
        "the mutating webhook configuration that the token is bound to does not exist",
        "request a new token: tokens bound to a deleted configuration are void",
        401,
        False,
    ),
    Reason.MUTATING_WEBHOOK_CONFIGURATION_UID_MISMATCH: (
        "the mutating webhook configuration that the token is bound to was replaced by another of the same name",
        "request a new token",
        401,
        False,
    ),
    Reason.MUTATING_WEBHOOK_CONFIGURATION_DELETED: (
        "the mutating webhook configuration that the token is bound to is being deleted",
        "request a new token",
        401,
        False,
    ),
}


#: The first and the last number of each family of reasons, by its name.
FAMILIES: dict[str, tuple[int, int]] = {
    "token": (101, 199),
    "header": (201, 299),
    "signature": (301, 399),
    "claims": (401, 499),
    "bound_objects": (501, 599),
}


class ObjectKind(IntEnum):
    """The kinds of objects that a token can be bound to."""

    #: A core/v1 ServiceAccount. Every token has one.
    SERVICE_ACCOUNT = 1
    #: A core/v1 Secret.
    SECRET = 2
    #: A core/v1 Pod.
    POD = 3
    #: A core/v1 Node, which has no namespace.
    NODE = 4
    #: An admissionregistration.k8s.io/v1 ValidatingWebhookConfiguration, which has no namespace.
    VALIDATING_WEBHOOK_CONFIGURATION = 5
    #: An admissionregistration.k8s.io/v1 MutatingWebhookConfiguration, which has no namespace.
    MUTATING_WEBHOOK_CONFIGURATION = 6


class ObjectState(IntEnum):
    """What a callback knows about an object."""

    #: The callback cannot say at the moment: its source is not connected, or not up to date.
    UNAVAILABLE = 0
    #: The object exists.
    PRESENT = 1
    #: The object does not exist.
    ABSENT = 2
    #: The callback can never say: its source does not follow objects of this kind or in this namespace. The
    #: token is refused, even by a verifier that accepts tokens whose objects are unavailable.
    NOT_FOLLOWED = 3


class OnUnavailable(IntEnum):
    """What a verifier does when its source of bound objects cannot answer."""

    #: Refuse the token with Reason.BOUND_OBJECT_UNAVAILABLE. The default.
    REFUSE = 0
    #: Accept the token and mark it as Confirmed.UNAVAILABLE or Confirmed.STALE.
    ACCEPT = 1


class Confirmed(IntEnum):
    """Whether the objects that a token is bound to were confirmed to exist."""

    #: Every object exists, has the right uid, and is not past its deletion.
    LIVE = 1
    #: The issuer has no source of bound objects. A token of a deleted pod is accepted until it expires.
    NOT_CHECKED = 2
    #: The source could not answer for some object, and the verifier was told to accept such tokens.
    UNAVAILABLE = 3
    #: Every object existed when the source last heard from the cluster, but that was too long ago. The verifier
    #: was told to accept such tokens.
    STALE = 4


class Change(IntEnum):
    """The kinds of changes in a cluster.

    Later versions may add some.
    """

    #: The cluster has published a key. Tokens signed with it are accepted from now on.
    KEY_ADDED = 1
    #: The cluster has withdrawn a key. Tokens signed with it are refused from now on.
    KEY_WITHDRAWN = 2
    #: A watch is in step again: the objects of this kind are known as they are.
    IN_STEP = 3
    #: The watch for objects of this kind has lost its connection. Verifiers rely on the last known state for a
    #: while.
    LOST = 4
    #: The objects of this kind have not been heard of for longer than max_staleness_seconds. Verifiers refuse
    #: their tokens or mark them as stale.
    STALE = 5


class FastRsaState(IntEnum):
    """Whether the library checks common RS256 signatures with its own fast path, which runs on x86-64 CPUs with AVX-512 IFMA.

    The fast path for ES256 has the same states, and runs on every CPU.
    """

    #: The library was built without it.
    NOT_COMPILED = 0
    #: The CPU or the operating system does not support the instructions.
    NO_INSTRUCTIONS = 1
    #: The environment variable BOUNDTOKEN_FAST_RSA turned it off. Any value except `on` and the empty text does
    #: that.
    TURNED_OFF = 2
    #: It failed its self-test and serves no key. Please report it.
    SELF_TEST_FAILED = 3
    #: It serves all keys that it supports: RS256 keys of 2,048 bits with the exponent 65537.
    ON = 4
    #: It disagreed once with the cryptography library and has been off since then. Please report it.
    SWITCHED_OFF = 5
