//! A verdict and its output formats.

use std::process::ExitCode;

use boundtoken::{Confirmed, Rejection, UnixSeconds, VerifiedToken};
use serde::Serialize;

use crate::document::{self, Explained, VerdictDocument};
use crate::failure::{self, Failure};
use crate::output::{self, BAD, CAUTION, GOOD, STRONG, Structured, paint, printable, row, rows};
use crate::snapshot::Age;
use crate::words::moment;

const REFUSED: u8 = 1;

pub enum Verdict {
    Accepted(Box<VerifiedToken>),
    Refused(Rejection),
    /// The token itself is valid, but its bound objects are unknown. Holds advice.
    Unknown(Rejection, &'static str),
    Failed(Failure),
}

/// A verdict for programs.
#[derive(Serialize)]
struct Document {
    #[serde(flatten)]
    verdict: VerdictDocument,
    #[serde(skip_serializing_if = "Option::is_none")]
    snapshot: Option<Age>,
}

impl Verdict {
    /// `advice` says what to do if the state of a bound object is unknown.
    pub fn new(result: Result<Result<VerifiedToken, Rejection>, Failure>, advice: &'static str) -> Self {
        match result {
            Ok(Ok(token)) => Self::Accepted(Box::new(token)),
            Ok(Err(rejection)) if document::leaves_undecided(&rejection) => Self::Unknown(rejection, advice),
            Ok(Err(rejection)) => Self::Refused(rejection),
            Err(failure) => Self::Failed(failure),
        }
    }

    /// Turns an accepted token into a failure unless its bound objects are known to exist now.
    pub fn required_live(self) -> Self {
        match self.caution() {
            Some(caution) => Self::Failed(Failure::new(format!(
                "the token's signature, audience and times are valid, but {caution}"
            ))),
            None => self,
        }
    }

    /// What is unknown about an accepted token's bound objects, and what to do.
    pub fn caution(&self) -> Option<&'static str> {
        let Self::Accepted(token) = self else { return None };
        match token.confirmed() {
            Confirmed::Live => None,
            Confirmed::Stale => Some(
                "its bound objects were last seen a while ago, because the cluster cannot be reached: some may \
                 have been deleted since; try again",
            ),
            Confirmed::Unavailable => {
                Some("its bound objects could not be looked up, so some may have been deleted; try again")
            }
            _ => Some(
                "its bound objects were not checked, so some may have been deleted: give --objects for its issuer, \
                 or use --cluster",
            ),
        }
    }

    pub fn exit_status(&self) -> ExitCode {
        match self {
            Self::Accepted(_) => ExitCode::SUCCESS,
            Self::Refused(_) => ExitCode::from(REFUSED),
            Self::Unknown(..) | Self::Failed(_) => failure::undecided(),
        }
    }

    pub fn print_document(&self, format: Structured, snapshot: Option<Age>) -> Result<(), Failure> {
        let verdict = match self {
            Self::Accepted(token) => VerdictDocument::Accepted((**token).clone()),
            Self::Refused(rejection) => rejection.into(),
            Self::Unknown(rejection, advice) => {
                VerdictDocument::Unknown(Explained::with_remedy(rejection, advice))
            }
            Self::Failed(failure) => failure.into(),
        };
        output::document(format, &Document { verdict, snapshot })
    }

    pub fn print_name(&self) -> Result<(), Failure> {
        match self {
            Self::Accepted(token) => return output::text(&format!("{}\n", token.user_info().username)),
            // If standard error is closed, the exit status still tells.
            Self::Refused(rejection) | Self::Unknown(rejection, _) => {
                let _written = output::error_lines(&format!("{}\n", rejection.name()));
            }
            Self::Failed(failure) => output::error(failure.sentence()),
        }
        Ok(())
    }

    /// `taken_at` is the time of the snapshot, if there is one.
    pub fn print_for_people(&self, now: UnixSeconds, taken_at: Option<UnixSeconds>) -> Result<(), Failure> {
        let with_snapshot = |mut lines: String| {
            if let Some(taken_at) = taken_at {
                row(&mut lines, "Snapshot", &format!("taken {}", moment(taken_at, now)));
            }
            output::text(&lines)
        };
        match self {
            Self::Accepted(token) => with_snapshot(accepted(token, now)),
            Self::Refused(rejection) => with_snapshot(refused(rejection)),
            Self::Unknown(rejection, advice) => {
                output::error(&unknown(rejection, advice));
                Ok(())
            }
            Self::Failed(failure) => {
                output::error(failure.sentence());
                Ok(())
            }
        }
    }
}

fn unknown(rejection: &Rejection, advice: &str) -> String {
    format!("{}: {advice}", what(rejection))
}

