//! Building a verifier.

use boundtoken::{BuildError, OnUnavailable, TrustedIssuer, Verifier, VerifierBuilder};

use crate::boundary;
use crate::error::{CallFailure, boundtoken_error};
use crate::keys::boundtoken_keys;
use crate::objects::boundtoken_objects;
use crate::pointer::{self, Out, borrow, borrow_mut};
use crate::status::{Mistake, boundtoken_status};
use crate::string::boundtoken_str;
use crate::verify::boundtoken_verifier;

/// Collects the configuration of a verifier. Only one thread at a time may use it.
///
/// The status of its calls may be ignored: the builder remembers the first failure, and
/// boundtoken_verifier_builder_build reports it.
pub struct boundtoken_verifier_builder {
    pub(super) issuers: Vec<TrustedIssuer>,
    #[cfg(feature = "kubernetes")]
    pub(super) links: Vec<crate::cluster::Link>,
    builder: VerifierBuilder,
    first_failure: Option<CallFailure>,
}

/// What a verifier does when its source of bound objects cannot answer.
#[repr(u32)]
#[derive(Clone, Copy)]
pub enum boundtoken_on_unavailable {
    /// Refuse the token with BOUNDTOKEN_BOUND_OBJECT_UNAVAILABLE. The default.
    BOUNDTOKEN_ON_UNAVAILABLE_REFUSE = 0,
    /// Accept the token and mark it as BOUNDTOKEN_CONFIRMED_UNAVAILABLE or BOUNDTOKEN_CONFIRMED_STALE.
    BOUNDTOKEN_ON_UNAVAILABLE_ACCEPT = 1,
}

/// A [`boundtoken_on_unavailable`] as C passes it, which can be any number.
pub type OnUnavailableNumber = u32;

/// Creates a builder. A verifier needs at least one issuer and one audience.
///
/// End the handle with boundtoken_verifier_builder_build or boundtoken_verifier_builder_free. It is NULL only after
/// an internal error. Any thread.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn boundtoken_verifier_builder_new() -> *mut boundtoken_verifier_builder {
    boundary::infallible(std::ptr::null_mut(), || {
        pointer::new(boundtoken_verifier_builder {
            issuers: Vec::new(),
            #[cfg(feature = "kubernetes")]
            links: Vec::new(),
            builder: Verifier::builder(),
            first_failure: None,
        })
    })
}

/// Accepts tokens of this issuer. Call it once for each cluster. Clusters with the same issuer name need labels: see
/// boundtoken_verifier_builder_issuer_label.
///
/// `name`: exactly what the cluster writes into `iss`. Copied.
/// `keys`: the keys that the issuer signs with.
/// `objects`: the objects that its tokens are bound to. May be NULL: objects are then not checked, and accepted
/// tokens say BOUNDTOKEN_CONFIRMED_NOT_CHECKED.
///
/// The verifier shares keys and objects with the caller. The caller may free the handles at any time, or use them to
/// change the keys and objects later.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn boundtoken_verifier_builder_issuer(
    builder: *mut boundtoken_verifier_builder,
    name: boundtoken_str,
    keys: *const boundtoken_keys,
    objects: *const boundtoken_objects,
) -> boundtoken_status {
    let step = |builder: &mut boundtoken_verifier_builder| {
        // SAFETY: the caller promises a readable text.
        let name = unsafe { name.text("name") }?;
        // SAFETY: the caller promises NULL or live keys.
        let keys = unsafe { borrow(keys, "keys") }?;
        // SAFETY: the caller promises NULL or a live handle.
        let objects = unsafe { objects.as_ref() };
        let issuer = TrustedIssuer::new(name, keys.0.clone());
        builder.issuers.push(match objects {
            Some(objects) => objects.confirm_for(issuer),
            None => issuer,
        });
        Ok(())
    };
    // SAFETY: the caller promises NULL or a live builder that only this thread uses.
    unsafe { collect(builder, step) }
}

/// Accepts another name of the issuer that was added last. An API server with several `--service-account-issuer`
/// flags accepts several names too. The text is copied.
///
/// BOUNDTOKEN_NO_ISSUER: no issuer has been added.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn boundtoken_verifier_builder_issuer_also_named(
    builder: *mut boundtoken_verifier_builder,
    name: boundtoken_str,
) -> boundtoken_status {
    let step = |builder: &mut boundtoken_verifier_builder| {
        // SAFETY: the caller promises a readable text.
        let name = unsafe { name.text("name") }?;
        let issuer = builder.issuers.pop().ok_or(BuildError::NoIssuer)?;
        builder.issuers.push(issuer.also_named(name));
        Ok(())
    };
    // SAFETY: the caller promises NULL or a live builder that only this thread uses.
    unsafe { collect(builder, step) }
}

