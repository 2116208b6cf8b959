//! Reading and writing members like the API server.

use serde::de::{Error, Unexpected};
use serde::{Serialize, Serializer};

/// The API group and version of `TokenRequest` and `TokenReview`.
pub(super) const AUTHENTICATION_V1: &str = "authentication.k8s.io/v1";

/// Implements `Deserialize` for a type with a `Default`, all of whose members are optional.
///
/// A derived implementation would accept an array of members by position, and refuse a `null` that the API server
/// takes as absence. A member with `= VALUE` must have that value if it is there. A member with `as TYPE` is read as
/// this wrapper of its own type.
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

                    // The default error would quote the string. In the wrong place, that may be a token.
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

/// Checks a member that may have only one value. The empty string counts as absence.
pub(super) fn fixed<E: Error>(found: Option<String>, member: &str, value: &str) -> Result<Option<String>, E> {
    match found.filter(|found| !found.is_empty()) {
        Some(found) if found != value => {
            // A long text may be a token, so it is not quoted.
            let found =
                if found.len() <= 64 { Unexpected::Str(&found) } else { Unexpected::Other("a long string") };
            Err(E::invalid_value(found, &format!("{value} as {member}").as_str()))
        }
        found => Ok(found),
    }
}

/// Returns whether a member is left out because it is empty, like Go's `omitempty`.
pub(super) fn is_empty<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// Writes an empty list as `null`, as Go does for an unset slice without `omitempty`.
pub(super) fn null_when_empty<S: Serializer>(list: &[String], serializer: S) -> Result<S::Ok, S::Error> {
    Some(list).filter(|list| !list.is_empty()).serialize(serializer)
}
