//! Verifies tokens continuously, and compares each verdict with the truth: which pods exist, and when the API server
//! confirmed each deletion.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use boundtoken::{Reason, Verifier};

use super::objects::Objects;
use super::{WAIT_TIMEOUT, verdict};

/// A thread that verifies tokens in turn and records every wrong verdict.
pub struct Truth {
    ledger: Arc<Ledger>,
    thread: Option<JoinHandle<()>>,
}

/// The tokens to verify, and the verdicts so far. The thread and the test share it.
#[derive(Default)]
struct Ledger {
    cases: Mutex<Vec<Case>>,
    tally: Mutex<Tally>,
    ends: AtomicBool,
}

#[derive(Clone)]
struct Case {
    pod: String,
    token: String,
    life: Life,
    was_accepted: bool,
    /// Why the token was refused after the deletion.
    refusal: Option<Reason>,
}

#[derive(Clone, Copy, PartialEq)]
enum Life {
    Live,
    /// The request to delete the pod is under way. Either verdict is right.
    Dying,
    /// The API server has confirmed the deletion at this time.
    Dead(Instant),
}

#[derive(Clone, Debug, Default)]
pub struct Tally {
    pub verdicts: u64,
    /// Tokens of live pods that were refused as pending, because the follower had not heard of the pod yet.
    pub pending: u64,
    pub deletions: u64,
    /// The longest time for which a deleted pod's token was accepted.
    pub longest: Duration,
    pub wrong: Vec<String>,
}

impl Truth {
    pub fn start(verifier: Arc<Verifier>) -> Self {
        let ledger = Arc::<Ledger>::default();
        let inner = Arc::clone(&ledger);
        let thread = Some(thread::spawn(move || {
            while !inner.ends.load(Ordering::SeqCst) {
                inner.judge_all(&verifier);
                // The servers need processor time, too.
                thread::sleep(Duration::from_millis(1));
            }
        }));
        Self { ledger, thread }
    }

    /// Adds a pod that exists, and its token.
    pub fn live(&self, pod: &str, token: String) {
        self.ledger.cases.lock().unwrap().push(Case {
            pod: pod.to_owned(),
            token,
            life: Life::Live,
            was_accepted: false,
            refusal: None,
        });
    }

    /// Deletes a pod.
    pub async fn delete(&self, objects: &Objects, pod: &str) {
        self.ledger.turn(pod, |life| life == Life::Live, Life::Dying);
        objects.delete_pod(pod).await;
        self.ledger.turn(pod, |life| life == Life::Dying, Life::Dead(Instant::now()));
    }

    /// Waits until every deleted pod's token was refused, and stops the thread.
    pub async fn end(mut self) -> Tally {
        let start = Instant::now();
        while self.ledger.open_cases() > 0 && start.elapsed() < WAIT_TIMEOUT {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        self.ledger.ends.store(true, Ordering::SeqCst);
        self.thread.take().unwrap().join().unwrap();
        let mut tally = self.ledger.tally.lock().unwrap().clone();
        for case in self.ledger.cases.lock().unwrap().iter() {
            if matches!(case.life, Life::Dead(_)) {
                tally.deletions += 1;
                if case.refusal.is_none() {
                    tally.wrong.push(format!("{}: never refused", case.pod));
                }
            }
        }
        tally
    }
}

impl Drop for Truth {
    fn drop(&mut self) {
        self.ledger.ends.store(true, Ordering::SeqCst);
    }
}

impl Ledger {
    /// Changes the state of the pod that has this name and is in the state `from`. Earlier pods may have had the same name.
    fn turn(&self, pod: &str, from: impl Fn(Life) -> bool, to: Life) {
        let mut cases = self.cases.lock().unwrap();
        cases.iter_mut().find(|case| case.pod == pod && from(case.life)).unwrap().life = to;
    }

    /// The number of deleted pods whose tokens were not refused yet.
    fn open_cases(&self) -> usize {
        let is_open = |case: &&Case| matches!(case.life, Life::Dead(_)) && case.refusal.is_none();
        self.cases.lock().unwrap().iter().filter(is_open).count()
    }

    fn judge_all(&self, verifier: &Verifier) {
        let count = self.cases.lock().unwrap().len();
        for index in 0..count {
            let before = self.cases.lock().unwrap()[index].clone();
            let verdict = verdict(verifier, &before.token);
            let now = Instant::now();
            let mut cases = self.cases.lock().unwrap();
            let case = &mut cases[index];
            let mut tally = self.tally.lock().unwrap();
            tally.verdicts += 1;
            // If the pod was deleted during the verification, either verdict is right.
            match (before.life, verdict) {
                (Life::Live | Life::Dying, Ok(())) => case.was_accepted = true,
                (Life::Live, Err(Reason::BoundObjectPending)) if !before.was_accepted => tally.pending += 1,
                (Life::Live, Err(reason)) if case.life == Life::Live => {
                    tally.wrong.push(format!("{}: alive, but {reason:?}", case.pod));
                }
                (Life::Live | Life::Dying, Err(_)) => {}
                (Life::Dead(since), Ok(())) => {
                    tally.longest = tally.longest.max(now - since);
                    // Pending means that the follower has heard neither of the creation nor of the deletion.
                    if before.refusal.is_some_and(|reason| reason != Reason::BoundObjectPending) {
                        tally.wrong.push(format!("{}: accepted again after its death", case.pod));
                    }
                }
                (Life::Dead(_), Err(reason)) => case.refusal = Some(reason),
            }
        }
    }
}