/// Sets your own label for the issuer that was added last. Default: its name. A label must be unique in a verifier.
///
/// A verified token carries the label. It tells apart clusters that write the same `iss`, as most clusters do. The
/// text is copied.
///
/// BOUNDTOKEN_NO_ISSUER: no issuer has been added.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn boundtoken_verifier_builder_issuer_label(
    builder: *mut boundtoken_verifier_builder,
    label: boundtoken_str,
) -> boundtoken_status {
    let step = |builder: &mut boundtoken_verifier_builder| {
        // SAFETY: the caller promises a readable text.
        let label = unsafe { label.text("label") }?;
        let issuer = builder.issuers.pop().ok_or(BuildError::NoIssuer)?;
        builder.issuers.push(issuer.label(label));
        Ok(())
    };
    // SAFETY: the caller promises NULL or a live builder that only this thread uses.
    unsafe { collect(builder, step) }
}

/// Accepts tokens for this audience, which is the identifier of the service that verifies. Audiences are compared
/// exactly.
///
/// Call it once for each identifier. A token must name at least one of them. The text is copied.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn boundtoken_verifier_builder_audience(
    builder: *mut boundtoken_verifier_builder,
    audience: boundtoken_str,
) -> boundtoken_status {
    let step = |builder: &mut boundtoken_verifier_builder| {
        // SAFETY: the caller promises a readable text.
        let audience = unsafe { audience.text("audience") }?;
        builder.change(|builder| builder.audience(audience));
        Ok(())
    };
    // SAFETY: the caller promises NULL or a live builder that only this thread uses.
    unsafe { collect(builder, step) }
}

/// Sets by how many seconds the clocks of issuer and verifier may differ. Default: 60, as in the API server. At most
/// 3,600.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn boundtoken_verifier_builder_leeway_seconds(
    builder: *mut boundtoken_verifier_builder,
    seconds: u64,
) -> boundtoken_status {
    let step = |builder: &mut boundtoken_verifier_builder| {
        builder.change(|builder| builder.leeway(seconds));
        Ok(())
    };
    // SAFETY: the caller promises NULL or a live builder that only this thread uses.
    unsafe { collect(builder, step) }
}

/// Sets the largest accepted size of a token, in bytes. Default: 16 KiB. At least 1, at most 1 MiB.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn boundtoken_verifier_builder_max_token_size(
    builder: *mut boundtoken_verifier_builder,
    bytes: usize,
) -> boundtoken_status {
    let step = |builder: &mut boundtoken_verifier_builder| {
        builder.change(|builder| builder.max_token_size(bytes));
        Ok(())
    };
    // SAFETY: the caller promises NULL or a live builder that only this thread uses.
    unsafe { collect(builder, step) }
}

/// Sets what to do with a token whose objects cannot be looked up, whose objects are known only from too long ago, or
/// whose cluster's keys are older than `maxKeyAgeSeconds`. Default: refuse it.
///
/// `choice`: a boundtoken_on_unavailable.
///
/// BOUNDTOKEN_UNKNOWN_VALUE: `choice` is neither of the two.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn boundtoken_verifier_builder_on_unavailable(
    builder: *mut boundtoken_verifier_builder,
    choice: OnUnavailableNumber,
) -> boundtoken_status {
    let step = |builder: &mut boundtoken_verifier_builder| {
        let choice = match choice {
            0 => OnUnavailable::Refuse,
            1 => OnUnavailable::Accept,
            _ => return Err(Mistake::UnknownValue.of("choice")),
        };
        builder.change(|builder| builder.on_unavailable(choice));
        Ok(())
    };
    // SAFETY: the caller promises NULL or a live builder that only this thread uses.
    unsafe { collect(builder, step) }
}

/// Sets how many accepted tokens are remembered. Default: 10,000. 0 remembers none.
///
/// A remembered token costs next to nothing when it is seen again. It is still refused once it has expired, its key
/// is withdrawn, or an object that it is bound to is gone. Refused tokens are not remembered.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn boundtoken_verifier_builder_cached_tokens(
    builder: *mut boundtoken_verifier_builder,
    tokens: usize,
) -> boundtoken_status {
    let step = |builder: &mut boundtoken_verifier_builder| {
        builder.change(|builder| builder.cached_tokens(tokens));
        Ok(())
    };
    // SAFETY: the caller promises NULL or a live builder that only this thread uses.
    unsafe { collect(builder, step) }
}

