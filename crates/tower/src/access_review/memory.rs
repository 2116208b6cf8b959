//! Remembers answers for a short time, and lets the same question wait for one answer.

use std::collections::HashMap;
use std::mem;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::OnceCell;
use tokio::time::Instant;

/// What the API server said.
pub(super) struct Answer {
    pub(super) allowed: bool,
    /// When it was asked. It holds as of then.
    pub(super) asked: Instant,
}

/// The answer to one question. Empty while the question is being asked, and after an error.
type Entry = Arc<OnceCell<Answer>>;

/// The answers to the last questions.
#[derive(Default)]
pub(super) struct Memory(Mutex<Generations>);

/// When the new ones fill half of the memory, they become the old ones, and the old ones are forgotten.
#[derive(Default)]
struct Generations {
    new: HashMap<Vec<u8>, Entry>,
    old: HashMap<Vec<u8>, Entry>,
}

impl Memory {
    /// The entry of this question. It has an answer only if the answer is not older than `remembered`.
    pub(super) fn entry(&self, question: Vec<u8>, remembered: Duration, most: usize) -> Entry {
        let mut generations = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Generations { new, old } = &mut *generations;
        let holds = |entry: &&Entry| entry.get().is_none_or(|answer| answer.asked.elapsed() < remembered);
        if let Some(entry) = new.get(&question).or_else(|| old.get(&question)).filter(holds) {
            return Arc::clone(entry);
        }
        if new.len() >= (most / 2).max(1) {
            *old = mem::take(new);
        }
        let entry = Entry::default();
        new.insert(question, Arc::clone(&entry));
        entry
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    impl Memory {
        fn len(&self) -> usize {
            let generations = self.0.lock().unwrap();
            generations.new.len() + generations.old.len()
        }
    }

    /// Asks as if the API server said yes. Returns whether it was asked.
    fn ask(memory: &Memory, question: usize, most: usize) -> bool {
        let entry = memory.entry(question.to_ne_bytes().to_vec(), Duration::from_secs(10), most);
        entry.set(Answer { allowed: true, asked: Instant::now() }).is_ok()
    }

    #[test]
    fn a_flood_of_questions_does_not_fill_more_than_the_memory() {
        for most in [0, 1, 2, 3, 10, 1_024] {
            let memory = Memory::default();
            for question in 0..5_000 {
                assert!(ask(&memory, question, most));
                assert!(!ask(&memory, question, most), "the last one is remembered");
                assert!(memory.len() <= most.max(2), "{most} {}", memory.len());
            }
            // Half of the memory is always there.
            assert!((5_000 - most / 2..5_000).all(|question| !ask(&memory, question, most)), "{most}");
        }
    }
}
