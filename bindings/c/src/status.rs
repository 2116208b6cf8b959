//! The statuses that calls return: the mistakes listed below and every [`Reason`].

use std::fmt;

use boundtoken::Reason;

use crate::boundary;
use crate::error::CallFailure;
use crate::string::boundtoken_str;

/// The outcome of a call. 0 is success, 1 to 99 are mistakes of the caller, and from 101 on are [`Reason`]s to refuse
/// a token.
#[repr(transparent)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct boundtoken_status(u32);

macro_rules! mistakes {
    ($($(#[doc = $doc:literal])+ $variant:ident = $number:literal, $name:literal, $wrong:literal, $remedy:literal;)+) => {
        /// Why a call failed, other than by refusing a token.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(super) enum Mistake {
            $($(#[doc = $doc])+ $variant,)+
        }

        impl Mistake {
            const ALL: &'static [Self] = &[$(Self::$variant,)+];

            fn number(self) -> u32 {
                match self { $(Self::$variant => $number,)+ }
            }

            /// The stable name, in snake case.
            pub(super) fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)+ }
            }

            /// The status of an HTTP answer that refuses the request.
            pub(super) fn http_status(self) -> u16 {
                // Nothing was decided, and the client cannot help it.
                500
            }

            /// What is wrong, as one phrase.
            pub(super) fn description(self) -> &'static str {
                match self { $(Self::$variant => $wrong,)+ }
            }

            /// What to do about it, as one phrase.
            pub(super) fn remedy(self) -> &'static str {
                match self { $(Self::$variant => $remedy,)+ }
            }

            fn documentation(self) -> &'static str {
                match self { $(Self::$variant => concat!($($doc),+),)+ }
            }
        }
    };
}

