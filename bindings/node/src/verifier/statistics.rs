//! What a verifier has decided.

use boundtoken::fast_rsa;
use napi_derive::napi;

/// See `boundtoken::Statistics` and `boundtoken::fast_rsa::PathStatus`.
#[napi(object)]
pub struct Numbers {
    pub accepted_first: f64,
    pub accepted_again: f64,
    pub refused_for_form: f64,
    pub refused_for_header: f64,
    pub refused_for_key: f64,
    pub refused_for_claims: f64,
    pub refused_for_objects: f64,
    pub remembered_tokens: f64,
    pub cache_size: f64,
    pub keys: f64,
    pub fast_rsa_state: u32,
    pub fast_rsa_keys: f64,
    pub fast_rsa_keys_refused: f64,
    pub fast_rsa_accepted_checked: f64,
    pub fast_rsa_refused_checked: f64,
    pub fast_rsa_refused_unchecked: f64,
    pub fast_rsa_disagreements: f64,
}

impl From<boundtoken::Statistics> for Numbers {
    #[expect(clippy::as_conversions, clippy::cast_precision_loss, reason = "JavaScript has no other numbers")]
    fn from(of: boundtoken::Statistics) -> Self {
        let fast_rsa = fast_rsa::status();
        Self {
            accepted_first: of.accepted_first as f64,
            accepted_again: of.accepted_again as f64,
            refused_for_form: of.refused_for_form as f64,
            refused_for_header: of.refused_for_header as f64,
            refused_for_key: of.refused_for_key as f64,
            refused_for_claims: of.refused_for_claims as f64,
            refused_for_objects: of.refused_for_objects as f64,
            remembered_tokens: of.remembered_tokens as f64,
            cache_size: of.cache_size as f64,
            keys: of.keys as f64,
            fast_rsa_state: fast_rsa.state.number(),
            fast_rsa_keys: of.fast_rsa_keys as f64,
            fast_rsa_keys_refused: fast_rsa.keys_refused as f64,
            fast_rsa_accepted_checked: fast_rsa.accepted_checked as f64,
            fast_rsa_refused_checked: fast_rsa.refused_checked as f64,
            fast_rsa_refused_unchecked: fast_rsa.refused_unchecked as f64,
            fast_rsa_disagreements: fast_rsa.disagreements as f64,
        }
    }
}
