//! Why a token was refused: one typed reason per refusal.
//!
//! The list below is the only one. [`Reason`], its stable numbers and names, the C enum in
//! `include/boundtoken.h` and the table in `docs/rejections.md` all come from it.

use std::fmt;

macro_rules! reasons {
    ($($(#[doc = $doc:literal])+ $variant:ident = $number:literal, $name:literal, $wrong:literal, $remedy:literal;)+) => {
        /// Why a token was refused.
        ///
        /// Numbers and names are stable: a later version may add reasons, never renumber or rename one.
        ///
        /// ```
        /// use boundtoken::Reason;
        ///
        /// assert_eq!(Reason::Expired.number(), 414);
        /// assert_eq!(Reason::Expired.name(), "expired");
        /// ```
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        #[repr(u16)]
        pub enum Reason {
            $($(#[doc = $doc])+ $variant = $number,)+
        }

        impl Reason {
            /// Every reason, by ascending number.
            pub const ALL: &'static [Reason] = &[$(Reason::$variant,)+];

            /// The stable number, the same in Rust, C and every binding.
            #[must_use]
            pub fn number(self) -> u16 {
                match self { $(Reason::$variant => $number,)+ }
            }

            /// The stable name, in snake case, for logs and metrics.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $(Reason::$variant => $name,)+ }
            }

            /// What was wrong, as one phrase without punctuation at its end.
            #[must_use]
            pub fn description(self) -> &'static str {
                match self { $(Reason::$variant => $wrong,)+ }
            }

            /// What to do about it, as one phrase without punctuation at its end.
            #[must_use]
            pub fn remedy(self) -> &'static str {
                match self { $(Reason::$variant => $remedy,)+ }
            }

            /// The rule in full: what the documentation says of this reason.
            #[must_use]
            pub fn documentation(self) -> &'static str {
                match self { $(Reason::$variant => concat!($($doc),+),)+ }
            }
        }
    };
}

