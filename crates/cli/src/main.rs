//! The `boundtoken` program.
//!
//! Each command has its own file. No message contains a token or a usable part of one.
#![forbid(unsafe_code)]

use std::process::ExitCode;

use clap::{Parser, Subcommand};

#[cfg(feature = "network")]
mod bench;
#[cfg(feature = "network")]
mod cluster;
#[cfg(feature = "network")]
mod compare;
mod completions;
mod demo;
#[cfg(feature = "network")]
mod dev_server;
#[cfg(feature = "network")]
mod doctor;
mod document;
#[cfg(feature = "network")]
mod end;
mod failure;
mod fast_path;
mod input;
mod inspect;
mod issue;
mod keys;
mod man;
mod names;
mod objects;
mod output;
mod reasons;
#[cfg(feature = "network")]
mod request;
mod shell;
mod snapshot;
mod verify;
mod version;
#[cfg(feature = "network")]
mod watch;
mod words;
mod wrong_file;

use failure::Failure;

/// Verify Kubernetes bound service-account tokens, without asking the API server
///
/// A bound token names its audience, expires, and is void once its pod is deleted. boundtoken gives the answer that
/// TokenReview would give, within microseconds. It needs only the cluster's public keys and a list of its objects.
#[derive(Parser)]
#[command(name = "boundtoken", version, arg_required_else_help = true, max_term_width = 100, after_help = EXAMPLES)]
struct Program {
    #[command(subcommand)]
    command: Command,
}

const EXAMPLES: &str = "\
Examples:
  See it work, without a cluster:
    boundtoken demo

  Verify a token for the audience vault with the cluster's keys:
    kubectl get --raw /openid/v1/jwks > jwks.json
    kubectl create token app --audience vault > token
    boundtoken verify --token-file token --jwks jwks.json --audience vault \\
      --issuer https://kubernetes.default.svc.cluster.local

  Show what is in a token, without verifying it:
    boundtoken inspect --token-file token

  Measure how fast verification is on this machine:
    boundtoken bench

Exit status:
  0  done; verify: the token is accepted
  1  verify: the token is refused; inspect: it cannot be decoded
  2  undecided: wrong arguments, an unreadable file, no token, or no usable key;
     verify --require-live: the bound objects were not checked

Environment:
  KUBECONFIG          files that name clusters, as for kubectl
  KUBERNETES_SERVICE_HOST, KUBERNETES_SERVICE_PORT
                      address of the API server, in a pod without a kubeconfig
  HTTPS_PROXY         proxy to an API server on another computer, unless the
                      kubeconfig names one
  NO_PROXY            hosts that are reached without HTTPS_PROXY
  NO_COLOR            if not empty: no colours
  CLICOLOR_FORCE      if not empty and not 0: colours in files and pipes too
  CLICOLOR, TERM      CLICOLOR=0 or TERM=dumb: no colours
  COLUMNS             width of this help, where no terminal tells its own
  BOUNDTOKEN_FAST_RSA off: only the cryptography library checks signatures";

#[derive(Subcommand)]
enum Command {
    Verify(Box<verify::Arguments>),
    Inspect(inspect::Arguments),
    Issue(Box<issue::Arguments>),
    #[cfg(feature = "network")]
    Request(Box<request::Arguments>),
    #[cfg(feature = "network")]
    Doctor(doctor::Arguments),
    #[cfg(feature = "network")]
    Compare(compare::Arguments),
    #[cfg(feature = "network")]
    Watch(watch::Arguments),
    #[cfg(feature = "network")]
    Snapshot(snapshot::take::Arguments),
    #[cfg(feature = "network")]
    Bench(Box<bench::Arguments>),
    Demo(demo::Arguments),
    #[cfg(feature = "network")]
    DevServer(Box<dev_server::Arguments>),
    Reasons(reasons::Arguments),
    Version(version::Arguments),
    Completions(completions::Arguments),
    Man(man::Arguments),
}

fn main() -> ExitCode {
    let program = match Program::try_parse() {
        Ok(program) => program,
        Err(error) => return failure::report_usage(&error),
    };
    let done: Result<ExitCode, Failure> = match program.command {
        Command::Verify(arguments) => verify::run(&arguments),
        Command::Inspect(arguments) => inspect::run(&arguments),
        Command::Issue(arguments) => issue::run(&arguments),
        #[cfg(feature = "network")]
        Command::Request(arguments) => request::run(&arguments),
        #[cfg(feature = "network")]
        Command::Doctor(arguments) => doctor::run(&arguments),
        #[cfg(feature = "network")]
        Command::Compare(arguments) => compare::run(&arguments),
        #[cfg(feature = "network")]
        Command::Watch(arguments) => watch::run(&arguments),
        #[cfg(feature = "network")]
        Command::Snapshot(arguments) => snapshot::take::run(&arguments),
        #[cfg(feature = "network")]
        Command::Bench(arguments) => bench::run(&arguments),
        Command::Demo(arguments) => demo::run(&arguments),
        #[cfg(feature = "network")]
        Command::DevServer(arguments) => dev_server::run(&arguments),
        Command::Reasons(arguments) => reasons::run(&arguments),
        Command::Version(arguments) => version::run(&arguments),
        Command::Completions(arguments) => completions::run::<Program>(&arguments),
        Command::Man(arguments) => man::run::<Program>(&arguments),
    };
    done.unwrap_or_else(|failure| failure.report())
}
