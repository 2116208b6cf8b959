//! The parts that documents of several commands share. `docs/schemas/common.json` describes them.

use boundtoken::{Reason, Rejection, UnixSeconds, VerifiedToken};
use serde::{Serialize, Serializer};

use crate::failure::Failure;

/// A reason, as every document has it.
#[derive(Serialize)]
pub struct ReasonDocument {
    number: u16,
    name: &'static str,
}

impl From<Reason> for ReasonDocument {
    fn from(reason: Reason) -> Self {
        Self { number: reason.number(), name: reason.name() }
    }
}

/// Why a token is refused: the reason, what is wrong with this token, and what to do.
#[derive(Serialize)]
pub struct Explained {
    reason: ReasonDocument,
    message: String,
    remedy: String,
}

impl Explained {
    pub fn with_remedy(rejection: &Rejection, remedy: &str) -> Self {
        Self { reason: rejection.reason().into(), message: what(rejection), remedy: remedy.to_owned() }
    }
}

impl From<&Rejection> for Explained {
    fn from(rejection: &Rejection) -> Self {
        Self::with_remedy(rejection, rejection.reason().remedy())
    }
}

/// What was wrong. Leaves out the remedy, with which every message ends.
pub fn what(rejection: &Rejection) -> String {
    let message = rejection.to_string();
    let remedy = format!("; {}", rejection.reason().remedy());
    message.strip_suffix(remedy.as_str()).map(str::to_owned).unwrap_or(message)
}

/// Whether the token itself is valid, but the state of its bound objects is unknown. Then there is no verdict.
pub fn leaves_undecided(rejection: &Rejection) -> bool {
    matches!(rejection.reason(), Reason::BoundObjectUnavailable | Reason::BoundObjectNotFollowed)
}

/// A verdict on one token.
#[derive(Serialize)]
#[serde(tag = "verdict", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum VerdictDocument {
    Accepted(VerifiedToken),
    Refused {
        #[serde(flatten)]
        why: Explained,
        www_authenticate: String,
    },
    /// The bound objects are unknown.
    #[serde(rename = "undecided")]
    Unknown(Explained),
    /// There was nothing to judge, or nothing to judge it by.
    #[serde(rename = "undecided")]
    Failed {
        message: String,
    },
}

impl From<&Rejection> for VerdictDocument {
    fn from(rejection: &Rejection) -> Self {
        if leaves_undecided(rejection) {
            Self::Unknown(rejection.into())
        } else {
            Self::Refused { why: rejection.into(), www_authenticate: rejection.www_authenticate() }
        }
    }
}

impl From<&Failure> for VerdictDocument {
    fn from(failure: &Failure) -> Self {
        Self::Failed { message: failure.sentence().to_owned() }
    }
}

impl From<&Result<VerifiedToken, Rejection>> for VerdictDocument {
    fn from(verdict: &Result<VerifiedToken, Rejection>) -> Self {
        match verdict {
            Ok(token) => Self::Accepted(token.clone()),
            Err(rejection) => rejection.into(),
        }
    }
}

/// Writes a time as Kubernetes does, by RFC 3339.
///
/// # Errors
/// What the serializer reports.
pub fn time<S: Serializer>(time: &UnixSeconds, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(time)
}

/// As [`time`].
///
/// # Errors
/// What the serializer reports.
pub fn optional_time<S: Serializer>(time: &Option<UnixSeconds>, serializer: S) -> Result<S::Ok, S::Error> {
    match time {
        Some(time) => serializer.collect_str(time),
        None => serializer.serialize_none(),
    }
}
