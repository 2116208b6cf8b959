//! What the query of a get, a list or a watch says (`metav1.GetOptions`, `metav1.ListOptions`).

use std::time::{Duration, SystemTime};

use axum::http::request::Parts;

use super::super::options::query;
use crate::store::{Resource, Selector, Start, Version};
use boundtoken::api::{Status, StatusCause};

/// The decoded query.
pub(super) struct Query(Vec<(String, String)>);

/// What a client lists or watches.
pub(super) struct ListOptions {
    pub watch: bool,
    pub selector: Selector,
    version: u64,
    version_match: String,
    initial_events: Option<bool>,
    bookmarks: bool,
    timeout: Option<u64>,
    continued: bool,
}

impl Query {
    pub(super) fn of(parts: &Parts) -> Result<Self, Status> {
        query(&parts.uri).map(Self)
    }

    fn first(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    pub(super) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// A text. It is empty when it is left out.
    fn text(&self, name: &str) -> &str {
        self.first(name).unwrap_or_default()
    }

    /// As an API server reads it: anything but `false` and `0` is true.
    fn boolean(&self, name: &str) -> Option<bool> {
        self.first(name).map(|value| !value.eq_ignore_ascii_case("false") && value != "0")
    }

    pub(super) fn integer(&self, name: &str) -> Result<Option<i64>, Status> {
        let refused = |_| Status::bad_request(format!("{name}: Invalid value: must be an integer"));
        self.first(name).map(|value| value.parse().map_err(refused)).transpose()
    }

    /// The version that an object, a list or a watch must have reached. It is 0 when it is left out.
    pub(super) fn version(&self) -> Result<u64, Status> {
        match self.text("resourceVersion") {
            "" => Ok(0),
            version => version.parse().map_err(|_| {
                Status::bad_request(format!("resourceVersion: Invalid value: {version:?}: must be a number"))
            }),
        }
    }

    pub(super) fn list_options(&self, resource: Resource) -> Result<ListOptions, Status> {
        let timeout = self.integer("timeoutSeconds")?;
        let options = ListOptions {
            watch: self.boolean("watch") == Some(true),
            selector: Selector::parse(resource, self.text("labelSelector"), self.text("fieldSelector"))?,
            version: self.version()?,
            version_match: self.text("resourceVersionMatch").to_owned(),
            initial_events: self.boolean("sendInitialEvents"),
            bookmarks: self.boolean("allowWatchBookmarks") == Some(true),
            timeout: timeout.and_then(|seconds| u64::try_from(seconds).ok()).filter(|seconds| *seconds > 0),
            continued: !self.text("continue").is_empty(),
        };
        // A client that gets this answer falls back to a list before its watch.
        if options.initial_events.is_some() && (!options.watch || options.version_match != "NotOlderThan") {
            let message = "Forbidden: it needs a watch and resourceVersionMatch=NotOlderThan";
            let cause = StatusCause {
                reason: "FieldValueForbidden".to_owned(),
                message: message.to_owned(),
                field: "sendInitialEvents".to_owned(),
            };
            return Err(Status::invalid("meta.k8s.io", "ListOptions", "", vec![cause]));
        }
        Ok(options)
    }
}

impl ListOptions {
    pub(super) fn to_list(&self) -> Result<Version, Status> {
        if self.continued {
            // Every list is complete, so the server has given out no such token.
            return Err(Status::bad_request("invalid continue token: continue key is not valid"));
        }
        Ok(match self.version_match.as_str() {
            "Exact" => Version::Exact(self.version),
            _ => Version::NotOlderThan(self.version),
        })
    }

    /// Where the watch begins, whether it has bookmarks, and how long it lasts.
    pub(super) fn to_watch(&self) -> (Start, bool, Duration) {
        let start = match (self.initial_events, self.version) {
            (Some(true), not_older_than) => Start::Everything { not_older_than, mark: self.bookmarks },
            (None, 0) => Start::Everything { not_older_than: 0, mark: self.bookmarks },
            (Some(false), 0) => Start::Now,
            (_, version) => Start::After(version),
        };
        (start, self.bookmarks, Duration::from_secs(self.timeout.unwrap_or_else(random_lifetime)))
    }
}

/// Between 30 and 60 minutes, so that watches which begin together do not end together.
fn random_lifetime() -> u64 {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    1800 + now.map_or(0, |now| u64::from(now.subsec_nanos()) % 1800)
}
