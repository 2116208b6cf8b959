//! One line of output.

use boundtoken::{Rejection, UnixSeconds, VerifiedToken};
use boundtoken_kubernetes::WatchStatus;
use serde::{Serialize, Serializer};

use crate::document::{VerdictDocument, leaves_undecided};
use crate::failure::{Failure, harmless};
use crate::output::{self, BAD, CAUTION, FAINT, GOOD, STRONG, paint, printable};

#[derive(Serialize)]
#[serde(tag = "event", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Event {
    /// The keys were loaded.
    Keys { issuer: String, key_ids: Vec<String> },
    /// An event arrived, or a connection was lost or made again.
    Watch(WatchStatus),
    /// The keys or the objects are too old, so verifiers refuse tokens.
    Stale,
    /// The keys and the objects are current again.
    Fresh,
    /// The verdict on a token, as `verify` gives it.
    Verdict(#[serde(serialize_with = "as_document")] Result<VerifiedToken, Rejection>),
}

#[derive(Serialize)]
struct Line<'a> {
    time: String,
    #[serde(flatten)]
    event: &'a Event,
}

fn as_document<S: Serializer>(
    verdict: &Result<VerifiedToken, Rejection>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    VerdictDocument::from(verdict).serialize(serializer)
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
            Self::Verdict(Ok(token)) => {
                let objects = token.claims().bound_objects().map(|object| object.reference.to_string());
                let objects = objects.collect::<Vec<_>>().join(", ");
                (paint(GOOD, "accepted "), printable(&format!("{}  {objects}", token.claims().subject())))
            }
            Self::Verdict(Err(rejection)) => {
                let mark = if leaves_undecided(rejection) {
                    paint(CAUTION, "undecided")
                } else {
                    paint(BAD, "refused  ")
                };
                (mark, printable(&format!("{}: {rejection}", rejection.name())))
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
