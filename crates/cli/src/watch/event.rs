//! One line of output.

use anstyle::Style;
use boundtoken::{Rejection, UnixSeconds, VerifiedToken};
use boundtoken_kubernetes::WatchStatus;
use serde::{Serialize, Serializer};

use crate::document::{VerdictDocument, leaves_undecided};
use crate::failure::Failure;
use crate::output::{self, BAD, CAUTION, FAINT, GOOD, STRONG, printable};

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
            Self::Verdict(Ok(token)) => {
                let objects = token.claims().bound_objects().map(|object| object.reference.to_string());
                let objects = objects.collect::<Vec<_>>().join(", ");
                line(GOOD, "accepted", &printable(&format!("{}  {objects}", token.claims().subject())))
            }
            Self::Verdict(Err(rejection)) => {
                let (style, word) =
                    if leaves_undecided(rejection) { (CAUTION, "undecided") } else { (BAD, "refused") };
                line(style, word, &printable(&format!("{}: {rejection}", rejection.name())))
            }
        }
    }
}

/// A line for people: the time, a word and a text.
pub fn line(style: Style, word: &str, text: &str) -> String {
    format!("{FAINT}{}{FAINT:#}  {style}{word:<9}{style:#} {text}", UnixSeconds::now())
}
