//! Eviction by S3-FIFO (Yang, Zhang, Qiu, Yue, Rashmi: "FIFO queues are all you need for cache eviction", SOSP 2023).
//!
//! New tokens queue in a short line. A token that is seen again before its turn moves to the long line. The others
//! leave. So a scan of many tokens that are each used once passes through the short line alone. A token that left too
//! early is recognized when it comes back, and goes to the long line at once.

use std::collections::{BTreeMap, HashSet, VecDeque};

use super::End;

/// The smallest share of the short line: one part in so many.
const SHORT: usize = 10;
/// How many tokens in use a new token may spare. The next one must leave. This bounds the time of one call to about a
/// tenth of a millisecond.
const SPARED: usize = 1_000;

/// The tokens that have a place in the queues.
pub(super) trait Residents {
    /// Returns whether the token was used since the last call.
    fn take_use(&self, end: &End) -> bool;
    /// Gives the token another number.
    fn renumber(&self, end: &End, number: u64);
    fn remove(&self, end: &End);
}

pub(super) struct Queues {
    most: usize,
    /// In bytes.
    largest: usize,
    short: Line,
    long: Line,
    gone: Gone,
    next_number: u64,
}

impl Queues {
    /// Creates queues for at most `most` tokens, which together take at most `largest` bytes.
    pub(super) fn new(most: usize, largest: usize) -> Self {
        Self {
            most,
            largest,
            short: Line::default(),
            long: Line::default(),
            gone: Gone::default(),
            next_number: 0,
        }
    }

    /// Returns the number of a place for a token of this size, or `None` if the token is too large to be kept at all.
    pub(super) fn number_for(&mut self, size: usize) -> Option<u64> {
        (self.most > 0 && size <= self.largest).then(|| self.next_number())
    }

    /// Gives the place of this number to a token. The token must be in the table already.
    pub(super) fn add(&mut self, number: u64, end: End, size: usize) {
        let line = if self.gone.take(&end) { &mut self.long } else { &mut self.short };
        line.push(number, Place { end, size });
    }

    /// Removes as many tokens as it takes to make room for one of this size.
    pub(super) fn make_room_for(&mut self, size: usize, residents: &impl Residents) {
        let mut spared = 0;
        while self.short.size.saturating_add(self.long.size).saturating_add(size) > self.largest
            || self.len() >= self.most
        {
            let is_short = self.long.places.is_empty()
                || self.short.size > self.short.size.saturating_add(self.long.size) / SHORT;
            let line = if is_short { &mut self.short } else { &mut self.long };
            let Some(place) = line.pop() else { return };
            if spared < SPARED && residents.take_use(&place.end) {
                spared += 1;
                let number = self.next_number();
                residents.renumber(&place.end, number);
                self.long.push(number, place);
            } else {
                residents.remove(&place.end);
                if is_short {
                    self.gone.remember(place.end, self.len());
                }
            }
        }
    }

    /// Frees the place of this number. Its token has left the table.
    pub(super) fn remove(&mut self, number: u64) {
        if !self.short.remove(number) {
            self.long.remove(number);
        }
    }

    fn next_number(&mut self) -> u64 {
        self.next_number = self.next_number.wrapping_add(1);
        self.next_number
    }

    fn len(&self) -> usize {
        self.short.places.len() + self.long.places.len()
    }
}

/// A token's place in a line.
struct Place {
    end: End,
    /// In bytes.
    size: usize,
}

/// Places by their number. Later places have higher numbers.
#[derive(Default)]
struct Line {
    places: BTreeMap<u64, Place>,
    /// In bytes.
    size: usize,
}

impl Line {
    fn push(&mut self, number: u64, place: Place) {
        self.size = self.size.saturating_add(place.size);
        self.places.insert(number, place);
    }

    fn pop(&mut self) -> Option<Place> {
        let (_, place) = self.places.pop_first()?;
        self.size = self.size.saturating_sub(place.size);
        Some(place)
    }

    /// Returns whether the number was in this line.
    fn remove(&mut self, number: u64) -> bool {
        let removed = self.places.remove(&number);
        self.size = self.size.saturating_sub(removed.as_ref().map_or(0, |place| place.size));
        removed.is_some()
    }
}

