//! `boundtoken demo`: the life of a bound token.

use std::hint::black_box;
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

/// Show the life of a bound token, without a cluster
///
/// Makes a key, a token that is bound to a pod, and a list of the cluster's objects. Verifies the token, deletes the pod,
/// and verifies the token again. Uses no network. Writes no files unless --directory is given.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// Write the key set, the token and the objects into this directory, to try `boundtoken verify` on them
    ///
    /// The directory is created if it does not exist. If it exists, it must be empty.
    #[arg(long, value_name = "DIR")]
    directory: Option<PathBuf>,
}

const EXAMPLES: &str = "\
Examples:
  boundtoken demo
  boundtoken demo --directory try

Exit status:
  0  done
  2  wrong arguments, or a directory that is not empty or cannot be written";

/// How many verifications are timed at once. Reading the clock takes about as long as one of them.
const BATCH: u32 = 1_000;
/// How many batches are timed. The fastest is the one that was interrupted least.
const BATCHES: u32 = 20;

pub fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let now = UnixSeconds::now();
    let cluster = Cluster::new(now)?;
    // The files come first, so that an error comes before the story.
    let commands = arguments.directory.as_deref().map(|path| directory::write(path, &cluster)).transpose()?;
    tell(&cluster, now)?;
    if let Some(commands) = commands {
        step("Try it yourself", "The files are in the directory. Run:", &commands)?;
    }
    Ok(ExitCode::SUCCESS)
}

fn tell(cluster: &Cluster, now: UnixSeconds) -> Result<(), Failure> {
    let mut lines = String::new();
    for key in cluster.issuer.keys().load().keys() {
        row(&mut lines, "Algorithm", key.algorithm().name());
        row(&mut lines, "Key id", key.kid().ok_or_else(|| fault("the key has no id"))?);
    }
    step("A key", "A cluster signs tokens with a private key. Verifiers need only the public key.", &lines)?;

    let mut lines = String::new();
    row(&mut lines, "Speaks for", "ServiceAccount demo/app");
    row(&mut lines, "Valid for", &format!("audience {AUDIENCE}"));
    row(&mut lines, "Bound to", "Pod demo/app-0");
    row(&mut lines, "Lifetime", &words::duration(LIFETIME.into()));
    row(&mut lines, "Size", &format!("{} bytes", cluster.token.len()));
    step("A token", "The kubelet requests it for one pod and one audience.", &lines)?;

    let verifier = cluster.verifier(AUDIENCE)?;
    let start = Instant::now();
    let accepted = verify(&verifier, cluster, now).map_err(fault)?;
    let first = start.elapsed();
    let again = seen_again(&verifier, cluster, now)?;
    let mut lines = verdict::accepted(&accepted, now);
    row(&mut lines, "Took", &format!("{}, the first time", measured(first)?));
    row(
        &mut lines,
        "",
        &format!("{}, seen again (mean of {BATCH} in a row, best of {BATCHES} runs)", measured(again)?),
    );
    row(&mut lines, "", "no network call");
    step(
        "The service vault verifies it",
        "It has the public key and a list of the pods. It asks nobody.",
        &lines,
    )?;

    let verdict = verify(&cluster.verifier("mail")?, cluster, now);
    let lines = refused(verdict, Reason::AudienceMismatch)?;
    step(
        "The service mail verifies it",
        "Suppose that vault passed it on. No other service accepts it.",
        &lines,
    )?;

    let two_hours = 2 * u64::from(LIFETIME);
    let verdict = verify(&verifier, cluster, UnixSeconds(now.0.saturating_add(two_hours)));
    let lines = refused(verdict, Reason::Expired)?;
    step("Two hours later", "Somebody finds the token in an old log.", &lines)?;

    cluster.delete_pod();
    let lines = refused(verify(&verifier, cluster, now), Reason::PodNotFound)?;
    step("The pod is deleted", "Back to now. The token has not expired, but its pod is gone.", &lines)?;
    output::text("\nA bound token: one audience, one hour, and only while its pod exists.\n")
}

fn step(title: &str, explanation: &str, lines: &str) -> Result<(), Failure> {
    output::text(&format!("\n{STRONG}{title}{STRONG:#}\n{FAINT}{explanation}{FAINT:#}\n\n{lines}"))
}

fn verify(verifier: &Verifier, cluster: &Cluster, now: UnixSeconds) -> Result<VerifiedToken, Rejection> {
    verifier.verify_at(cluster.token.as_bytes(), now)
}

/// Measures one verification of a token that the verifier has seen before.
fn seen_again(verifier: &Verifier, cluster: &Cluster, now: UnixSeconds) -> Result<Duration, Failure> {
    let mut fastest = Duration::MAX;
    for _ in 0..BATCHES {
        let start = Instant::now();
        for _ in 0..BATCH {
            black_box(verify(verifier, black_box(cluster), now).map_err(fault)?);
        }
        fastest = fastest.min(start.elapsed());
    }
    Ok(fastest / BATCH)
}

fn measured(duration: Duration) -> Result<String, Failure> {
    u64::try_from(duration.as_nanos()).map(words::measured).map_err(fault)
}

/// Shows a refusal. Fails unless it has the expected reason.
fn refused(verdict: Result<VerifiedToken, Rejection>, expected: Reason) -> Result<String, Failure> {
    match verdict {
        Err(rejection) if rejection.reason() == expected => Ok(verdict::refused(&rejection)),
        Err(rejection) => Err(fault(rejection)),
        Ok(_) => Err(fault(expected.description())),
    }
}

fn fault(error: impl std::fmt::Display) -> Failure {
    Failure::new(format!("the demo failed: {error}; please report this as a bug"))
}
