//! `boundtoken bench`.

use std::process::ExitCode;
use std::thread::available_parallelism;
use std::time::Duration;

use boundtoken::Confirmed;
use clap::Args;

use crate::failure::Failure;
use crate::output::{self, Format};
use crate::words;

mod measure;
mod progress;
mod report;
mod review;
mod subject;

use progress::Progress;
use report::{Report, Row};
use subject::{Subject, SubjectOptions};

/// Measure how many tokens per second this machine verifies, and how long one takes
///
/// Measures a token that is seen for the first time, and one that is seen again, as with further requests of the same client.
/// Measures each with and without a look-up of its bound objects. By default, uses a built-in token like those that a cluster
/// issues for pods. Without --objects, the bound objects are assumed to exist. With --cluster, measures the API server's
/// TokenReview too.
///
/// The line Cryptography names the code that checked the signatures: the library, or boundtoken's own, which is fast-rsa for RS256,
/// and fast-p256 for ES256 in a program that was built with the feature fast-p256.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// Number of threads; may be given several times or as 1,2,4 [default: 1 and the number of cores]
    #[arg(long, value_name = "NUMBER", value_delimiter = ',', value_parser = clap::value_parser!(u16).range(1..=1_024))]
    threads: Vec<u16>,
    /// Time to measure each line of the table, such as 5s or 200ms; a number alone is in seconds
    #[arg(long, visible_alias = "seconds", value_name = "DURATION", default_value = "1s", value_parser = length)]
    duration: Duration,
    /// Output format; docs/schemas/bench.json describes JSON and YAML
    #[arg(short, long, value_name = "FORMAT", value_enum, default_value_t)]
    output: Format,
    #[command(flatten)]
    subject: SubjectOptions,
}

const EXAMPLES: &str = "\
Examples:
  boundtoken bench
  boundtoken bench --sample ES256 --threads 1,2,4 --duration 5s

  Measure your own cluster's token and key:
    kubectl create token app --audience vault > token
    boundtoken bench --token-file token --audience vault --jwks jwks.json \\
      --issuer https://kubernetes.default.svc.cluster.local

  Compare with the API server's TokenReview:
    boundtoken bench --token-file token --audience vault --cluster

  Leave RS256 to the cryptography library, to compare:
    BOUNDTOKEN_FAST_RSA=off boundtoken bench

  Print only the figures of one thread:
    boundtoken bench -o json | jq '.rows[] | select(.threads == 1) | .perSecond'

Exit status:
  0  measured
  2  wrong arguments, an unreadable file, no connection, or a refused token";

/// The lines of the table for each number of threads: which token, and whether its objects are looked up.
const KINDS: [(Seen, bool); 4] =
    [(Seen::First, false), (Seen::First, true), (Seen::Again, false), (Seen::Again, true)];

/// Whether the verifier has seen the token before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
enum Seen {
    First,
    Again,
}

/// Parses how long to measure.
fn length(text: &str) -> Result<Duration, String> {
    const SHORTEST: Duration = Duration::from_millis(10);
    const LONGEST: Duration = Duration::from_secs(3_600);
    let length = words::parse_seconds(text)?;
    match (SHORTEST..=LONGEST).contains(&length) {
        true => Ok(length),
        false => Err("give a duration from 10ms to 1h".to_owned()),
    }
}

pub fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let report = arguments.subject.with_subject(|subject| arguments.measure(subject))?;
    match arguments.output.structured() {
        Some(format) => output::document(format, &report)?,
        None => output::text(&report.text())?,
    }
    Ok(ExitCode::SUCCESS)
}

impl Arguments {
    fn measure(&self, subject: &Subject) -> Result<Report, Failure> {
        let kinds = KINDS.into_iter().filter(|(_, objects)| *objects || subject.without_objects.is_some());
        let lines: Vec<_> = self
            .thread_counts()
            .into_iter()
            .flat_map(|threads| kinds.clone().map(move |(seen, objects)| (threads, seen, objects)))
            .collect();
        let length = self.duration;
        let steps = lines.len().saturating_add(usize::from(subject.review.is_some()));
        let progress = Progress::new(steps, length)?;
        let mut rows = Vec::new();
        for (threads, seen, objects) in lines {
            let verifier = subject.verifier(seen, objects)?;
            let answers =
                progress.step(|| measure::verification(&verifier, &subject.token, threads, length))?;
            let confirmed = if objects { Confirmed::Live } else { Confirmed::NotChecked };
            rows.push(Row { threads, seen, confirmed, answers });
        }
        let token_review = match &subject.review {
            Some(review) => Some(progress.step(|| review.measure(&subject.token, length))?),
            None => None,
        };
        Report::new(subject, rows, token_review)
    }

    fn thread_counts(&self) -> Vec<u16> {
        let mut counts = self.threads.clone();
        if counts.is_empty() {
            counts.push(1);
            // If the number of cores is unknown, only one thread is measured.
            counts.extend(available_parallelism().ok().and_then(|cores| u16::try_from(cores.get()).ok()));
        }
        counts.sort_unstable();
        counts.dedup();
        counts
    }
}
