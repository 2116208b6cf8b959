//! The verifiers of a thread, by number. To find one by its number costs a fraction of what a handle does.

use std::cell::RefCell;
use std::sync::Arc;

use boundtoken::VerifiedToken;
use boundtoken_kubernetes::OnlineVerifier;

use super::{SEE_VERDICT, Verdict};

thread_local! {
    static SLOTS: RefCell<Vec<Option<Slot>>> = const { RefCell::new(Vec::new()) };
    /// Numbers that no handle has any more.
    static FREE: RefCell<Vec<u32>> = const { RefCell::new(Vec::new()) };
}

/// A verifier, and what it has decided last.
pub(super) struct Slot {
    pub(super) judge: Arc<OnlineVerifier>,
    pub(super) last: Option<Verdict>,
}

/// How many numbers stand for the same claims: one for each answer about the objects.
const ANSWERS: u64 = 8;
/// The first number that JavaScript cannot tell from its neighbours.
const TOO_LARGE: u64 = 1 << 53;

impl Slot {
    /// Keeps a verdict, and returns its number.
    pub(super) fn keep(&mut self, verdict: Verdict) -> f64 {
        let number = verdict.as_ref().map_or(SEE_VERDICT, number);
        self.last = Some(verdict);
        number
    }
}

/// A number that stands for the claims of a token and for the answer about its objects.
#[expect(clippy::as_conversions, clippy::cast_precision_loss, reason = "it has less than 53 bits")]
pub(super) fn number(token: &VerifiedToken) -> f64 {
    let number =
        token.claims_id().saturating_mul(ANSWERS).saturating_add(u64::from(token.confirmed().number()));
    if token.claims_id() == 0 || number >= TOO_LARGE { SEE_VERDICT } else { number as f64 }
}

/// Gives a verifier a number.
pub(super) fn take(judge: Arc<OnlineVerifier>) -> u32 {
    let slot = Some(Slot { judge, last: None });
    SLOTS.with_borrow_mut(|slots| {
        if let Some(free) = FREE.with_borrow_mut(Vec::pop)
            && let Some(place) = place(slots, free)
        {
            *place = slot;
            return free;
        }
        slots.push(slot);
        u32::try_from(slots.len() - 1).unwrap_or(u32::MAX)
    })
}

fn place(slots: &mut [Option<Slot>], number: u32) -> Option<&mut Option<Slot>> {
    slots.get_mut(usize::try_from(number).ok()?)
}

/// Calls `use_it` with the verifier of this number. `None` if it was closed.
pub(super) fn with<R>(number: u32, use_it: impl FnOnce(&mut Slot) -> R) -> Option<R> {
    SLOTS.with_borrow_mut(|slots| place(slots, number)?.as_mut().map(use_it))
}

/// Drops a verifier. Its number stays taken.
pub(super) fn close(number: u32) {
    let dropped = SLOTS.with_borrow_mut(|slots| place(slots, number).and_then(Option::take));
    drop(dropped);
}

/// Drops a verifier, and lets its number be given again. Nothing happens if the thread is ending.
pub(super) fn free(number: u32) {
    let dropped = SLOTS.try_with(|slots| place(&mut slots.borrow_mut(), number).and_then(Option::take));
    drop(dropped);
    let _freed = FREE.try_with(|free| free.borrow_mut().push(number));
}
