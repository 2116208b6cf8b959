//! The version of the library.

use crate::string::boundtoken_str;

/// Returns the version of the loaded library, such as `0.1.0`. The text is static. Any thread.
///
/// BOUNDTOKEN_VERSION_STRING is the version of the header that the program was compiled with.
#[unsafe(no_mangle)]
pub extern "C" fn boundtoken_version() -> boundtoken_str {
    boundtoken_str::lend(env!("CARGO_PKG_VERSION"))
}
