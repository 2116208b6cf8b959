//! Tells the program for which target it is built.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    // Cargo always sets it for a build script.
    println!("cargo:rustc-env=TARGET={}", std::env::var("TARGET").unwrap_or_else(|_| "unknown".to_owned()));
}
