//! The verifier.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::mpsc::sync_channel;
use std::thread::available_parallelism;
use std::time::Instant;

use boundtoken::{OnUnavailable, Rejection, UnixSeconds, VerifierBuilder};
use boundtoken_kubernetes::OnlineVerifier;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedStr;

use crate::arguments::{Time, bytes, now, seconds};
use crate::background;
use crate::callback::{LookUp, raise_interruption};
use crate::checked::CheckedToken;
use crate::closable::Closable;
use crate::cluster::{Cluster, Link, forked};
use crate::errors::{CONFIGURATION, rejected, rejected_value};
use crate::issuer::TrustedIssuer;
use crate::promise;
use crate::statistics::Statistics;
use crate::token::VerifiedToken;
use crate::waiting::wait;

/// Verifies bound tokens in memory. Build one at start-up and keep it. Safe to share between threads.
#[pyclass(frozen, module = "boundtoken")]
pub(crate) struct Verifier {
    verifier: Closable<Judge>,
}

/// A verifier, and the clusters that it may ask.
struct Judge {
    online: OnlineVerifier,
    links: Vec<Link>,
}

impl Judge {
    /// The verifier. In a child process it takes what its clusters knew as outdated.
    fn verifier(&self) -> &Arc<boundtoken::Verifier> {
        self.links.iter().for_each(Link::notice_fork);
        self.online.verifier()
    }

    /// Fails in a child process, where nothing follows the clusters.
    fn demand_own_process(&self, py: Python<'_>) -> PyResult<()> {
        if self.links.iter().any(|link| link.process.has_forked()) { Err(forked(py)) } else { Ok(()) }
    }
}