/// Sets how much memory the remembered tokens may use, in bytes. Default: 32 MiB. 0 remembers no tokens.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn boundtoken_verifier_builder_cache_size(
    builder: *mut boundtoken_verifier_builder,
    bytes: usize,
) -> boundtoken_status {
    let step = |builder: &mut boundtoken_verifier_builder| {
        builder.change(|builder| builder.cache_size(bytes));
        Ok(())
    };
    // SAFETY: the caller promises NULL or a live builder that only this thread uses.
    unsafe { collect(builder, step) }
}

/// Sets whether this verifier may use the fast path for RS256. Default: yes.
///
/// `allowed`: 0 for no, anything else for yes. It has no effect if the library was built without the fast path or the
/// CPU does not support it: see boundtoken_verifier_statistics.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn boundtoken_verifier_builder_fast_rsa(
    builder: *mut boundtoken_verifier_builder,
    allowed: u32,
) -> boundtoken_status {
    let step = |builder: &mut boundtoken_verifier_builder| {
        builder.change(|builder| builder.fast_rsa(allowed != 0));
        Ok(())
    };
    // SAFETY: the caller promises NULL or a live builder that only this thread uses.
    unsafe { collect(builder, step) }
}

/// Sets whether this verifier may use the fast path for ES256, and build tables of keys for it. Default: yes.
///
/// `allowed`: 0 for no, anything else for yes. It has no effect if the library was built without the fast path: see
/// boundtoken_verifier_statistics.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn boundtoken_verifier_builder_fast_p256(
    builder: *mut boundtoken_verifier_builder,
    allowed: u32,
) -> boundtoken_status {
    let step = |builder: &mut boundtoken_verifier_builder| {
        builder.change(|builder| builder.fast_p256(allowed != 0));
        Ok(())
    };
    // SAFETY: the caller promises NULL or a live builder that only this thread uses.
    unsafe { collect(builder, step) }
}

/// Builds the verifier. It always frees the builder, even on failure: do not use the builder again.
///
/// `verifier`: receives a handle to free with boundtoken_verifier_free. NULL on failure.
///
/// Fails with the first failure of the earlier calls, or with one of BOUNDTOKEN_NO_ISSUER, BOUNDTOKEN_EMPTY_ISSUER,
/// BOUNDTOKEN_ISSUER_WITHOUT_KEY, BOUNDTOKEN_EMPTY_LABEL, BOUNDTOKEN_LABEL_NOT_UNIQUE, BOUNDTOKEN_ISSUERS_AMBIGUOUS,
/// BOUNDTOKEN_NO_AUDIENCE, BOUNDTOKEN_EMPTY_AUDIENCE, BOUNDTOKEN_LEEWAY_TOO_LONG and
/// BOUNDTOKEN_TOKEN_SIZE_OUT_OF_RANGE.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn boundtoken_verifier_builder_build(
    builder: *mut boundtoken_verifier_builder,
    verifier: *mut *mut boundtoken_verifier,
    error: *mut *mut boundtoken_error,
) -> boundtoken_status {
    let body = || {
        // SAFETY: the caller promises NULL or a live builder and gives it up.
        let builder = unsafe { pointer::take(builder) };
        // SAFETY: the caller promises NULL or a place to write to.
        let out = unsafe { Out::new(verifier, "verifier") }?;
        let builder = *builder.ok_or_else(|| Mistake::NullArgument.of("builder"))?;
        if let Some(failure) = builder.first_failure {
            return Err(failure);
        }
        let verifier = builder.issuers.into_iter().fold(builder.builder, VerifierBuilder::issuer).build()?;
        out.set_shared(boundtoken_verifier {
            verifier,
            #[cfg(feature = "kubernetes")]
            links: builder.links,
        });
        Ok(())
    };
    // SAFETY: the caller promises NULL or a place to write to.
    unsafe { boundary::fallible(error, body) }
}

/// Frees a builder that was not built. NULL is ignored.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn boundtoken_verifier_builder_free(builder: *mut boundtoken_verifier_builder) {
    // SAFETY: the caller promises NULL or a live builder, and gives it up.
    unsafe { boundary::free(builder) };
}

