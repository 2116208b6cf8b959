//! `boundtoken demo`: the life of a bound token, with nothing but this program.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use boundtoken::{Reason, Rejection, UnixSeconds, VerifiedToken, Verifier};
use clap::Args;

use crate::failure::Failure;
use crate::output::{self, FAINT, STRONG, row};
use crate::verify::verdict;
use crate::words;

mod cluster;
mod directory;

use cluster::{AUDIENCE, LIFETIME};

pub use cluster::Cluster;

/// Show the life of a bound token, with nothing but this program
///
/// Makes a key, a token that is bound to a pod, and a list of the cluster's objects; then verifies the token, deletes the
/// pod, and verifies again. No cluster, no network, and nothing is written unless --directory says where.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// Also write key set, token and objects into this directory, to try `boundtoken verify` on them
    ///
    /// It is made if it does not exist, and must be empty if it does.
    #[arg(long, value_name = "DIR")]
    directory: Option<PathBuf>,
}

const EXAMPLES: &str = "\
Examples:
  boundtoken demo
  boundtoken demo --directory try

Exit status:
  0  done
  2  wrong arguments, or the directory is not empty or cannot be written";

/// How often the token is verified again to see how long that takes.
const ROUNDS: u32 = 1_000;

pub fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let now = UnixSeconds::now();
    let cluster = Cluster::new(now)?;
    // Files first: should they fail, nobody has read a story for nothing.
    let commands = arguments.directory.as_deref().map(|path| directory::write(path, &cluster)).transpose()?;
    tell(&cluster, now)?;
    if let Some(commands) = commands {
        step("Now you", "The files of this story are in the directory. Try:", &commands)?;
    }
    Ok(ExitCode::SUCCESS)
}

fn tell(cluster: &Cluster, now: UnixSeconds) -> Result<(), Failure> {
    let mut lines = String::new();
    for key in cluster.issuer.keys().load().keys() {
        row(&mut lines, "Algorithm", key.algorithm().name());
        row(&mut lines, "Key id", key.kid().unwrap_or_default());
    }
    step("A key", "A cluster signs its tokens. Its public key is all that a verifier needs.", &lines)?;

    let mut lines = String::new();
    row(&mut lines, "Speaks for", "ServiceAccount demo/app");
    row(&mut lines, "Good for", &format!("audience {AUDIENCE}"));
    row(&mut lines, "Bound to", "Pod demo/app-0");
    row(&mut lines, "Lives for", &words::duration(LIFETIME));
    row(&mut lines, "Size", &format!("{} bytes", cluster.token.len()));
    step("A token", "The kubelet requests it, for this pod and this audience only.", &lines)?;

    let verifier = cluster.verifier(AUDIENCE)?;
    let (verdict, first) = timed(&verifier, cluster, now);
    let mut lines = verdict::accepted(&verdict.map_err(fault)?, now);
    row(&mut lines, "Took", &format!("{}, the first time", microseconds(first)));
    row(
        &mut lines,
        "",
        &format!("{}, the median of {ROUNDS} more", microseconds(median(&verifier, cluster, now))),
    );
    row(&mut lines, "", "no network call");
    step(
        "The service vault verifies it",
        "By itself: it has the public key and a list of the pods.",
        &lines,
    )?;

    let (verdict, _) = timed(&cluster.verifier("mail")?, cluster, now);
    let lines = refused(verdict, Reason::AudienceMismatch)?;
    step(
        "The service mail verifies it",
        "Vault could have passed it on. It is of no use elsewhere.",
        &lines,
    )?;

    let (verdict, _) = timed(&verifier, cluster, UnixSeconds(now.0.saturating_add(2 * LIFETIME)));
    let lines = refused(verdict, Reason::Expired)?;
    step("Two hours later", "Somebody finds the token in an old log.", &lines)?;

    cluster.delete_pod();
    let (verdict, _) = timed(&verifier, cluster, now);
    let lines = refused(verdict, Reason::PodNotFound)?;
    step("The pod is deleted", "Back to now. The token has its hour left, but not its pod.", &lines)?;
    output::text("\nA bound token: one audience, one hour, and not a moment longer than its pod.\n")
}

fn step(title: &str, explanation: &str, lines: &str) -> Result<(), Failure> {
    output::text(&format!("\n{STRONG}{title}{STRONG:#}\n{FAINT}{explanation}{FAINT:#}\n\n{lines}"))
}

fn timed(
    verifier: &Verifier,
    cluster: &Cluster,
    now: UnixSeconds,
) -> (Result<VerifiedToken, Rejection>, Duration) {
    let start = Instant::now();
    let verdict = verifier.verify_at(cluster.token.as_bytes(), now);
    (verdict, start.elapsed())
}

fn median(verifier: &Verifier, cluster: &Cluster, now: UnixSeconds) -> Duration {
    let mut durations: Vec<Duration> = (0..ROUNDS).map(|_| timed(verifier, cluster, now).1).collect();
    durations.sort_unstable();
    durations.get(durations.len() / 2).copied().unwrap_or_default()
}

fn microseconds(duration: Duration) -> String {
    let nanoseconds = duration.as_nanos();
    format!("{}.{} µs", nanoseconds / 1_000, nanoseconds % 1_000 / 100)
}

/// The refusal that the step is about.
fn refused(verdict: Result<VerifiedToken, Rejection>, expected: Reason) -> Result<String, Failure> {
    match verdict {
        Err(rejection) if rejection.reason() == expected => Ok(verdict::refused(&rejection)),
        Err(rejection) => Err(fault(rejection)),
        Ok(_) => Err(fault(expected.description())),
    }
}

fn fault(error: impl std::fmt::Display) -> Failure {
    Failure::new(format!("the demonstration went wrong: {error}; please report this as a bug"))
}
