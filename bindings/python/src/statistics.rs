//! What a verifier has decided.

use boundtoken::fast_rsa;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::python::FAST_RSA_STATE;

/// What a verifier has decided so far, and what it remembers. Immutable.
#[pyclass(frozen, get_all, module = "boundtoken")]
pub(crate) struct Statistics {
    /// Tokens that were accepted after their signature was checked.
    accepted_first: u64,
    /// Tokens that were accepted because they had been accepted before.
    accepted_again: u64,
    /// Refusals for the form of the token: reasons 100 to 199.
    refused_for_form: u64,
    /// Refusals for the header: reasons 200 to 299.
    refused_for_header: u64,
    /// Refusals for the key or the signature: reasons 300 to 399.
    refused_for_key: u64,
    /// Refusals for the claims: reasons 400 to 499.
    refused_for_claims: u64,
    /// Refusals for the bound objects: reasons 500 to 599.
    refused_for_objects: u64,
    /// Tokens that the cache holds now.
    remembered_tokens: u64,
    /// About how much memory they take, in bytes.
    cache_size: u64,
    /// Keys of all issuers now.
    keys: u64,
    /// Whether this process has the fast path for RS256.
    fast_rsa_state: Py<PyAny>,
    /// Keys of all issuers that it serves now.
    fast_rsa_keys: u64,
    /// In this process: keys that it does not serve because they failed their self-test.
    fast_rsa_keys_refused: u64,
    /// In this process: signatures that it accepted and that the cryptography library checked again.
    fast_rsa_accepted_checked: u64,
    /// In this process: signatures that it refused and that the cryptography library checked again.
    fast_rsa_refused_checked: u64,
    /// In this process: signatures that it refused and that were not checked again, because there were too many.
    fast_rsa_refused_unchecked: u64,
    /// In this process: how often the cryptography library came to another verdict, which was then used.
    fast_rsa_disagreements: u64,
}

impl Statistics {
    pub(crate) fn of(py: Python<'_>, of: &boundtoken::Statistics) -> PyResult<Self> {
        let fast_rsa = fast_rsa::status();
        Ok(Self {
            accepted_first: of.accepted_first,
            accepted_again: of.accepted_again,
            refused_for_form: of.refused_for_form,
            refused_for_header: of.refused_for_header,
            refused_for_key: of.refused_for_key,
            refused_for_claims: of.refused_for_claims,
            refused_for_objects: of.refused_for_objects,
            remembered_tokens: of.remembered_tokens,
            cache_size: of.cache_size,
            keys: of.keys,
            fast_rsa_state: FAST_RSA_STATE.member(py, fast_rsa.state.number())?,
            fast_rsa_keys: of.fast_rsa_keys,
            fast_rsa_keys_refused: fast_rsa.keys_refused,
            fast_rsa_accepted_checked: fast_rsa.accepted_checked,
            fast_rsa_refused_checked: fast_rsa.refused_checked,
            fast_rsa_refused_unchecked: fast_rsa.refused_unchecked,
            fast_rsa_disagreements: fast_rsa.disagreements,
        })
    }

    fn numbers(&self) -> [(&'static str, u64); 16] {
        [
            ("accepted_first", self.accepted_first),
            ("accepted_again", self.accepted_again),
            ("refused_for_form", self.refused_for_form),
            ("refused_for_header", self.refused_for_header),
            ("refused_for_key", self.refused_for_key),
            ("refused_for_claims", self.refused_for_claims),
            ("refused_for_objects", self.refused_for_objects),
            ("remembered_tokens", self.remembered_tokens),
            ("cache_size", self.cache_size),
            ("keys", self.keys),
            ("fast_rsa_keys", self.fast_rsa_keys),
            ("fast_rsa_keys_refused", self.fast_rsa_keys_refused),
            ("fast_rsa_accepted_checked", self.fast_rsa_accepted_checked),
            ("fast_rsa_refused_checked", self.fast_rsa_refused_checked),
            ("fast_rsa_refused_unchecked", self.fast_rsa_refused_unchecked),
            ("fast_rsa_disagreements", self.fast_rsa_disagreements),
        ]
    }
}

#[pymethods]
impl Statistics {
    /// All numbers by their names.
    fn to_dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let members = PyDict::new(py);
        for (name, number) in self.numbers() {
            members.set_item(name, number)?;
        }
        members.set_item("fast_rsa_state", &self.fast_rsa_state)?;
        Ok(members)
    }

    fn __repr__(&self) -> String {
        let numbers = self.numbers().map(|(name, number)| format!("{name}={number}"));
        format!("<Statistics {} fast_rsa_state={}>", numbers.join(" "), self.fast_rsa_state)
    }
}
