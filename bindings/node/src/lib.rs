//! The native part of the Node.js package `boundtoken`, on the Rust library. No rule of verification stands here.
//!
//! Its functions are for the JavaScript of the package alone. Handles are externals, which the garbage collector frees.

mod background;
mod cluster;
mod errors;
mod info;
mod keys;
mod log;
mod objects;
mod reference;
mod revocation;
mod token;
mod verifier;

use std::time::Duration;

use boundtoken::UnixSeconds;

/// The time that was given in seconds, or the system's. JavaScript has checked it.
fn now(given: Option<f64>) -> UnixSeconds {
    given.map_or_else(UnixSeconds::now, unix)
}

/// Whole seconds since 1970.
fn unix(seconds: f64) -> UnixSeconds {
    UnixSeconds(Duration::try_from_secs_f64(seconds).map_or(0, |since_1970| since_1970.as_secs()))
}

/// A number of seconds.
fn seconds(given: f64) -> errors::Result<Duration> {
    Duration::try_from_secs_f64(given)
        .map_err(|_| errors::CONFIGURATION.with("it must be a number of seconds, and not negative"))
}
