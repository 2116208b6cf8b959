//! Bodies of requests: bounded, in JSON or protobuf.

use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;
use axum::http::request::Parts;
use http_body_util::{BodyExt as _, Limited};
use serde_json::Value;

use super::answer::Warnings;
use super::decode::{Json, decode};
use super::kinds::{self, Kind};
use super::options::{FieldValidation, WriteOptions};
use super::protobuf;
use boundtoken::api::{Status, escaped};

/// The largest body, in bytes: the limit of an API server.
const LIMIT: usize = 3 * 1024 * 1024;
/// How long a client may take to send its body.
const BODY_TIMEOUT: Duration = Duration::from_secs(30);

/// An object that a client sent.
pub(crate) struct Document {
    /// The object, with the `apiVersion` and `kind` of its [`Kind`] and without members that are `null`.
    pub value: Value,
    /// What `?fieldValidation=Warn` (the default) says of it. A handler that succeeds sends this with
    /// [`warn`](super::answer::warn). A refusal carries it without being told to.
    pub warnings: Vec<String>,
}

/// The bytes of a body.
///
/// # Errors
/// 413 when it is larger than 3 MiB, 504 when it does not arrive in 30 seconds, 400 when it breaks off.
pub(crate) async fn read(body: Body) -> Result<Bytes, Status> {
    match tokio::time::timeout(BODY_TIMEOUT, Limited::new(body, LIMIT).collect()).await {
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
/// As [`read`]; 415 for another `Content-Type`; 422 for an unsupported `?dryRun=`; 400 when the body is not an
/// object of the kind.
pub(crate) async fn document(parts: &Parts, body: Body, kind: &Kind) -> Result<Document, Status> {
    let encoding = Encoding::of(&parts.headers)?;
    let bytes = read(body).await?;
    let options = WriteOptions::of(parts)?;
    let (value, mistakes) =
        encoding.decode(&bytes, kind).map_err(|refusal| refusal.into_status(kind, &bytes))?;
    let warnings = match options.field_validation {
        FieldValidation::Ignore => Vec::new(),
        FieldValidation::Strict if !mistakes.is_empty() => {
            let why = format!("strict decoding error: {}", mistakes.join(", "));
            return Err(Undecodable::unlike(kind, why).into_status(kind, &bytes));
        }
        FieldValidation::Warn | FieldValidation::Strict => mistakes,
    };
    if let Some(kept) = parts.extensions.get::<Warnings>() {
        kept.keep(&warnings);
    }
    Ok(Document { value, warnings })
}

/// Reads and decodes `DeleteOptions`. An empty body stands for none.
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
    found.map(|(value, _)| Some(value)).map_err(|refusal| refusal.into_status(kind, &bytes))
}

/// How a body is written.
enum Encoding {
    Json,
    Protobuf,
}

/// Why a body is not an object of the expected kind.
enum Undecodable {
    /// Its kind cannot be told.
    Unrecognized(String),
    /// It is an object of this version and kind, which cannot be used because of `why`.
    Unlike { version: String, kind: String, why: String },
}

impl Encoding {
    fn of(headers: &HeaderMap) -> Result<Self, Status> {
        let Some(header) = headers.get(CONTENT_TYPE).filter(|header| !header.is_empty()) else {
            return Ok(Self::Json);
        };
        match media_type(header.as_bytes()).as_slice() {
            b"application/json" => Ok(Self::Json),
            b"application/vnd.kubernetes.protobuf" => Ok(Self::Protobuf),
            _ => Err(Status::failure(
                415,
                "UnsupportedMediaType",
                "the body of the request was in an unknown format - accepted media types include: \
                 application/json, application/vnd.kubernetes.protobuf",
            )),
        }
    }

    /// The object, and the mistakes in it that strict field validation refuses.
    fn decode(&self, bytes: &[u8], expected: &Kind) -> Result<(Value, Vec<String>), Undecodable> {
        match self {
            Self::Json => {
                let unreadable = |why| {
                    Undecodable::Unrecognized(format!("couldn't get version/kind; json parse error: {why}"))
                };
                let Json { mut value, duplicates: mut mistakes } = Json::read(bytes).map_err(unreadable)?;
                if value.is_null() {
                    value = Value::Object(serde_json::Map::new());
                }
                let (api_version, kind) = (text(&value, "apiVersion"), text(&value, "kind"));
                is_expected(api_version.map_err(unreadable)?, kind.map_err(unreadable)?, expected)?;
                let unknown = decode(&mut value, expected.shape);
                mistakes.extend(unknown.map_err(|why| Undecodable::unlike(expected, why))?);
                Ok((named(value, expected), mistakes))
            }
            Self::Protobuf => {
                let envelope = protobuf::Envelope::open(bytes).map_err(Undecodable::Unrecognized)?;
                let (api_version, kind) = envelope.type_meta();
                is_expected(api_version, kind, expected)?;
                let value = envelope.decode(expected);
                let value = value.map_err(|why| Undecodable::unlike(expected, why))?;
                Ok((named(value, expected), Vec::new()))
            }
        }
    }
}

/// The media type in a `Content-Type`, in lower case and without its parameters.
pub(super) fn media_type(header: &[u8]) -> Vec<u8> {
    let end = header.iter().position(|byte| *byte == b';');
    let (media_type, _) = header.split_at(end.unwrap_or(header.len()));
    media_type.trim_ascii().to_ascii_lowercase()
}

/// The text of this name in an object. It is empty when there is none.
fn text<'a>(object: &'a Value, name: &str) -> Result<&'a str, String> {
    let Value::Object(members) = object else {
        return Err("json: cannot unmarshal a value that is not an object".to_owned());
    };
    match members.get(name) {
        None | Some(Value::Null) => Ok(""),
        Some(Value::String(text)) => Ok(text),
        Some(_) => Err(format!("json: {name} is not a string")),
    }
}

