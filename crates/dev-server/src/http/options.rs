//! What the query of a writing request says: who writes, whether for real, and how strictly its body is read.

use axum::extract::Query;
use axum::http::header::USER_AGENT;
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, Uri};

use boundtoken::api::quoted;
use boundtoken::api::{Status, StatusCause};

/// The longest name of a manager, in bytes.
const LONGEST_MANAGER: usize = 128;

/// `CreateOptions`, `UpdateOptions` and `PatchOptions`, which are alike.
pub(crate) struct WriteOptions {
    /// Who is to be written into `managedFields`: `?fieldManager=`, or else the part of the User-Agent before the first `/`.
    pub manager: String,
    pub field_validation: FieldValidation,
    /// `?dryRun=All`
    pub dry_run: bool,
}

/// What is made of unknown members of a body, and of those that are given twice.
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
    /// 422 for values that there are not.
    pub(crate) fn of(parts: &Parts) -> Result<Self, Status> {
        let query = query(&parts.uri);
        let first =
            |name: &str| query.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
        let mut causes = Vec::new();

        let manager = first("fieldManager").unwrap_or_default();
        if manager.len() > LONGEST_MANAGER {
            let message = format!("Too long: may not be more than {LONGEST_MANAGER} bytes");
            causes.push(cause("FieldValueTooLong", message, "fieldManager"));
        }
        if let Some((position, found)) = manager.char_indices().find(|(_, found)| found.is_control()) {
            let (manager, found) = (quoted(manager), u32::from(found));
            let message =
                format!("Invalid value: {manager}: invalid character U+{found:04X} (at position {position})");
            causes.push(cause("FieldValueInvalid", message, "fieldManager"));
        }
        let dry_runs: Vec<_> =
            query.iter().filter(|(name, _)| name == "dryRun").map(|(_, value)| value.as_str()).collect();
        if dry_runs.iter().any(|value| *value != "All") {
            let message = format!("Unsupported value: {dry_runs:?}: supported values: \"All\"");
            causes.push(cause("FieldValueNotSupported", message, "dryRun"));
        }
        let field_validation = match first("fieldValidation").unwrap_or_default() {
            "Ignore" => FieldValidation::Ignore,
            "" | "Warn" => FieldValidation::Warn,
            "Strict" => FieldValidation::Strict,
            other => {
                let message = format!(
                    "Unsupported value: {}: supported values: \"\", \"Ignore\", \"Strict\", \"Warn\"",
                    quoted(other)
                );
                causes.push(cause("FieldValueNotSupported", message, "fieldValidation"));
                FieldValidation::Warn
            }
        };
        if !causes.is_empty() {
            let kind = match parts.method {
                Method::PUT => "UpdateOptions",
                Method::PATCH => "PatchOptions",
                _ => "CreateOptions",
            };
            return Err(Status::invalid("meta.k8s.io", kind, "", causes));
        }
        let manager = if manager.is_empty() { user_agent(&parts.headers) } else { manager.to_owned() };
        Ok(Self { manager, field_validation, dry_run: !dry_runs.is_empty() })
    }
}

/// The decoded pairs of a query; none when it cannot be decoded.
pub(crate) fn query(uri: &Uri) -> Vec<(String, String)> {
    Query::try_from_uri(uri).map(|Query(pairs)| pairs).unwrap_or_default()
}

fn cause(reason: &str, message: String, field: &str) -> StatusCause {
    StatusCause { reason: reason.to_owned(), message, field: field.to_owned() }
}

fn user_agent(headers: &HeaderMap) -> String {
    let agent = headers.get(USER_AGENT).map(|agent| String::from_utf8_lossy(agent.as_bytes()));
    let agent = agent.as_deref().unwrap_or_default();
    let mut name = String::new();
    for character in agent.split('/').next().unwrap_or_default().chars().filter(|c| !c.is_control()) {
        if name.len() + character.len_utf8() > LONGEST_MANAGER {
            break;
        }
        name.push(character);
    }
    name
}
