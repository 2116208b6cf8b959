//! `boundtoken reasons`: every reason for a refusal, or some of them in full.

use std::process::ExitCode;

use boundtoken::Reason;
use clap::Args;
use serde::Serialize;

use crate::failure::Failure;
use crate::output::{self, CAUTION, FAINT, Format, STRONG, paint, paragraph, row};

mod selection;

use selection::Selection;

/// List the reasons for which a token is refused, or explain some of them
///
/// Without REASON, lists them all. With REASON, also gives the rule behind each. Numbers and names are stable. Alerts and
/// programs can rely on them.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// Number or name of a reason, or a hundred of them, such as 414, pod_not_found or 5xx
    #[arg(value_name = "REASON")]
    selections: Vec<Selection>,
    /// Output format; docs/schemas/reasons.json describes JSON and YAML
    #[arg(short, long, value_name = "FORMAT", value_enum, default_value_t)]
    output: Format,
}

const EXAMPLES: &str = "\
Examples:
  boundtoken reasons

  Explain one reason, or all reasons about bound objects:
    boundtoken reasons 414
    boundtoken reasons pod_not_found
    boundtoken reasons 5xx

  Name the rules that are stricter than the API server's:
    boundtoken reasons -o json |
      jq '.[] | select(.stricterThanApiServer) | .name'

Exit status:
  0  done
  2  wrong arguments, such as a number that no reason has";

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
    let is_selected = |reason: &Reason| {
        arguments.selections.is_empty() || arguments.selections.iter().any(|each| each.contains(*reason))
    };
    let entries: Vec<Entry> = Reason::ALL
        .iter()
        .copied()
        .filter(is_selected)
        .map(|reason| Entry {
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
        None if arguments.selections.is_empty() => output::text(&list(&entries))?,
        None => output::text(&explanations(&entries))?,
    }
    Ok(ExitCode::SUCCESS)
}

fn list(entries: &[Entry]) -> String {
    let mut lines = String::new();
    for Entry { number, name, description, remedy, stricter_than_api_server, .. } in entries {
        let mark = if *stricter_than_api_server { paint(CAUTION, " *") } else { String::new() };
        lines.push_str(&format!("{STRONG}{number} {name}{STRONG:#}{mark}\n"));
        paragraph(&mut lines, "    ", description);
        paragraph(&mut lines, &format!("    {FAINT}->{FAINT:#} "), remedy);
    }
    lines.push_str(&format!(
        "\n{CAUTION}*{CAUTION:#} stricter than the API server, which can accept such tokens\n"
    ));
    lines
}

fn explanations(entries: &[Entry]) -> String {
    let mut texts = Vec::new();
    for Entry { number, name, description, remedy, documentation, stricter_than_api_server } in entries {
        let mut lines = format!("{STRONG}{number} {name}{STRONG:#}\n\n");
        row(&mut lines, "What is wrong", description);
        row(&mut lines, "The rule", documentation);
        if *stricter_than_api_server {
            row(&mut lines, "", &paint(CAUTION, "stricter than the API server"));
        }
        row(&mut lines, "What to do", remedy);
        texts.push(lines);
    }
    texts.join("\n")
}
