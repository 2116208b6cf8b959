//! The version of the library.

use std::sync::OnceLock;

use boundtoken::fast_rsa::PathState;
use boundtoken::{fast_p256, fast_rsa};

use crate::boundary;
use crate::string::boundtoken_str;

/// Returns what the library was built of, as a JSON object, for logs and reports of faults.
///
/// Its members are `version`, `cryptography` (`ring` or `aws-lc-rs`), `features` (an array with `kubernetes`, `fast-rsa`
/// and `fast-p256` as far as they are built in), `cpuPaths` (an array with `fast-rsa` and `fast-p256` as far as the CPU and the
/// environment allow them) and `target` (the architecture and the operating system). Later versions may add members. The text
/// is static. Any thread.
#[unsafe(no_mangle)]
pub extern "C" fn boundtoken_build_info() -> boundtoken_str {
    static TEXT: OnceLock<String> = OnceLock::new();
    boundary::infallible(boundtoken_str::ABSENT, || boundtoken_str::lend(TEXT.get_or_init(build_info)))
}

fn build_info() -> String {
    let features = names([
        ("kubernetes", cfg!(feature = "kubernetes")),
        ("fast-rsa", cfg!(feature = "fast-rsa")),
        ("fast-p256", cfg!(feature = "fast-p256")),
    ]);
    let is_there = |state| matches!(state, PathState::On | PathState::SwitchedOff);
    let paths = names([
        ("fast-rsa", is_there(fast_rsa::status().state)),
        ("fast-p256", is_there(fast_p256::status().state)),
    ]);
    serde_json::json!({
        "version": env!("CARGO_PKG_VERSION"),
        "cryptography": if cfg!(feature = "aws-lc-rs") { "aws-lc-rs" } else { "ring" },
        "features": features,
        "cpuPaths": paths,
        "target": format!("{}-{}", std::env::consts::ARCH, std::env::consts::OS),
    })
    .to_string()
}

/// Returns the names of what is there.
fn names<const COUNT: usize>(all: [(&'static str, bool); COUNT]) -> Vec<&'static str> {
    all.into_iter().filter_map(|(name, is_there)| is_there.then_some(name)).collect()
}

/// Returns the version of the loaded library, such as `0.1.0`. The text is static. Any thread.
///
/// BOUNDTOKEN_VERSION_STRING is the version of the header that the program was compiled with.
#[unsafe(no_mangle)]
pub extern "C" fn boundtoken_version() -> boundtoken_str {
    boundtoken_str::lend(env!("CARGO_PKG_VERSION"))
}