mistakes! {
    /// An argument that must not be NULL is NULL.
    NullArgument = 1, "null_argument",
        "an argument is NULL", "pass a valid pointer";
    /// A length is larger than the size of any object in memory.
    LengthOutOfRange = 2, "length_out_of_range",
        "a length is out of range", "pass the number of bytes that the pointer points to";
    /// A text is not UTF-8.
    NotUtf8 = 3, "not_utf8",
        "a text is not UTF-8", "pass UTF-8";
    /// An argument is not a value of its enumeration.
    UnknownValue = 4, "unknown_value",
        "a value is not one of its enumeration", "pass one of the values that boundtoken.h lists";
    /// A time is before 1970.
    NegativeTime = 5, "negative_time",
        "a time is negative", "pass seconds since 1970-01-01T00:00:00Z";
    /// The member `size` of a struct is smaller than in any version of the header.
    StructTooSmall = 6, "struct_too_small",
        "the struct's size is too small", "set the member size to the sizeof of the struct";
    /// An internal error in the library. Nothing was decided. Treat it as a refusal, and report it as a bug.
    Panic = 7, "panic",
        "internal error in boundtoken", "refuse the token, and report this as a bug";
    /// The buffer is too small for the record of an accepted token. The token was not accepted by this call. Pass a larger
    /// buffer: the call says how large.
    BufferTooSmall = 8, "buffer_too_small",
        "the buffer is too small for the record", "pass as many bytes as the call says, or as boundtoken_verifier_largest_record returns";
    /// The verdict takes a signature check, and the caller asked for none. Nothing was decided. Call again without
    /// BOUNDTOKEN_VERIFY_CACHED_ONLY, on a thread that may take longer.
    NotCached = 9, "not_cached",
        "the token's signature is not checked yet", "call again without BOUNDTOKEN_VERIFY_CACHED_ONLY";
    /// Clusters have not answered yet. Nothing was decided. Wait, and call boundtoken_verification_finish again.
    StillAsking = 10, "still_asking",
        "clusters have not answered yet", "wait until the callback is called, and call again";
    /// The library was built without clusters.
    NotBuiltIn = 11, "not_built_in",
        "the library was built without clusters", "use a library that was built with the feature `kubernetes`, as `make capi` does";
    /// Nothing happened before the time-out.
    TimedOut = 12, "timed_out",
        "nothing happened before the time-out", "call again";

    /// There is not one answer for each object of a checked token.
    AnswersMissing = 13, "answers_missing",
        "there is not one answer for each object", "pass as many as boundtoken_checked_objects returns, in its order";

    /// The document is not a JSON Web Key Set (RFC 7517 section 5), or is too large.
    JwksUnreadable = 21, "jwks_unreadable",
        "the key set could not be read", "pass the document that the cluster serves at /openid/v1/jwks";
    /// The document has no PEM block, or is too large.
    PemUnreadable = 22, "pem_unreadable",
        "the PEM file could not be read", "pass a file with a line -----BEGIN PUBLIC KEY-----";
    /// The document was read, but none of its keys can be used. The message says why.
    NoUsableKey = 23, "no_usable_key",
        "no key can be used", "pass the public keys of the issuer: RSA, P-256, P-384 or Ed25519";
    /// One key of a document was skipped. No call returns this status: see `boundtoken_keys_skipped`.
    KeySkipped = 24, "key_skipped",
        "the key was skipped", "the message says why; other keys are not affected";

    /// The document is not in any of the JSON forms that `boundtoken_objects_load_json` takes, or an object in it is
    /// incomplete.
    ObjectsUnreadable = 31, "objects_unreadable",
        "the objects could not be read", "pass the output of: kubectl get serviceaccounts,secrets,pods,nodes -A -o json";
    /// An object has no name, no uid or, if its kind is namespaced, no namespace.
    ObjectIncomplete = 32, "object_incomplete",
        "the object is incomplete", "pass its namespace (if its kind has one), its name and its uid";
    /// The objects come from a callback, so the library cannot change them.
    NotAnObjectStore = 33, "not_an_object_store",
        "the objects come from a call-back", "change what the call-back answers from";

    /// The verifier has no issuer.
    NoIssuer = 41, "no_issuer",
        "no issuer", "add the one your cluster writes, see /.well-known/openid-configuration";
    /// An issuer's name is empty.
    EmptyIssuer = 42, "empty_issuer",
        "an issuer's name is empty", "give it as the cluster writes it into iss";
    /// An issuer has no usable key.
    IssuerWithoutKey = 43, "issuer_without_key",
        "an issuer has no usable key", "load its JWKS or PEM file, and see what was skipped and why";
    /// The verifier has no audience.
    NoAudience = 44, "no_audience",
        "no audience", "add the identifier of the service that verifies";
    /// An audience is empty.
    EmptyAudience = 45, "empty_audience",
        "an audience is empty", "give the identifier of the service that verifies";
    /// The leeway is longer than 3,600 seconds.
    LeewayTooLong = 46, "leeway_too_long",
        "the leeway is longer than 3600 seconds", "set the clocks instead";
    /// The token size limit is 0 or more than 1,048,576 bytes.
    TokenSizeOutOfRange = 47, "token_size_out_of_range",
        "the token size limit is out of range", "set it between 1 and 1048576 bytes";
    /// An issuer's label is empty.
    EmptyLabel = 48, "empty_label",
        "an issuer's label is empty", "leave it out to have the issuer's name for one";
    /// Two issuers of a verifier have the same label. An issuer without a label uses its name.
    LabelNotUnique = 49, "label_not_unique",
        "two issuers have the same label", "give each a label of its own with boundtoken_verifier_builder_issuer_label";
    /// Two issuers share a name and a key, so a token could belong to either.
    IssuersAmbiguous = 50, "issuers_ambiguous",
        "two issuers have a name and a key in common", "give each cluster a signing key of its own";

    /// A cluster's configuration is not the JSON that `boundtoken_cluster_connect` takes, or something it names
    /// cannot be used.
    ClusterConfiguration = 51, "cluster_configuration",
        "the cluster's configuration cannot be used", "see boundtoken_cluster_connect for its members";
    /// The API server could not be reached, or its answer makes no sense. The message says which step failed.
    ClusterUnreachable = 52, "cluster_unreachable",
        "the cluster could not be reached", "check the API server's address, its certificate authority, and the network";
    /// The API server rejected the credentials, or they lack a permission. The message says which.
    ClusterForbidden = 53, "cluster_forbidden",
        "the cluster does not permit it", "bind the permissions that the message names to this identity";
    /// The cluster answers, but some objects were not listed before the deadline. The message names their kind.
    ClusterNotInStep = 54, "cluster_not_in_step",
        "the cluster's objects were not listed in time", "see why in the message, or set a longer deadlineSeconds";
    /// The thread that follows the cluster could not be started.
    ClusterThread = 55, "cluster_thread",
        "the background thread could not be started", "see the limits of the process";
    /// The process has forked since the connection was made. Only the parent process follows the cluster.
    ClusterForked = 56, "cluster_forked",
        "the cluster was connected to before a fork", "connect in each process, after the fork";
    /// The cluster was freed, so nothing more is heard of it.
    ClusterEnded = 57, "cluster_ended",
        "the cluster was freed", "keep the handle of the cluster while its changes are read";
}

impl Mistake {
    /// This mistake in the argument of this name.
    pub(super) fn of(self, argument: &'static str) -> CallFailure {
        self.with(format!("{} (`{argument}`); {}", self.description(), self.remedy()))
    }

    /// This mistake with its own message.
    pub(super) fn with(self, message: impl Into<Box<str>>) -> CallFailure {
        CallFailure::Mistake { mistake: self, message: Some(message.into()) }
    }
}

