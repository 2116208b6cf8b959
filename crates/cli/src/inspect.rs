//! `boundtoken inspect`.

use std::process::ExitCode;

use boundtoken::UnixSeconds;
use clap::Args;

use crate::failure::Failure;
use crate::input::TokenInput;
use crate::output::Format;
use crate::words;

mod findings;
mod parts;
mod report;
mod statement;

use report::Report;

pub use parts::Parts;
#[cfg(feature = "network")]
pub use report::described;
pub use statement::Statement;

const NOT_DECODABLE: u8 = 1;

/// Show what is in a token, WITHOUT verifying it
///
/// Decodes as much as possible of a broken token, and tells for each part why a verifier would refuse it. The signature is
/// not checked: anyone could have written the token. Do not rely on what it claims.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    #[command(flatten)]
    token: TokenInput,
    /// Show times relative to this time, in RFC 3339 or in seconds since 1970 [default: now]
    #[arg(long, value_name = "TIME", value_parser = words::parse)]
    now: Option<UnixSeconds>,
    /// Output format; docs/schemas/inspect.json describes JSON and YAML
    #[arg(short, long, value_name = "FORMAT", value_enum, default_value_t)]
    output: Format,
}

const EXAMPLES: &str = "\
Examples:
  boundtoken inspect --token-file token
  kubectl create token app | boundtoken inspect
  boundtoken inspect -o json --token-file token | jq .claims.aud

Exit status:
  0  the token was decoded, at least in part
  1  the input contains no token
  2  wrong arguments, an unreadable file, or nothing on standard input";

pub fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let now = arguments.now.unwrap_or_else(UnixSeconds::now);
    let token = arguments.token.read()?;
    let parts = Parts::decode(&token);
    let statement = Statement::read(parts.claims.json.as_ref());
    let findings = findings::find(&token, &parts, &statement, now)?;
    let report = Report { parts: &parts, statement: &statement, findings: &findings, now };
    match arguments.output.structured() {
        Some(format) => report.print_document(format)?,
        None => report.print_for_people()?,
    }
    Ok(if parts.are_a_token() { ExitCode::SUCCESS } else { ExitCode::from(NOT_DECODABLE) })
}
