//! What the layer reads of a review, and the review that denies.

use std::collections::BTreeSet;
use std::fmt;

use bytes::Bytes;
use serde::de::{DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, Visitor};
use serde_json::json;

use super::InvalidReview;
use crate::Refusal;

const KIND: &str = "AdmissionReview";
const API_VERSION: &str = "admission.k8s.io/v1";

/// The longest uid that is repeated to somebody unknown. One of Kubernetes has 36 characters.
const LONGEST_UID: usize = 128;

/// What the layer reads of a review.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Review {
    pub(super) uid: String,
    /// The API group of `request.resource`. Empty for the group of pods and services.
    pub(super) group: String,
}

impl Review {
    /// Reads a review.
    ///
    /// Who reads it later must not read something else: a member that comes twice, or a list in the place of an object, is
    /// refused.
    pub(super) fn read(json: &[u8]) -> Result<Self, InvalidReview> {
        let mut found = Found::default();
        let mut json = serde_json::Deserializer::from_slice(json);
        Object { place: Place::Review, found: &mut found }
            .deserialize(&mut json)
            .and_then(|()| json.end())
            .map_err(|_| InvalidReview::Malformed)?;
        let Found { api_version: Some(api_version), kind: Some(kind), uid: Some(uid), group: Some(group) } =
            found
        else {
            return Err(InvalidReview::Malformed);
        };
        if (api_version.as_str(), kind.as_str()) != (API_VERSION, KIND) {
            return Err(InvalidReview::AnotherKind);
        }
        Ok(Self { uid, group })
    }
}

/// Returns `request.uid` of a body that nobody vouches for, or of its beginning.
pub(super) fn uid(json: &[u8]) -> Option<String> {
    let mut found = Found::default();
    let mut json = serde_json::Deserializer::from_slice(json);
    // What follows the uid may be cut off, or anything else.
    let _ = Object { place: Place::Review, found: &mut found }.deserialize(&mut json);
    found.uid.filter(|uid| !uid.is_empty() && uid.len() <= LONGEST_UID)
}

/// The review that answers the request of this uid: the object is not allowed. It says no more than the challenge would.
pub(super) fn denial(uid: &str, refusal: &Refusal) -> Bytes {
    let review = json!({
        "apiVersion": API_VERSION,
        "kind": KIND,
        "response": {
            "uid": uid,
            "allowed": false,
            "status": {
                "status": "Failure",
                "code": refusal.status().as_u16(),
                "message": refusal.description(),
            },
        },
    });
    review.to_string().into()
}

/// What was found so far.
#[derive(Default)]
struct Found {
    api_version: Option<String>,
    kind: Option<String>,
    uid: Option<String>,
    group: Option<String>,
}

/// The objects whose members count.
#[derive(Clone, Copy)]
enum Place {
    Review,
    Request,
    Resource,
}

/// Reads one of these objects.
struct Object<'f> {
    place: Place,
    found: &'f mut Found,
}

