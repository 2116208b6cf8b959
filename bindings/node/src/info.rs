//! What the library was built of.

use napi_derive::napi;

/// The version of the library.
#[napi(catch_unwind)]
pub fn version() -> &'static str {
    boundtoken::VERSION
}

/// The architecture and the operating system that it was built for.
#[napi(catch_unwind)]
pub fn target() -> String {
    format!("{}-{}", std::env::consts::ARCH, std::env::consts::OS)
}
