//! Objects by their names.

use boundtoken::{BoundObject as Bound_, ObjectKind};
use pyo3::prelude::*;

use crate::arguments::Kind;
use crate::errors::cannot_pickle;
use crate::python::OBJECT_KIND;

/// The object that a look-up is about. Immutable and hashable.
#[pyclass(frozen, eq, hash, module = "boundtoken")]
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) struct ObjectReference {
    kind: ObjectKind,
    namespace: Box<str>,
    name: Box<str>,
}

impl ObjectReference {
    pub(crate) fn as_rust(&self) -> boundtoken::ObjectReference<'_> {
        boundtoken::ObjectReference { kind: self.kind, namespace: &self.namespace, name: &self.name }
    }
}

impl From<&boundtoken::ObjectReference<'_>> for ObjectReference {
    fn from(reference: &boundtoken::ObjectReference<'_>) -> Self {
        Self { kind: reference.kind, namespace: reference.namespace.into(), name: reference.name.into() }
    }
}

#[pymethods]
impl ObjectReference {
    #[new]
    fn new(kind: Kind, namespace: &str, name: &str) -> Self {
        Self { kind: kind.0, namespace: namespace.into(), name: name.into() }
    }

    /// The kind of the object.
    #[getter]
    fn kind(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        OBJECT_KIND.member(py, self.kind.number())
    }

    /// The namespace of the object. Empty for a kind without namespaces.
    #[getter]
    fn namespace(&self) -> &str {
        &self.namespace
    }

    /// The name of the object.
    #[getter]
    fn name(&self) -> &str {
        &self.name
    }

    fn __str__(&self) -> String {
        self.as_rust().to_string()
    }

    fn __repr__(&self) -> String {
        format!("<ObjectReference {}>", self.as_rust())
    }
}

/// An object that a token is bound to. Immutable and hashable.
#[pyclass(frozen, eq, hash, module = "boundtoken")]
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) struct BoundObject {
    reference: ObjectReference,
    uid: Box<str>,
}

impl From<Bound_<'_>> for BoundObject {
    fn from(object: Bound_<'_>) -> Self {
        Self { reference: ObjectReference::from(&object.reference), uid: object.uid.into() }
    }
}

#[pymethods]
impl BoundObject {
    /// The kind of the object.
    #[getter]
    fn kind(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        self.reference.kind(py)
    }

    /// The namespace of the object. Empty for a kind without namespaces.
    #[getter]
    fn namespace(&self) -> &str {
        &self.reference.namespace
    }

    /// The name of the object.
    #[getter]
    fn name(&self) -> &str {
        &self.reference.name
    }

    /// The uid that the object must have. Empty for the node of a pod if the token does not say it.
    #[getter]
    fn uid(&self) -> &str {
        &self.uid
    }

    /// The object without its uid, to look it up.
    #[getter]
    fn reference(&self) -> ObjectReference {
        self.reference.clone()
    }

    fn __str__(&self) -> String {
        self.reference.__str__()
    }

    fn __repr__(&self) -> String {
        format!("<BoundObject {} uid={}>", self.reference.as_rust(), self.uid)
    }

    fn __reduce__(&self, py: Python<'_>) -> PyResult<()> {
        Err(cannot_pickle::<Self>(py, "take its kind, namespace, name and uid"))
    }
}