reasons! {
    /// There is no token at all.
    TokenEmpty = 101, "token_empty",
        "the token is empty", "send the token in the header `Authorization: Bearer TOKEN`";
    /// The token is longer than the verifier's limit (16 KiB unless configured).
    TokenTooLarge = 102, "token_too_large",
        "the token is larger than the limit", "raise the verifier's token size limit if this issuer writes tokens this long";
    /// The compact form is three parts with a dot between them (RFC 7515 section 7.1); this is something else.
    TokenPartCount = 103, "token_part_count",
        "the token does not have exactly three parts", "send one JWS in compact form: HEADER.CLAIMS.SIGNATURE";
    /// Each part is canonical base64url (RFC 7515 section 2): its 64 letters only, no padding, no white space, no stray bits at the end.
    TokenNotBase64url = 104, "token_not_base64url",
        "a part of the token is not canonical base64url", "send the token exactly as it was issued, without line breaks, quotes or padding";

    /// The decoded header is longer than 4,096 bytes.
    HeaderTooLarge = 201, "header_too_large",
        "the header is larger than 4096 bytes", "use an issuer that writes small headers";
    /// The header is not valid UTF-8, or holds a lone surrogate escape (RFC 8259 section 8).
    HeaderNotUtf8 = 202, "header_not_utf8",
        "the header is not valid Unicode text", "use an issuer that writes RFC 8259 JSON";
    /// The header is not a single JSON object, or is not JSON as RFC 8259 defines it.
    HeaderMalformed = 203, "header_malformed",
        "the header is not a JSON object", "use an issuer that writes RFC 8259 JSON";
    /// The header nests deeper than 32 levels.
    HeaderTooDeep = 204, "header_too_deep",
        "the header nests deeper than 32 levels", "use an issuer that writes flat headers";
    /// An object in the header has the same member twice (RFC 7515 section 4).
    HeaderDuplicateMember = 205, "header_duplicate_member",
        "the header has a member twice", "use an issuer that writes each member once";
    /// The header has more than 32 members that boundtoken does not use, in one object and the objects around it; or more than
    /// 64 members, array elements and escapes in total. Each costs more to read than its few bytes suggest, and no signature
    /// vouches for them.
    HeaderTooManyMembers = 206, "header_too_many_members",
        "the header has too many members, elements or escapes", "use an issuer that writes small headers";
    /// A number in the header is longer than 64 characters, or has no finite value in double precision (RFC 7493
    /// section 2.2).
    HeaderNumberOutOfRange = 207, "header_number_out_of_range",
        "a number in the header is longer than 64 characters or beyond double precision", "use an issuer that writes ordinary numbers";
    /// A known header member (`alg`, `kid`, `typ`, `nonce`) is not a string.
    HeaderWrongType = 208, "header_wrong_type",
        "a header member has the wrong JSON type", "use an issuer that writes alg, kid and typ as strings";
    /// The header has no `alg` (RFC 7515 section 4.1.1).
    AlgorithmMissing = 209, "algorithm_missing",
        "the header names no algorithm", "use an issuer that signs its tokens";
    /// The header's `alg` is `none`, symmetric, or unknown here. Only RS, PS, ES and EdDSA signatures can be verified with public keys.
    AlgorithmUnsupported = 210, "algorithm_unsupported",
        "the token's algorithm is not supported", "use RS256 or ES256, as Kubernetes does; ES512 needs the AWS-LC backend";
    /// The header's `typ` is neither absent nor `JWT`: it may be a token for another purpose (RFC 8725 section 3.11).
    TypeUnsupported = 211, "type_unsupported",
        "the token's type is not JWT", "send a Kubernetes service-account token";
    /// The header has `crit` or `b64`: extensions that change what is signed (RFC 7515 section 4.1.11, RFC 7797).
    CriticalHeader = 212, "critical_header",
        "the header demands an extension (crit or b64)", "use an issuer that writes plain RFC 7515 tokens";
    /// The header brings its own key or the address of one (`jwk`, `jku`, `x5u`, `x5c`). Keys come only from the verifier's configuration.
    EmbeddedKey = 213, "embedded_key",
        "the header brings its own key", "use an issuer that names its key by kid";

    /// The header has no `kid`, and not exactly one key fits the algorithm.
    KeyIdMissing = 301, "key_id_missing",
        "the header names no key and several would fit", "use an issuer that writes kid";
    /// No configured key has the header's `kid`.
    KeyUnknown = 302, "key_unknown",
        "no configured key has the token's kid", "refresh the key set: the issuer may have rotated its keys, or the token comes from another issuer";
    /// The key with the header's `kid` (or, without one, every key) is for a different algorithm than its `alg` (RFC 8725
    /// section 3.1).
    AlgorithmMismatch = 303, "algorithm_mismatch",
        "the token's algorithm is not the key's", "use an issuer that signs with the algorithm its key set names";
    /// The signature is not valid under the key.
    SignatureInvalid = 304, "signature_invalid",
        "the signature is not valid", "send the token exactly as it was issued; a token that was altered or signed by another key is never accepted";
    /// The issuer's keys are older than their maximum age, so the issuer may have withdrawn them. Only if a maximum age is set, and
    /// the verifier refuses in that case.
    KeysStale = 305, "keys_stale",
        "the issuer's keys have not been confirmed for longer than allowed", "retry; check the connection to the server that publishes the keys";

    /// The claims are not valid UTF-8, or hold a lone surrogate escape (RFC 8259 section 8).
    ClaimsNotUtf8 = 401, "claims_not_utf8",
        "the claims are not valid Unicode text", "use an issuer that writes RFC 8259 JSON";
    /// The claims are not a single JSON object, or are not JSON as RFC 8259 defines it.
    ClaimsMalformed = 402, "claims_malformed",
        "the claims are not a JSON object", "use an issuer that writes RFC 8259 JSON";
    /// The claims nest deeper than 32 levels.
    ClaimsTooDeep = 403, "claims_too_deep",
        "the claims nest deeper than 32 levels", "use an issuer that writes flat claims";
    /// An object in the claims has the same member twice (RFC 7519 section 4).
    ClaimsDuplicateMember = 404, "claims_duplicate_member",
        "the claims have a member twice", "use an issuer that writes each member once";
    /// A number in the claims is longer than 64 characters, or has no finite value in double precision (RFC 7493
    /// section 2.2).
    ClaimsNumberOutOfRange = 405, "claims_number_out_of_range",
        "a number in the claims is longer than 64 characters or beyond double precision", "use an issuer that writes ordinary numbers";
    /// A known claim has the wrong JSON type.
    ClaimsWrongType = 406, "claims_wrong_type",
        "a claim has the wrong JSON type", "use an issuer that writes claims as RFC 7519 and Kubernetes define them";
    /// A claim's name differs from a registered one only in the case of its letters (`Exp`, `AUD`): readers would disagree about it.
    ClaimsNameCase = 407, "claims_name_case",
        "a claim's name is a registered name in the wrong case", "use an issuer that writes claim names in lower case";
    /// A date is outside 0 to 253402300799 (the years 1970 to 9999).
    ClaimsDateOutOfRange = 408, "claims_date_out_of_range",
        "a date claim is outside the years 1970 to 9999", "use an issuer that writes dates in seconds since 1970";
    /// A legacy, secret-based service-account token (issuer `kubernetes/serviceaccount`). It names no audience and never expires.
    LegacyToken = 409, "legacy_token",
        "this is a legacy secret-based token without an audience or an expiry", "request a bound token: `kubectl create token`, or a projected service-account volume";
    /// The verified `iss` is not an issuer that the signing key belongs to.
    IssuerMismatch = 410, "issuer_mismatch",
        "the token's issuer is not trusted with this key", "configure exactly the issuer that the cluster writes: see /.well-known/openid-configuration";
    /// The token names no audience.
    AudienceMissing = 411, "audience_missing",
        "the token names no audience", "request a token for this service: `kubectl create token --audience`";
    /// None of the token's audiences is one of the verifier's.
    AudienceMismatch = 412, "audience_mismatch",
        "the token is meant for another audience", "request a token for this service: `kubectl create token --audience`";
    /// The token has no `exp`: it would be valid forever.
    ExpiryMissing = 413, "expiry_missing",
        "the token has no expiry", "request a token through TokenRequest, which always has one";
    /// The token has expired, even with the leeway (RFC 7519 section 4.1.4).
    Expired = 414, "expired",
        "the token has expired", "request a new token, as with `kubectl create token`; read a projected token from its file again";
    /// The token's `nbf` is in the future, even with the leeway (RFC 7519 section 4.1.5).
    NotYetValid = 415, "not_yet_valid",
        "the token is not valid yet", "compare the clocks of the issuer and the verifier";
    /// The token's `iat` is in the future, even with the leeway (RFC 7519 section 4.1.6).
    IssuedInFuture = 416, "issued_in_future",
        "the token was issued in the future", "compare the clocks of the issuer and the verifier";
    /// The claim `kubernetes.io`, its namespace or its service account is missing: this is not a service-account token.
    KubernetesClaimMissing = 417, "kubernetes_claim_missing",
        "the token is not a Kubernetes service-account token", "send a token issued through TokenRequest";
    /// `sub` is not `system:serviceaccount:NAMESPACE:NAME` with the names in the claim `kubernetes.io`.
    SubjectMismatch = 418, "subject_mismatch",
        "the subject is not the service account of the kubernetes.io claim", "use an issuer that writes the same account into both";
    /// A reference in the claim `kubernetes.io` has an empty or impossible name, or lacks the uid that Kubernetes writes.
    ReferenceInvalid = 419, "reference_invalid",
        "a reference in the kubernetes.io claim is incomplete or has an impossible name", "send a token issued through TokenRequest";
    /// The claim `kubernetes.io` has a member that boundtoken does not know and that has the form of a reference: an object
    /// with a `name` or a `uid` that is a string. It binds the token to a kind of object that boundtoken cannot confirm. The
    /// API server ignores members that it does not know.
    BindingUnknown = 420, "binding_unknown",
        "the token is bound to an object of an unknown kind", "use a version of boundtoken that knows this kind of binding";
    /// Two trusted issuers have this name, and both publish the key that signed the token: nobody can tell which of them issued it.
    IssuerAmbiguous = 421, "issuer_ambiguous",
        "two trusted issuers have the token's issuer and the key that signed it", "give each cluster a signing key of its own";
    /// The token was checked or accepted by one verifier and is to be judged further by another, which may trust other issuers and
    /// accept other audiences. This is a mistake in the program, not in the token.
    VerifierMismatch = 422, "verifier_mismatch",
        "the token was checked by another verifier", "confirm a token with the verifier that checked it";

    /// The service account does not exist (any more).
    ServiceAccountNotFound = 501, "service_account_not_found",
        "the service account does not exist", "request a token for an account that exists; an account that was just created may not have been seen yet";
    /// A service account of that name exists, with another uid: it was deleted and created again.
    ServiceAccountUidMismatch = 502, "service_account_uid_mismatch",
        "the service account was replaced by another of the same name", "request a new token for the new account";
    /// The service account's deletionTimestamp passed 60 seconds ago or more.
    ServiceAccountDeleted = 503, "service_account_deleted",
        "the service account is being deleted", "request a token for another account";
    /// The secret that the token is bound to does not exist (any more).
    SecretNotFound = 511, "secret_not_found",
        "the secret that the token is bound to does not exist", "request a new token: tokens bound to a deleted secret are void";
    /// A secret of that name exists, with another uid.
    SecretUidMismatch = 512, "secret_uid_mismatch",
        "the secret that the token is bound to was replaced by another of the same name", "request a new token";
    /// The secret's deletionTimestamp passed 60 seconds ago or more.
    SecretDeleted = 513, "secret_deleted",
        "the secret that the token is bound to is being deleted", "request a new token";
    /// The pod that the token is bound to does not exist (any more).
    PodNotFound = 521, "pod_not_found",
        "the pod that the token is bound to does not exist", "use the token of a pod that exists: tokens bound to a deleted pod are void";
    /// A pod of that name exists, with another uid.
    PodUidMismatch = 522, "pod_uid_mismatch",
        "the pod that the token is bound to was replaced by another of the same name", "use the new pod's own token";
    /// The pod's deletionTimestamp passed 60 seconds ago or more.
    PodDeleted = 523, "pod_deleted",
        "the pod that the token is bound to is being deleted", "use the token of another pod: tokens of a pod past its grace period are void";
    /// The node that the token is bound to does not exist (any more).
    NodeNotFound = 531, "node_not_found",
        "the node that the token is bound to does not exist", "request a new token: tokens bound to a deleted node are void";
    /// A node of that name exists, with another uid.
    NodeUidMismatch = 532, "node_uid_mismatch",
        "the node that the token is bound to was replaced by another of the same name", "request a new token on the new node";
    /// The node's deletionTimestamp passed 60 seconds ago or more.
    NodeDeleted = 533, "node_deleted",
        "the node that the token is bound to is being deleted", "request a new token on another node";
    /// The source of bound objects could not answer, and the verifier refuses in that case.
    BoundObjectUnavailable = 541, "bound_object_unavailable",
        "the bound object could not be looked up", "retry; check the connection to the source of bound objects";
    /// The token was issued within the last minute, and nothing has been heard yet of an object that it is bound to.
    BoundObjectPending = 542, "bound_object_pending",
        "the bound object has not been seen yet", "retry in a moment, or verify through the cluster, which asks the API server";
    /// The source of bound objects does not follow objects of this kind, or in this namespace. It will never know them, so the
    /// token is refused, whatever the verifier does when a source is unavailable.
    BoundObjectNotFollowed = 543, "bound_object_not_followed",
        "objects of this kind, or in this namespace, are not followed", "have the source follow them, or send a token that is bound to what it follows";
    /// The token is bound to a webhook configuration, and its claim `attestations` has no `admissionReviewAPIGroups` (KEP-6060).
    AttestationMissing = 550, "attestation_missing",
        "the token is bound to a webhook configuration and attests no API group", "send a token issued through TokenRequest, which always has the attestation admissionReviewAPIGroups";
    /// The validating webhook configuration that the token is bound to does not exist (any more).
    ValidatingWebhookConfigurationNotFound = 551, "validating_webhook_configuration_not_found",
        "the validating webhook configuration that the token is bound to does not exist", "request a new token: tokens bound to a deleted configuration are void";
    /// A validating webhook configuration of that name exists, with another uid.
    ValidatingWebhookConfigurationUidMismatch = 552, "validating_webhook_configuration_uid_mismatch",
        "the validating webhook configuration that the token is bound to was replaced by another of the same name", "request a new token";
    /// The validating webhook configuration's deletionTimestamp passed 60 seconds ago or more.
    ValidatingWebhookConfigurationDeleted = 553, "validating_webhook_configuration_deleted",
        "the validating webhook configuration that the token is bound to is being deleted", "request a new token";
    /// The mutating webhook configuration that the token is bound to does not exist (any more).
    MutatingWebhookConfigurationNotFound = 561, "mutating_webhook_configuration_not_found",
        "the mutating webhook configuration that the token is bound to does not exist", "request a new token: tokens bound to a deleted configuration are void";
    /// A mutating webhook configuration of that name exists, with another uid.
    MutatingWebhookConfigurationUidMismatch = 562, "mutating_webhook_configuration_uid_mismatch",
        "the mutating webhook configuration that the token is bound to was replaced by another of the same name", "request a new token";
    /// The mutating webhook configuration's deletionTimestamp passed 60 seconds ago or more.
    MutatingWebhookConfigurationDeleted = 563, "mutating_webhook_configuration_deleted",
        "the mutating webhook configuration that the token is bound to is being deleted", "request a new token";
}

