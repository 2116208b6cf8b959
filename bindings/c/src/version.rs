//! The version of the library that is loaded.

use super::string::boundtoken_str;

/// The version of the library that is loaded, such as `0.1.0`. The text lives for ever. Any thread.
///
/// BOUNDTOKEN_VERSION_STRING is the version of the header that the caller was compiled with.
#[unsafe(no_mangle)]
pub extern "C" fn boundtoken_version() -> boundtoken_str {
    boundtoken_str::lend(env!("CARGO_PKG_VERSION"))
}
