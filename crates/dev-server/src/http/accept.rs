//! What a client accepts. Answers are JSON; objects have a form for clients that want their metadata alone, and one for
//! clients that print tables.

use axum::extract::FromRequestParts;
use axum::http::HeaderMap;
use axum::http::header::ACCEPT;
use axum::http::request::Parts;

use super::Refusal;
use super::options::query;
use boundtoken::api::{Status, StatusDetails, quoted};

const JSON: &str = "application/json";

/// The whole object, its metadata alone, or rows for people.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    Full,
    /// `as=PartialObjectMetadata`, in this version of the API group `meta.k8s.io`.
    PartialObjectMetadata {
        api_version: &'static str,
    },
    /// `as=PartialObjectMetadataList`, in this version.
    PartialObjectMetadataList {
        api_version: &'static str,
    },
    /// `as=Table`, in this version.
    Table {
        api_version: &'static str,
        included: Included,
    },
}

/// What a row of a table has of its object: `?includeObject=`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Included {
    Nothing,
    Metadata,
    Object,
}

impl Included {
    fn of(parts: &Parts) -> Result<Self, Status> {
        let query = query(&parts.uri)?;
        let value = query.iter().find(|(name, _)| name == "includeObject");
        match value.map_or("", |(_, value)| value.as_str()) {
            "" | "Metadata" => Ok(Self::Metadata),
            "Object" => Ok(Self::Object),
            "None" => Ok(Self::Nothing),
            other => Err(Status::bad_request(format!("unrecognized includeObject value: {}", quoted(other)))),
        }
    }
}

impl Form {
    /// The first form in JSON that the client accepts and that is served.
    ///
    /// # Errors
    /// 406 when there is none. This happens to clients that accept nothing but protobuf.
    fn of(headers: &HeaderMap) -> Result<Self, Status> {
        let Some(header) = headers.get(ACCEPT).filter(|header| !header.is_empty()) else {
            return Ok(Self::Full);
        };
        let alternatives = header.to_str().map_err(|_| not_acceptable(JSON))?.split(',');
        alternatives.filter_map(Self::of_alternative).next().ok_or_else(|| not_acceptable(JSON))
    }

    fn of_alternative(alternative: &str) -> Option<Self> {
        let (media_range, parameters) = alternative.split_once(';').unwrap_or((alternative, ""));
        if !matches!(media_range.trim(), JSON | "application/*" | "*/*") {
            return None;
        }
        let parameter = |wanted: &str| {
            let pairs = parameters.split(';').filter_map(|pair| pair.split_once('='));
            pairs.map(|(name, value)| (name.trim(), value.trim())).find(|(name, _)| *name == wanted)
        };
        let Some((_, form)) = parameter("as") else { return Some(Self::Full) };
        let api_version = match (parameter("g")?.1, parameter("v")?.1) {
            ("meta.k8s.io", "v1") => "meta.k8s.io/v1",
            ("meta.k8s.io", "v1beta1") => "meta.k8s.io/v1beta1",
            _ => return None,
        };
        match form {
            "PartialObjectMetadata" => Some(Self::PartialObjectMetadata { api_version }),
            "PartialObjectMetadataList" => Some(Self::PartialObjectMetadataList { api_version }),
            "Table" => Some(Self::Table { api_version, included: Included::Metadata }),
            _ => None,
        }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Form {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refusal> {
        let form = Self::of(&parts.headers)?;
        Ok(match form {
            Self::Table { api_version, .. } => Self::Table { api_version, included: Included::of(parts)? },
            form => form,
        })
    }
}

/// Checks that a client accepts a document of this media type: by name, or by `*/*`.
///
/// # Errors
/// 406 when it does not.
pub(crate) fn accepts(headers: &HeaderMap, media_type: &str) -> Result<(), Status> {
    let Some(header) = headers.get(ACCEPT).filter(|header| !header.is_empty()) else { return Ok(()) };
    let alternatives = header.to_str().map_err(|_| not_acceptable(media_type))?.split(',');
    let mut ranges = alternatives.filter_map(|alternative| alternative.split(';').next());
    match ranges.any(|range| range.trim() == media_type || range.trim() == "*/*") {
        true => Ok(()),
        false => Err(not_acceptable(media_type)),
    }
}

fn not_acceptable(served: &str) -> Status {
    let message = format!("406: Not Acceptable\n\nAvailable representations: {served}");
    Status::failure(406, "NotAcceptable", message).about(StatusDetails::default())
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn form(header: &str) -> Result<Form, Status> {
        Form::of(&HeaderMap::from_iter([(ACCEPT, HeaderValue::from_str(header).unwrap())]))
    }

    #[test]
    fn the_first_form_that_is_served_is_chosen() {
        let table = "application/json;as=Table;v=v1;g=meta.k8s.io,\
                     application/json;as=Table;v=v1beta1;g=meta.k8s.io,application/json";
        let partial = "application/vnd.kubernetes.protobuf;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,\
                       application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json";
        let list = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1beta1,application/json";
        let (v1, v1beta1) = ("meta.k8s.io/v1", "meta.k8s.io/v1beta1");
        for (header, expected) in [
            ("", Form::Full),
            ("*/*", Form::Full),
            ("application/json, */*", Form::Full),
            ("application/vnd.kubernetes.protobuf,application/json", Form::Full),
            ("text/html, application/xml;q=0.9, */*;q=0.8", Form::Full),
            ("application/json;stream=watch", Form::Full),
            (table, Form::Table { api_version: v1, included: Included::Metadata }),
            (partial, Form::PartialObjectMetadata { api_version: v1 }),
            (list, Form::PartialObjectMetadataList { api_version: v1beta1 }),
        ] {
            assert_eq!(form(header), Ok(expected), "{header}");
        }
    }

    #[test]
    fn what_is_not_served_is_406() {
        for header in [
            "text/html",
            "application/yaml",
            "application/vnd.kubernetes.protobuf",
            "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v2",
            "application/json;as=Table;g=meta.k8s.io;v=v2",
        ] {
            let refusal = form(header).unwrap_err();
            assert_eq!((refusal.code, refusal.reason.as_str()), (406, "NotAcceptable"), "{header}");
        }
    }
}
