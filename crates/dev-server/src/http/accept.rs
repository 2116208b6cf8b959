//! Which representation of an answer a client accepts.

use axum::extract::FromRequestParts;
use axum::http::header::{ACCEPT, USER_AGENT};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Uri};

use super::Refusal;
use boundtoken::api::{Status, StatusDetails};

/// What a request accepts: which form of the object, and how it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Accept {
    pub form: Form,
    pub encoding: Encoding,
    /// JSON in several lines, as the API server writes it for browsers and curl, and on `?pretty=true`.
    pub pretty: bool,
}

/// The whole object, or its metadata alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    Full,
    /// `as=PartialObjectMetadata`, in this version of the API group `meta.k8s.io`.
    PartialObjectMetadata {
        api_version: &'static str,
    },
    /// `as=PartialObjectMetadataList`, likewise.
    PartialObjectMetadataList {
        api_version: &'static str,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Encoding {
    Json,
    Yaml,
}

impl Encoding {
    const ALL: [Self; 2] = [Self::Json, Self::Yaml];

    pub(crate) fn media_type(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::Yaml => "application/yaml",
        }
    }

    fn is_within(self, media_type: &str, subtype: &str) -> bool {
        match (media_type, subtype) {
            ("*" | "application", "*") => true,
            ("application", "json") => self == Self::Json,
            ("application", "yaml") => self == Self::Yaml,
            _ => false,
        }
    }
}

impl Accept {
    /// For an answer that is sent although it is not accepted: indented JSON.
    pub(crate) const UNASKED: Self = Self { form: Form::Full, encoding: Encoding::Json, pretty: true };

    /// The best representation of an object that the client accepts.
    ///
    /// # Errors
    /// 406 when there is none: above all for a client that accepts nothing but protobuf.
    pub(crate) fn of_object(headers: &HeaderMap, uri: &Uri) -> Result<Self, Status> {
        let served = Encoding::ALL.map(Encoding::media_type);
        accepts_one_of(headers, &served)?;
        Self::negotiate(headers, uri, true).ok_or_else(|| {
            not_acceptable(format!("only the following media types are accepted: {}", served.join(", ")))
        })
    }

    /// The best representation of a `Status`, which has one form only. None when the client accepts none.
    pub(crate) fn of_status(headers: &HeaderMap, uri: &Uri) -> Option<Self> {
        Self::negotiate(headers, uri, false)
    }

    /// Demands an encoding that events can be streamed in.
    ///
    /// # Errors
    /// 406 for YAML.
    pub(crate) fn streamed(self) -> Result<Self, Status> {
        match self.encoding {
            Encoding::Json => Ok(self),
            Encoding::Yaml => Err(not_acceptable(
                "only the following media types are accepted: application/json;stream=watch".to_owned(),
            )),
        }
    }

