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

/// A [`Several`] while it is read. Allocates nothing for a few values.
pub(super) struct SeveralBuilder<T> {
    few: [Option<T>; FEW],
    /// The values that `few` has no room for.
    more: Vec<T>,
}

impl<T> SeveralBuilder<T> {
    pub(super) fn push(&mut self, value: T) {
        match self.few.iter_mut().find(|place| place.is_none()) {
            Some(place) => *place = Some(value),
            None => self.more.push(value),
        }
    }

    pub(super) fn build(self) -> Several<T> {
        self.few.into_iter().flatten().chain(self.more).collect()
    }
}

impl<T> Default for SeveralBuilder<T> {
    fn default() -> Self {
        Self { few: std::array::from_fn(|_| None), more: Vec::new() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_kept_in_order_however_many_there_are() {
        for count in 0..20 {
            let mut builder = SeveralBuilder::default();
            (0..count).for_each(|value| builder.push(value));
            let expected: Vec<_> = (0..count).collect();
            assert_eq!(builder.build().as_slice(), expected);
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
