//! One line of output.

use anstyle::Style;
use boundtoken::{Rejection, UnixSeconds, UserInfo, VerifiedToken};
use boundtoken_kubernetes::WatchStatus;
use serde::Serialize;

use crate::failure::Failure;
use crate::output::{self, BAD, FAINT, GOOD, STRONG, printable};

#[derive(Serialize)]
#[serde(tag = "event", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Event {
    /// The keys were loaded.
    Keys {
        issuer: String,
        key_ids: Vec<String>,
    },
    /// An event arrived, or a connection was lost or made again.
    Watch(WatchStatus),
    /// The keys or the objects are too old, so verifiers refuse tokens.
    Stale,
    /// The keys and the objects are current again.
    Fresh,
    Accepted {
        user: UserInfo,
        bound_objects: Vec<String>,
    },
    Refused {
        code: u16,
        reason: &'static str,
        message: String,
    },
}

#[derive(Serialize)]
struct Line<'a> {
    time: String,
    #[serde(flatten)]
    event: &'a Event,
}

impl From<Result<VerifiedToken, Rejection>> for Event {
    fn from(verdict: Result<VerifiedToken, Rejection>) -> Self {
        match verdict {
            Ok(token) => Self::Accepted {
                user: token.user_info(),
                bound_objects: token
                    .claims()
                    .bound_objects()
                    .map(|object| object.reference.to_string())
                    .collect(),
            },
            Err(rejection) => Self::Refused {
                code: rejection.code(),
                reason: rejection.name(),
                message: rejection.to_string(),
            },
        }
    }
}

impl Event {
    pub fn json(&self) -> Result<String, Failure> {
        output::compact_json(&Line { time: UnixSeconds::now().to_string(), event: self })
    }

    /// A line for people. For a watch, [`People`](super::people::People) has better ones.
    pub fn text(&self) -> String {
        match self {
            Self::Keys { issuer, key_ids } => {
                let ids = if key_ids.is_empty() { "without ids".to_owned() } else { key_ids.join(", ") };
                line(STRONG, "keys", &printable(&format!("{ids} of {issuer}")))
            }
            Self::Watch(watch) => line(STRONG, "watch", watch.kind.name()),
            Self::Stale => line(BAD, "stale", "the keys or objects are too old: verifiers refuse tokens"),
            Self::Fresh => line(GOOD, "fresh", "the keys and objects are current: verifiers decide"),
            Self::Accepted { user, bound_objects } => line(
                GOOD,
                "accepted",
                &printable(&format!("{}  {}", user.username, bound_objects.join(", "))),
            ),
            Self::Refused { reason, message, .. } => {
                line(BAD, "refused", &format!("{reason}: {}", printable(message)))
            }
        }
    }
}

/// A line for people: the time, a word and a text.
pub fn line(style: Style, word: &str, text: &str) -> String {
    format!("{FAINT}{}{FAINT:#}  {style}{word:<9}{style:#} {text}", UnixSeconds::now())
}
