//! What the members of an object may hold, with the names of Go's types, which stand in the server's messages.

use std::fmt;

/// What a member may hold.
pub(crate) enum Shape {
    Text(&'static str),
    Integer64,
    Integer32,
    Boolean,
    /// A `metav1.Time`.
    Time,
    /// Bytes, in base64.
    Bytes,
    List(&'static Shape),
    Map(&'static Shape),
    Struct(&'static Struct),
    /// Anything; kept as it is, but for members that are `null`.
    Any,
}

/// A Go struct.
pub(crate) struct Struct {
    /// Its name with the package's, such as `v1.ObjectMeta`.
    pub go_type: &'static str,
    pub members: &'static [(&'static str, Shape)],
    /// Whether there are more members than listed: others are kept, unchecked.
    pub open: bool,
}

impl Struct {
    pub(crate) const fn closed(go_type: &'static str, members: &'static [(&'static str, Shape)]) -> Self {
        Self { go_type, members, open: false }
    }

    pub(crate) const fn open(go_type: &'static str, members: &'static [(&'static str, Shape)]) -> Self {
        Self { go_type, members, open: true }
    }
}

impl fmt::Display for Shape {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(name) => formatter.write_str(name),
            Self::Integer64 => formatter.write_str("int64"),
            Self::Integer32 => formatter.write_str("int32"),
            Self::Boolean => formatter.write_str("bool"),
            Self::Time => formatter.write_str("string"),
            Self::Bytes => formatter.write_str("[]uint8"),
            Self::List(element) => write!(formatter, "[]{element}"),
            Self::Map(element) => write!(formatter, "map[string]{element}"),
            Self::Struct(known) => formatter.write_str(known.go_type),
            Self::Any => formatter.write_str("float64"),
        }
    }
}
