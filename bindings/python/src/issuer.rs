//! Issuers to trust.

use boundtoken::ObjectSource;
use pyo3::prelude::*;

use crate::callback::LookUp;
use crate::keys::Keys;
use crate::objects::ObjectStore;

/// An issuer whose tokens are accepted. One cluster is one trusted issuer. Immutable.
#[pyclass(frozen, module = "boundtoken")]
pub(crate) struct TrustedIssuer {
    pub(crate) issuer: boundtoken::TrustedIssuer,
    label: String,
}

#[pymethods]
impl TrustedIssuer {
    #[new]
    #[pyo3(signature = (name, keys, *, label = None, also_named = Vec::new(), bound_objects = None))]
    fn new(
        name: &str,
        keys: Keys<'_>,
        label: Option<String>,
        also_named: Vec<String>,
        bound_objects: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Self> {
        let label = label.unwrap_or_else(|| name.to_owned());
        let mut issuer = boundtoken::TrustedIssuer::new(name, keys).label(&label);
        for other in also_named {
            issuer = issuer.also_named(other);
        }
        if let Some(objects) = bound_objects {
            issuer = issuer.bound_objects(source(objects)?);
        }
        Ok(Self { issuer, label })
    }

    /// The label.
    #[getter]
    fn label(&self) -> &str {
        &self.label
    }

    fn __repr__(&self) -> String {
        format!("<TrustedIssuer {:?}>", self.label)
    }
}

fn source(objects: &Bound<'_, PyAny>) -> PyResult<ObjectSource> {
    match objects.cast::<ObjectStore>() {
        Ok(store) => Ok(store.get().store.clone().into()),
        Err(_) => Ok(LookUp::new(objects)?.into()),
    }
}
