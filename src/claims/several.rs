//! Lists that are nearly always short.

use std::sync::Arc;

/// Any number of values.
///
/// Up to five are stored in place, which is enough for nearly every token. Clones share larger lists.
#[derive(Clone, Debug)]
pub(super) enum Several<T> {
    Few(Few<T>),
    Many(Arc<[T]>),
}

/// A list in place. The variant is its length.
#[derive(Clone, Copy, Debug)]
pub(super) enum Few<T> {
    None,
    One([T; 1]),
    Two([T; 2]),
    Three([T; 3]),
    Four([T; 4]),
    Five([T; 5]),
}

const FEW: usize = 5;

impl<T> Several<T> {
    pub(super) fn as_slice(&self) -> &[T] {
        match self {
            Self::Few(Few::None) => &[],
            Self::Few(Few::One(values)) => values,
            Self::Few(Few::Two(values)) => values,
            Self::Few(Few::Three(values)) => values,
            Self::Few(Few::Four(values)) => values,
            Self::Few(Few::Five(values)) => values,
            Self::Many(values) => values,
        }
    }
}

impl<T> FromIterator<T> for Several<T> {
    fn from_iter<I: IntoIterator<Item = T>>(values: I) -> Self {
        let mut values = values.into_iter().fuse();
        let first: [Option<T>; FEW] = std::array::from_fn(|_| values.next());
        Self::Few(match first {
            [None, ..] => Few::None,
            [Some(a), None, ..] => Few::One([a]),
            [Some(a), Some(b), None, ..] => Few::Two([a, b]),
            [Some(a), Some(b), Some(c), None, ..] => Few::Three([a, b, c]),
            [Some(a), Some(b), Some(c), Some(d), None] => Few::Four([a, b, c, d]),
            [Some(a), Some(b), Some(c), Some(d), Some(e)] => match values.next() {
                None => Few::Five([a, b, c, d, e]),
                Some(f) => return Self::Many([a, b, c, d, e, f].into_iter().chain(values).collect()),
            },
        })
    }
}

/// A list that grows. Allocates nothing for the first values.
pub(super) struct Growing<T, const FIRST: usize> {
    first: [T; FIRST],
    length: usize,
    /// All values, once there are too many for `first`.
    all: Vec<T>,
}

impl<T: Copy + Default, const FIRST: usize> Default for Growing<T, FIRST> {
    fn default() -> Self {
        Self { first: [T::default(); FIRST], length: 0, all: Vec::new() }
    }
}

impl<T: Copy, const FIRST: usize> Growing<T, FIRST> {
    pub(super) fn push(&mut self, value: T) {
        match self.first.get_mut(self.length) {
            Some(place) => *place = value,
            None => {
                if self.all.is_empty() {
                    self.all.extend(self.first);
                }
                self.all.push(value);
            }
        }
        self.length += 1;
    }

    pub(super) fn len(&self) -> usize {
        self.length
    }

    pub(super) fn as_slice(&self) -> &[T] {
        self.first.get(..self.length).unwrap_or(&self.all)
    }

    /// Returns how many bytes the list has on the heap.
    pub(super) fn allocated(&self) -> usize {
        self.all.capacity() * size_of::<T>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_kept_in_order_however_many_there_are() {
        for count in 0..20 {
            let mut growing = Growing::<_, 7>::default();
            (0..count).for_each(|value| growing.push(value));
            let expected: Vec<_> = (0..count).collect();
            assert_eq!(growing.as_slice(), expected);
            assert_eq!((growing.len(), growing.allocated() > 0), (expected.len(), count > 7));
            let collected: Several<_> = expected.iter().copied().collect();
            assert_eq!(collected.as_slice(), expected);
            assert_eq!(collected.as_slice(), expected);
        }
    }

    #[test]
    fn a_few_places_take_no_more_than_a_pointer_to_many_and_a_tag() {
        assert_eq!(size_of::<Several<u32>>(), 24);
    }
}
