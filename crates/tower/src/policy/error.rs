//! What is wrong with a policy that was written as a file.

use std::fmt;
use std::path::{Path, PathBuf};

/// Why a file is not a policy. The `Display` text says where, what is wrong, and what to do.
///
/// The text quotes no values: in the wrong file, they may be secrets.
///
/// ```
/// use boundtoken_tower::Policy;
///
/// let error = Policy::from_yaml("any:\n- namespace: demo\n- node: 7").unwrap_err();
/// assert_eq!((error.place(), error.line()), ("any[1].node", Some(3)));
/// assert_eq!(error.to_string(), "line 3: any[1].node: not a text; write a number, true or null in quotes");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyError {
    file: Option<PathBuf>,
    line: Option<usize>,
    place: String,
    message: String,
}

impl PolicyError {
    pub(super) fn new(message: impl Into<String>) -> Self {
        Self { file: None, line: None, place: String::new(), message: message.into() }
    }

    pub(super) fn at_place(self, place: String) -> Self {
        Self { place, ..self }
    }

    pub(super) fn at_line(self, line: Option<usize>) -> Self {
        Self { line, ..self }
    }

    pub(super) fn in_file(self, file: &Path) -> Self {
        Self { file: Some(file.to_owned()), ..self }
    }

    /// The file, if the policy is that of a [`PolicyFile`](crate::PolicyFile).
    #[must_use]
    pub fn file(&self) -> Option<&Path> {
        self.file.as_deref()
    }

    /// The line, from 1, if it is known.
    #[must_use]
    pub fn line(&self) -> Option<usize> {
        self.line
    }

    /// The place in the policy, such as `any[1].all[0]`. Positions count from 0. Empty for the policy as a whole.
    #[must_use]
    pub fn place(&self) -> &str {
        &self.place
    }
}

impl fmt::Display for PolicyError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(file) = &self.file {
            write!(formatter, "{}: ", file.display())?;
        }
        if let Some(line) = self.line {
            write!(formatter, "line {line}: ")?;
        }
        if !self.place.is_empty() {
            write!(formatter, "{}: ", self.place)?;
        }
        formatter.write_str(&self.message)
    }
}

impl std::error::Error for PolicyError {}