impl fmt::Display for Mistake {
    /// Writes what is wrong and, after a semicolon, what to do.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.description())?;
        formatter.write_str("; ")?;
        formatter.write_str(self.remedy())
    }
}

/// A status that a call can return, and what bindings for other languages say about it.
#[derive(Clone, Copy, Debug)]
pub struct Status {
    /// The stable number.
    pub number: u32,
    /// The stable name, in snake case.
    pub name: &'static str,
    /// What the status says about the call.
    pub kind: StatusKind,
    /// What it means, as one phrase.
    pub description: &'static str,
    /// What to do about it, as one phrase. `None` for success.
    pub remedy: Option<&'static str>,
    /// The status of an HTTP answer: 200, or one that refuses the request.
    pub http_status: u16,
    /// The documentation in full.
    pub documentation: &'static str,
}

/// What a status says about the call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StatusKind {
    /// The call succeeded.
    Ok,
    /// The caller made a mistake, or nothing was decided.
    Mistake,
    /// A token was refused.
    Reason {
        /// Whether kube-apiserver's TokenReview can accept such a token.
        stricter: bool,
    },
}

impl boundtoken_status {
    pub(super) const OK: Self = Self(0);

    /// Returns the number of the status, for Rust code that calls the C functions.
    #[must_use]
    pub fn number(self) -> u32 {
        self.0
    }

    fn listed(self) -> Option<Status> {
        statuses().find(|status| status.number == self.0)
    }
}

impl From<Mistake> for boundtoken_status {
    fn from(mistake: Mistake) -> Self {
        Self(mistake.number())
    }
}

impl From<Reason> for boundtoken_status {
    fn from(reason: Reason) -> Self {
        Self(reason.number().into())
    }
}

/// Every status in ascending order.
///
/// `include/boundtoken.h` and `bindings/abi.json` are generated from this list.
///
/// ```
/// let expired = boundtoken_capi::statuses().find(|status| status.number == 414).unwrap();
/// assert_eq!((expired.name, expired.http_status), ("expired", 401));
/// ```
pub fn statuses() -> impl Iterator<Item = Status> {
    let ok = Status {
        number: boundtoken_status::OK.0,
        name: "ok",
        kind: StatusKind::Ok,
        description: "success",
        remedy: None,
        http_status: 200,
        documentation: "Success. From a verification: the token is accepted.",
    };
    let mistakes = Mistake::ALL.iter().map(|&mistake| Status {
        number: mistake.number(),
        name: mistake.name(),
        kind: StatusKind::Mistake,
        description: mistake.description(),
        remedy: Some(mistake.remedy()),
        http_status: mistake.http_status(),
        documentation: mistake.documentation().trim(),
    });
    let reasons = Reason::ALL.iter().map(|&reason| Status {
        number: reason.number().into(),
        name: reason.name(),
        kind: StatusKind::Reason { stricter: Reason::STRICTER.contains(&reason) },
        description: reason.description(),
        remedy: Some(reason.remedy()),
        http_status: reason.http_status(),
        documentation: reason.documentation().trim(),
    });
    std::iter::once(ok).chain(mistakes).chain(reasons)
}

/// Returns the stable name of a status in snake case, for logs and metrics. BOUNDTOKEN_EXPIRED is `expired`.
///
/// A number that this version does not know is `unknown`. The text is static. Any thread.
#[unsafe(no_mangle)]
pub extern "C" fn boundtoken_status_name(status: boundtoken_status) -> boundtoken_str {
    boundary::infallible(boundtoken_str::ABSENT, || {
        boundtoken_str::lend(status.listed().map_or("unknown", |listed| listed.name))
    })
}

/// Returns what a status means, as one phrase. `boundtoken_error_message` says more.
///
/// A number that this version does not know has a phrase too. The text is static. Any thread.
#[unsafe(no_mangle)]
pub extern "C" fn boundtoken_status_description(status: boundtoken_status) -> boundtoken_str {
    boundary::infallible(boundtoken_str::ABSENT, || {
        boundtoken_str::lend(
            status.listed().map_or("a status of another version of boundtoken", |listed| listed.description),
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_ascend_and_names_are_unique() {
        let all: Vec<_> = statuses().collect();
        assert!(all.windows(2).all(|pair| pair[0].number < pair[1].number));
        let names: std::collections::BTreeSet<_> = all.iter().map(|status| status.name).collect();
        assert_eq!(names.len(), all.len());
    }

    #[test]
    fn mistakes_and_reasons_have_ranges_of_their_own() {
        assert!(Mistake::ALL.iter().all(|mistake| (1..=99).contains(&mistake.number())));
        assert!(Reason::ALL.iter().all(|reason| reason.number() > 100));
    }
}
