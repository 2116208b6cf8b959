//! Keys of issuers.

use pyo3::prelude::*;

use crate::arguments::{bytes, seconds};
use crate::errors::KEY_SET;

/// A key of a document that cannot be used. Immutable.
#[pyclass(frozen, get_all, module = "boundtoken")]
pub(crate) struct SkippedKey {
    /// Its place in the document, counted from 0.
    index: usize,
    /// Its ``kid``, if it has one.
    kid: Option<String>,
    /// Why it was skipped, and what to do.
    reason: String,
}

#[pymethods]
impl SkippedKey {
    fn __repr__(&self) -> String {
        format!("<SkippedKey {} kid={:?}: {}>", self.index, self.kid, self.reason)
    }
}

/// The public keys of one issuer. Immutable, and safe to share between threads.
#[pyclass(frozen, module = "boundtoken")]
pub(crate) struct KeySet {
    keys: boundtoken::KeySet,
}

#[pymethods]
impl KeySet {
    /// Reads a JSON Web Key Set (RFC 7517 section 5), as an API server serves at ``/openid/v1/jwks``.
    #[staticmethod]
    fn from_jwks(document: &Bound<'_, PyAny>) -> PyResult<Self> {
        let keys = boundtoken::KeySet::from_jwks(bytes(document, "document")?);
        Ok(Self { keys: keys.map_err(|error| KEY_SET.with(document.py(), error))? })
    }

    /// Reads the keys of a PEM file, such as the API server's ``--service-account-key-file``.
    #[staticmethod]
    fn from_pem(document: &Bound<'_, PyAny>) -> PyResult<Self> {
        let keys = boundtoken::KeySet::from_pem(bytes(document, "document")?);
        Ok(Self { keys: keys.map_err(|error| KEY_SET.with(document.py(), error))? })
    }

    fn __len__(&self) -> usize {
        self.keys.len()
    }

    /// The ``kid`` of each key, in their order.
    #[getter]
    fn kids<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, pyo3::types::PyTuple>> {
        pyo3::types::PyTuple::new(py, self.keys.keys().iter().map(boundtoken::Key::kid))
    }

    /// The keys of the document that cannot be used.
    #[getter]
    fn skipped<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, pyo3::types::PyTuple>> {
        let keys = self.keys.skipped().iter().map(|key| SkippedKey {
            index: key.index(),
            kid: key.kid().map(str::to_owned),
            reason: key.error().to_string(),
        });
        pyo3::types::PyTuple::new(py, keys.collect::<Vec<_>>())
    }

    fn __repr__(&self) -> String {
        format!("<KeySet of {} keys, {} skipped>", self.keys.len(), self.keys.skipped().len())
    }
}

/// A handle on an issuer's current keys, which can be replaced while verifiers use them. Safe to share between threads.
#[pyclass(frozen, module = "boundtoken")]
pub(crate) struct KeyStore {
    pub(crate) store: boundtoken::KeyStore,
}

#[pymethods]
impl KeyStore {
    #[new]
    #[pyo3(signature = (keys, *, max_age_seconds = None))]
    fn new(keys: &KeySet, max_age_seconds: Option<f64>) -> PyResult<Self> {
        let store = boundtoken::KeyStore::new(keys.keys.clone());
        if let Some(age) = max_age_seconds {
            store.set_max_age(seconds(age, "max_age_seconds")?);
        }
        Ok(Self { store })
    }

    /// Replaces the keys, and restarts their age. Calls that are running finish with the keys they began with.
    fn replace(&self, py: Python<'_>, keys: &KeySet) {
        let keys = keys.keys.clone();
        py.detach(|| self.store.replace(keys));
    }

    /// Marks the keys as current, which restarts their age.
    fn renew(&self) {
        self.store.renew();
    }

    /// The current keys.
    #[getter]
    fn keys(&self) -> KeySet {
        KeySet { keys: self.store.load().clone() }
    }

    /// Whether the keys are older than their maximum age.
    #[getter]
    fn is_stale(&self) -> bool {
        self.store.is_stale()
    }

    fn __repr__(&self) -> String {
        format!("<KeyStore of {} keys>", self.store.load().len())
    }
}

/// Keys as a trusted issuer takes them.
#[derive(FromPyObject)]
pub(crate) enum Keys<'py> {
    Set(PyRef<'py, KeySet>),
    Store(PyRef<'py, KeyStore>),
}

impl From<Keys<'_>> for boundtoken::KeyStore {
    fn from(keys: Keys<'_>) -> Self {
        match keys {
            Keys::Set(set) => Self::new(set.keys.clone()),
            Keys::Store(store) => store.store.clone(),
        }
    }
}
