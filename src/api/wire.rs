//! Reading and writing members the way the API server does.

use serde::de::{Error, Unexpected};
use serde::{Serialize, Serializer};

/// The API group and version of `TokenRequest` and `TokenReview`.
pub(super) const AUTHENTICATION_V1: &str = "authentication.k8s.io/v1";

/// Implements `Deserialize` for a type whose members are all optional and which has a `Default`.
///
/// Not derived, because a derived reader takes an array of members by position and refuses `null` where
/// the API server takes it as absence. A member followed by `= VALUE` must have that value when it is there; one followed
/// by `as TYPE` is read as this wrapper of its own type.
macro_rules! read_object {
    ($type:ident { $($field:ident: $member:literal $(as $wire:ty)? $(= $fixed:expr)?),+ $(,)? }) => {
        impl<'de> serde::Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct Members;

                impl<'de> serde::de::Visitor<'de> for Members {
                    type Value = $type;

                    fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                        formatter.write_str(concat!("an object of type ", stringify!($type)))
                    }

                    // serde's own error would quote the string, which in the wrong place may be a token.
                    fn visit_str<E: serde::de::Error>(self, _: &str) -> Result<$type, E> {
                        Err(E::invalid_type(serde::de::Unexpected::Other("a string"), &self))
                    }

                    fn visit_map<A: serde::de::MapAccess<'de>>(self, mut map: A) -> Result<$type, A::Error> {
                        $(let mut $field = None;)+
                        while let Some(member) = map.next_key::<String>()? {
                            match member.as_str() {
                                $($member if $field.is_some() => {
                                    return Err(serde::de::Error::duplicate_field($member));
                                }
                                $member => {
                                    let value = map.next_value::<Option<_>>()?;
                                    $(let value = value.map(|read: $wire| read.0);)?
                                    $(let value = $crate::api::wire::fixed(value, $member, $fixed)?;)?
                                    $field = Some(value);
                                })+
                                _ => {
                                    map.next_value::<serde::de::IgnoredAny>()?;
                                }
                            }
                        }
                        let mut object = $type::default();
                        $(if let Some(Some(value)) = $field {
                            object.$field = value;
                        })+
                        Ok(object)
                    }
                }

                deserializer.deserialize_any(Members)
            }
        }
    };
}

pub(super) use read_object;

/// Checks a member that may hold one value only; the empty string counts as absence.
pub(super) fn fixed<E: Error>(found: Option<String>, member: &str, value: &str) -> Result<Option<String>, E> {
    match found.filter(|found| !found.is_empty()) {
        Some(found) if found != value => {
            // Long enough to be a token: not repeated.
            let found =
                if found.len() <= 64 { Unexpected::Str(&found) } else { Unexpected::Other("a long string") };
            Err(E::invalid_value(found, &format!("{value} as {member}").as_str()))
        }
        found => Ok(found),
    }
}

/// Whether a member is left out because it holds nothing: what Go's `omitempty` does.
pub(super) fn is_empty<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// Writes an empty list as `null`: Go's unset slice, for members without `omitempty`.
pub(super) fn null_when_empty<S: Serializer>(list: &[String], serializer: S) -> Result<S::Ok, S::Error> {
    Some(list).filter(|list| !list.is_empty()).serialize(serializer)
}
