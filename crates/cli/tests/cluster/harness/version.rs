//! The version of Kubernetes.

use std::path::Path;
use std::process::Command;

/// The first minor version of Kubernetes 1 that binds tokens to webhook configurations (KEP-6060).
const WEBHOOK_TOKENS: u32 = 37;

pub struct Version {
    /// The version as the program prints it: `v1.37.2`.
    pub text: String,
    minor: u32,
}

impl Version {
    pub fn of(api_server: &Path) -> Self {
        let output = Command::new(api_server).arg("--version").output().unwrap();
        let output = String::from_utf8(output.stdout).unwrap();
        let text = output.trim().trim_start_matches("Kubernetes ").to_owned();
        let minor = text.strip_prefix("v1.").and_then(|rest| rest.split('.').next()).map(str::parse);
        let minor = minor.unwrap_or_else(|| panic!("no version of Kubernetes: {output}")).unwrap();
        Self { text, minor }
    }

    pub fn has_webhook_tokens(&self) -> bool {
        self.minor >= WEBHOOK_TOKENS
    }
}
