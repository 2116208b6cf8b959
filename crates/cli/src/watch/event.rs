//! One line of output.

use boundtoken::{Rejection, UnixSeconds, UserInfo, VerifiedToken};
use boundtoken_kubernetes::WatchStatus;
use serde::Serialize;

use crate::failure::{Failure, harmless};
use crate::output::{self, BAD, CAUTION, FAINT, GOOD, STRONG, paint, printable};

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
                code: rejection.number(),
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

    pub fn text(&self) -> String {
        let (mark, text) = match self {
            Self::Keys { issuer, key_ids } => {
                let ids = if key_ids.is_empty() { "without ids".to_owned() } else { key_ids.join(", ") };
                (paint(STRONG, "keys     "), printable(&format!("{ids} of {issuer}")))
            }
            Self::Watch(watch) => (paint(STRONG, "watch    "), described(watch)),
            Self::Stale => {
                (paint(BAD, "stale    "), "the keys or objects are too old: verifiers refuse".to_owned())
            }
            Self::Fresh => {
                (paint(GOOD, "fresh    "), "the keys and objects are current: verifiers decide".to_owned())
            }
            Self::Accepted { user, bound_objects } => (
                paint(GOOD, "accepted "),
                printable(&format!("{}  {}", user.username, bound_objects.join(", "))),
            ),
            Self::Refused { reason, message, .. } => {
                (paint(BAD, "refused  "), format!("{reason}: {}", printable(message)))
            }
        };
        format!("{FAINT}{}{FAINT:#}  {mark} {text}", UnixSeconds::now())
    }
}

fn described(watch: &WatchStatus) -> String {
    let place = watch.namespace.as_ref().map(|name| format!(" in {name}")).unwrap_or_default();
    let state = if watch.in_step { "in step" } else { "NOT in step" };
    let mut text = format!(
        "{}{place}: {} objects, {} events, {} reconnects, {state}",
        watch.kind, watch.objects, watch.events, watch.reconnects
    );
    if let Some(failure) = &watch.failure {
        text.push_str(&format!("; {}", paint(CAUTION, &harmless(failure))));
    }
    text
}