impl boundtoken_verifier_builder {
    fn change(&mut self, change: impl FnOnce(VerifierBuilder) -> VerifierBuilder) {
        self.builder = change(std::mem::replace(&mut self.builder, Verifier::builder()));
    }
}

/// Runs one step of building. The builder remembers the first failure.
///
/// # Safety
/// `builder` is NULL or a live builder that only this thread uses.
pub(super) unsafe fn collect(
    builder: *mut boundtoken_verifier_builder,
    step: impl FnOnce(&mut boundtoken_verifier_builder) -> Result<(), CallFailure>,
) -> boundtoken_status {
    let body = || {
        // SAFETY: the caller promises this.
        let builder = unsafe { borrow_mut(builder, "builder") }?;
        step(builder).inspect_err(|failure| {
            builder.first_failure.get_or_insert_with(|| failure.clone());
        })
    };
    // SAFETY: there is no error to write.
    unsafe { boundary::fallible(std::ptr::null_mut(), body) }
}

impl From<BuildError> for CallFailure {
    fn from(error: BuildError) -> Self {
        let mistake = match &error {
            BuildError::NoIssuer => Mistake::NoIssuer,
            BuildError::EmptyIssuer => Mistake::EmptyIssuer,
            BuildError::NoKey { .. } => Mistake::IssuerWithoutKey,
            BuildError::EmptyLabel => Mistake::EmptyLabel,
            BuildError::LabelNotUnique { .. } => Mistake::LabelNotUnique,
            BuildError::IssuersAmbiguous { .. } => Mistake::IssuersAmbiguous,
            BuildError::NoAudience => Mistake::NoAudience,
            BuildError::EmptyAudience => Mistake::EmptyAudience,
            BuildError::LeewayTooLong => Mistake::LeewayTooLong,
            BuildError::TokenSizeOutOfRange => Mistake::TokenSizeOutOfRange,
            // `BuildError` is non-exhaustive. The test below keeps this list complete.
            _ => Mistake::Panic,
        };
        mistake.with(error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use boundtoken::{Algorithm, KeySet, SigningKey};

    use super::*;

    #[test]
    fn tokens_are_remembered_unless_it_is_turned_off() {
        type Set = unsafe extern "C" fn(*mut boundtoken_verifier_builder, usize) -> boundtoken_status;
        let remembers = |set: Set, number: usize| {
            let key = SigningKey::generate(Algorithm::ES256).unwrap();
            let keys: KeySet = [key.public_key().clone()].into_iter().collect();
            let issuer = TrustedIssuer::new("https://example.com", keys);
            let mut builder = boundtoken_verifier_builder {
                issuers: vec![issuer],
                #[cfg(feature = "kubernetes")]
                links: Vec::new(),
                builder: Verifier::builder().audience("vault"),
                first_failure: None,
            };
            // SAFETY: the builder is a local variable.
            assert_eq!(unsafe { set(&raw mut builder, number) }, boundtoken_status::OK);
            let verifier = builder.builder.issuer(builder.issuers.remove(0)).build().unwrap();
            !format!("{verifier:?}").contains("cache: None")
        };
        for set in
            [boundtoken_verifier_builder_cached_tokens, boundtoken_verifier_builder_cache_size] as [Set; 2]
        {
            assert!(remembers(set, 1_000));
            assert!(!remembers(set, 0));
        }
    }

    #[test]
    fn every_mistake_in_building_has_a_status_of_its_own() {
        let text = Box::<str>::from("x");
        for (error, mistake) in [
            (BuildError::NoIssuer, Mistake::NoIssuer),
            (BuildError::EmptyIssuer, Mistake::EmptyIssuer),
            (BuildError::NoKey { issuer: text.clone() }, Mistake::IssuerWithoutKey),
            (BuildError::EmptyLabel, Mistake::EmptyLabel),
            (BuildError::LabelNotUnique { label: text.clone() }, Mistake::LabelNotUnique),
            (BuildError::IssuersAmbiguous { labels: [text.clone(), text] }, Mistake::IssuersAmbiguous),
            (BuildError::NoAudience, Mistake::NoAudience),
            (BuildError::EmptyAudience, Mistake::EmptyAudience),
            (BuildError::LeewayTooLong, Mistake::LeewayTooLong),
            (BuildError::TokenSizeOutOfRange, Mistake::TokenSizeOutOfRange),
        ] {
            assert!(
                matches!(CallFailure::from(error), CallFailure::Mistake { mistake: found, .. } if found == mistake)
            );
        }
    }
}
