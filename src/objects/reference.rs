//! Objects as tokens name them.

use std::fmt;

use super::ObjectKind;

/// Which object: its kind, namespace and name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ObjectReference<'a> {
    /// The kind.
    pub kind: ObjectKind,
    /// The namespace; empty if the kind [has none](ObjectKind::is_namespaced).
    pub namespace: &'a str,
    /// The name.
    pub name: &'a str,
}

impl fmt::Display for ObjectReference<'_> {
    /// `Pod demo/live`, or `Node node-1`.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} ", self.kind)?;
        if !self.namespace.is_empty() {
            write!(formatter, "{}/", self.namespace)?;
        }
        formatter.write_str(self.name)
    }
}

/// Whether Kubernetes can give an object this name: a DNS-1123 subdomain. So no name carries `/`, `:` or `%` into the
/// user name or into an address that a call-back builds from it.
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

/// An object as a token names it: by reference, and by the uid of the very instance that it was issued for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct BoundObject<'a> {
    /// Which object.
    pub reference: ObjectReference<'a>,
    /// The uid that the object must have. Empty only for the node beside a pod, which is informational.
    pub uid: &'a str,
}