    fn negotiate(headers: &HeaderMap, uri: &Uri, forms: bool) -> Option<Self> {
        let header = match headers.get(ACCEPT) {
            Some(header) => header.to_str().ok()?,
            None => "",
        };
        let pretty = wants_several_lines(headers, uri);
        if header.is_empty() {
            return Some(Self { form: Form::Full, encoding: Encoding::Json, pretty });
        }
        for clause in Clause::parse(header) {
            for encoding in Encoding::ALL {
                if !encoding.is_within(clause.media_type, clause.subtype) {
                    continue;
                }
                match clause.form() {
                    Some(form) if forms || form == Form::Full => {
                        return Some(Self { form, encoding, pretty: pretty || clause.is("pretty", "1") });
                    }
                    _ => {}
                }
            }
        }
        None
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Accept {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refusal> {
        Ok(Self::of_object(&parts.headers, &parts.uri)?)
    }
}

/// What a request for a document of the server itself accepts, such as a list of resources: it has one form only.
pub(crate) struct Document(pub Accept);

impl<S: Send + Sync> FromRequestParts<S> for Document {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refusal> {
        accepts_one_of(&parts.headers, &Encoding::ALL.map(Encoding::media_type))?;
        Ok(Self(Accept::of_status(&parts.headers, &parts.uri).unwrap_or(Accept::UNASKED)))
    }
}

/// Holds the header against the media types of a route, as the server does before anything else: each by name, or `*/*`.
///
/// # Errors
/// 406 when none of them is accepted.
pub(crate) fn accepts_one_of(headers: &HeaderMap, served: &[&str]) -> Result<(), Status> {
    let header = match headers.get(ACCEPT) {
        Some(header) => header.to_str().unwrap_or("unreadable"),
        None => "",
    };
    let accepted = |clause: &Clause<'_>| {
        let range = (clause.media_type, clause.subtype);
        range == ("*", "*") || served.iter().any(|served| served.split_once('/') == Some(range))
    };
    if header.is_empty() || Clause::parse(header).iter().any(accepted) {
        return Ok(());
    }
    let message = format!("406: Not Acceptable\n\nAvailable representations: {}", served.join(", "));
    Err(not_acceptable(message).about(StatusDetails::default()))
}

/// 406 with this text.
pub(crate) fn not_acceptable(message: String) -> Status {
    Status::failure(406, "NotAcceptable", message)
}

/// One alternative of the header.
struct Clause<'a> {
    media_type: &'a str,
    subtype: &'a str,
    parameters: Vec<(&'a str, &'a str)>,
    quality: f32,
}

impl<'a> Clause<'a> {
    /// The alternatives, best first: by quality, then those without wildcards, then in their order.
    fn parse(header: &'a str) -> Vec<Self> {
        let mut clauses: Vec<_> = header.split(',').filter_map(Self::parse_one).collect();
        clauses.sort_by(|one, other| {
            let wildcards = |clause: &Self| (clause.media_type == "*", clause.subtype == "*");
            other.quality.total_cmp(&one.quality).then_with(|| wildcards(one).cmp(&wildcards(other)))
        });
        clauses
    }

    fn parse_one(text: &'a str) -> Option<Self> {
        let mut parts = text.split(';');
        let range = parts.next()?.trim();
        let (media_type, subtype) = match range.split_once('/') {
            Some((media_type, subtype)) if !subtype.contains('/') => (media_type.trim(), subtype.trim()),
            None if range == "*" => ("*", "*"),
            _ => return None,
        };
        let mut clause = Self { media_type, subtype, parameters: Vec::new(), quality: 1.0 };
        for (name, value) in parts.filter_map(|parameter| parameter.split_once('=')) {
            match (name.trim(), value.trim()) {
                // As in the server, a quality that is no number counts as zero.
                ("q", quality) => clause.quality = quality.parse().unwrap_or(0.0),
                (_, "") => {}
                parameter => clause.parameters.push(parameter),
            }
        }
        Some(clause)
    }

    fn parameter(&self, name: &str) -> Option<&'a str> {
        self.parameters.iter().rev().find(|(known, _)| *known == name).map(|(_, value)| *value)
    }

    fn is(&self, name: &str, value: &str) -> bool {
        self.parameter(name) == Some(value)
    }

    /// The form that the parameters ask for, if it is one that is served.
    fn form(&self) -> Option<Form> {
        if self.parameter("stream").is_some_and(|stream| stream != "watch") {
            return None;
        }
        if self.parameter("sv").is_some() {
            return None;
        }
        let asked = (self.parameter("as"), self.parameter("g"), self.parameter("v"));
        let api_version = match asked {
            (None, None, None) => return Some(Form::Full),
            (_, Some("meta.k8s.io"), Some("v1")) => "meta.k8s.io/v1",
            (_, Some("meta.k8s.io"), Some("v1beta1")) => "meta.k8s.io/v1beta1",
            _ => return None,
        };
        match asked.0 {
            Some("PartialObjectMetadata") => Some(Form::PartialObjectMetadata { api_version }),
            Some("PartialObjectMetadataList") => Some(Form::PartialObjectMetadataList { api_version }),
            _ => None,
        }
    }
}

