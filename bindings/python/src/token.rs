//! Accepted tokens.

use boundtoken::{Claims, UnixSeconds};
use pyo3::prelude::*;
use pyo3::types::PyTuple;

use crate::errors::cannot_pickle;
use crate::python::{CONFIRMED, LOADS, datetime};
use crate::reference::BoundObject;
use crate::user::UserInfo;

/// An accepted token. Immutable, and safe to share between threads. It does not contain the token itself.
#[pyclass(frozen, module = "boundtoken")]
pub(crate) struct VerifiedToken {
    pub(crate) token: boundtoken::VerifiedToken,
}

impl VerifiedToken {
    fn claims_(&self) -> &Claims {
        self.token.claims()
    }
}

type Texts<'py> = PyResult<Bound<'py, PyTuple>>;

#[pymethods]
impl VerifiedToken {
    /// The user name: ``system:serviceaccount:NAMESPACE:NAME`` (``sub``).
    #[getter]
    fn subject(&self) -> &str {
        self.claims_().subject()
    }

    /// The namespace of the service account.
    #[getter]
    fn namespace(&self) -> &str {
        self.claims_().namespace()
    }

    /// The service account that the token speaks for.
    #[getter]
    fn service_account(&self) -> BoundObject {
        self.claims_().service_account().into()
    }

    /// The pod that the token is bound to.
    #[getter]
    fn pod(&self) -> Option<BoundObject> {
        self.claims_().pod().map(BoundObject::from)
    }

    /// The secret that the token is bound to.
    #[getter]
    fn secret(&self) -> Option<BoundObject> {
        self.claims_().secret().map(BoundObject::from)
    }

    /// The node that the token is bound to or, in a token bound to a pod, the node of that pod.
    #[getter]
    fn node(&self) -> Option<BoundObject> {
        self.claims_().node().map(BoundObject::from)
    }

    /// The objects that must exist for the token to be good, in the API server's order.
    #[getter]
    fn bound_objects<'py>(&self, py: Python<'py>) -> Texts<'py> {
        PyTuple::new(py, self.claims_().bound_objects().map(BoundObject::from).collect::<Vec<_>>())
    }

    /// Whether these objects were confirmed to exist.
    #[getter]
    fn confirmed(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        CONFIRMED.member(py, self.token.confirmed().number())
    }

    /// The issuer (``iss``).
    #[getter]
    fn issuer(&self) -> &str {
        self.claims_().issuer()
    }

    /// The label of the trusted issuer that the token belongs to. It identifies the cluster.
    #[getter]
    fn issuer_label(&self) -> &str {
        self.token.issuer_label()
    }

    /// All audiences of the token (``aud``), in the token's order.
    #[getter]
    fn audiences<'py>(&self, py: Python<'py>) -> Texts<'py> {
        PyTuple::new(py, self.claims_().audiences())
    }

    /// The accepted audiences that the token names: ``status.audiences`` of a TokenReview. Never empty.
    #[getter]
    fn matched_audiences<'py>(&self, py: Python<'py>) -> Texts<'py> {
        PyTuple::new(py, self.token.matched_audiences())
    }

    /// When the token expires (``exp``), in UTC.
    #[getter]
    fn expires_at(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        datetime(py, self.claims_().expires_at())
    }

    /// When the token expires (``exp``), in Unix seconds.
    #[getter]
    fn expires_at_seconds(&self) -> u64 {
        self.claims_().expires_at().0
    }

    /// When the token was issued (``iat``), in UTC.
    #[getter]
    fn issued_at(&self, py: Python<'_>) -> PyResult<Option<Py<PyAny>>> {
        self.claims_().issued_at().map(|time| datetime(py, time)).transpose()
    }

    /// When the token was issued (``iat``), in Unix seconds.
    #[getter]
    fn issued_at_seconds(&self) -> Option<u64> {
        self.claims_().issued_at().map(|UnixSeconds(seconds)| seconds)
    }

    /// When the token becomes valid (``nbf``), in UTC.
    #[getter]
    fn not_before(&self, py: Python<'_>) -> PyResult<Option<Py<PyAny>>> {
        self.claims_().not_before().map(|time| datetime(py, time)).transpose()
    }

    /// When the token becomes valid (``nbf``), in Unix seconds.
    #[getter]
    fn not_before_seconds(&self) -> Option<u64> {
        self.claims_().not_before().map(|UnixSeconds(seconds)| seconds)
    }

    /// When the API server starts to count the token as stale (``warnafter``), in UTC.
    #[getter]
    fn warn_after(&self, py: Python<'_>) -> PyResult<Option<Py<PyAny>>> {
        self.claims_().warn_after().map(|time| datetime(py, time)).transpose()
    }

    /// The identifier of the token (``jti``).
    #[getter]
    fn jti(&self) -> Option<&str> {
        self.claims_().jti()
    }

    /// The groups of the user, as ``UserInfo.groups``.
    #[getter]
    fn groups<'py>(&self, py: Python<'py>) -> Texts<'py> {
        PyTuple::new(py, self.claims_().groups())
    }

    /// The API groups whose admission reviews the caller may send (KEP-6060). ``*`` stands for all.
    #[getter]
    fn attested_api_groups<'py>(&self, py: Python<'py>) -> Texts<'py> {
        PyTuple::new(py, self.claims_().attested_api_groups().collect::<Vec<_>>())
    }

    /// The user that the token speaks for: ``status.user`` of a TokenReview.
    #[getter]
    fn user_info(&self) -> UserInfo {
        UserInfo { user: self.token.user_info() }
    }

    /// The claims as they were signed: one JSON object.
    #[getter]
    fn claims_json(&self) -> &str {
        self.claims_().payload()
    }

    /// The claims as they were signed. Each call reads the JSON again and returns a new ``dict``.
    #[getter]
    fn claims<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        LOADS.get(py)?.call1((self.claims_json(),))
    }

    /// Everything as a JSON object: ``user``, ``issuerLabel``, ``audiences``, ``confirmed``, ``boundObjects``, ``claims``.
    fn to_json(&self) -> PyResult<String> {
        serde_json::to_string(&self.token)
            .map_err(|error| pyo3::exceptions::PyValueError::new_err(error.to_string()))
    }

    fn __repr__(&self) -> String {
        let (subject, label) = (self.claims_().subject(), self.token.issuer_label());
        let (confirmed, expires) = (self.token.confirmed().name(), self.claims_().expires_at());
        format!("<VerifiedToken {subject} of {label}, {confirmed}, expires {expires}>")
    }

    fn __reduce__(&self, py: Python<'_>) -> PyResult<()> {
        Err(cannot_pickle::<Self>(py, "another process verifies the token itself"))
    }
}
