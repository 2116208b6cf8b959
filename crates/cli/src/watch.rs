//! `boundtoken watch`: a live view of a cluster, as verifiers see it.

use std::ops::ControlFlow;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use boundtoken::{Reason, Verifier};
use boundtoken_kubernetes::{Cluster, ClusterStatus, OnlineVerifier};
use clap::{Args, ValueEnum};
use tokio::sync::mpsc;
use tokio::time::{MissedTickBehavior, interval};

use crate::cluster::{self, Connection, SEE_DOCTOR};
use crate::end::End;
use crate::failure::{Failure, causes};
use crate::input::{self, Line};
use crate::names;
use crate::output;

mod event;
mod people;
mod state;

use event::Event;
use people::People;
use state::State;

/// Follow a cluster: print changes to its keys and objects, and verify tokens from standard input
///
/// Prints one line for each fact at the start, for each change, and for each token. Never prints a token. With --audience,
/// stops at the end of standard input. Without --audience, does not read standard input, and stops at Ctrl-C or SIGTERM.
/// People are told of a lost connection once, and when it is made again. Programs get one line for each watch and attempt.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// Verify tokens for this audience, one per line of standard input; may be given several times
    #[arg(long, value_name = "NAME")]
    audience: Vec<String>,
    /// Output format; docs/schemas/watch.json describes each line of JSON
    #[arg(short, long, value_name = "FORMAT", value_enum, default_value_t)]
    output: Lines,
    #[command(flatten)]
    connection: Connection,
    /// Follow only this namespace, and no nodes; may be given several times [default: the whole cluster]
    #[arg(long, value_name = "NAME", value_parser = names::namespace, help_heading = "The cluster")]
    namespace: Vec<String>,
    /// Follow webhook configurations too, for the tokens that an API server sends to its webhooks
    #[arg(long, help_heading = "The cluster")]
    webhook_configurations: bool,
}

/// The output format.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Lines {
    /// For people
    #[default]
    Text,
    /// For programs: one JSON object per line
    Json,
}

const EXAMPLES: &str = "\
Examples:
  boundtoken watch
  boundtoken watch --namespace demo -o json | jq -c 'select(.event == \"watch\")'

  Verify a token every second while its pod is deleted:
    (while cat token; do echo; sleep 1; done) |
      boundtoken watch --audience vault

Exit status:
  0  stopped by the end of standard input, Ctrl-C or SIGTERM
  2  wrong arguments, no connection, or no permission";

/// The time between two looks at the cluster's status.
const POLL_INTERVAL: Duration = Duration::from_millis(200);

pub fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    cluster::block_on(arguments.follow())?;
    Ok(ExitCode::SUCCESS)
}

impl Arguments {
    async fn follow(&self) -> Result<(), Failure> {
        let cluster = self.connect().await?;
        let mut end = End::new()?;
        let verifier = self.verifier(&cluster)?;
        let verifier = verifier.map(|verifier| OnlineVerifier::new(verifier).asking(&cluster));
        // Without a verifier, standard input is not read. The sender is kept, so the channel stays open and empty.
        let (sender, mut lines) = mpsc::channel(1);
        let _kept = match verifier {
            Some(_) => {
                std::thread::spawn(move || input::each_line(|line| sender.blocking_send(line).is_ok()));
                None
            }
            None => Some(sender),
        };
        let mut polls = interval(POLL_INTERVAL);
        polls.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut reporter =
            Reporter { output: self.output, state: State::default(), people: People::default() };
        // Runs until nobody reads the output any more.
        let mut lines_out = reporter.changes(cluster.status())?;
        while print(&lines_out)?.is_continue() {
            lines_out = tokio::select! {
                () = end.wait() => break,
                _ = polls.tick() => reporter.changes(cluster.status())?,
                line = lines.recv() => {
                    let (Some(line), Some(verifier)) = (line, &verifier) else { break };
                    let line = line.map_err(|error| Failure::new(format!("standard input: {error}")))?;
                    let verdict = match line {
                        Line::Token(token) => verifier.verify(&token).await,
                        Line::TooLong => Err(Reason::TokenTooLarge.into()),
                    };
                    vec![reporter.line(&Event::Verdict(verdict))?]
                }
            };
        }
        Ok(())
    }

    async fn connect(&self) -> Result<Cluster, Failure> {
        let builder = Cluster::builder().client(self.connection.client().await?);
        let builder = builder.nodes(self.namespace.is_empty());
        let builder = builder.webhook_configurations(self.webhook_configurations);
        let builder = self.namespace.iter().fold(builder, |builder, name| builder.namespace(name.as_str()));
        let connected = builder.connect().await;
        connected.map_err(|error| Failure::new(causes(&error)).advise(SEE_DOCTOR))
    }

    fn verifier(&self, cluster: &Cluster) -> Result<Option<Verifier>, Failure> {
        if self.audience.is_empty() {
            return Ok(None);
        }
        let builder = cluster.verifier_builder();
        let builder = self.audience.iter().fold(builder, |builder, name| builder.audience(name.as_str()));
        builder.build().map(Some).map_err(|error| Failure::new(error.to_string()))
    }
}

/// Puts what happens into lines of output.
struct Reporter {
    output: Lines,
    state: State,
    people: People,
}

impl Reporter {
    /// The lines about what has changed since the last status.
    fn changes(&mut self, status: ClusterStatus) -> Result<Vec<String>, Failure> {
        let of_watches = match self.output {
            Lines::Text => self.people.lines(&status.watches, Instant::now()),
            Lines::Json => Vec::new(),
        };
        let mut lines = Vec::new();
        for event in self.state.changes(status) {
            match (&event, self.output) {
                // People are told of watches in fewer words.
                (Event::Watch(_), Lines::Text) => {}
                _ => lines.push(self.line(&event)?),
            }
        }
        lines.extend(of_watches);
        Ok(lines)
    }

    fn line(&self, event: &Event) -> Result<String, Failure> {
        match self.output {
            Lines::Text => Ok(event.text()),
            Lines::Json => event.json(),
        }
    }
}

fn print(lines: &[String]) -> Result<ControlFlow<()>, Failure> {
    for line in lines {
        if output::line(line)?.is_break() {
            return Ok(ControlFlow::Break(()));
        }
    }
    Ok(ControlFlow::Continue(()))
}
