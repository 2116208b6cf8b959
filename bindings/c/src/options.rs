//! How a token is verified: the options of a call, as Rust sees them.

use std::ptr;
use std::time::Duration;

use boundtoken::{CheckedToken, Rejection, UnixSeconds, VerifiedToken, Verifier};

use crate::error::CallFailure;
use crate::objects::seconds;
use crate::pointer::borrow;
use crate::record::{
    BOUNDTOKEN_VERIFY_AT, BOUNDTOKEN_VERIFY_CACHED_ONLY, BOUNDTOKEN_VERIFY_FOR, BOUNDTOKEN_VERIFY_ONLINE,
    SMALLEST_OPTIONS, boundtoken_verify_options,
};
use crate::status::Mistake;
use crate::string::texts;
use crate::verify::boundtoken_verifier;

/// How to verify a token. The texts are borrowed from the caller, or owned by a verification that outlives the call.
pub(super) struct Options<T> {
    /// `None` for the time of the system's clock.
    pub(super) now: Option<UnixSeconds>,
    /// `None` for the audiences of the verifier.
    pub(super) audiences: Option<Vec<T>>,
    pub(super) cached_only: bool,
    pub(super) online: bool,
    /// `None` for the default.
    pub(super) timeout: Option<Duration>,
}

impl<T> Default for Options<T> {
    fn default() -> Self {
        Self { now: None, audiences: None, cached_only: false, online: false, timeout: None }
    }
}

impl Options<&str> {
    /// # Safety
    /// `options` is NULL, or points to as many bytes as its first member says. The texts can be read during `'a`.
    pub(super) unsafe fn read(options: *const boundtoken_verify_options) -> Result<Self, CallFailure> {
        if options.is_null() {
            return Ok(Self::default());
        }
        // SAFETY: the caller promises a struct whose first member can be read, whatever its size.
        let size = *unsafe { borrow(options.cast::<usize>(), "options") }?;
        if size < SMALLEST_OPTIONS {
            return Err(Mistake::StructTooSmall.of("options"));
        }
        let given = options;
        let mut options = boundtoken_verify_options::DEFAULT;
        // SAFETY: the caller promises `size` bytes, and no more are read. The copy is a local variable, so the two do not
        // overlap. What the caller does not know keeps its default.
        unsafe {
            ptr::copy_nonoverlapping(
                given.cast::<u8>(),
                (&raw mut options).cast::<u8>(),
                size.min(size_of::<boundtoken_verify_options>()),
            );
        }
        let is_set = |flag| options.flags & flag != 0;
        let known = BOUNDTOKEN_VERIFY_AT
            | BOUNDTOKEN_VERIFY_FOR
            | BOUNDTOKEN_VERIFY_CACHED_ONLY
            | BOUNDTOKEN_VERIFY_ONLINE;
        let contradicts = is_set(BOUNDTOKEN_VERIFY_CACHED_ONLY) && is_set(BOUNDTOKEN_VERIFY_ONLINE);
        if is_set(!known) || contradicts || options.reserved != 0 {
            return Err(Mistake::UnknownValue.of("options"));
        }
        // SAFETY: the caller promises `audiences_len` readable texts.
        let audiences = unsafe { texts(options.audiences, options.audiences_len, "audiences") }?;
        Ok(Self {
            now: if is_set(BOUNDTOKEN_VERIFY_AT) { Some(seconds(options.now, "now")?) } else { None },
            audiences: (is_set(BOUNDTOKEN_VERIFY_FOR) || !audiences.is_empty()).then_some(audiences),
            cached_only: is_set(BOUNDTOKEN_VERIFY_CACHED_ONLY),
            online: is_set(BOUNDTOKEN_VERIFY_ONLINE),
            timeout: (options.timeout_milliseconds > 0)
                .then(|| Duration::from_millis(options.timeout_milliseconds.into())),
        })
    }

    /// Refuses options that mean nothing for one of two steps.
    pub(super) fn of_two_steps(self) -> Result<Self, CallFailure> {
        if self.cached_only || self.online {
            return Err(Mistake::UnknownValue.of("options"));
        }
        Ok(self)
    }

    /// Refuses everything but the time, which is that of all tokens of a batch.
    pub(super) fn of_a_batch(self) -> Result<UnixSeconds, CallFailure> {
        if self.cached_only || self.online || self.audiences.is_some() {
            return Err(Mistake::UnknownValue.of("options"));
        }
        Ok(self.now())
    }

    /// The same options, for a verification that outlives the call.
    pub(super) fn into_owned(self) -> Options<String> {
        let Self { now, audiences, cached_only, online, timeout } = self;
        let audiences = audiences.map(|texts| texts.into_iter().map(str::to_owned).collect());
        Options { now, audiences, cached_only, online, timeout }
    }
}

impl<T: AsRef<str>> Options<T> {
    fn now(&self) -> UnixSeconds {
        self.now.unwrap_or_else(UnixSeconds::now)
    }

    /// Verifies a token, and asks clusters if the caller wants it.
    pub(super) fn verify(
        &self,
        verifier: &boundtoken_verifier,
        token: &[u8],
    ) -> Result<VerifiedToken, CallFailure> {
        if self.online {
            return verifier.verify_online(token, self);
        }
        if self.cached_only {
            let cached = self.verify_cached(verifier.judge(), token);
            return Ok(cached.ok_or(Mistake::NotCached)??);
        }
        Ok(self.verify_offline(verifier.judge(), token)?)
    }

    fn verify_cached(&self, verifier: &Verifier, token: &[u8]) -> Option<Result<VerifiedToken, Rejection>> {
        match &self.audiences {
            None => verifier.verify_cached_at(token, self.now()),
            Some(audiences) => verifier.verify_cached_for_at(token, audiences, self.now()),
        }
    }

    /// Verifies a token, and asks nobody.
    pub(super) fn verify_offline(
        &self,
        verifier: &Verifier,
        token: &[u8],
    ) -> Result<VerifiedToken, Rejection> {
        match &self.audiences {
            None => verifier.verify_at(token, self.now()),
            Some(audiences) => verifier.verify_for_at(token, audiences, self.now()),
        }
    }

    /// Checks everything except the bound objects.
    pub(super) fn check(&self, verifier: &Verifier, token: &[u8]) -> Result<CheckedToken, Rejection> {
        match &self.audiences {
            None => verifier.check_at(token, self.now()),
            Some(audiences) => verifier.check_for_at(token, audiences, self.now()),
        }
    }

    /// Judges the bound objects of a checked token by these answers.
    pub(super) fn confirm(
        &self,
        verifier: &Verifier,
        checked: CheckedToken,
        answers: &dyn boundtoken::BoundObjects,
    ) -> Result<VerifiedToken, Rejection> {
        verifier.confirm_at(checked, answers, self.now())
    }
}
