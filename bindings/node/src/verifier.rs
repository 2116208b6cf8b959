//! The verifier.

use std::cell::RefCell;
use std::sync::Arc;

use boundtoken::{
    CheckedToken, KeyStore, ObjectStore, OnUnavailable, Rejection, TrustedIssuer, UnixSeconds, VerifiedToken,
    VerifierBuilder,
};
use boundtoken_kubernetes::{Cluster, OnlineVerifier};
use napi::Env;
use napi::bindgen_prelude::{AsyncTask, BufferSlice, External, Object, Uint8Array};
use napi_derive::napi;

use crate::background::{self, Canceller};
use crate::cluster::Connection;
use crate::errors::{CLOSED, CONFIGURATION, Result, refusal};
use crate::now;

mod answers;
mod asynchronous;
mod slots;
mod statistics;

pub use asynchronous::First;
use slots::Slot;

/// A builder until it is used.
pub struct Builder {
    builder: RefCell<Option<VerifierBuilder>>,
    /// The clusters that the verifier may ask.
    clusters: RefCell<Vec<Arc<Cluster>>>,
}

/// What a verifier can be told.
#[napi(object)]
pub struct Limits {
    pub leeway_seconds: Option<u32>,
    pub on_unavailable: Option<u32>,
    pub max_token_size: Option<u32>,
    pub cached_tokens: Option<u32>,
    pub cache_size: Option<u32>,
}

/// Starts a builder.
#[napi(catch_unwind)]
pub fn builder(audiences: Vec<String>, limits: Limits) -> Result<External<Builder>> {
    let mut builder = boundtoken::Verifier::builder();
    if let Some(leeway) = limits.leeway_seconds {
        builder = builder.leeway(leeway.into());
    }
    if let Some(size) = limits.max_token_size {
        builder = builder.max_token_size(size_of(size));
    }
    if let Some(tokens) = limits.cached_tokens {
        builder = builder.cached_tokens(size_of(tokens));
    }
    if let Some(size) = limits.cache_size {
        builder = builder.cache_size(size_of(size));
    }
    builder = builder.on_unavailable(match limits.on_unavailable {
        None | Some(0) => OnUnavailable::Refuse,
        Some(1) => OnUnavailable::Accept,
        Some(other) => return Err(CONFIGURATION.with(format!("{other} is no OnUnavailable"))),
    });
    builder = audiences.into_iter().fold(builder, VerifierBuilder::audience);
    Ok(External::new(Builder { builder: RefCell::new(Some(builder)), clusters: RefCell::default() }))
}