/// An issuer as a verifier takes it.
#[derive(FromPyObject)]
enum Issuer<'py> {
    Trusted(PyRef<'py, TrustedIssuer>),
    Cluster(PyRef<'py, Cluster>),
}

type Audiences = Option<Vec<PyBackedStr>>;
type Verdict = Result<boundtoken::VerifiedToken, Rejection>;

#[pymethods]
impl Verifier {
    #[new]
    #[pyo3(signature = (*, issuers, audiences, leeway_seconds = 60, on_unavailable = 0, max_token_size = 16384,
        cached_tokens = 10000, cache_size = 33554432))]
    fn new(
        py: Python<'_>,
        issuers: Vec<Issuer<'_>>,
        audiences: Vec<String>,
        leeway_seconds: u64,
        on_unavailable: u32,
        max_token_size: usize,
        cached_tokens: usize,
        cache_size: usize,
    ) -> PyResult<Self> {
        let mut builder = boundtoken::Verifier::builder()
            .leeway(leeway_seconds)
            .max_token_size(max_token_size)
            .cached_tokens(cached_tokens)
            .cache_size(cache_size)
            .on_unavailable(match on_unavailable {
                0 => OnUnavailable::Refuse,
                1 => OnUnavailable::Accept,
                other => return Err(PyValueError::new_err(format!("{other} is no OnUnavailable"))),
            });
        builder = audiences.into_iter().fold(builder, VerifierBuilder::audience);
        let (mut links, mut connections) = (Vec::new(), Vec::new());
        for issuer in &issuers {
            builder = match issuer {
                Issuer::Trusted(issuer) => builder.issuer(issuer.issuer.clone()),
                Issuer::Cluster(cluster) => {
                    links.push(cluster.link(py)?);
                    connections.push(cluster.connection(py)?);
                    builder.issuer(cluster.trusted_issuer(py)?)
                }
            };
        }
        let verifier = builder.build().map_err(|error| CONFIGURATION.with(py, error))?;
        let online = connections
            .iter()
            .fold(OnlineVerifier::new(verifier), |online, connection| online.asking(&connection.cluster));
        Ok(Self { verifier: Closable::new("verifier", Judge { online, links }) })
    }

    /// Verifies a token, or raises a ``RejectedError``. It asks nobody, and never waits.
    #[pyo3(signature = (token, *, audiences = None, now = None))]
    fn verify(
        &self,
        py: Python<'_>,
        token: &Bound<'_, PyAny>,
        audiences: Audiences,
        now: Option<Time>,
    ) -> PyResult<VerifiedToken> {
        let (token, now) = (bytes(token, "token")?, self::now(now));
        let cached =
            self.verifier.with(py, |judge| cached(judge.verifier(), token, audiences.as_deref(), now))?;
        let verdict = match cached {
            Some(verdict) => verdict,
            None => {
                let judge = self.verifier.get(py)?;
                py.detach(|| first(judge.verifier(), token, audiences.as_deref(), now))
            }
        };
        answer(py, verdict)
    }

    /// Like ``verify``, if that takes no signature check. ``None`` if it does: call ``verify`` then.
    #[pyo3(signature = (token, *, audiences = None, now = None))]
    fn verify_cached(
        &self,
        py: Python<'_>,
        token: &Bound<'_, PyAny>,
        audiences: Audiences,
        now: Option<Time>,
    ) -> PyResult<Option<VerifiedToken>> {
        let (token, now) = (bytes(token, "token")?, self::now(now));
        let cached =
            self.verifier.with(py, |judge| cached(judge.verifier(), token, audiences.as_deref(), now))?;
        cached.map(|verdict| answer(py, verdict)).transpose()
    }

    /// Like ``verify``, and asks the verifier's clusters if that can change the verdict, for so long.
    #[pyo3(signature = (token, *, audiences = None, timeout_seconds = 20.0))]
    fn verify_online(
        &self,
        py: Python<'_>,
        token: &Bound<'_, PyAny>,
        audiences: Audiences,
        timeout_seconds: f64,
    ) -> PyResult<VerifiedToken> {
        let deadline = Instant::now().checked_add(seconds(timeout_seconds, "timeout_seconds")?);
        let (judge, verdict) = self.verify_offline(py, token, audiences.as_deref())?;
        if !judge.online.could_change(&verdict) {
            return answer(py, verdict);
        }
        let (answered, coming) = sync_channel(1);
        let question = Question::new(&judge, token, audiences, verdict.clone())?;
        let asking = background::spawn(py, async move {
            // Nobody listens after the timeout.
            let _sent = answered.send(question.ask().await);
        })?;
        let verdict = wait(py, coming, deadline).inspect_err(|_| asking.abort())?.unwrap_or(verdict);
        asking.abort();
        answer(py, verdict)
    }

    /// Like ``verify_online``, for the running event loop of ``asyncio``. Await the result.
    #[pyo3(signature = (token, *, audiences = None))]
    fn verify_async<'py>(
        &self,
        py: Python<'py>,
        token: &Bound<'py, PyAny>,
        audiences: Audiences,
    ) -> PyResult<Bound<'py, PyAny>> {
        let (judge, verdict) = self.verify_offline(py, token, audiences.as_deref())?;
        if !judge.online.could_change(&verdict) {
            let token = answer(py, verdict).and_then(|token| Py::new(py, token));
            return promise::settled(py, token.map(Py::into_any));
        }
        let question = Question::new(&judge, token, audiences, verdict)?;
        promise::of(py, async move {
            let verdict = question.ask().await;
            move |py: Python<'_>| Ok(Py::new(py, answer(py, verdict)?)?.into_any())
        })
    }

    /// Verifies many tokens on up to so many threads, for logs and queues. The verdicts are in the order of the tokens.
    #[pyo3(signature = (tokens, *, threads = None, now = None))]
    fn verify_batch<'py>(
        &self,
        py: Python<'py>,
        tokens: Vec<Bound<'py, PyAny>>,
        threads: Option<NonZeroUsize>,
        now: Option<Time>,
    ) -> PyResult<Vec<Bound<'py, PyAny>>> {
        let tokens = tokens.iter().map(|token| bytes(token, "token")).collect::<PyResult<Vec<_>>>()?;
        let threads = threads.or_else(|| available_parallelism().ok()).unwrap_or(NonZeroUsize::MIN);
        let (judge, now) = (self.verifier.get(py)?, self::now(now));
        let verdicts = py.detach(|| judge.verifier().verify_batch_at(&tokens, threads, now));
        raise_interruption()?;
        let value = |verdict| match verdict {
            Ok(token) => Ok(Bound::new(py, VerifiedToken { token })?.into_any()),
            Err(rejection) => rejected_value(py, &rejection),
        };
        verdicts.into_iter().map(value).collect()
    }

    /// Judges an accepted token again, without its bytes: key, times and bound objects. For long connections.
    #[pyo3(signature = (token, *, now = None))]
    fn verify_again(
        &self,
        py: Python<'_>,
        token: &VerifiedToken,
        now: Option<Time>,
    ) -> PyResult<VerifiedToken> {
        let now = self::now(now);
        answer(py, self.verifier.with(py, |judge| judge.verifier().verify_again_at(&token.token, now))?)
    }

    /// Checks everything except the bound objects. ``confirm`` does the rest. For look-ups that must wait.
    #[pyo3(signature = (token, *, audiences = None, now = None))]
    fn check(
        &self,
        py: Python<'_>,
        token: &Bound<'_, PyAny>,
        audiences: Audiences,
        now: Option<Time>,
    ) -> PyResult<CheckedToken> {
        let (token, now, judge) = (bytes(token, "token")?, self::now(now), self.verifier.get(py)?);
        let verifier = judge.verifier();
        let checked = py.detach(|| match &audiences {
            None => verifier.check_at(token, now),
            Some(audiences) => verifier.check_for_at(token, audiences, now),
        });
        Ok(CheckedToken { checked: checked.map_err(|rejection| rejected(py, &rejection))? })
    }

    /// Judges a checked token by its bound objects: a function, or the answers that were looked up.
    #[pyo3(signature = (checked, objects, *, now = None))]
    fn confirm(
        &self,
        py: Python<'_>,
        checked: &CheckedToken,
        objects: &Bound<'_, PyAny>,
        now: Option<Time>,
    ) -> PyResult<VerifiedToken> {
        let (checked, now, judge) = (checked.checked.clone(), self::now(now), self.verifier.get(py)?);
        let verdict = judge.verifier().confirm_at(checked, &LookUp::new(objects)?, now);
        answer(py, verdict)
    }

    /// What was decided so far.
    fn statistics(&self, py: Python<'_>) -> PyResult<Statistics> {
        let numbers = self.verifier.with(py, |judge| judge.online.verifier().statistics())?;
        Statistics::of(py, &numbers)
    }

    /// Frees the verifier. Calls that are running finish. Later ones raise ``ClosedError``.
    fn close(&self) {
        drop(self.verifier.close());
    }

    fn __enter__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    fn __exit__(
        &self,
        _kind: &Bound<'_, PyAny>,
        _error: &Bound<'_, PyAny>,
        _traceback: &Bound<'_, PyAny>,
    ) -> bool {
        self.close();
        false
    }

    fn __repr__(&self) -> &'static str {
        "<Verifier>"
    }

    fn __reduce__(&self, py: Python<'_>) -> PyResult<()> {
        Err(crate::errors::cannot_pickle::<Self>(py, "build one in each process"))
    }
}

