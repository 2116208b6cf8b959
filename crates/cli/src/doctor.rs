//! `boundtoken doctor`.

use std::process::ExitCode;

use clap::Args;
use serde::Serialize;

use crate::cluster::{self, Connection};
use crate::failure::{Failure, harmless};
use crate::names;
use crate::output::{self, BAD, CAUTION, FAINT, Format, GOOD, STRONG, paint, paragraph};

mod checks;
mod permissions;

/// Check whether a cluster's tokens can be verified from here, and how to fix what is missing
///
/// Checks the configuration, the API server, its discovery document, its keys, the permissions of this identity, watches and
/// clocks. Changes nothing and reads no objects.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// Output format; docs/schemas/doctor.json describes JSON and YAML
    #[arg(short, long, value_name = "FORMAT", value_enum, default_value_t)]
    output: Format,
    #[command(flatten)]
    connection: Connection,
    /// Check permissions only in this namespace; may be given several times [default: the whole cluster]
    #[arg(long, value_name = "NAME", value_parser = names::namespace, help_heading = "The cluster")]
    namespace: Vec<String>,
}

const EXAMPLES: &str = "\
Examples:
  boundtoken doctor
  boundtoken doctor --context staging --namespace demo
  boundtoken doctor -o json | jq '.checks[] | select(.outcome == \"fail\")'

Exit status:
  0  verification can work
  1  it cannot: a check failed
  2  wrong arguments";

/// The result of one check.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Check {
    name: &'static str,
    outcome: Outcome,
    #[serde(rename = "message")]
    finding: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    remedy: Option<String>,
}

#[derive(Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Outcome {
    Ok,
    /// Nothing to fix.
    Information,
    /// Some tokens cannot be verified, or with a delay.
    Warn,
    /// Verification cannot work.
    Fail,
}

impl Check {
    pub fn ok(name: &'static str, finding: impl Into<String>) -> Self {
        Self { name, outcome: Outcome::Ok, finding: finding.into(), remedy: None }
    }

    pub fn information(name: &'static str, finding: impl Into<String>) -> Self {
        Self { outcome: Outcome::Information, ..Self::ok(name, finding) }
    }

    pub fn warn(name: &'static str, finding: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { outcome: Outcome::Warn, remedy: Some(remedy.into()), ..Self::ok(name, finding) }
    }

    pub fn fail(name: &'static str, finding: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { outcome: Outcome::Fail, ..Self::warn(name, finding, remedy) }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Report {
    can_work: bool,
    checks: Vec<Check>,
}

pub fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let mut checks = cluster::block_on(async { Ok(arguments.examine().await) })?;
    // Much of the text comes from a server.
    for check in &mut checks {
        check.finding = harmless(&check.finding);
        check.remedy = check.remedy.take().map(|remedy| harmless(&remedy));
    }
    let can_work = checks.iter().all(|check| check.outcome != Outcome::Fail);
    let report = Report { can_work, checks };
    match arguments.output.structured() {
        Some(format) => output::document(format, &report)?,
        None => output::text(&report.text())?,
    }
    Ok(if can_work { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

impl Arguments {
    /// Runs the checks. Stops at the first failure without which nothing else can be checked.
    async fn examine(&self) -> Vec<Check> {
        let (config, configuration) = checks::configuration(&self.connection).await;
        let mut found = vec![configuration];
        let Some(config) = config else { return found };
        let own_token = config.auth_info.token_file.clone();
        let client = match cluster::client(config) {
            Ok(client) => client,
            Err(failure) => {
                found.push(Check::fail("credentials", failure.sentence(), "correct the kubeconfig"));
                return found;
            }
        };
        let (reached, of_server) = checks::api_server(&client).await;
        found.extend(of_server);
        if !reached {
            return found;
        }
        found.extend(checks::discovery(&client).await);
        found.push(checks::key_set(&client).await);
        found.extend(permissions::check(&client, &self.namespace).await);
        found.push(checks::watching(&client, self.namespace.first()).await);
        found.extend(own_token.map(|file| checks::own_token(file.as_ref())));
        found
    }
}

/// The width of the names of checks, in characters.
const NAME_WIDTH: usize = 17;

impl Report {
    fn text(&self) -> String {
        let mut lines = String::new();
        for (place, Check { name, outcome, finding, remedy }) in self.checks.iter().enumerate() {
            let (style, mark) = match outcome {
                Outcome::Ok => (GOOD, "ok  "),
                Outcome::Information => (FAINT, "info"),
                Outcome::Warn => (CAUTION, "warn"),
                Outcome::Fail => (BAD, "fail"),
            };
            let start = format!("{}  {STRONG}{name:<NAME_WIDTH$}{STRONG:#}", paint(style, mark));
            paragraph(&mut lines, &start, finding);
            // Checks in a row that fail for the same cause share one remedy, below the last of them.
            let next = self.checks.get(place.saturating_add(1)).and_then(|check| check.remedy.as_ref());
            if let Some(remedy) = remedy.as_ref().filter(|remedy| next != Some(*remedy)) {
                paragraph(
                    &mut lines,
                    &format!("{:margin$}{FAINT}->{FAINT:#} ", "", margin = 6 + NAME_WIDTH),
                    remedy,
                );
            }
        }
        lines.push_str(match self.can_work {
            true => "\nVerification can work.\n",
            false => "\nVerification cannot work: fix the failed checks from the top.\n",
        });
        lines
    }
}
