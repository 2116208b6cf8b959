//! `boundtoken reasons`: every reason for a refusal.

use std::process::ExitCode;

use boundtoken::Reason;
use clap::Args;
use serde::Serialize;

use crate::failure::Failure;
use crate::output::{self, CAUTION, FAINT, Format, STRONG, paint};

/// List every reason for which a token is refused
///
/// Numbers and names are stable. Alerts and programs can rely on them.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// Output format; docs/schemas/reasons.json describes JSON and YAML
    #[arg(short, long, value_name = "FORMAT", value_enum, default_value_t)]
    output: Format,
}

const EXAMPLES: &str = "\
Examples:
  boundtoken reasons
  boundtoken reasons -o json | jq '.[] | select(.stricterThanApiServer) | .name'

Exit status:
  0  done
  2  wrong arguments";

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Entry {
    number: u16,
    name: &'static str,
    description: &'static str,
    remedy: &'static str,
    documentation: &'static str,
    stricter_than_api_server: bool,
}

pub fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let entries: Vec<Entry> = Reason::ALL
        .iter()
        .map(|&reason| Entry {
            number: reason.number(),
            name: reason.name(),
            description: reason.description(),
            remedy: reason.remedy(),
            documentation: reason.documentation().trim(),
            stricter_than_api_server: Reason::STRICTER.contains(&reason),
        })
        .collect();
    match arguments.output.structured() {
        Some(format) => output::document(format, &entries)?,
        None => output::text(&table(&entries))?,
    }
    Ok(ExitCode::SUCCESS)
}

fn table(entries: &[Entry]) -> String {
    let mut lines = String::new();
    for Entry { number, name, description, remedy, stricter_than_api_server, .. } in entries {
        let mark = if *stricter_than_api_server { paint(CAUTION, " *") } else { String::new() };
        lines.push_str(&format!("{STRONG}{number} {name}{STRONG:#}{mark}\n"));
        lines.push_str(&format!("    {description}\n    {FAINT}-> {remedy}{FAINT:#}\n"));
    }
    lines.push_str(&format!(
        "\n{CAUTION}*{CAUTION:#} stricter than the API server, which can accept such tokens\n"
    ));
    lines
}
