'use strict';
// `node generate.js` writes this file from bindings/abi.json.

/** Where the members of a record are. */
exports.OFFSETS = {
  "version": 0,
  "status": 4,
  "size": 8,
  "httpStatus": 12,
  "confirmed": 16,
  "headerSize": 20,
  "claimsId": 24,
  "expiresAt": 32,
  "notBefore": 40,
  "issuedAt": 48,
  "warnAfter": 56,
  "matchedAudiences": 64,
  "name": 72,
  "message": 80,
  "wwwAuthenticate": 88,
  "payload": 96,
  "issuer": 104,
  "issuerLabel": 112,
  "subject": 120,
  "serviceAccountNamespace": 128,
  "serviceAccountName": 136,
  "serviceAccountUid": 144,
  "jti": 152,
  "credentialId": 160,
  "podName": 168,
  "podUid": 176,
  "secretName": 184,
  "secretUid": 192,
  "nodeName": 200,
  "nodeUid": 208,
  "validatingWebhookConfigurationName": 216,
  "validatingWebhookConfigurationUid": 224,
  "mutatingWebhookConfigurationName": 232,
  "mutatingWebhookConfigurationUid": 240,
  "audiences": 248,
  "groups": 256,
  "extra": 264,
  "boundObjects": 272,
  "attestedApiGroups": 280,
  "attestations": 288
};

exports.FAMILIES = [
  {
    "name": "token",
    "first": 101,
    "last": 199
  },
  {
    "name": "header",
    "first": 201,
    "last": 299
  },
  {
    "name": "signature",
    "first": 301,
    "last": 399
  },
  {
    "name": "claims",
    "first": 401,
    "last": 499
  },
  {
    "name": "bound_objects",
    "first": 501,
    "last": 599
  }
];

exports.ObjectKind = {
  "ServiceAccount": 1,
  "Secret": 2,
  "Pod": 3,
  "Node": 4,
  "ValidatingWebhookConfiguration": 5,
  "MutatingWebhookConfiguration": 6
};

exports.ObjectState = {
  "unavailable": 0,
  "present": 1,
  "absent": 2,
  "notFollowed": 3
};

exports.OnUnavailable = {
  "refuse": 0,
  "accept": 1
};

exports.Confirmed = {
  "live": 1,
  "notChecked": 2,
  "unavailable": 3,
  "stale": 4
};

exports.Change = {
  "keyAdded": 1,
  "keyWithdrawn": 2,
  "inStep": 3,
  "lost": 4,
  "stale": 5
};

exports.FastRsaState = {
  "notCompiled": 0,
  "noInstructions": 1,
  "turnedOff": 2,
  "selfTestFailed": 3,
  "on": 4,
  "switchedOff": 5
};

exports.LogLevel = {
  "error": 1,
  "warn": 2,
  "info": 3,
  "debug": 4
};

