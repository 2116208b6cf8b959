//! References to objects.

use std::fmt;

use super::ObjectKind;

/// A reference to an object: its kind, namespace and name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ObjectReference<'a> {
    /// The kind.
    pub kind: ObjectKind,
    /// The namespace. Empty if the kind [has none](ObjectKind::is_namespaced).
    pub namespace: &'a str,
    /// The name.
    pub name: &'a str,
}

impl fmt::Display for ObjectReference<'_> {
    /// Writes `Pod demo/live`, or `Node node-1`.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} ", self.kind)?;
        if !self.namespace.is_empty() {
            write!(formatter, "{}/", self.namespace)?;
        }
        formatter.write_str(self.name)
    }
}

/// Returns whether Kubernetes allows this name for an object: a DNS-1123 subdomain.
///
/// Such a name brings no `/`, `:` or `%` into the user name, or into an address that a call-back builds.
pub(crate) fn is_object_name(name: &str) -> bool {
    /// The longest DNS-1123 subdomain, in bytes.
    const LONGEST: usize = 253;
    let alphanumeric = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let bytes = name.as_bytes();
    bytes.len() <= LONGEST
        && bytes.first().is_some_and(alphanumeric)
        && bytes.last().is_some_and(alphanumeric)
        && bytes.iter().all(|byte| alphanumeric(byte) || matches!(byte, b'-' | b'.'))
}

/// An object that a token is bound to: a reference, and the uid of the very object that the token was issued for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct BoundObject<'a> {
    /// The kind, namespace and name.
    pub reference: ObjectReference<'a>,
    /// The uid that the object must have. Only the node of a pod may have an empty one, because it is informational.
    pub uid: &'a str,
}
