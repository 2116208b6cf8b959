//! A watch as the body of a response: one JSON object a line.

use std::fmt;
use std::pin::Pin;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use futures_util::stream::unfold;
use serde::Serialize;
use serde_json::{Value, json};
use tokio::time::{Instant, sleep_until};

use super::super::accept::Form;
use super::super::answer::metadata_of;
use super::super::faults::WatchEnd;
use super::super::table::Table;
use crate::store::{Resource, Watch, WatchEvent};

/// How often a client that asked for bookmarks gets one.
const BOOKMARKS: Duration = Duration::from_secs(10);
/// How long before the end the last bookmark comes.
const LAST_BOOKMARK: Duration = Duration::from_secs(2);
/// About how many bytes are written at a time.
const CHUNK: usize = 64 << 10;

/// The response to a watch, which goes on until its lifetime is over or `end` is ready.
pub(super) fn respond(
    watch: Watch,
    resource: Resource,
    form: Form,
    bookmarks: bool,
    lifetime: Duration,
    end: impl Future<Output = WatchEnd> + Send + 'static,
) -> Response {
    let now = Instant::now();
    let mut follower = Follower {
        watch,
        resource,
        form,
        columns_are_due: true,
        deadline: now + lifetime,
        bookmark: None,
        bookmarks,
        end: Box::pin(end),
    };
    follower.plan_bookmark(now);
    // Nothing is read ahead: what the client does not take stays in the history.
    let lines = unfold(Some(follower), |follower| async { follower?.next().await });
    ([(CONTENT_TYPE, "application/json")], Body::from_stream(lines)).into_response()
}

struct Follower {
    watch: Watch,
    resource: Resource,
    form: Form,
    /// The first event of a table has its columns.
    columns_are_due: bool,
    deadline: Instant,
    bookmarks: bool,
    /// When the next bookmark is due.
    bookmark: Option<Instant>,
    end: Pin<Box<dyn Future<Output = WatchEnd> + Send>>,
}

/// Breaks the connection off.
#[derive(Debug)]
struct Broken;

impl fmt::Display for Broken {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("the watch was disconnected")
    }
}

impl std::error::Error for Broken {}

/// What is written, and the follower that goes on. There is none after a broken connection.
type Step = (Result<Bytes, Broken>, Option<Follower>);

impl Follower {
    /// The next lines; `None` at the end.
    async fn next(mut self) -> Option<Step> {
        let pause = self.bookmark.unwrap_or(self.deadline).min(self.deadline);
        let event = tokio::select! {
            biased;
            end = &mut self.end => {
                return match end {
                    WatchEnd::Orderly => None,
                    WatchEnd::Broken => Some((Err(Broken), None)),
                };
            }
            event = self.watch.next() => event?,
            () = sleep_until(pause) => {
                let now = Instant::now();
                if now >= self.deadline {
                    return None;
                }
                self.plan_bookmark(now);
                self.watch.bookmark(false)
            }
        };
        let mut lines = Vec::new();
        let mut next = Some(event);
        while let Some(event) = next {
            if let Err(broken) = self.write(&event, &mut lines) {
                return Some((Err(broken), None));
            }
            next = if lines.len() < CHUNK { self.watch.next_ready() } else { None };
        }
        Some((Ok(lines.into()), Some(self)))
    }

    fn plan_bookmark(&mut self, now: Instant) {
        let last = self.deadline.checked_sub(LAST_BOOKMARK).filter(|last| *last > now);
        self.bookmark = last.filter(|_| self.bookmarks).map(|last| last.min(now + BOOKMARKS));
    }

    fn write(&mut self, event: &WatchEvent, lines: &mut Vec<u8>) -> Result<(), Broken> {
        match event {
            WatchEvent::Added(object) => self.write_object("ADDED", object, lines),
            WatchEvent::Modified(object) => self.write_object("MODIFIED", object, lines),
            WatchEvent::Deleted(object) => self.write_object("DELETED", object, lines),
            WatchEvent::Bookmark { revision, initial_events_end } => {
                let bookmark = self.bookmark_object(*revision, *initial_events_end);
                self.write_object("BOOKMARK", &bookmark, lines)
            }
            WatchEvent::Error(status) => write_line("ERROR", status, lines),
        }
    }

    fn write_object(&mut self, kind: &str, object: &Value, lines: &mut Vec<u8>) -> Result<(), Broken> {
        match self.form {
            Form::Full => write_line(kind, object, lines),
            Form::Table { api_version, included } => {
                let has_columns = std::mem::take(&mut self.columns_are_due);
                let table = Table { resource: self.resource, api_version, included, has_columns };
                write_line(kind, &table.of_one(object), lines)
            }
            Form::PartialObjectMetadata { api_version } | Form::PartialObjectMetadataList { api_version } => {
                write_line(kind, &metadata_of(object, api_version), lines)
            }
        }
    }

    /// An object of the kind with nothing but the version.
    fn bookmark_object(&self, revision: u64, initial_events_end: bool) -> Value {
        let version = revision.to_string();
        let metadata = if initial_events_end {
            json!({"resourceVersion": version, "annotations": {"k8s.io/initial-events-end": "true"}})
        } else {
            json!({"resourceVersion": version})
        };
        json!({
            "kind": self.resource.kind(), "apiVersion": self.resource.api_version(), "metadata": metadata,
        })
    }
}

fn write_line(kind: &str, object: &impl Serialize, lines: &mut Vec<u8>) -> Result<(), Broken> {
    #[derive(Serialize)]
    struct Event<'a, T> {
        r#type: &'a str,
        object: &'a T,
    }
    serde_json::to_writer(&mut *lines, &Event { r#type: kind, object }).map_err(|_| Broken)?;
    lines.push(b'\n');
    Ok(())
}
