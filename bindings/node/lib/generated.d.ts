// `node generate.js` writes this file from bindings/abi.json.

/** The kinds of objects that a token can be bound to. */
export type ObjectKind =
  /** A core/v1 ServiceAccount. Every token has one. */
  | 'ServiceAccount'
  /** A core/v1 Secret. */
  | 'Secret'
  /** A core/v1 Pod. */
  | 'Pod'
  /** A core/v1 Node, which has no namespace. */
  | 'Node'
  /** An admissionregistration.k8s.io/v1 ValidatingWebhookConfiguration, which has no namespace. */
  | 'ValidatingWebhookConfiguration'
  /** An admissionregistration.k8s.io/v1 MutatingWebhookConfiguration, which has no namespace. */
  | 'MutatingWebhookConfiguration';

/** What a callback knows about an object. */
export type ObjectState =
  /** The callback cannot say at the moment: its source is not connected, or not up to date. */
  | 'unavailable'
  /** The object exists. */
  | 'present'
  /** The object does not exist. */
  | 'absent'
  /** The callback can never say: its source does not follow objects of this kind or in this namespace. The token is refused, even by a verifier that accepts tokens whose objects are unavailable. */
  | 'notFollowed';

/** What a verifier does when its source of bound objects cannot answer. */
export type OnUnavailable =
  /** Refuse the token with `bound_object_unavailable`. The default. */
  | 'refuse'
  /** Accept the token and mark it as `unavailable` or `stale`. */
  | 'accept';

/** Whether the objects that a token is bound to were confirmed to exist. */
export type Confirmed =
  /** Every object exists, has the right uid, and is not past its deletion. */
  | 'live'
  /** The issuer has no source of bound objects. A token of a deleted pod is accepted until it expires. */
  | 'notChecked'
  /** The source could not answer for some object, and the verifier was told to accept such tokens. */
  | 'unavailable'
  /** Every object existed when the source last heard from the cluster, but that was too long ago. The verifier was told to accept such tokens. */
  | 'stale';

/** The kinds of changes in a cluster. Later versions may add some. */
export type Change =
  /** The cluster has published a key. Tokens signed with it are accepted from now on. */
  | 'keyAdded'
  /** The cluster has withdrawn a key. Tokens signed with it are refused from now on. */
  | 'keyWithdrawn'
  /** A watch is in step again: the objects of this kind are known as they are. */
  | 'inStep'
  /** The watch for objects of this kind has lost its connection. Verifiers rely on the last known state for a while. */
  | 'lost'
  /** The objects of this kind have not been heard of for longer than `maxStalenessSeconds`. Verifiers refuse their tokens or mark them as stale. */
  | 'stale';

/** Whether the library checks common RS256 signatures with its own fast path, which runs on x86-64 CPUs with AVX-512 IFMA. The fast path for ES256 has the same states, and runs on every CPU. */
export type FastRsaState =
  /** The library was built without it. */
  | 'notCompiled'
  /** The CPU or the operating system does not support the instructions. */
  | 'noInstructions'
  /** The environment variable BOUNDTOKEN_FAST_RSA turned it off. Any value except `on` and the empty text does that. */
  | 'turnedOff'
  /** It failed its self-test and serves no key. Please report it. */
  | 'selfTestFailed'
  /** It serves all keys that it supports: RS256 keys of 2,048 bits with the exponent 65537. */
  | 'on'
  /** It disagreed once with the cryptography library and has been off since then. Please report it. */
  | 'switchedOff';

/** How important a line of the log is. */
export type LogLevel =
  /** Something is broken, and somebody should look at it. */
  | 'error'
  /** Something failed that will be tried again, such as a connection. */
  | 'warn'
  /** What happens seldom, such as a connection that is made. */
  | 'info'
  /** What helps to find a fault. */
  | 'debug';

