//! `boundtoken bench`: what verification costs on this machine.

use std::process::ExitCode;
use std::thread::available_parallelism;
use std::time::Duration;

use clap::Args;

use crate::failure::Failure;
use crate::output::{self, Format};

mod measure;
mod progress;
mod report;
mod review;
mod subject;

use progress::Progress;
use report::{Report, Row};
use subject::{Subject, SubjectOptions};

/// Measure what verification costs on this machine: tokens a second, and how long each takes
///
/// Measures a token seen for the first time, and one seen again, as a server meets it with every further request of the
/// same client; each with its bound objects looked up, and without. With nothing given, a token of the program's own is
/// taken, of the form that a cluster issues for a pod. Without --objects, what the token is bound to is taken to exist. With
/// --cluster, the API server's TokenReview is measured too.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// How many threads verify at the same time; may be given several times, or as 1,2,4 [default: 1, and all cores]
    #[arg(long, value_name = "NUMBER", value_delimiter = ',', value_parser = clap::value_parser!(u16).range(1..=1_024))]
    threads: Vec<u16>,
    /// How long each line of the table is measured, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..=3_600))]
    seconds: u64,
    /// Form of the result; times are in nanoseconds in those for programs
    #[arg(short, long, value_name = "FORMAT", value_enum, default_value_t)]
    output: Format,
    #[command(flatten)]
    subject: SubjectOptions,
}

const EXAMPLES: &str = "\
Examples:
  boundtoken bench
  boundtoken bench --sample ES256 --threads 1,2,4 --seconds 5

  Of your own cluster: its key, its token
    kubectl create token app --audience vault > token
    boundtoken bench --token-file token --audience vault --jwks jwks.json \\
      --issuer https://kubernetes.default.svc.cluster.local

  Against the API server itself
    boundtoken bench --token-file token --audience vault --cluster

  For a comparison of two machines
    boundtoken bench -o json | jq '.rows[] | select(.threads == 1) | {seen, perSecond}'

Exit status:
  0  measured
  2  wrong arguments, an unreadable file, no connection, or a token that is not accepted";

/// Lines of the table for each number of threads.
const KINDS: [(Seen, bool); 4] =
    [(Seen::First, false), (Seen::First, true), (Seen::Again, false), (Seen::Again, true)];

/// Whether the verifier met the token before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
enum Seen {
    First,
    Again,
}

pub fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    if let Some(wrong) = arguments.subject.fast_rsa_is_off()? {
        output::warning(wrong);
    }
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
        let length = Duration::from_secs(self.seconds);
        let steps = lines.len().saturating_add(usize::from(subject.review.is_some()));
        let progress = Progress::new(steps, length)?;
        let mut rows = Vec::new();
        for (threads, seen, objects) in lines {
            let verifier = subject.verifier(seen, objects)?;
            let answers =
                progress.step(|| measure::verification(&verifier, &subject.token, threads, length))?;
            rows.push(Row { threads, seen, bound_objects: objects, answers });
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
            // Where the number of cores is unknown, one thread is measured.
            counts.extend(available_parallelism().ok().and_then(|cores| u16::try_from(cores.get()).ok()));
        }
        counts.sort_unstable();
        counts.dedup();
        counts
    }
}