/// The ends of the tokens that left the short line last.
#[derive(Default)]
struct Gone {
    ends: HashSet<End>,
    order: VecDeque<End>,
}

impl Gone {
    fn remember(&mut self, end: End, most: usize) {
        if self.ends.insert(end) {
            self.order.push_back(end);
        }
        while self.order.len() > most {
            self.order.pop_front().map(|oldest| self.ends.remove(&oldest));
        }
    }

    fn take(&mut self, end: &End) -> bool {
        self.ends.remove(end)
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::collections::HashMap;

    use super::*;

    /// Each token's number, and whether it was used.
    #[derive(Default)]
    struct Tokens(RefCell<HashMap<End, (u64, bool)>>);

    impl Residents for Tokens {
        fn take_use(&self, end: &End) -> bool {
            std::mem::take(&mut self.0.borrow_mut().get_mut(end).unwrap().1)
        }

        fn renumber(&self, end: &End, number: u64) {
            self.0.borrow_mut().get_mut(end).unwrap().0 = number;
        }

        fn remove(&self, end: &End) {
            assert!(self.0.borrow_mut().remove(end).is_some());
        }
    }

    impl Tokens {
        fn has(&self, name: u32) -> bool {
            self.0.borrow().contains_key(&end(name))
        }
    }

    fn end(name: u32) -> End {
        name.into()
    }

    fn add(queues: &mut Queues, tokens: &Tokens, name: u32, size: usize) {
        let number = queues.number_for(size).unwrap();
        queues.make_room_for(size, tokens);
        if let Some((before, _)) = tokens.0.borrow_mut().insert(end(name), (number, false)) {
            queues.remove(before);
        }
        queues.add(number, end(name), size);
    }

    #[test]
    fn a_scan_does_not_drive_out_what_is_used() {
        let (mut queues, tokens) = (Queues::new(100, usize::MAX), Tokens::default());
        (0..50).for_each(|name| add(&mut queues, &tokens, name, 1));
        for round in 0..100 {
            for name in 0..50 {
                tokens.0.borrow_mut().get_mut(&end(name)).unwrap().1 = true;
            }
            for name in 0..30 {
                add(&mut queues, &tokens, 1_000 + round * 30 + name, 1);
            }
        }
        assert!((0..50).all(|name| tokens.has(name)));
        assert_eq!(tokens.0.borrow().len(), 100);
    }

    #[test]
    fn what_left_too_early_is_known_when_it_comes_back() {
        let (mut queues, tokens) = (Queues::new(10, usize::MAX), Tokens::default());
        (0..11).for_each(|name| add(&mut queues, &tokens, name, 1));
        assert!(!tokens.has(0), "the first left");
        add(&mut queues, &tokens, 0, 1);
        (100..200).for_each(|name| add(&mut queues, &tokens, name, 1));
        assert!(tokens.has(0), "it stays, though it was not used");
    }

    #[test]
    fn the_lines_hold_what_is_there_and_no_more_however_much_is_in_use_and_whatever_is_dropped() {
        let (mut queues, tokens) = (Queues::new(1_000, 1_000), Tokens::default());
        for round in 0..10_000 {
            let name = round * 7 % 3_000;
            add(&mut queues, &tokens, name, 1 + usize::try_from(name % 100).unwrap());
            tokens.0.borrow_mut().values_mut().for_each(|(_, used)| *used |= round % 3 == 0);
            if round % 500 == 0 {
                for (_, (number, _)) in tokens.0.borrow_mut().drain() {
                    queues.remove(number);
                }
                assert_eq!((queues.short.size, queues.long.size, queues.len()), (0, 0, 0));
            }
            assert!(queues.short.size + queues.long.size <= 1_000);
            assert_eq!(tokens.0.borrow().len(), queues.len());
            assert!(queues.gone.order.len() <= 1_000 && queues.gone.ends.len() <= queues.gone.order.len());
        }
    }

    #[test]
    fn what_is_larger_than_the_whole_is_not_taken() {
        let mut queues = Queues::new(10, 1_000);
        assert!(queues.number_for(1_000).is_some() && queues.number_for(1_001).is_none());
        assert!(Queues::new(0, 1_000).number_for(1).is_none());
    }
}
