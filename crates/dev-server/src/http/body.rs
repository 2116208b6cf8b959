//! Bodies of requests: bounded, in JSON, YAML or protobuf, and what is wrong with them in the server's words.

use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;
use axum::http::request::Parts;
use http_body_util::{BodyExt as _, Limited};
use serde_json::Value;

use super::answer::Warnings;
use super::decode::{DecodeError, decode};
use super::go_json::Json;
use super::kinds::{self, Kind};
use super::options::{FieldValidation, WriteOptions};
use super::{protobuf, yaml};
use boundtoken::api::Status;

/// The largest body, in bytes: the server's limit.
const LIMIT: usize = 3 * 1024 * 1024;
/// How long a client may take to send its body.
const PATIENCE: Duration = Duration::from_secs(30);

/// An object that a client sent.
pub(crate) struct Document {
    /// The object. `apiVersion` and `kind` are those of its [`Kind`]; members that are `null` are left out.
    pub value: Value,
    /// What `?fieldValidation=Warn` (the default) has to say of it: to be sent with [`warn`](super::answer::warn) when the
    /// request succeeds. When it is refused, that is seen to.
    pub warnings: Vec<String>,
}

/// The bytes of a body.
///
/// # Errors
/// 413 when it is larger than 3 MiB, 504 when it does not arrive in 30 seconds, 400 when it breaks off.
pub(crate) async fn read(body: Body) -> Result<Bytes, Status> {
    match tokio::time::timeout(PATIENCE, Limited::new(body, LIMIT).collect()).await {
        Ok(Ok(body)) => Ok(body.to_bytes()),
        Ok(Err(error)) if error.is::<http_body_util::LengthLimitError>() => Err(Status::failure(
            413,
            "RequestEntityTooLarge",
            format!("Request entity too large: limit is {LIMIT}"),
        )),
        Ok(Err(_)) => Err(Status::bad_request("unexpected EOF")),
        Err(_) => Err(Status::failure(
            504,
            "Timeout",
            "Timeout: request did not complete within requested timeout - context deadline exceeded",
        )),
    }
}

/// Reads and decodes an object of this kind, by `Content-Type` and `?fieldValidation=`.
///
/// # Errors
/// Those of [`read`]; 415 for another `Content-Type`; 422 for options that there are not; 400 when the body is not an
/// object of the kind.
pub(crate) async fn document(parts: &Parts, body: Body, kind: &Kind) -> Result<Document, Status> {
    let encoding = Encoding::of(&parts.headers)?;
    let bytes = read(body).await?;
    let options = WriteOptions::of(parts)?;
    let found = encoding.decode(&bytes, kind).map_err(|refusal| refusal.in_words(kind, &bytes))?;
    let warnings = match options.field_validation {
        FieldValidation::Ignore => Vec::new(),
        FieldValidation::Strict if !found.strict_errors.is_empty() => {
            let why = format!("strict decoding error: {}", found.strict_errors.join(", "));
            return Err(NotTheKind::Of(found.version, found.kind, why).in_words(kind, &bytes));
        }
        FieldValidation::Warn | FieldValidation::Strict => found.strict_errors,
    };
    if let Some(kept) = parts.extensions.get::<Warnings>() {
        kept.keep(&warnings);
    }
    Ok(Document { value: found.value, warnings })
}

/// Reads and decodes `DeleteOptions`, which may be left out: an empty body is none.
///
/// # Errors
/// As [`document`].
pub(crate) async fn delete_options(parts: &Parts, body: Body) -> Result<Option<Value>, Status> {
    let bytes = read(body).await?;
    if bytes.is_empty() {
        return Ok(None);
    }
    let kind = &kinds::DELETE_OPTIONS;
    let found = Encoding::of(&parts.headers)?.decode(&bytes, kind);
    found.map(|found| Some(found.value)).map_err(|refusal| match refusal {
        NotTheKind::Unreadable(why) | NotTheKind::Of(_, _, why) => Status::bad_request(why),
        NotTheKind::OfOtherVersion(_) => {
            Status::bad_request("decoded object cannot be converted to DeleteOptions")
        }
    })
}