exports.REASONS = new Map([
  [
    101,
    {
      "code": "token_empty",
      "number": 101,
      "description": "the token is empty",
      "remedy": "send the token in the header `Authorization: Bearer TOKEN`",
      "httpStatus": 401,
      "isStricter": false
    }
  ],
  [
    102,
    {
      "code": "token_too_large",
      "number": 102,
      "description": "the token is larger than the limit",
      "remedy": "raise the verifier's token size limit if this issuer writes tokens this long",
      "httpStatus": 401,
      "isStricter": true
    }
  ],
  [
    103,
    {
      "code": "token_part_count",
      "number": 103,
      "description": "the token does not have exactly three parts",
      "remedy": "send one JWS in compact form: HEADER.CLAIMS.SIGNATURE",
      "httpStatus": 401,
      "isStricter": false
    }
  ],
  [
    104,
    {
      "code": "token_not_base64url",
      "number": 104,
      "description": "a part of the token is not canonical base64url",
      "remedy": "send the token exactly as it was issued, without line breaks, quotes or padding",
      "httpStatus": 401,
      "isStricter": true
    }
  ],
  [
    201,
    {
      "code": "header_too_large",
      "number": 201,
      "description": "the header is larger than 4096 bytes",
      "remedy": "use an issuer that writes small headers",
      "httpStatus": 401,
      "isStricter": true
    }
  ],
  [
    202,
    {
      "code": "header_not_utf8",
      "number": 202,
      "description": "the header is not valid Unicode text",
      "remedy": "use an issuer that writes RFC 8259 JSON",
      "httpStatus": 401,
      "isStricter": true
    }
  ],
  [
    203,
    {
      "code": "header_malformed",
      "number": 203,
      "description": "the header is not a JSON object",
      "remedy": "use an issuer that writes RFC 8259 JSON",
      "httpStatus": 401,
      "isStricter": false
    }
  ],
  [
    204,
    {
      "code": "header_too_deep",
      "number": 204,
      "description": "the header nests deeper than 32 levels",
      "remedy": "use an issuer that writes flat headers",
      "httpStatus": 401,
      "isStricter": true
    }
  ],
  [
    205,
    {
      "code": "header_duplicate_member",
      "number": 205,
      "description": "the header has a member twice",
      "remedy": "use an issuer that writes each member once",
      "httpStatus": 401,
      "isStricter": false
    }
  ],
  [
    206,
    {
      "code": "header_too_many_members",
      "number": 206,
      "description": "the header has too many members, elements or escapes",
      "remedy": "use an issuer that writes small headers",
      "httpStatus": 401,
      "isStricter": true
    }
  ],
  [
    207,
    {
      "code": "header_number_out_of_range",
      "number": 207,
      "description": "a number in the header is longer than 64 characters or beyond double precision",
      "remedy": "use an issuer that writes ordinary numbers",
      "httpStatus": 401,
      "isStricter": true
    }
  ],
  [
    208,
    {
      "code": "header_wrong_type",
      "number": 208,
      "description": "a header member has the wrong JSON type",
      "remedy": "use an issuer that writes alg, kid and typ as strings",
      "httpStatus": 401,
      "isStricter": true
    }
  ],
  [
    209,
    {
      "code": "algorithm_missing",
      "number": 209,
      "description": "the header names no algorithm",
      "remedy": "use an issuer that signs its tokens",
      "httpStatus": 401,
      "isStricter": false
    }
  ],
  [
    210,
    {
      "code": "algorithm_unsupported",
      "number": 210,
      "description": "the token's algorithm is not supported",
      "remedy": "use RS256 or ES256, as Kubernetes does; ES512 needs the AWS-LC backend",
      "httpStatus": 401,
      "isStricter": false
    }
  ],
  [
    211,
    {
      "code": "type_unsupported",
      "number": 211,
      "description": "the token's type is not JWT",
      "remedy": "send a Kubernetes service-account token",
      "httpStatus": 401,
      "isStricter": true
    }
  ],
  [
    212,
    {
      "code": "critical_header",
      "number": 212,
      "description": "the header demands an extension (crit or b64)",
      "remedy": "use an issuer that writes plain RFC 7515 tokens",
      "httpStatus": 401,
      "isStricter": true
    }
  ],
  [
    213,
    {
      "code": "embedded_key",
      "number": 213,
      "description": "the header brings its own key",
      "remedy": "use an issuer that names its key by kid",
      "httpStatus": 401,
      "isStricter": true
    }
  ],
  [
    301,
    {
      "code": "key_id_missing",
      "number": 301,
      "description": "the header names no key and several would fit",
      "remedy": "use an issuer that writes kid",
      "httpStatus": 401,
      "isStricter": true
    }
  ],
  [
    302,
    {
      "code": "key_unknown",
      "number": 302,
      "description": "no configured key has the token's kid",
      "remedy": "refresh the key set: the issuer may have rotated its keys, or the token comes from another issuer",
      "httpStatus": 401,
      "isStricter": false
    }
  ],
  [
    303,
    {
      "code": "algorithm_mismatch",
      "number": 303,
      "description": "the token's algorithm is not the key's",
      "remedy": "use an issuer that signs with the algorithm its key set names",
      "httpStatus": 401,
      "isStricter": true
    }
  ],
  [
    304,
    {
      "code": "signature_invalid",
      "number": 304,
      "description": "the signature is not valid",
      "remedy": "send the token exactly as it was issued; a token that was altered or signed by another key is never accepted",
      "httpStatus": 401,
      "isStricter": false
    }
  ],
  [
    305,
    {
      "code": "keys_stale",
      "number": 305,
      "description": "the issuer's keys have not been confirmed for longer than allowed",
      "remedy": "retry; check the connection to the server that publishes the keys",
      "httpStatus": 503,
      "isStricter": false
    }
  ],
  [
    401,
    {
      "code": "claims_not_utf8",
      "number": 401,
      "description": "the claims are not valid Unicode text",
      "remedy": "use an issuer that writes RFC 8259 JSON",
      "httpStatus": 401,
      "isStricter": true
    }
  ],
  [
    402,
    {
      "code": "claims_malformed",
      "number": 402,
      "description": "the claims are not a JSON object",
      "remedy": "use an issuer that writes RFC 8259 JSON",
      "httpStatus": 401,
      "isStricter": false
    }
  ],
  [
    403,
    {
      "code": "claims_too_deep",
      "number": 403,
      "description": "the claims nest deeper than 32 levels",
      "remedy": "use an issuer that writes flat claims",
      "httpStatus": 401,
      "isStricter": true
    }
  ],
  [
    404,
    {
      "code": "claims_duplicate_member",
      "number": 404,
      "description": "the claims have a member twice",
      "remedy": "use an issuer that writes each member once",
      "httpStatus": 401,
      "isStricter": true
    }
  ],
  [
    405,
    {
      "code": "claims_number_out_of_range",
      "number": 405,
      "description": "a number in the claims is longer than 64 characters or beyond double precision",
      "remedy": "use an issuer that writes ordinary numbers",
      "httpStatus": 401,
      "isStricter": true
    }
  ],
  [
    406,
    {
      "code": "claims_wrong_type",
      "number": 406,
      "description": "a claim has the wrong JSON type",
      "remedy": "use an issuer that writes claims as RFC 7519 and Kubernetes define them",
      "httpStatus": 401,
      "isStricter": false
    }
  ],
  [
    407,
    {
      "code": "claims_name_case",
      "number": 407,
      "description": "a claim's name is a registered name in the wrong case",
      "remedy": "use an issuer that writes claim names in lower case",
      "httpStatus": 401,
      "isStricter": true
    }
  ],
  [
    408,
    {
      "code": "claims_date_out_of_range",
      "number": 408,
      "description": "a date claim is outside the years 1970 to 9999",
      "remedy": "use an issuer that writes dates in seconds since 1970",
      "httpStatus": 401,
      "isStricter": true
    }
  ],
  [
    409,
    {
      "code": "legacy_token",
      "number": 409,
      "description": "this is a legacy secret-based token without an audience or an expiry",
      "remedy": "request a bound token: `kubectl create token`, or a projected service-account volume",
      "httpStatus": 401,
      "isStricter": true
    }
  ],
  [
    410,
    {
      "code": "issuer_mismatch",
      "number": 410,
      "description": "the token's issuer is not trusted with this key",
      "remedy": "configure exactly the issuer that the cluster writes: see /.well-known/openid-configuration",
      "httpStatus": 401,
      "isStricter": false
    }
  ],
  [
    411,
    {
      "code": "audience_missing",
      "number": 411,
      "description": "the token names no audience",
      "remedy": "request a token for this service: `kubectl create token --audience`",
      "httpStatus": 401,
      "isStricter": true
    }
  ],
  [
    412,
    {
      "code": "audience_mismatch",
      "number": 412,
      "description": "the token is meant for another audience",
      "remedy": "request a token for this service: `kubectl create token --audience`",
      "httpStatus": 401,
      "isStricter": false
    }
  ],
  [
    413,
    {
      "code": "expiry_missing",
      "number": 413,
      "description": "the token has no expiry",
      "remedy": "request a token through TokenRequest, which always has one",
      "httpStatus": 401,
      "isStricter": true
    }
  ],
  [
    414,
    {
      "code": "expired",
      "number": 414,
      "description": "the token has expired",
      "remedy": "request a new token, as with `kubectl create token`; read a projected token from its file again",
      "httpStatus": 401,
      "isStricter": false
    }
  ],
  [
    415,
    {
      "code": "not_yet_valid",
      "number": 415,
      "description": "the token is not valid yet",
      "remedy": "compare the clocks of the issuer and the verifier",
      "httpStatus": 401,
      "isStricter": false
    }
  ],
  [
    416,
    {
      "code": "issued_in_future",
      "number": 416,
      "description": "the token was issued in the future",
      "remedy": "compare the clocks of the issuer and the verifier",
      "httpStatus": 401,
      "isStricter": false
    }
  ],
  [
    417,
    {
      "code": "kubernetes_claim_missing",
      "number": 417,
      "description": "the token is not a Kubernetes service-account token",
      "remedy": "send a token issued through TokenRequest",
      "httpStatus": 401,
      "isStricter": false
    }
  ],
  [
    418,
    {
      "code": "subject_mismatch",
      "number": 418,
      "description": "the subject is not the service account of the kubernetes.io claim",
      "remedy": "use an issuer that writes the same account into both",
      "httpStatus": 401,
      "isStricter": true
    }
  ],
  [
    419,
    {
      "code": "reference_invalid",
      "number": 419,
      "description": "a reference in the kubernetes.io claim is incomplete or has an impossible name",
      "remedy": "send a token issued through TokenRequest",
      "httpStatus": 401,
      "isStricter": true
    }
  ],
  [
    420,
    {
      "code": "binding_unknown",
      "number": 420,
      "description": "the token is bound to an object of an unknown kind",
      "remedy": "use a version of boundtoken that knows this kind of binding",
      "httpStatus": 401,
      "isStricter": true
    }
  ],
  [
    421,
    {
      "code": "issuer_ambiguous",
      "number": 421,
      "description": "two trusted issuers have the token's issuer and the key that signed it",
      "remedy": "give each cluster a signing key of its own",
      "httpStatus": 401,
      "isStricter": true
    }
  ],
  [
    422,
    {
      "code": "verifier_mismatch",
      "number": 422,
      "description": "the token was checked by another verifier",
      "remedy": "confirm a token with the verifier that checked it",
      "httpStatus": 401,
      "isStricter": false
    }
  ],
  [
    501,
    {
      "code": "service_account_not_found",
      "number": 501,
      "description": "the service account does not exist",
      "remedy": "request a token for an account that exists; an account that was just created may not have been seen yet",
      "httpStatus": 401,
      "isStricter": false
    }
  ],
  [
    502,
    {
      "code": "service_account_uid_mismatch",
      "number": 502,
      "description": "the service account was replaced by another of the same name",
      "remedy": "request a new token for the new account",
      "httpStatus": 401,
      "isStricter": false
    }
  ],
  [
    503,
    {
      "code": "service_account_deleted",
      "number": 503,
      "description": "the service account is being deleted",
      "remedy": "request a token for another account",
      "httpStatus": 401,
      "isStricter": false
    }
  ],
  [
    511,
    {
      "code": "secret_not_found",
      "number": 511,
      "description": "the secret that the token is bound to does not exist",
      "remedy": "request a new token: tokens bound to a deleted secret are void",
      "httpStatus": 401,
      "isStricter": false
    }
  ],
  [
    512,
    {
      "code": "secret_uid_mismatch",
      "number": 512,
      "description": "the secret that the token is bound to was replaced by another of the same name",
      "remedy": "request a new token",
      "httpStatus": 401,
      "isStricter": false
    }
  ],
  [
    513,
    {
      "code": "secret_deleted",
      "number": 513,
      "description": "the secret that the token is bound to is being deleted",
      "remedy": "request a new token",
      "httpStatus": 401,
      "isStricter": false
    }
  ],
  [
    521,
    {
      "code": "pod_not_found",
      "number": 521,
      "description": "the pod that the token is bound to does not exist",
      "remedy": "use the token of a pod that exists: tokens bound to a deleted pod are void",
      "httpStatus": 401,
      "isStricter": false
    }
  ],
  [
    522,
    {
      "code": "pod_uid_mismatch",
      "number": 522,
      "description": "the pod that the token is bound to was replaced by another of the same name",
      "remedy": "use the new pod's own token",
      "httpStatus": 401,
      "isStricter": false
    }
  ],
  [
    523,
    {
      "code": "pod_deleted",
      "number": 523,
      "description": "the pod that the token is bound to is being deleted",
      "remedy": "use the token of another pod: tokens of a pod past its grace period are void",
      "httpStatus": 401,
      "isStricter": false
    }
  ],
  [
    531,
    {
      "code": "node_not_found",
      "number": 531,
      "description": "the node that the token is bound to does not exist",
      "remedy": "request a new token: tokens bound to a deleted node are void",
      "httpStatus": 401,
      "isStricter": false
    }
  ],
  [
    532,
    {
      "code": "node_uid_mismatch",
      "number": 532,
      "description": "the node that the token is bound to was replaced by another of the same name",
      "remedy": "request a new token on the new node",
      "httpStatus": 401,
      "isStricter": false
    }
  ],
  [
    533,
    {
      "code": "node_deleted",
      "number": 533,
      "description": "the node that the token is bound to is being deleted",
      "remedy": "request a new token on another node",
      "httpStatus": 401,
      "isStricter": false
    }
  ],
  [
    541,
    {
      "code": "bound_object_unavailable",
      "number": 541,
      "description": "the bound object could not be looked up",
      "remedy": "retry; check the connection to the source of bound objects",
      "httpStatus": 503,
      "isStricter": false
    }
  ],
  [
    542,
    {
      "code": "bound_object_pending",
      "number": 542,
      "description": "the bound object has not been seen yet",
      "remedy": "retry in a moment, or verify through the cluster, which asks the API server",
      "httpStatus": 503,
      "isStricter": false
    }
  ],
  [
    543,
    {
      "code": "bound_object_not_followed",
      "number": 543,
      "description": "objects of this kind, or in this namespace, are not followed",
      "remedy": "have the source follow them, or send a token that is bound to what it follows",
      "httpStatus": 503,
      "isStricter": false
    }
  ],
  [
    550,
    {
      "code": "attestation_missing",
      "number": 550,
      "description": "the token is bound to a webhook configuration and attests no API group",
      "remedy": "send a token issued through TokenRequest, which always has the attestation admissionReviewAPIGroups",
      "httpStatus": 401,
      "isStricter": false
    }
  ],
  [
    551,
    {
      "code": "validating_webhook_configuration_not_found",
      "number": 551,
      "description": "the validating webhook configuration that the token is bound to does not exist",
      "remedy": "request a new token: tokens bound to a deleted configuration are void",
      "httpStatus": 401,
      "isStricter": false
    }
  ],
  [
    552,
    {
      "code": "validating_webhook_configuration_uid_mismatch",
      "number": 552,
      "description": "the validating webhook configuration that the token is bound to was replaced by another of the same name",
      "remedy": "request a new token",
      "httpStatus": 401,
      "isStricter": false
    }
  ],
  [
    553,
    {
      "code": "validating_webhook_configuration_deleted",
      "number": 553,
      "description": "the validating webhook configuration that the token is bound to is being deleted",
      "remedy": "request a new token",
      "httpStatus": 401,
      "isStricter": false
    }
  ],
  [
    561,
    {
      "code": "mutating_webhook_configuration_not_found",
      "number": 561,
      "description": "the mutating webhook configuration that the token is bound to does not exist",
      "remedy": "request a new token: tokens bound to a deleted configuration are void",
      "httpStatus": 401,
      "isStricter": false
    }
  ],
  [
    562,
    {
      "code": "mutating_webhook_configuration_uid_mismatch",
      "number": 562,
      "description": "the mutating webhook configuration that the token is bound to was replaced by another of the same name",
      "remedy": "request a new token",
      "httpStatus": 401,
      "isStricter": false
    }
  ],
  [
    563,
    {
      "code": "mutating_webhook_configuration_deleted",
      "number": 563,
      "description": "the mutating webhook configuration that the token is bound to is being deleted",
      "remedy": "request a new token",
      "httpStatus": 401,
      "isStricter": false
    }
  ]
]);