impl<'de> DeserializeSeed<'de> for Object<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Object<'_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        let Self { place, found } = self;
        let mut names = BTreeSet::new();
        while let Some(name) = members.next_key::<String>()? {
            match (place, name.as_str()) {
                (Place::Review, "apiVersion") => found.api_version = Some(members.next_value()?),
                (Place::Review, "kind") => found.kind = Some(members.next_value()?),
                (Place::Review, "request") => {
                    members.next_value_seed(Object { place: Place::Request, found })?;
                }
                (Place::Request, "uid") => found.uid = Some(members.next_value()?),
                (Place::Request, "resource") => {
                    members.next_value_seed(Object { place: Place::Resource, found })?;
                }
                (Place::Resource, "group") => found.group = Some(members.next_value()?),
                _ => {
                    members.next_value::<IgnoredAny>()?;
                }
            }
            if !names.insert(name) {
                return Err(A::Error::custom("a member comes twice"));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = r#"{"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1","request":{"uid":"1","kind":{"group":"x"},"resource":{"group":"apps","version":"v1","resource":"deployments"},"requestResource":{"group":"extensions"},"object":{"resource":{"group":"y"}}}}"#;

    #[test]
    fn of_a_review_only_the_uid_and_the_group_of_its_resource_are_read() {
        assert_eq!(Review::read(GOOD.as_bytes()), Ok(Review { uid: "1".into(), group: "apps".into() }));
        assert_eq!(uid(GOOD.as_bytes()), Some("1".into()));
        let core = GOOD.replace(r#""group":"apps","#, r#""group":"","#);
        assert_eq!(Review::read(core.as_bytes()).unwrap().group, "");
    }

    #[test]
    fn what_two_readers_could_read_differently_is_refused() {
        for (from, to) in [
            (r#""uid":"1","#, r#""uid":"1","uid":"1","#),
            (r#""uid":"1","#, r#""uid":"1","u\u0069d":"1","#),
            (r#""group":"apps","#, r#""group":"apps","group":"apps","#),
            (r#""group":"apps","#, r#""group":"apps","gr\u006fup":"batch","#),
            (r#""kind":{"group":"x"},"#, r#""resource":{"group":"batch"},"#),
            (r#""object":{"#, r#""object":{},"object":{"#),
            (r#"{"kind":"AdmissionReview","#, r#"{"kind":"AdmissionReview","request":{},"#),
            (r#"{"group":"apps","version":"v1","resource":"deployments"}"#, r#"["apps","v1","deployments"]"#),
        ] {
            let bad = GOOD.replacen(from, to, 1);
            assert_ne!(bad, GOOD);
            assert_eq!(Review::read(bad.as_bytes()), Err(InvalidReview::Malformed), "{bad}");
        }
        let list = r#"["admission.k8s.io/v1","AdmissionReview",{"uid":"1","resource":{"group":"apps"}}]"#;
        assert_eq!(Review::read(list.as_bytes()), Err(InvalidReview::Malformed));
    }

    #[test]
    fn what_is_missing_or_of_another_type_is_refused() {
        for (from, to) in [
            (r#""uid":"1","#, ""),
            (r#""uid":"1""#, r#""uid":1"#),
            (r#""uid":"1""#, r#""uid":null"#),
            (r#""group":"apps","#, ""),
            (r#""group":"apps""#, r#""group":null"#),
            (r#""group":"apps""#, r#""Group":"apps""#),
            (r#","apiVersion":"admission.k8s.io/v1""#, ""),
            (r#""kind":"AdmissionReview","#, ""),
            (r#""request""#, r#""response""#),
            ("}}}}", "}}}"),
            ("}}}}", "}}}} {}"),
        ] {
            let bad = GOOD.replacen(from, to, 1);
            assert_ne!(bad, GOOD);
            assert_eq!(Review::read(bad.as_bytes()), Err(InvalidReview::Malformed), "{bad}");
        }
        for (from, to) in [("k8s.io/v1", "k8s.io/v1beta1"), ("AdmissionReview", "TokenReview")] {
            let other = GOOD.replacen(from, to, 1);
            assert_eq!(Review::read(other.as_bytes()), Err(InvalidReview::AnotherKind), "{other}");
        }
    }

    #[test]
    fn the_uid_is_found_in_the_beginning_of_a_body() {
        let end = GOOD.find(r#","kind":{"group""#).unwrap();
        assert_eq!(uid(&GOOD.as_bytes()[..end]), Some("1".into()));
        assert_eq!(uid(&GOOD.as_bytes()[..end - 2]), None);
        for nothing in ["", "{", "[]", r#"{"uid":"1"}"#, r#"{"request":{"uid":""}}"#, r#"{"request":"uid"}"#]
        {
            assert_eq!(uid(nothing.as_bytes()), None, "{nothing}");
        }
        let long = |length| format!(r#"{{"request":{{"uid":"{}""#, "x".repeat(length));
        assert!(uid(long(LONGEST_UID).as_bytes()).is_some());
        assert_eq!(uid(long(LONGEST_UID + 1).as_bytes()), None);
    }

    #[test]
    fn depth_takes_no_stack() {
        let deep = GOOD.replacen(r#"{"resource":{"group":"y"}}"#, &"[".repeat(1_000_000), 1);
        assert_eq!(Review::read(deep.as_bytes()), Err(InvalidReview::Malformed));
        let closed = format!("{}{}", "[".repeat(1_000_000), "]".repeat(1_000_000));
        let deep = GOOD.replacen(r#"{"resource":{"group":"y"}}"#, &closed, 1);
        assert!(Review::read(deep.as_bytes()).is_ok());
    }
}
