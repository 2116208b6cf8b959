//! `boundtoken compare`: the API server's verdict and ours.

use std::process::ExitCode;

use boundtoken::api::TokenReviewStatus;
use boundtoken::{Rejection, VerifiedToken};
use boundtoken_kubernetes::OnlineVerifier;
use clap::Args;
use serde::Serialize;

use crate::cluster::{self, Connection, SEE_DOCTOR, follow_for};
use crate::document::{VerdictDocument, leaves_undecided};
use crate::failure::{self, Failure, harmless};
use crate::input::TokenInput;
use crate::output::{self, BAD, CAUTION, Format, GOOD, paint, printable, row};

mod explanation;

/// Compare the verdict of boundtoken with the API server's TokenReview, and explain any difference
///
/// Sends the token to the API server. Needs the permissions of `verify --cluster`, and also to `create` `tokenreviews`, which
/// the ClusterRole system:auth-delegator allows.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    #[command(flatten)]
    token: TokenInput,
    /// Audience to accept: the name of the service that verifies; may be given several times
    #[arg(long, value_name = "NAME", required = true)]
    audience: Vec<String>,
    /// Output format; docs/schemas/compare.json describes JSON and YAML
    #[arg(short, long, value_name = "FORMAT", value_enum, default_value_t)]
    output: Format,
    #[command(flatten)]
    connection: Connection,
}

const EXAMPLES: &str = "\
Examples:
  boundtoken compare --token-file token --audience vault
  boundtoken compare --token-file token --audience vault -o json | jq .same

Exit status:
  0  the verdict and the user are the same
  1  they differ
  2  undecided: wrong arguments, no connection, or no permission";

/// Both verdicts.
pub struct Verdicts {
    theirs: TokenReviewStatus,
    ours: Result<VerifiedToken, Rejection>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Document<'a> {
    same: bool,
    api_server: Theirs<'a>,
    boundtoken: VerdictDocument,
    #[serde(skip_serializing_if = "Option::is_none")]
    explanation: Option<String>,
}

#[derive(Serialize)]
struct Theirs<'a> {
    verdict: &'static str,
    /// The API server's own answer.
    status: &'a TokenReviewStatus,
}

pub fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    compare(arguments).or_else(|failure| match arguments.output.structured() {
        Some(format) => {
            output::document(format, &VerdictDocument::from(&failure))?;
            Ok(failure::undecided())
        }
        None => Err(failure),
    })
}

fn compare(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let token = arguments.token.read()?;
    let mut verdicts = cluster::block_on(arguments.ask(&token))?;
    // The API server may quote the token.
    verdicts.theirs.error = harmless(&verdicts.theirs.error);
    let explanation = explanation::of(&verdicts, &token);
    let same = explanation.is_none();
    match arguments.output.structured() {
        Some(format) => output::document(format, &document(&verdicts, explanation))?,
        None => output::text(&text(&verdicts, explanation.as_deref()))?,
    }
    Ok(if same { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

impl Arguments {
    async fn ask(&self, token: &[u8]) -> Result<Verdicts, Failure> {
        let text = std::str::from_utf8(token).ok().filter(|text| !text.is_empty());
        let text =
            text.ok_or_else(|| Failure::new("TokenReview needs a token that is UTF-8 and not empty"))?;
        let client = self.connection.client().await?;
        let cluster = follow_for(client.clone(), token, &[]).await?;
        let builder = self
            .audience
            .iter()
            .fold(cluster.verifier_builder(), |builder, audience| builder.audience(audience.as_str()));
        let verifier = builder.build().map_err(|error| Failure::new(error.to_string()))?;
        let theirs = cluster::review(&client, text, &self.audience).await?;
        let ours = OnlineVerifier::new(verifier).asking(&cluster).verify(token).await;
        if let Err(rejection) = &ours
            && leaves_undecided(rejection)
        {
            return Err(Failure::new(rejection.to_string()).advise(SEE_DOCTOR));
        }
        Ok(Verdicts { theirs, ours })
    }
}

fn document(verdicts: &Verdicts, explanation: Option<String>) -> Document<'_> {
    let verdict = if verdicts.theirs.authenticated { "accepted" } else { "refused" };
    Document {
        same: explanation.is_none(),
        api_server: Theirs { verdict, status: &verdicts.theirs },
        boundtoken: VerdictDocument::from(&verdicts.ours),
        explanation,
    }
}

fn text(verdicts: &Verdicts, explanation: Option<&str>) -> String {
    let accepted = |user: &str| format!("{}  {}", paint(GOOD, "ACCEPTED"), printable(user));
    let refused = |why: &str| format!("{}  {}", paint(BAD, "REFUSED"), printable(why));
    let mut lines = String::new();
    row(
        &mut lines,
        "API server",
        &match &verdicts.theirs {
            theirs if theirs.authenticated => accepted(&theirs.user.username),
            theirs => refused(&theirs.error),
        },
    );
    row(
        &mut lines,
        "boundtoken",
        &match &verdicts.ours {
            Ok(token) => accepted(&token.user_info().username),
            Err(rejection) => refused(&format!("{}: {rejection}", rejection.name())),
        },
    );
    match explanation {
        None => lines.push_str(&format!("\n{}\n", paint(GOOD, "The same verdict."))),
        Some(explanation) => {
            lines.push_str(&format!("\n{}\n", paint(CAUTION, "Not the same:")));
            row(&mut lines, "", &printable(explanation));
        }
    }
    lines
}