/// Compares the version and kind that an object claims with the expected ones. A body may leave out either.
fn is_expected(api_version: &str, kind: &str, expected: &Kind) -> Result<(), Undecodable> {
    let is_options = kind == "DeleteOptions" && expected.name == "DeleteOptions";
    let is_version = api_version.is_empty() || api_version == expected.api_version();
    let is_kind = kind.is_empty() || kind == expected.name;
    if is_options || is_version && is_kind {
        return Ok(());
    }
    let (_, version) = api_version.rsplit_once('/').unwrap_or(("", api_version));
    let version = if version.is_empty() { expected.version } else { version };
    let kind = if kind.is_empty() { expected.name } else { kind };
    let (package, name) = (expected.package(), expected.name);
    Err(Undecodable::Unlike {
        why: format!("converting ({version}.{kind}) to ({package}.{name}): unknown conversion"),
        version: version.to_owned(),
        kind: kind.to_owned(),
    })
}

impl Undecodable {
    /// An object that claims the expected kind, and does not match it.
    fn unlike(expected: &Kind, why: String) -> Self {
        Self::Unlike { version: expected.version.to_owned(), kind: expected.name.to_owned(), why }
    }

    fn into_status(self, expected: &Kind, body: &[u8]) -> Status {
        let name = expected.name;
        Status::bad_request(match self {
            Self::Unrecognized(why) => {
                let beginning = if expected.is_secret { "not shown".to_owned() } else { beginning(body) };
                format!("the object provided is unrecognized (must be of type {name}): {why} ({beginning})")
            }
            Self::Unlike { version, kind, why } => {
                format!("{kind} in version {version:?} cannot be handled as a {name}: {why}")
            }
        })
    }
}

/// Sets `apiVersion` and `kind`.
fn named(mut value: Value, kind: &Kind) -> Value {
    if let Value::Object(object) = &mut value {
        object.insert("apiVersion".to_owned(), Value::String(kind.api_version()));
        object.insert("kind".to_owned(), Value::String(kind.name.to_owned()));
    }
    value
}

/// The beginning of a body, for people.
fn beginning(body: &[u8]) -> String {
    const LENGTH: usize = 30;

    let (shown, rest) = body.split_at(LENGTH.min(body.len()));
    match (shown, rest) {
        ([], _) => "<empty>".to_owned(),
        (shown, []) => String::from_utf8_lossy(shown).chars().map(escaped).collect(),
        (shown, _) => String::from_utf8_lossy(shown).chars().map(escaped).collect::<String>() + " ...",
    }
}
