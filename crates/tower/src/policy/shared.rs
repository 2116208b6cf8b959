//! A policy that is replaced while requests are judged by it.

use std::fmt;
use std::sync::Arc;

use arc_swap::ArcSwap;
use boundtoken::VerifiedToken;

use super::Policy;

/// The current policy, for all who judge by it.
///
/// Clones share it: [`replace`](Self::replace) takes effect in all of them, at once. Readers take no lock.
///
/// ```
/// use boundtoken_tower::{Policy, SharedPolicy};
///
/// let policy = SharedPolicy::from(Policy::nobody());
/// let of_the_layer = policy.clone();
/// policy.replace(Policy::namespace("demo"));
/// assert_eq!(format!("{:?}", of_the_layer.load()), r#"namespace("demo")"#);
/// ```
#[derive(Clone)]
pub struct SharedPolicy(Arc<ArcSwap<Policy>>);

impl SharedPolicy {
    /// Replaces the policy. A call of [`allows`](Self::allows) that has begun still judges by the one before.
    pub fn replace(&self, policy: Policy) {
        self.0.store(Arc::new(policy));
    }

    /// The policy as it is now.
    #[must_use]
    pub fn load(&self) -> Policy {
        Policy::clone(&self.0.load())
    }

    /// Whether the current policy allows this caller.
    #[must_use]
    pub fn allows(&self, token: &VerifiedToken) -> bool {
        self.0.load().allows(token)
    }
}

impl From<Policy> for SharedPolicy {
    fn from(policy: Policy) -> Self {
        Self(Arc::new(ArcSwap::from_pointee(policy)))
    }
}

impl fmt::Debug for SharedPolicy {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("SharedPolicy").field(&**self.0.load()).finish()
    }
}