/// How a body is written.
enum Encoding {
    Json,
    Yaml,
    Protobuf,
}

/// What a body turned out to be.
struct Found {
    version: String,
    kind: String,
    value: Value,
    strict_errors: Vec<String>,
}

/// Why a body is not an object of the expected kind.
enum NotTheKind {
    /// It is not even known what it is.
    Unreadable(String),
    /// It is an object of this version and kind, and that is wrong with it.
    Of(String, String, String),
    /// It is the right kind in this other version of the group.
    OfOtherVersion(String),
}

impl Encoding {
    fn of(headers: &HeaderMap) -> Result<Self, Status> {
        let Some(header) = headers.get(CONTENT_TYPE) else { return Ok(Self::Json) };
        let media_type = header.to_str().unwrap_or_default().split(';').next().unwrap_or_default();
        match media_type.trim().to_ascii_lowercase().as_str() {
            "application/json" => Ok(Self::Json),
            "application/yaml" => Ok(Self::Yaml),
            "application/vnd.kubernetes.protobuf" => Ok(Self::Protobuf),
            "" if header.is_empty() => Ok(Self::Json),
            _ => Err(Status::failure(
                415,
                "UnsupportedMediaType",
                "the body of the request was in an unknown format - accepted media types include: \
                 application/json, application/yaml, application/vnd.kubernetes.protobuf",
            )),
        }
    }

    fn decode(&self, bytes: &[u8], expected: &Kind) -> Result<Found, NotTheKind> {
        match self {
            Self::Json => {
                let json = Json::parse(bytes).map_err(|error| {
                    NotTheKind::Unreadable(format!("couldn't get version/kind; json parse error: {error}"))
                })?;
                from_json(&json, expected)
            }
            Self::Yaml => from_json(&yaml::parse(bytes).map_err(NotTheKind::Unreadable)?, expected),
            Self::Protobuf => {
                let envelope = protobuf::Envelope::open(bytes).map_err(NotTheKind::Unreadable)?;
                let (api_version, kind) = envelope.type_meta();
                let (version, kind) = is_expected(api_version, kind, expected)?;
                let value = envelope
                    .decode(expected)
                    .map_err(|why| NotTheKind::Of(version.clone(), kind.clone(), why))?;
                Ok(Found { version, kind, value: named(value, expected), strict_errors: Vec::new() })
            }
        }
    }
}

fn from_json(json: &Json, expected: &Kind) -> Result<Found, NotTheKind> {
    let (api_version, kind) = type_meta(json).map_err(|why| {
        NotTheKind::Unreadable(format!("couldn't get version/kind; json parse error: {why}"))
    })?;
    let (version, kind) = is_expected(&api_version, &kind, expected)?;
    match decode(json, expected.shape) {
        Ok(decoded) => Ok(Found {
            version,
            kind,
            value: named(decoded.value, expected),
            strict_errors: decoded.strict_errors,
        }),
        Err(DecodeError { quotes: true, .. }) if expected.is_secret => {
            Err(NotTheKind::Of(version, kind, "parsing time (not shown)".to_owned()))
        }
        Err(error) => Err(NotTheKind::Of(version, kind, error.message)),
    }
}