impl Reason {
    /// The reasons by which boundtoken refuses tokens that kube-apiserver's TokenReview can accept.
    ///
    /// Everything else is refused by the API server too. The table in `docs/rejections.md` marks these.
    pub const STRICTER: &'static [Reason] = &[
        Reason::TokenTooLarge,
        Reason::TokenNotBase64url,
        Reason::HeaderTooLarge,
        Reason::HeaderNotUtf8,
        Reason::HeaderTooDeep,
        Reason::HeaderTooManyMembers,
        Reason::HeaderNumberOutOfRange,
        Reason::HeaderWrongType,
        Reason::TypeUnsupported,
        Reason::CriticalHeader,
        Reason::EmbeddedKey,
        Reason::KeyIdMissing,
        Reason::AlgorithmMismatch,
        Reason::ClaimsNotUtf8,
        Reason::ClaimsTooDeep,
        Reason::ClaimsDuplicateMember,
        Reason::ClaimsNumberOutOfRange,
        Reason::ClaimsNameCase,
        Reason::ClaimsDateOutOfRange,
        Reason::LegacyToken,
        Reason::AudienceMissing,
        Reason::ExpiryMissing,
        Reason::SubjectMismatch,
        Reason::ReferenceInvalid,
        Reason::BindingUnknown,
        Reason::IssuerAmbiguous,
    ];
}

