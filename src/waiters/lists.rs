//! A list for each key, in little memory.

use std::collections::HashMap;
use std::hash::Hash;
use std::{iter, mem};

use crate::hashing::{RandomState, random_state};

/// A list for each key. All lists go through one vector, so that an element takes little memory, and leaves in a moment
/// however long its list is.
pub(super) struct Lists<K, T> {
    /// The place where each list begins.
    first: HashMap<K, usize, RandomState>,
    links: Vec<Link<T>>,
    /// The place where the list of free links begins. Only `after` leads on.
    free: usize,
}

struct Link<T> {
    /// `None` if the link is free.
    element: Option<T>,
    before: usize,
    after: usize,
}

/// The place before and after every list. No vector is that long.
const NOWHERE: usize = usize::MAX;

impl<K: Copy + Eq + Hash, T> Lists<K, T> {
    pub(super) fn new() -> Self {
        Self { first: HashMap::with_hasher(random_state()), links: Vec::new(), free: NOWHERE }
    }

    /// Returns the list of a key, the newest element first.
    pub(super) fn of(&self, key: &K) -> impl Iterator<Item = &T> {
        let link = |place| self.links.get(place);
        let first = self.first.get(key).copied().and_then(link);
        iter::successors(first, move |previous| link(previous.after)).filter_map(|link| link.element.as_ref())
    }

    /// Puts an element at the beginning of a list. Returns its place.
    pub(super) fn add(&mut self, key: K, element: T) -> usize {
        let new = Link { element: Some(element), before: NOWHERE, after: NOWHERE };
        let place = match self.links.get_mut(self.free) {
            Some(link) => mem::replace(&mut self.free, mem::replace(link, new).after),
            None => {
                self.links.push(new);
                self.links.len() - 1
            }
        };
        if let Some(after) = self.first.insert(key, place) {
            self.join(place, after);
        }
        place
    }

    /// Removes the element at a place in the list of a key.
    pub(super) fn remove(&mut self, key: &K, place: usize) -> Option<T> {
        let link = self.links.get_mut(place)?;
        let Link { element, before, after } =
            mem::replace(link, Link { element: None, before: NOWHERE, after: self.free });
        self.free = place;
        self.join(before, after);
        match (before, after) {
            (NOWHERE, NOWHERE) => drop(self.first.remove(key)),
            (NOWHERE, _) => drop(self.first.insert(*key, after)),
            _ => {}
        }
        if self.first.is_empty() {
            *self = Self::new();
        }
        element
    }

    /// Makes two places neighbours. Each may be nowhere.
    fn join(&mut self, before: usize, after: usize) {
        if let Some(link) = self.links.get_mut(before) {
            link.after = after;
        }
        if let Some(link) = self.links.get_mut(after) {
            link.before = before;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn each_list_has_what_was_added_and_not_removed(
            steps in prop::collection::vec((0..4_u8, any::<prop::sample::Index>(), any::<bool>()), 0..200),
        ) {
            let mut lists = Lists::new();
            // The newest last.
            let mut known: Vec<(u8, usize, usize)> = Vec::new();
            let mut most = 0;
            for (number, (key, which, add)) in steps.into_iter().enumerate() {
                if add || known.is_empty() {
                    known.push((key, lists.add(key, number), number));
                } else {
                    let (key, place, number) = known.remove(which.index(known.len()));
                    prop_assert_eq!(lists.remove(&key, place), Some(number));
                }
                most = most.max(known.len());
                prop_assert!(lists.links.len() <= most, "free places are used again");
                for key in 0..4 {
                    let expected = known.iter().rev().filter(|known| known.0 == key).map(|known| known.2);
                    prop_assert_eq!(lists.of(&key).copied().collect::<Vec<_>>(), expected.collect::<Vec<_>>());
                }
            }
            for (key, place, _) in known {
                lists.remove(&key, place);
            }
            prop_assert_eq!((lists.links.capacity(), lists.first.capacity()), (0, 0), "the memory is given back");
        }
    }
}
