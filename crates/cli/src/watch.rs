//! `boundtoken watch`: a live view of a cluster, as verifiers see it.

use std::ops::ControlFlow;
use std::process::ExitCode;
use std::time::Duration;

use boundtoken::Verifier;
use boundtoken_kubernetes::{Cluster, OnlineVerifier};
use clap::{Args, ValueEnum};
use tokio::sync::mpsc;
use tokio::time::{MissedTickBehavior, interval};

use crate::cluster::{self, Connection, object_name};
use crate::end::End;
use crate::failure::{Failure, causes};
use crate::input;
use crate::output;

mod event;
mod state;

use event::Event;
use state::State;

/// Follow a cluster: print changes to its keys and objects, and verify tokens from standard input
///
/// Prints one line for each fact at the start, for each change, and for each token. Never prints a token. With --audience,
/// stops at the end of standard input. Without --audience, does not read standard input, and stops at an interrupt or SIGTERM.
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
    #[arg(long, value_name = "NAME", value_parser = object_name, help_heading = "The cluster")]
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
    (while cat token; do echo; sleep 1; done) | boundtoken watch --audience vault

Exit status:
  0  stopped by the end of standard input, an interrupt or SIGTERM
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
        let mut state = State::default();
        let mut events = state.changes(cluster.status());
        // Runs until nobody reads the output any more.
        while self.print(&events)?.is_continue() {
            events = tokio::select! {
                () = end.wait() => break,
                _ = polls.tick() => state.changes(cluster.status()),
                line = lines.recv() => match (line, &verifier) {
                    (Some(Ok(token)), Some(verifier)) => {
                        vec![Event::Verdict(verifier.verify(&token).await)]
                    }
                    (Some(Err(error)), _) => return Err(Failure::new(format!("standard input: {error}"))),
                    _ => break,
                },
            };
        }
        Ok(())
    }

    fn print(&self, events: &[Event]) -> Result<ControlFlow<()>, Failure> {
        for event in events {
            let line = match self.output {
                Lines::Text => event.text(),
                Lines::Json => event.json()?,
            };
            if output::line(&line)?.is_break() {
                return Ok(ControlFlow::Break(()));
            }
        }
        Ok(ControlFlow::Continue(()))
    }

    async fn connect(&self) -> Result<Cluster, Failure> {
        let builder = Cluster::builder().client(self.connection.client().await?);
        let builder = builder.nodes(self.namespace.is_empty());
        let builder = builder.webhook_configurations(self.webhook_configurations);
        let builder = self.namespace.iter().fold(builder, |builder, name| builder.namespace(name.as_str()));
        builder.connect().await.map_err(|error| Failure::new(causes(&error)))
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