impl Verifier {
    /// Verifies a token by what is known. Fails in a child of the process that connected to a cluster.
    fn verify_offline(
        &self,
        py: Python<'_>,
        token: &Bound<'_, PyAny>,
        audiences: Option<&[PyBackedStr]>,
    ) -> PyResult<(Arc<Judge>, Verdict)> {
        let (token, now, judge) = (bytes(token, "token")?, UnixSeconds::now(), self.verifier.get(py)?);
        judge.demand_own_process(py)?;
        let verdict = match cached(judge.verifier(), token, audiences, now) {
            Some(verdict) => verdict,
            None => py.detach(|| first(judge.verifier(), token, audiences, now)),
        };
        raise_interruption()?;
        Ok((judge, verdict))
    }
}

/// What clusters are asked. It outlives the call.
struct Question {
    online: OnlineVerifier,
    token: Box<[u8]>,
    audiences: Option<Vec<String>>,
    so_far: Verdict,
}

impl Question {
    fn new(judge: &Judge, token: &Bound<'_, PyAny>, audiences: Audiences, so_far: Verdict) -> PyResult<Self> {
        let audiences = audiences.map(|texts| texts.iter().map(|text| (**text).to_owned()).collect());
        Ok(Self { online: judge.online.clone(), token: bytes(token, "token")?.into(), audiences, so_far })
    }

    async fn ask(self) -> Verdict {
        match &self.audiences {
            None => self.online.verify_further(&self.token, self.so_far).await,
            Some(audiences) => self.online.verify_further_for(&self.token, audiences, self.so_far).await,
        }
    }
}

/// Verifies a token, with a signature check.
fn first(
    verifier: &boundtoken::Verifier,
    token: &[u8],
    audiences: Option<&[PyBackedStr]>,
    now: UnixSeconds,
) -> Verdict {
    match audiences {
        None => verifier.verify_at(token, now),
        Some(audiences) => verifier.verify_for_at(token, audiences, now),
    }
}

/// Verifies a token if that takes no signature check. The GIL is kept, which costs less than to release it.
fn cached(
    verifier: &boundtoken::Verifier,
    token: &[u8],
    audiences: Option<&[PyBackedStr]>,
    now: UnixSeconds,
) -> Option<Verdict> {
    match audiences {
        None => verifier.verify_cached_at(token, now),
        Some(audiences) => verifier.verify_cached_for_at(token, audiences, now),
    }
}

fn answer(py: Python<'_>, verdict: Verdict) -> PyResult<VerifiedToken> {
    raise_interruption()?;
    match verdict {
        Ok(token) => Ok(VerifiedToken { token }),
        Err(rejection) => Err(rejected(py, &rejection)),
    }
}
