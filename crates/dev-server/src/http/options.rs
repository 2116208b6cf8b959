//! The query of a writing request: the writer, dry runs, and how strictly the body is read.

use axum::extract::Query;
use axum::http::header::USER_AGENT;
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, Uri};

use boundtoken::api::{Status, StatusCause};

/// The longest name of a manager, in bytes.
const LONGEST_MANAGER: usize = 128;

/// `CreateOptions`, `UpdateOptions` and `PatchOptions`, which are alike.
pub(crate) struct WriteOptions {
    /// The manager in `managedFields`: `?fieldManager=`, or else the part of the User-Agent before the first `/`.
    pub manager: String,
    pub field_validation: FieldValidation,
    /// `?dryRun=All`
    pub dry_run: bool,
}

/// How to treat members of a body that are unknown or given twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FieldValidation {
    Ignore,
    Warn,
    Strict,
}

impl WriteOptions {
    /// Reads the query.
    ///
    /// # Errors
    /// 400 for a query that cannot be read, 422 for a `dryRun` other than `All`.
    pub(crate) fn of(parts: &Parts) -> Result<Self, Status> {
        let query = query(&parts.uri)?;
        let first =
            |name: &str| query.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
        let dry_runs: Vec<_> =
            query.iter().filter(|(name, _)| name == "dryRun").map(|(_, value)| value.as_str()).collect();
        let kind = match parts.method {
            Method::PUT => "UpdateOptions",
            Method::PATCH => "PatchOptions",
            _ => "CreateOptions",
        };
        Ok(Self {
            manager: match first("fieldManager") {
                None | Some("") => user_agent(&parts.headers),
                Some(manager) => manager_name(manager),
            },
            field_validation: match first("fieldValidation") {
                Some("Ignore") => FieldValidation::Ignore,
                Some("Strict") => FieldValidation::Strict,
                _ => FieldValidation::Warn,
            },
            dry_run: is_dry_run(kind, &dry_runs)?,
        })
    }
}

/// Whether the values of `dryRun` ask for one.
///
/// # Errors
/// 422 for a value other than `All`: a client that wants a dry run of some other sort must not get a real write.
pub(super) fn is_dry_run(options: &str, values: &[&str]) -> Result<bool, Status> {
    if values.iter().all(|value| *value == "All") {
        return Ok(!values.is_empty());
    }
    let cause = StatusCause {
        reason: "FieldValueNotSupported".to_owned(),
        message: format!("Unsupported value: {values:?}: supported values: \"All\""),
        field: "dryRun".to_owned(),
    };
    Err(Status::invalid("meta.k8s.io", options, "", vec![cause]))
}

/// The decoded pairs of a query.
///
/// # Errors
/// 400 when it cannot be decoded.
pub(crate) fn query(uri: &Uri) -> Result<Vec<(String, String)>, Status> {
    match Query::try_from_uri(uri) {
        Ok(Query(pairs)) => Ok(pairs),
        Err(_) => Err(Status::bad_request("the query cannot be read")),
    }
}

fn user_agent(headers: &HeaderMap) -> String {
    let Some(agent) = headers.get(USER_AGENT) else { return String::new() };
    let agent = String::from_utf8_lossy(agent.as_bytes());
    manager_name(agent.split_once('/').map_or(&agent, |(program, _)| program))
}

/// As much of a name as a manager may have.
fn manager_name(name: &str) -> String {
    let fitting =
        name.char_indices().take_while(|(start, letter)| start + letter.len_utf8() <= LONGEST_MANAGER);
    fitting.map(|(_, letter)| letter).filter(|letter| !letter.is_control()).collect()
}
