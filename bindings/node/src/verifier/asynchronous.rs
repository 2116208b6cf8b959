//! Verification away from the event loop.

use std::sync::Arc;

use boundtoken_kubernetes::OnlineVerifier;
use napi::{Env, Task};

use super::{Answer, Now, Verdict};

/// A token that takes a signature check.
pub struct First {
    judge: Arc<OnlineVerifier>,
    token: Box<[u8]>,
    audiences: Option<Vec<String>>,
    now: Now,
}

impl First {
    pub(super) fn new(
        judge: Arc<OnlineVerifier>,
        token: &[u8],
        audiences: Option<Vec<String>>,
        now: Now,
    ) -> Self {
        Self { judge, token: token.into(), audiences, now }
    }
}

impl Task for First {
    type Output = Verdict;
    type JsValue = Answer;

    fn compute(&mut self) -> napi::Result<Verdict> {
        let verifier = self.judge.verifier();
        Ok(match &self.audiences {
            None => verifier.verify_at(&self.token, self.now),
            Some(audiences) => verifier.verify_for_at(&self.token, audiences, self.now),
        })
    }

    fn resolve(&mut self, _: Env, verdict: Verdict) -> napi::Result<Answer> {
        let could_change = self.judge.could_change(&verdict);
        Ok(Answer { could_change, ..verdict.into() })
    }
}