/** Why a token was refused. The same in every language. */
export type ReasonCode =
  /** There is no token at all. */
  | 'token_empty'
  /** The token is longer than the verifier's limit (16 KiB unless configured). */
  | 'token_too_large'
  /** The compact form is three parts with a dot between them (RFC 7515 section 7.1); this is something else. */
  | 'token_part_count'
  /** Each part is canonical base64url (RFC 7515 section 2): its 64 letters only, no padding, no white space, no stray bits at the end. */
  | 'token_not_base64url'
  /** The decoded header is longer than 4,096 bytes. */
  | 'header_too_large'
  /** The header is not valid UTF-8, or holds a lone surrogate escape (RFC 8259 section 8). */
  | 'header_not_utf8'
  /** The header is not a single JSON object, or is not JSON as RFC 8259 defines it. */
  | 'header_malformed'
  /** The header nests deeper than 32 levels. */
  | 'header_too_deep'
  /** An object in the header has the same member twice (RFC 7515 section 4). */
  | 'header_duplicate_member'
  /** The header has more than 32 members that boundtoken does not use, in one object and the objects around it; or more than 64 members, array elements and escapes in total. Each costs more to read than its few bytes suggest, and no signature vouches for them. */
  | 'header_too_many_members'
  /** A number in the header is longer than 64 characters, or has no finite value in double precision (RFC 7493 section 2.2). */
  | 'header_number_out_of_range'
  /** A known header member (`alg`, `kid`, `typ`, `nonce`) is not a string. */
  | 'header_wrong_type'
  /** The header has no `alg` (RFC 7515 section 4.1.1). */
  | 'algorithm_missing'
  /** The header's `alg` is `none`, symmetric, or unknown here. Only RS, PS, ES and EdDSA signatures can be verified with public keys. */
  | 'algorithm_unsupported'
  /** The header's `typ` is neither absent nor `JWT`: it may be a token for another purpose (RFC 8725 section 3.11). */
  | 'type_unsupported'
  /** The header has `crit` or `b64`: extensions that change what is signed (RFC 7515 section 4.1.11, RFC 7797). */
  | 'critical_header'
  /** The header brings its own key or the address of one (`jwk`, `jku`, `x5u`, `x5c`). Keys come only from the verifier's configuration. */
  | 'embedded_key'
  /** The header has no `kid`, and not exactly one key fits the algorithm. */
  | 'key_id_missing'
  /** No configured key has the header's `kid`. */
  | 'key_unknown'
  /** The key with the header's `kid` (or, without one, every key) is for a different algorithm than its `alg` (RFC 8725 section 3.1). */
  | 'algorithm_mismatch'
  /** The signature is not valid under the key. */
  | 'signature_invalid'
  /** The issuer's keys are older than their maximum age, so the issuer may have withdrawn them. Only if a maximum age is set, and the verifier refuses in that case. */
  | 'keys_stale'
  /** The claims are not valid UTF-8, or hold a lone surrogate escape (RFC 8259 section 8). */
  | 'claims_not_utf8'
  /** The claims are not a single JSON object, or are not JSON as RFC 8259 defines it. */
  | 'claims_malformed'
  /** The claims nest deeper than 32 levels. */
  | 'claims_too_deep'
  /** An object in the claims has the same member twice (RFC 7519 section 4). */
  | 'claims_duplicate_member'
  /** A number in the claims is longer than 64 characters, or has no finite value in double precision (RFC 7493 section 2.2). */
  | 'claims_number_out_of_range'
  /** A known claim has the wrong JSON type. */
  | 'claims_wrong_type'
  /** A claim's name differs from a registered one only in the case of its letters (`Exp`, `AUD`): readers would disagree about it. */
  | 'claims_name_case'
  /** A date is outside 0 to 253402300799 (the years 1970 to 9999). */
  | 'claims_date_out_of_range'
  /** A legacy, secret-based service-account token (issuer `kubernetes/serviceaccount`). It names no audience and never expires. */
  | 'legacy_token'
  /** The verified `iss` is not an issuer that the signing key belongs to. */
  | 'issuer_mismatch'
  /** The token names no audience. */
  | 'audience_missing'
  /** None of the token's audiences is one of the verifier's. */
  | 'audience_mismatch'
  /** The token has no `exp`: it would be valid forever. */
  | 'expiry_missing'
  /** The token has expired, even with the leeway (RFC 7519 section 4.1.4). */
  | 'expired'
  /** The token's `nbf` is in the future, even with the leeway (RFC 7519 section 4.1.5). */
  | 'not_yet_valid'
  /** The token's `iat` is in the future, even with the leeway (RFC 7519 section 4.1.6). */
  | 'issued_in_future'
  /** The claim `kubernetes.io`, its namespace or its service account is missing: this is not a service-account token. */
  | 'kubernetes_claim_missing'
  /** `sub` is not `system:serviceaccount:NAMESPACE:NAME` with the names in the claim `kubernetes.io`. */
  | 'subject_mismatch'
  /** A reference in the claim `kubernetes.io` has an empty or impossible name, or lacks the uid that Kubernetes writes. */
  | 'reference_invalid'
  /** The claim `kubernetes.io` has a member that boundtoken does not know and that has the form of a reference: an object with a `name` or a `uid` that is a string. It binds the token to a kind of object that boundtoken cannot confirm. The API server ignores members that it does not know. */
  | 'binding_unknown'
  /** Two trusted issuers have this name, and both publish the key that signed the token: nobody can tell which of them issued it. */
  | 'issuer_ambiguous'
  /** The token was checked or accepted by one verifier and is to be judged further by another, which may trust other issuers and accept other audiences. This is a mistake in the program, not in the token. */
  | 'verifier_mismatch'
  /** The service account does not exist (any more). */
  | 'service_account_not_found'
  /** A service account of that name exists, with another uid: it was deleted and created again. */
  | 'service_account_uid_mismatch'
  /** The service account's deletionTimestamp passed 60 seconds ago or more. */
  | 'service_account_deleted'
  /** The secret that the token is bound to does not exist (any more). */
  | 'secret_not_found'
  /** A secret of that name exists, with another uid. */
  | 'secret_uid_mismatch'
  /** The secret's deletionTimestamp passed 60 seconds ago or more. */
  | 'secret_deleted'
  /** The pod that the token is bound to does not exist (any more). */
  | 'pod_not_found'
  /** A pod of that name exists, with another uid. */
  | 'pod_uid_mismatch'
  /** The pod's deletionTimestamp passed 60 seconds ago or more. */
  | 'pod_deleted'
  /** The node that the token is bound to does not exist (any more). */
  | 'node_not_found'
  /** A node of that name exists, with another uid. */
  | 'node_uid_mismatch'
  /** The node's deletionTimestamp passed 60 seconds ago or more. */
  | 'node_deleted'
  /** The source of bound objects could not answer, and the verifier refuses in that case. */
  | 'bound_object_unavailable'
  /** The token was issued within the last minute, and nothing has been heard yet of an object that it is bound to. */
  | 'bound_object_pending'
  /** The source of bound objects does not follow objects of this kind, or in this namespace. It will never know them, so the token is refused, whatever the verifier does when a source is unavailable. */
  | 'bound_object_not_followed'
  /** The token is bound to a webhook configuration, and its claim `attestations` has no `admissionReviewAPIGroups` (KEP-6060). */
  | 'attestation_missing'
  /** The validating webhook configuration that the token is bound to does not exist (any more). */
  | 'validating_webhook_configuration_not_found'
  /** A validating webhook configuration of that name exists, with another uid. */
  | 'validating_webhook_configuration_uid_mismatch'
  /** The validating webhook configuration's deletionTimestamp passed 60 seconds ago or more. */
  | 'validating_webhook_configuration_deleted'
  /** The mutating webhook configuration that the token is bound to does not exist (any more). */
  | 'mutating_webhook_configuration_not_found'
  /** A mutating webhook configuration of that name exists, with another uid. */
  | 'mutating_webhook_configuration_uid_mismatch'
  /** The mutating webhook configuration's deletionTimestamp passed 60 seconds ago or more. */
  | 'mutating_webhook_configuration_deleted';