fn size_of(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

impl Builder {
    pub fn change(&self, change: impl FnOnce(VerifierBuilder) -> VerifierBuilder) {
        let mut builder = self.builder.borrow_mut();
        *builder = builder.take().map(change);
    }
}

/// Trusts an issuer. `asked` says that JavaScript looks its objects up.
#[napi(catch_unwind)]
pub fn builder_issuer(
    builder: &External<Builder>,
    names: Vec<String>,
    label: String,
    keys: &External<KeyStore>,
    objects: Option<&External<ObjectStore>>,
    asked: bool,
) -> Result<()> {
    let mut names = names.into_iter();
    let name = names.next().ok_or_else(|| CONFIGURATION.with("an issuer needs a name"))?;
    let mut issuer = TrustedIssuer::new(name, KeyStore::clone(keys)).label(label);
    issuer = names.fold(issuer, TrustedIssuer::also_named);
    if let Some(store) = objects {
        issuer = issuer.bound_objects(ObjectStore::clone(store));
    } else if asked {
        issuer = issuer.bound_objects(answers::Nobody);
    }
    builder.change(|builder| builder.issuer(issuer));
    Ok(())
}

/// Trusts the issuer of a cluster that is followed.
#[napi(catch_unwind)]
pub fn builder_cluster(
    builder: &External<Builder>,
    connection: &External<Connection>,
    label: String,
) -> Result<()> {
    let cluster = connection.get()?;
    let issuer = cluster.trusted_issuer().label(label);
    builder.change(|builder| builder.issuer(issuer));
    builder.clusters.borrow_mut().push(cluster);
    Ok(())
}

/// Builds the verifier.
#[napi(catch_unwind)]
pub fn builder_build(using: &External<Builder>) -> Result<External<Judge>> {
    let taken = using.builder.borrow_mut().take();
    let builder = taken.ok_or_else(|| CONFIGURATION.with("the builder was used"))?;
    let verifier = builder.build().map_err(|error| CONFIGURATION.with(error))?;
    let clusters = using.clusters.take();
    let judge =
        clusters.iter().fold(OnlineVerifier::new(verifier), |judge, cluster| judge.asking(&**cluster));
    let judge = Arc::new(judge);
    Ok(External::new(Judge { slot: slots::take(judge) }))
}

/// A verifier until it is closed.
pub struct Judge {
    slot: u32,
}

impl Drop for Judge {
    fn drop(&mut self) {
        slots::free(self.slot);
    }
}

/// The number by which the other functions know the verifier. Valid as long as the handle is, on its thread.
#[napi(catch_unwind)]
pub fn slot(judge: &External<Judge>) -> u32 {
    judge.slot
}

/// Frees the verifier.
#[napi(catch_unwind)]
pub fn close(slot: u32) {
    slots::close(slot);
}

type Verdict = std::result::Result<VerifiedToken, Rejection>;

/// An accepted token, or the record of a refusal.
#[napi(object, object_from_js = false)]
pub struct Answer {
    pub token: Option<External<VerifiedToken>>,
    pub refusal: Option<Uint8Array>,
    /// Whether the answer of a cluster could change the verdict.
    pub could_change: bool,
}

impl From<Verdict> for Answer {
    fn from(verdict: Verdict) -> Self {
        match verdict {
            Ok(token) => Self { token: Some(External::new(token)), refusal: None, could_change: false },
            Err(rejection) => Self { token: None, refusal: Some(refusal(&rejection)), could_change: false },
        }
    }
}

/// A token to confirm, or the record of a refusal.
#[napi(object, object_from_js = false)]
pub struct Checked {
    pub token: Option<External<CheckedToken>>,
    pub refusal: Option<Uint8Array>,
}

/// The verifier was closed.
const IS_CLOSED: f64 = -1.0;
/// It takes a signature check.
const UNDECIDED: f64 = -2.0;
/// `last_token` or `last_refusal` says more: a token that is not remembered, or a refusal.
const SEE_VERDICT: f64 = -3.0;

/// Verifies a token if that takes no signature check. Returns a number that stands for all that the verdict says.
///
/// The token is in the first `length` bytes.
#[napi(catch_unwind)]
pub fn verify_cached(slot: u32, bytes: &[u8], length: u32, at: Option<f64>) -> f64 {
    let Some(token) = bytes.get(..size_of(length)) else { return UNDECIDED };
    let keep = |slot: &mut Slot| match slot.judge.verifier().verify_cached_at(token, now(at)) {
        None => UNDECIDED,
        Some(verdict) => slot.keep(verdict),
    };
    slots::with(slot, keep).unwrap_or(IS_CLOSED)
}

/// Verifies a token, with a signature check.
#[napi(catch_unwind)]
pub fn verify_now(slot: u32, bytes: &[u8], length: u32, at: Option<f64>) -> f64 {
    let Some(token) = bytes.get(..size_of(length)) else { return UNDECIDED };
    let keep = |slot: &mut Slot| {
        let verdict = slot.judge.verifier().verify_at(token, now(at));
        slot.keep(verdict)
    };
    slots::with(slot, keep).unwrap_or(IS_CLOSED)
}

/// The token that the last call of `verify_cached` or `verify_now` has accepted, and its record, as `token_record` writes it. Nothing if
/// it was refused.
#[napi(catch_unwind)]
pub fn last_token(slot: u32, mut buffer: BufferSlice<'_>) -> Option<External<VerifiedToken>> {
    let verdict = slots::with(slot, |slot| slot.last.take_if(|verdict| verdict.is_ok())).flatten();
    let token = verdict.and_then(std::result::Result::ok)?;
    boundtoken::record::accepted(&mut buffer, &token);
    Some(External::new(token))
}

/// The record of the refusal that the last call of `verify_cached` or `verify_now` has ended with.
#[napi(catch_unwind)]
pub fn last_refusal(slot: u32) -> Result<Uint8Array> {
    let verdict = slots::with(slot, |slot| slot.last.take()).flatten();
    let rejection = verdict.and_then(std::result::Result::err);
    rejection.map(|rejection| refusal(&rejection)).ok_or_else(closed)
}

/// The number that `verify_cached` would return for a token that was accepted.
#[napi(catch_unwind)]
pub fn token_number(token: &External<VerifiedToken>) -> f64 {
    slots::number(token)
}

/// Verifies a token for other audiences, if that takes no signature check.
#[napi(catch_unwind)]
pub fn verify_cached_for(
    slot: u32,
    token: &[u8],
    audiences: Vec<String>,
    at: Option<f64>,
) -> Result<Option<Answer>> {
    Ok(judge(slot)?.verifier().verify_cached_for_at(token, &audiences, now(at)).map(Answer::from))
}

/// Verifies a token for other audiences.
#[napi(catch_unwind)]
pub fn verify_now_for(slot: u32, token: &[u8], audiences: Vec<String>, at: Option<f64>) -> Result<Answer> {
    Ok(Answer::from(judge(slot)?.verifier().verify_for_at(token, &audiences, now(at))))
}

/// Verifies a token on a thread of Node.js's pool.
#[napi(catch_unwind)]
pub fn verify_later(
    slot: u32,
    token: &[u8],
    audiences: Option<Vec<String>>,
    at: Option<f64>,
) -> Result<AsyncTask<First>> {
    Ok(AsyncTask::new(First::new(judge(slot)?, token, audiences, now(at))))
}

/// Asks the clusters about a token. The promise has nothing if it was cancelled.
#[napi(catch_unwind)]
pub fn verify_online<'env>(
    env: &'env Env,
    slot: u32,
    token: &[u8],
    audiences: Option<Vec<String>>,
    canceller: &External<Canceller>,
) -> Result<Object<'env>> {
    let (judge, token): (_, Box<[u8]>) = (judge(slot)?, token.into());
    let ask = async move {
        match &audiences {
            None => judge.verify(&token).await,
            Some(audiences) => judge.verify_for(&token, audiences).await,
        }
    };
    background::promise(env, canceller, ask, |verdict| verdict.map(Answer::from))
}

