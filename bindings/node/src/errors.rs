//! Errors, with a code that the JavaScript of the package makes a class of.

use std::fmt::Display;

use boundtoken::{Rejection, record};
use napi::bindgen_prelude::Uint8Array;

pub type Result<T> = std::result::Result<T, napi::Error<Code>>;

/// What went wrong.
pub struct Code(&'static str);

impl AsRef<str> for Code {
    fn as_ref(&self) -> &str {
        self.0
    }
}

impl From<napi::Status> for Code {
    fn from(_: napi::Status) -> Self {
        UNEXPECTED
    }
}

impl Code {
    /// The code.
    pub const fn name(&self) -> &'static str {
        self.0
    }

    /// Makes the error.
    pub fn with(&self, message: impl Display) -> napi::Error<Self> {
        napi::Error::new(Self(self.0), message.to_string())
    }
}

pub const CLOSED: Code = Code("ERR_BOUNDTOKEN_CLOSED");
pub const CONFIGURATION: Code = Code("ERR_BOUNDTOKEN_CONFIGURATION");
pub const KEY_SET: Code = Code("ERR_BOUNDTOKEN_KEY_SET");
pub const OBJECTS: Code = Code("ERR_BOUNDTOKEN_OBJECTS");
const UNEXPECTED: Code = Code("ERR_BOUNDTOKEN_UNEXPECTED");

/// The record of a refusal.
pub fn refusal(rejection: &Rejection) -> Uint8Array {
    let mut buffer = vec![0; 1024];
    let size = record::refused(&mut buffer, rejection);
    if size > buffer.len() {
        buffer.resize(size, 0);
        record::refused(&mut buffer, rejection);
    }
    buffer.truncate(size);
    buffer.into()
}