/// `apiVersion` and `kind`. For them alone, the server takes names in any case.
fn type_meta(json: &Json) -> Result<(String, String), String> {
    let (mut api_version, mut kind) = (String::new(), String::new());
    let members = match json {
        Json::Object(members) => members.as_slice(),
        Json::Null => &[],
        _ => {
            return Err(format!(
                "json: cannot unmarshal {} into Go value of type struct {{ APIVersion string \
                 \"json:\\\"apiVersion,omitempty\\\"\"; Kind string \"json:\\\"kind,omitempty\\\"\" }}",
                json.go_name()
            ));
        }
    };
    for (name, value) in members {
        let (name, place) = match () {
            () if name.eq_ignore_ascii_case("apiVersion") => ("apiVersion", &mut api_version),
            () if name.eq_ignore_ascii_case("kind") => ("kind", &mut kind),
            () => continue,
        };
        match value {
            Json::Text(text) => place.clone_from(text),
            Json::Null => {}
            _ => {
                let found = value.go_name();
                return Err(format!(
                    "json: cannot unmarshal {found} into Go struct field .{name} of type string"
                ));
            }
        }
    }
    Ok((api_version, kind))
}

/// Holds what an object says it is against what is expected; returns its version and kind, filled in.
fn is_expected(api_version: &str, kind: &str, expected: &Kind) -> Result<(String, String), NotTheKind> {
    let (group, version) = match api_version.split_once('/') {
        None => ("", api_version),
        Some(("", "")) => ("", ""),
        Some((_, version)) if version.contains('/') => {
            let why = format!("unexpected GroupVersion string: {api_version}");
            return Err(NotTheKind::Unreadable(why));
        }
        Some(parts) => parts,
    };
    let kind = if kind.is_empty() { expected.name } else { kind };
    let (group, version) = match (group, version) {
        ("", "") => (expected.group, expected.version),
        (group, "") if group == expected.group => (group, expected.version),
        known => known,
    };
    let of = |why: String| Err(NotTheKind::Of(version.to_owned(), kind.to_owned(), why));
    let is_options = kind == "DeleteOptions" && expected.name == "DeleteOptions";
    if (group, version, kind) == (expected.group, expected.version, expected.name) || is_options {
        return Ok((version.to_owned(), kind.to_owned()));
    }
    if !kinds::is_known(group, version, kind) {
        return of(format!(
            "no kind {kind:?} is registered for version {:?} in scheme \"pkg/runtime/scheme.go:111\"",
            kinds::group_version(group, version)
        ));
    }
    if (group, kind) == (expected.group, expected.name) {
        return Err(NotTheKind::OfOtherVersion(kinds::group_version(group, version)));
    }
    of(format!(
        "converting ({version}.{kind}) to ({}.{}): unknown conversion",
        expected.package(),
        expected.name
    ))
}

impl NotTheKind {
    fn in_words(self, expected: &Kind, body: &[u8]) -> Status {
        let name = expected.name;
        Status::bad_request(match self {
            Self::Unreadable(why) => {
                let summary = if expected.is_secret { "not shown".to_owned() } else { summary(body) };
                format!("the object provided is unrecognized (must be of type {name}): {why} ({summary})")
            }
            Self::Of(version, kind, why) => {
                format!("{kind} in version {version:?} cannot be handled as a {name}: {why}")
            }
            Self::OfOtherVersion(api_version) => format!(
                "the API version in the data ({api_version}) does not match the expected API version ({})",
                expected.api_version()
            ),
        })
    }
}

/// Sets what the object is.
fn named(mut value: Value, kind: &Kind) -> Value {
    if let Value::Object(object) = &mut value {
        object.insert("apiVersion".to_owned(), Value::String(kind.api_version()));
        object.insert("kind".to_owned(), Value::String(kind.name.to_owned()));
    }
    value
}

/// The beginning of a body, as the server quotes it.
fn summary(body: &[u8]) -> String {
    const LENGTH: usize = 30;

    let shown = body.get(..LENGTH).unwrap_or(body);
    let rest = if body.len() > LENGTH { " ..." } else { "" };
    match body.first() {
        None => "<empty>".to_owned(),
        Some(b'{') => String::from_utf8_lossy(shown).into_owned() + rest,
        Some(_) => shown.iter().map(|byte| format!("{byte:02x}")).collect::<String>() + rest,
    }
}
