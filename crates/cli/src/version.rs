//! `boundtoken version`: what this program was built from, and what it uses on this machine.

use std::process::ExitCode;

use clap::Args;
use serde::Serialize;

use crate::failure::Failure;
use crate::fast_path;
use crate::output::{self, Format, STRONG, paint, row};

/// Show the version of this program, its cryptography, and what it uses of this CPU
///
/// `boundtoken --version` prints only the version.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// Output format
    #[arg(short, long, value_name = "FORMAT", value_enum, default_value_t)]
    output: Format,
}

const EXAMPLES: &str = "\
Examples:
  boundtoken version
  boundtoken version -o json | jq -r .cryptography

Exit status:
  0  done
  2  wrong arguments";

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Document {
    version: &'static str,
    library_version: &'static str,
    cryptography: &'static str,
    /// Whether boundtoken's own code can check RS256 signatures here.
    fast_rsa: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    fast_rsa_off_because: Option<&'static str>,
    target: &'static str,
}

pub fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let why_off = fast_path::why_off()?;
    let document = Document {
        version: env!("CARGO_PKG_VERSION"),
        library_version: boundtoken::VERSION,
        cryptography: backend(),
        fast_rsa: why_off.is_none(),
        fast_rsa_off_because: why_off,
        target: env!("TARGET"),
    };
    match arguments.output.structured() {
        Some(format) => output::document(format, &document)?,
        None => output::text(&document.text())?,
    }
    Ok(ExitCode::SUCCESS)
}

impl Document {
    fn text(&self) -> String {
        let mut lines = format!("{}\n\n", paint(STRONG, &format!("boundtoken {}", self.version)));
        row(&mut lines, "Library", self.library_version);
        row(&mut lines, "Cryptography", self.cryptography);
        let fast_rsa = match self.fast_rsa_off_because {
            None => "available: boundtoken's own code for AVX-512 IFMA".to_owned(),
            Some(why) => format!("off: {why}"),
        };
        row(&mut lines, "Fast RS256", &fast_rsa);
        row(&mut lines, "Rust target", self.target);
        lines
    }
}

/// The library that checks signatures.
pub fn backend() -> &'static str {
    if cfg!(feature = "aws-lc-rs") { "AWS-LC" } else { "ring" }
}