/// Judges an accepted token again, without its bytes.
#[napi(catch_unwind)]
pub fn verify_again(slot: u32, token: &External<VerifiedToken>, at: Option<f64>) -> Result<Answer> {
    Ok(Answer::from(judge(slot)?.verifier().verify_again_at(token, now(at))))
}

/// Checks everything except the bound objects.
#[napi(catch_unwind)]
pub fn check(slot: u32, token: &[u8], audiences: Option<Vec<String>>, at: Option<f64>) -> Result<Checked> {
    let (judge, now) = (judge(slot)?, now(at));
    let checked = match &audiences {
        None => judge.verifier().check_at(token, now),
        Some(audiences) => judge.verifier().check_for_at(token, audiences, now),
    };
    Ok(match checked {
        Ok(checked) => Checked { token: Some(External::new(checked)), refusal: None },
        Err(rejection) => Checked { token: None, refusal: Some(refusal(&rejection)) },
    })
}

/// Judges a checked token by the answers that were looked up.
#[napi(catch_unwind)]
pub fn confirm(
    slot: u32,
    checked: &External<CheckedToken>,
    answers: Vec<answers::LookedUp>,
    at: Option<f64>,
) -> Result<Answer> {
    let known = answers::Answers::new(answers);
    Ok(Answer::from(judge(slot)?.verifier().confirm_at(CheckedToken::clone(checked), &known, now(at))))
}

fn judge(slot: u32) -> Result<Arc<OnlineVerifier>> {
    slots::with(slot, |slot| Arc::clone(&slot.judge)).ok_or_else(closed)
}

/// The verifier itself, for whoever waits.
pub fn shared(slot: u32) -> Result<Arc<boundtoken::Verifier>> {
    Ok(Arc::clone(judge(slot)?.verifier()))
}

fn closed() -> napi::Error<crate::errors::Code> {
    CLOSED.with("the verifier was closed")
}

/// What was decided so far.
#[napi(catch_unwind)]
pub fn statistics(slot: u32) -> Result<statistics::Numbers> {
    Ok(judge(slot)?.verifier().statistics().into())
}

/// The time as the functions take it, for a task.
type Now = UnixSeconds;