/// Reasons that belong to one step of the verification. Their numbers are in one range, which later versions fill up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ReasonFamily {
    /// The lowest number of the range.
    pub first: u16,
    /// The highest number of the range.
    pub last: u16,
    /// The stable name, in snake case.
    pub name: &'static str,
    /// What its reasons have in common, as one sentence.
    pub documentation: &'static str,
}

impl Reason {
    /// The families of reasons, in the order of the verification. Every reason belongs to one.
    ///
    /// ```
    /// use boundtoken::Reason;
    ///
    /// let family = Reason::FAMILIES.iter().find(|family| family.name == "claims").unwrap();
    /// assert!((family.first..=family.last).contains(&Reason::Expired.number()));
    /// ```
    pub const FAMILIES: &'static [ReasonFamily] = &[
        ReasonFamily {
            first: 101,
            last: 199,
            name: "token",
            documentation: "The token does not have the form of a token.",
        },
        ReasonFamily {
            first: 201,
            last: 299,
            name: "header",
            documentation: "The header of the token is not one that a verifier may act on.",
        },
        ReasonFamily {
            first: 301,
            last: 399,
            name: "signature",
            documentation: "No key vouches for the token: none fits, or the signature does not hold.",
        },
        ReasonFamily {
            first: 401,
            last: 499,
            name: "claims",
            documentation: "The signature holds, but the claims break a rule: issuer, audience, times or form.",
        },
        ReasonFamily {
            first: 501,
            last: 599,
            name: "bound_objects",
            documentation: "The claims are good, but an object that the token is bound to is gone, or cannot be confirmed.",
        },
    ];

    /// The status of an HTTP answer that refuses the request for this reason.
    ///
    /// It is 503 where nothing can be decided now: the same token may be accepted when the cluster answers again. It is
    /// 401 for every other reason (RFC 6750 section 3.1). 403 is left for callers that a service's own policy turns away.
    ///
    /// ```
    /// use boundtoken::Reason;
    ///
    /// assert_eq!(Reason::Expired.http_status(), 401);
    /// assert_eq!(Reason::KeysStale.http_status(), 503);
    /// ```
    #[must_use]
    pub fn http_status(self) -> u16 {
        match self {
            Self::KeysStale
            | Self::BoundObjectUnavailable
            | Self::BoundObjectPending
            | Self::BoundObjectNotFollowed => 503,
            _ => 401,
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_ascend_and_names_are_the_variants_in_snake_case() {
        assert!(Reason::ALL.windows(2).all(|pair| pair[0].number() < pair[1].number()));
        for reason in Reason::ALL {
            let words: String = format!("{reason:?}")
                .chars()
                .flat_map(|c| if c.is_uppercase() { vec!['_', c.to_ascii_lowercase()] } else { vec![c] })
                .collect();
            assert_eq!(words.trim_start_matches('_'), reason.name());
        }
    }

    #[test]
    fn every_reason_is_in_one_family() {
        assert!(Reason::FAMILIES.windows(2).all(|pair| pair[0].last < pair[1].first));
        for reason in Reason::ALL {
            let mut families = Reason::FAMILIES.iter();
            assert!(
                families.any(|family| (family.first..=family.last).contains(&reason.number())),
                "{reason}"
            );
        }
    }

    #[test]
    fn every_challenge_is_a_valid_rfc_6750_description() {
        for reason in Reason::ALL {
            let description = reason.description();
            assert!(
                description.bytes().all(|b| matches!(b, 0x20..=0x21 | 0x23..=0x5b | 0x5d..=0x7e)),
                "{reason}"
            );
        }
    }
}
