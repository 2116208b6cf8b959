//! `boundtoken watch`: a cluster as verifiers see it, live.

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

/// Follow a cluster: print what changes of its keys and objects, and decide on tokens given on standard input
///
/// One line each for what is known at the start, for every change, and for every token. A token is never printed. Ends at
/// the end of standard input or, without --audience, by which nothing is read from it, at an interrupt or SIGTERM.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// Verify tokens for this audience, one in a line of standard input; may be given several times
    #[arg(long, value_name = "NAME")]
    audience: Vec<String>,
    /// Form of the lines
    #[arg(short, long, value_name = "FORMAT", value_enum, default_value_t)]
    output: Lines,
    #[command(flatten)]
    connection: Connection,
    /// Follow this namespace, and no nodes, in place of the whole cluster; may be given several times
    #[arg(long, value_name = "NAME", value_parser = object_name, help_heading = "The cluster")]
    namespace: Vec<String>,
    /// Follow webhook configurations too, to which the tokens are bound that an API server shows to its webhooks
    #[arg(long, help_heading = "The cluster")]
    webhook_configurations: bool,
}

/// The form of what is printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Lines {
    /// For people
    #[default]
    Text,
    /// For programs: one JSON object a line
    Json,
}

const EXAMPLES: &str = "\
Examples:
  boundtoken watch
  boundtoken watch --namespace demo -o json | jq -c 'select(.event == \"watch\")'

  What becomes of a token while its pod is deleted?
    (while cat token; do echo; sleep 1; done) | boundtoken watch --audience vault

Exit status:
  0  ended, by the end of standard input, an interrupt or SIGTERM
  2  wrong arguments, no connection, or no permission";

/// How often the state is looked at.
const GLANCE: Duration = Duration::from_millis(200);

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
        // Read only if somebody verifies; otherwise the sender is kept, and no line ever comes.
        let (sender, mut lines) = mpsc::channel(1);
        let _kept = match verifier {
            Some(_) => {
                std::thread::spawn(move || input::each_line(|line| sender.blocking_send(line).is_ok()));
                None
            }
            None => Some(sender),
        };
        let mut glances = interval(GLANCE);
        glances.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut state = State::default();
        let mut events = state.changes(cluster.status());
        // Until whoever reads has gone.
        while self.print(&events)?.is_continue() {
            events = tokio::select! {
                () = end.wait() => break,
                _ = glances.tick() => state.changes(cluster.status()),
                line = lines.recv() => match (line, &verifier) {
                    (Some(Ok(token)), Some(verifier)) => {
                        vec![Event::from(verifier.verify(&token).await)]
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
