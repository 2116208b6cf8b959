//! The documents that an issuer publishes: its keys, and where to find them.

use std::collections::BTreeSet;

use serde::Serialize;

use super::Issuer;

impl Issuer {
    /// Returns the JSON Web Key Set. The API server serves it at `/openid/v1/jwks`, with the content type
    /// `application/jwk-set+json`.
    #[must_use]
    pub fn jwks(&self) -> String {
        // Texts can always be written. If they could not, the empty text would give verifiers no keys.
        serde_json::to_string(&self.keys.load().to_jwks()).unwrap_or_default()
    }

    /// Returns the discovery document (OpenID Connect Discovery 1.0 section 3). The API server serves it at
    /// `/.well-known/openid-configuration`.
    ///
    /// As in the API server, there is none unless the issuer is an https URL without query and fragment.
    #[must_use]
    pub fn openid_configuration(&self) -> Option<String> {
        #[derive(Serialize)]
        struct Document<'a> {
            issuer: &'a str,
            jwks_uri: &'a str,
            response_types_supported: [&'static str; 1],
            subject_types_supported: [&'static str; 1],
            id_token_signing_alg_values_supported: BTreeSet<&'static str>,
        }
        let name = self.name();
        if !name.starts_with("https://") || name.contains(['?', '#']) {
            return None;
        }
        let keys = self.keys.load();
        let document = Document {
            issuer: name,
            jwks_uri: &self.jwks_uri,
            response_types_supported: ["id_token"],
            subject_types_supported: ["public"],
            id_token_signing_alg_values_supported: keys
                .keys()
                .iter()
                .map(|key| key.algorithm().name())
                .collect(),
        };
        serde_json::to_string(&document).ok()
    }
}