/// Text about an accepted token.
pub fn accepted(token: &VerifiedToken, now: UnixSeconds) -> String {
    let claims = token.claims();
    let user = token.user_info();
    let mut lines = format!("{}  {}\n\n", paint(GOOD, "ACCEPTED"), paint(STRONG, &user.username));
    row(&mut lines, "Namespace", claims.namespace());
    rows(&mut lines, "Groups", &user.groups);
    row(&mut lines, "Audience", &list(token.matched_audiences()));
    let others: Vec<&str> = claims
        .audiences()
        .filter(|audience| token.matched_audiences().all(|matched| matched != *audience))
        .collect();
    if !others.is_empty() {
        row(&mut lines, "", &format!("also valid for {}", list(others.into_iter())));
    }
    row(&mut lines, "Issuer", &printable(claims.issuer()));
    if token.issuer_label() != claims.issuer() {
        row(&mut lines, "Issuer's label", &printable(token.issuer_label()));
    }
    if let Some(issued) = claims.issued_at() {
        row(&mut lines, "Issued", &moment(issued, now));
    }
    row(&mut lines, "Expires", &moment(claims.expires_at(), now));
    if let Some(jti) = claims.jti() {
        row(&mut lines, "Credential id", &printable(&format!("JTI={jti}")));
    }
    let state = match token.confirmed() {
        Confirmed::Live => paint(GOOD, "exists"),
        Confirmed::Stale => paint(CAUTION, "existed"),
        _ => paint(CAUTION, "NOT CHECKED"),
    };
    rows(
        &mut lines,
        "Bound objects",
        claims.bound_objects().map(|object| format!("{}  {state}", object.reference)),
    );
    if let Some(node) = claims.node().filter(|_| claims.pod().is_some()) {
        row(&mut lines, "Node of the pod", node.reference.name);
    }
    if claims.attested_api_groups().next().is_some() {
        row(&mut lines, "Attested groups", &list(claims.attested_api_groups()));
    }
    if token.confirmed() != Confirmed::Live {
        lines.push('\n');
        lines.push_str(&paint(CAUTION, "Bound objects were NOT checked."));
        lines.push_str(
            "\nThe token of a deleted pod would also be accepted, until it expires.\nGive --objects or --cluster.\n",
        );
    }
    lines
}

fn list<'a>(texts: impl Iterator<Item = &'a str>) -> String {
    texts.map(printable).collect::<Vec<_>>().join(", ")
}

/// Text about a refused token.
pub fn refused(rejection: &Rejection) -> String {
    let mut lines = format!("{}  {} ({})\n\n", paint(BAD, "REFUSED"), rejection.name(), rejection.number());
    row(&mut lines, "What is wrong", &what(rejection));
    row(&mut lines, "What to do", rejection.reason().remedy());
    lines
}

fn what(rejection: &Rejection) -> String {
    printable(&document::what(rejection))
}

#[cfg(test)]
mod tests {
    use boundtoken::{
        BoundObjects, Freshness, ObjectReference, ObjectState, ObjectStore, OnUnavailable, TrustedIssuer,
        Verifier,
    };

    use super::*;
    use crate::demo;

    /// A source without current news. It has known the objects in the store, if there is one.
    struct OutOfTouch(Option<ObjectStore>);

    impl BoundObjects for OutOfTouch {
        fn state(&self, reference: &ObjectReference<'_>) -> ObjectState {
            self.0.as_ref().map_or(ObjectState::Unavailable, |store| store.state(reference))
        }

        fn freshness(&self) -> Freshness {
            if self.0.is_some() { Freshness::Stale } else { Freshness::Current }
        }
    }

    #[test]
    fn only_objects_that_exist_now_are_live() {
        let now = UnixSeconds::now();
        let cluster = demo::Cluster::new(now).unwrap();
        let token = cluster.token.as_bytes();
        let live = cluster.verifier("vault").unwrap();
        let store = ObjectStore::new();
        for object in live.verify_at(token, now).unwrap().claims().bound_objects() {
            store.upsert(&object.reference, object.uid.into(), None);
        }
        let out_of_touch = |store| {
            let issuer = TrustedIssuer::new(cluster.issuer.name(), cluster.issuer.keys());
            let builder = Verifier::builder().issuer(issuer.bound_objects(OutOfTouch(store)));
            builder.audience("vault").on_unavailable(OnUnavailable::Accept).build().unwrap()
        };
        for (verifier, words) in [
            (live, None),
            (out_of_touch(Some(store)), Some("last seen a while ago")),
            (out_of_touch(None), Some("could not be looked up")),
        ] {
            let verdict = Verdict::new(Ok(verifier.verify_at(token, now)), "");
            assert_eq!(verdict.exit_status(), ExitCode::SUCCESS);
            assert_eq!(verdict.caution().is_some(), words.is_some());
            let required = verdict.required_live();
            let undecided = matches!(&required, Verdict::Failed(failure)
                if failure.sentence().contains(words.unwrap_or_default()));
            assert_eq!(undecided, words.is_some());
        }
    }
}
