//! Why an issuer's keys could not be loaded: which step failed, and what to do.

use std::fmt;
use std::time::Duration;

/// A step on the way to an issuer's keys.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Step {
    /// Understanding what was asked for: the issuer's name, the URL of its keys, certificate authorities.
    Configuration,
    /// Reading the discovery document.
    Document {
        /// Where it is.
        url: String,
    },
    /// Loading the key set.
    Keys {
        /// Where it is.
        url: String,
    },
}

/// Why an issuer's keys could not be loaded. Its text says what to do.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct DiscoveryError {
    /// The step that failed.
    pub step: Step,
    /// The HTTP status of the answer, if it was not a good one.
    pub http_status: Option<u16>,
    /// No answer came, or not all of it.
    is_unreachable: bool,
    message: String,
}

impl DiscoveryError {
    /// What was asked for, or what came back, is not as it should be.
    pub(super) fn wrong(step: Step, message: impl Into<String>) -> Self {
        Self { step, http_status: None, is_unreachable: false, message: message.into() }
    }

    pub(super) fn unreachable(step: Step, message: impl Into<String>) -> Self {
        Self { is_unreachable: true, ..Self::wrong(step, message) }
    }

    pub(super) fn too_slow(step: Step, patience: Duration) -> Self {
        Self::unreachable(step, format!("no complete answer within {} s", patience.as_secs_f32()))
    }

    pub(super) fn answered(step: Step, http_status: http::StatusCode) -> Self {
        let message = format!("the answer is {http_status}");
        Self { http_status: Some(http_status.as_u16()), ..Self::wrong(step, message) }
    }

    /// Whether the issuer is not up to it just now.
    pub(super) fn is_passing(&self) -> bool {
        matches!(self.http_status, Some(429 | 500..))
    }

    fn remedy(&self) -> Option<&'static str> {
        match (self.http_status, &self.step) {
            (None, _) if self.is_unreachable => Some(
                "check that the address can be reached from here, and that the system trusts the authority of its \
                 certificate, or give that one with `certificate_authority`",
            ),
            (Some(401 | 403), _) => Some("it must be readable without credentials"),
            (Some(404), Step::Document { .. }) => {
                Some("check the issuer's name, or say where its keys are with `jwks_uri`")
            }
            _ => None,
        }
    }
}

impl fmt::Display for Step {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Configuration => formatter.write_str("use the configuration"),
            Self::Document { url } => write!(formatter, "read the discovery document {url}"),
            Self::Keys { url } => write!(formatter, "load the key set {url}"),
        }
    }
}

impl fmt::Display for DiscoveryError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "could not {}: {}", self.step, self.message)?;
        match self.remedy() {
            Some(remedy) => write!(formatter, "; {remedy}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for DiscoveryError {}
