//! What the query of a get, a list or a watch says (`metav1.GetOptions`, `metav1.ListOptions`).

use std::time::{Duration, SystemTime};

use axum::http::request::Parts;

use super::super::options::query;
use crate::store::{Resource, Selector, Start, Version};
use boundtoken::api::{Status, StatusCause};

/// The decoded query.
pub(super) struct Query(Vec<(String, String)>);

/// What is to be listed or watched.
pub(super) struct ListOptions {
    pub watch: bool,
    pub selector: Selector,
    version: String,
    version_match: String,
    initial_events: Option<bool>,
    bookmarks: bool,
    timeout: Option<u64>,
    limit: i64,
    continued: bool,
}

impl Query {
    pub(super) fn of(parts: &Parts) -> Self {
        Self(query(&parts.uri))
    }

    pub(super) fn first(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    pub(super) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    fn text(&self, name: &str) -> &str {
        self.first(name).unwrap_or_default()
    }

    /// As the server reads it: anything but `false` and `0` is true.
    pub(super) fn boolean(&self, name: &str) -> Option<bool> {
        self.first(name).map(|value| !value.eq_ignore_ascii_case("false") && value != "0")
    }

    pub(super) fn integer(&self, name: &str) -> Result<Option<i64>, Status> {
        match self.first(name) {
            None => Ok(None),
            Some(value) => value.parse().map(Some).map_err(|_| {
                Status::bad_request(format!("strconv.ParseInt: parsing {value:?}: invalid syntax"))
            }),
        }
    }

    /// The version that an object to get must have reached.
    pub(super) fn version_to_get(&self) -> Result<u64, Status> {
        match self.text("resourceVersion") {
            "" => Ok(0),
            version => revision(version).map_err(|why| Status::failure(500, "", why)),
        }
    }

    pub(super) fn list_options(&self, resource: Resource) -> Result<ListOptions, Status> {
        let selector = Selector::parse(resource, self.text("labelSelector"), self.text("fieldSelector"))?;
        let limit = self.integer("limit")?.unwrap_or(0);
        let timeout = self.integer("timeoutSeconds")?;
        let mut options = ListOptions {
            watch: self.boolean("watch").unwrap_or(false),
            selector,
            version: self.text("resourceVersion").to_owned(),
            version_match: self.text("resourceVersionMatch").to_owned(),
            initial_events: self.boolean("sendInitialEvents"),
            bookmarks: self.boolean("allowWatchBookmarks").unwrap_or(false),
            timeout: timeout.and_then(|seconds| u64::try_from(seconds).ok()).filter(|seconds| *seconds > 0),
            limit,
            continued: !self.text("continue").is_empty(),
        };
        let from_anywhere = matches!(options.version.as_str(), "" | "0");
        if options.watch
            && from_anywhere
            && options.initial_events.is_none()
            && options.version_match.is_empty()
        {
            options.initial_events = Some(true);
            options.version_match = NOT_OLDER_THAN.to_owned();
        }
        let faults = if options.watch { options.faults_of_watch() } else { options.faults_of_list() };
        if faults.is_empty() {
            Ok(options)
        } else {
            Err(Status::invalid("meta.k8s.io", "ListOptions", "", faults))
        }
    }
}

const NOT_OLDER_THAN: &str = "NotOlderThan";
const EXACT: &str = "Exact";

impl ListOptions {
    fn faults_of_list(&self) -> Vec<StatusCause> {
        let mut faults = Vec::new();
        let version_match = self.version_match.as_str();
        if !version_match.is_empty() {
            let mut forbid = |why| faults.push(forbidden("resourceVersionMatch", why));
            if self.version.is_empty() {
                forbid("resourceVersionMatch is forbidden unless resourceVersion is provided");
            }
            if self.continued {
                forbid("resourceVersionMatch is forbidden when continue is provided");
            }
            if version_match == EXACT && self.version == "0" {
                forbid("resourceVersionMatch \"exact\" is forbidden for resourceVersion \"0\"");
            }
            if !matches!(version_match, EXACT | NOT_OLDER_THAN) {
                faults.push(unsupported(version_match, "\"Exact\", \"NotOlderThan\", \"\""));
            }
        }
        if self.initial_events.is_some() {
            faults.push(forbidden("sendInitialEvents", "sendInitialEvents is forbidden for list"));
        }
        faults
    }

    fn faults_of_watch(&self) -> Vec<StatusCause> {
        let mut faults = Vec::new();
        let mut forbid = |why| faults.push(forbidden("resourceVersionMatch", why));
        let version_match = self.version_match.as_str();
        if self.initial_events.is_some() && version_match != NOT_OLDER_THAN {
            forbid("sendInitialEvents requires setting resourceVersionMatch to NotOlderThan");
        }
        if !version_match.is_empty() {
            if self.initial_events.is_none() {
                forbid("resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided");
            }
            if self.continued {
                forbid("resourceVersionMatch is forbidden when continue is provided");
            }
            if version_match != NOT_OLDER_THAN {
                faults.push(unsupported(version_match, "\"NotOlderThan\""));
            }
        }
        faults
    }

    pub(super) fn to_list(&self) -> Result<Version, Status> {
        if self.continued {
            // No list is ever cut, so no such token has been given out.
            return Err(Status::bad_request("invalid continue token: continue key is not valid"));
        }
        if self.version.is_empty() {
            return Ok(Version::Latest);
        }
        let revision = revision(&self.version)
            .map_err(|why| Status::bad_request(format!("invalid resource version: {why}")))?;
        let is_exact = match self.version_match.as_str() {
            "" => self.limit > 0 && revision > 0,
            version_match => version_match == EXACT,
        };
        Ok(if is_exact { Version::Exact(revision) } else { Version::NotOlderThan(revision) })
    }

    /// Where the watch begins, whether it has bookmarks, and how long it lasts.
    pub(super) fn to_watch(&self) -> Result<(Start, bool, Duration), Status> {
        let revision = match self.version.as_str() {
            "" => 0,
            version => revision(version).map_err(|why| Status::failure(500, "", why))?,
        };
        let start = match self.initial_events {
            Some(true) => Start::Everything { not_older_than: revision, mark: self.bookmarks },
            Some(false) if revision == 0 => Start::Now,
            _ => Start::After(revision),
        };
        let lifetime = Duration::from_secs(self.timeout.unwrap_or_else(random_lifetime));
        Ok((start, self.bookmarks, lifetime))
    }
}

/// Between 30 and 60 minutes, so that watches which begin together do not end together.
fn random_lifetime() -> u64 {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    1800 + now.map_or(0, |now| u64::from(now.subsec_nanos()) % 1800)
}

fn revision(text: &str) -> Result<u64, String> {
    let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| is_number).ok_or_else(|| {
        let why = if is_number { "value out of range" } else { "invalid syntax" };
        format!("resourceVersion: Invalid value: {text:?}: strconv.ParseUint: parsing {text:?}: {why}")
    })
}

fn forbidden(field: &str, why: &str) -> StatusCause {
    StatusCause {
        reason: "FieldValueForbidden".to_owned(),
        message: format!("Forbidden: {why}"),
        field: field.to_owned(),
    }
}

fn unsupported(value: &str, supported: &str) -> StatusCause {
    StatusCause {
        reason: "FieldValueNotSupported".to_owned(),
        message: format!("Unsupported value: {value:?}: supported values: {supported}"),
        field: "resourceVersionMatch".to_owned(),
    }
}