fn wants_several_lines(headers: &HeaderMap, uri: &Uri) -> bool {
    let asked = uri.query().unwrap_or_default().split('&').find_map(|pair| pair.strip_prefix("pretty="));
    if let Some(asked) = asked.filter(|asked| !asked.is_empty()) {
        return matches!(asked, "1" | "t" | "T" | "true" | "TRUE" | "True");
    }
    let agent = headers.get(USER_AGENT).and_then(|agent| agent.to_str().ok()).unwrap_or_default();
    ["curl", "Wget", "Mozilla/5.0"].iter().any(|beginning| agent.starts_with(beginning))
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn accept(header: &str) -> Result<Accept, Status> {
        let headers = HeaderMap::from_iter([(ACCEPT, HeaderValue::from_str(header).unwrap())]);
        Accept::of_object(&headers, &Uri::from_static("/api"))
    }

    #[test]
    fn the_best_of_what_is_accepted_is_chosen() {
        let table = "application/json;as=Table;v=v1;g=meta.k8s.io,\
                     application/json;as=Table;v=v1beta1;g=meta.k8s.io,application/json";
        let partial = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1";
        let list = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1beta1,application/json";
        let (v1, v1beta1) = ("meta.k8s.io/v1", "meta.k8s.io/v1beta1");
        for (header, form, encoding) in [
            ("", Form::Full, Encoding::Json),
            ("*/*", Form::Full, Encoding::Json),
            ("application/json, */*", Form::Full, Encoding::Json),
            ("application/vnd.kubernetes.protobuf,application/json", Form::Full, Encoding::Json),
            ("application/vnd.kubernetes.protobuf, */*", Form::Full, Encoding::Json),
            ("application/yaml", Form::Full, Encoding::Yaml),
            ("application/json;q=0.5,application/yaml;q=0.8", Form::Full, Encoding::Yaml),
            ("application/json;q=0", Form::Full, Encoding::Json),
            ("application/json;stream=watch", Form::Full, Encoding::Json),
            (table, Form::Full, Encoding::Json),
            (partial, Form::PartialObjectMetadata { api_version: v1 }, Encoding::Json),
            (list, Form::PartialObjectMetadataList { api_version: v1beta1 }, Encoding::Json),
        ] {
            let accept = accept(header).unwrap();
            assert_eq!((accept.form, accept.encoding), (form, encoding), "{header}");
        }
    }

    #[test]
    fn what_is_not_served_is_406_in_one_of_two_forms() {
        for header in ["text/html", "bogus", "application/*", "application/vnd.kubernetes.protobuf"] {
            let refusal = accept(header).unwrap_err();
            assert_eq!((refusal.code, refusal.reason.as_str()), (406, "NotAcceptable"), "{header}");
            assert!(refusal.message.starts_with("406: Not Acceptable\n\nAvailable"), "{}", refusal.message);
        }
        for header in [
            "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v2",
            "application/json;as=Bogus;g=meta.k8s.io;v=v1",
            "application/json;as=PartialObjectMetadata",
            "application/json;v=v1",
            "application/json;stream=other",
        ] {
            let refusal = accept(header).unwrap_err();
            assert!(refusal.message.starts_with("only the following media types"), "{header}");
        }
    }

    #[test]
    fn people_get_several_lines_and_programs_one() {
        let pretty = |agent: &'static str, uri: &'static str| {
            let headers = HeaderMap::from_iter([(USER_AGENT, HeaderValue::from_static(agent))]);
            Accept::of_object(&headers, &Uri::from_static(uri)).unwrap().pretty
        };
        assert!(pretty("curl/8.1", "/api") && pretty("kubectl/v1", "/api?a=b&pretty=true"));
        assert!(!pretty("kubectl/v1", "/api") && !pretty("curl/8.1", "/api?pretty=false"));
    }
}
