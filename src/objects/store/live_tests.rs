//! Tests of live objects. They are in a file of their own because `tests/models` includes the source of `live`.

use std::collections::HashSet;
use std::num::NonZeroU64;

use proptest::prelude::*;

use super::live::{LiveObjects, SLOTS};
use crate::objects::Fingerprint;

fn fingerprint(place: u64) -> Fingerprint {
    Fingerprint { place, mark: NonZeroU64::MIN | place.wrapping_mul(0x9e37_79b9_7f4a_7c15) }
}

/// Spreads numbers like a hash.
fn spread(number: u64) -> Fingerprint {
    fingerprint(number.wrapping_add(1).wrapping_mul(0xd6e8_feb8_6659_fd93).rotate_right(32))
}

#[test]
fn nearly_all_are_found_however_many_they_become() {
    const COUNT: u64 = 160_000;
    let live = LiveObjects::new();
    let mut writer = live.write();
    for number in 0..COUNT {
        writer.make_room_for(usize::try_from(number + 1).unwrap());
        writer.insert(Some(spread(number)));
        assert!(number % 1_000 != 0 || live.contains(spread(number)));
    }
    let missed = (0..COUNT).filter(|&number| !live.contains(spread(number))).count();
    assert!(missed < 5_000, "{missed}");
    assert!((COUNT..2 * COUNT).all(|number| !live.contains(spread(number))));
    (0..COUNT).for_each(|number| writer.remove(Some(spread(number))));
    assert!((0..COUNT).all(|number| !live.contains(spread(number))));
}

#[test]
fn what_a_full_bucket_has_no_room_for_is_left_out_until_there_is() {
    let live = LiveObjects::new();
    let mut writer = live.write();
    let of_one_bucket = |number: u64| fingerprint(number << 40 | 5);
    let last = u64::try_from(SLOTS).unwrap();
    (0..=last).for_each(|number| writer.insert(Some(of_one_bucket(number))));
    assert!((0..last).all(|number| live.contains(of_one_bucket(number))));
    assert!(!live.contains(of_one_bucket(last)));
    writer.remove(Some(of_one_bucket(last)));
    writer.remove(Some(of_one_bucket(3)));
    writer.insert(Some(of_one_bucket(last)));
    assert!(live.contains(of_one_bucket(last)));
    assert!(!live.contains(of_one_bucket(3)));
}

#[test]
fn half_of_a_fingerprint_is_not_enough() {
    let live = LiveObjects::new();
    let known = fingerprint(5);
    live.write().insert(Some(known));
    assert!(live.contains(known));
    assert!(!live.contains(Fingerprint { mark: fingerprint(6).mark, ..known }));
    assert!(!live.contains(Fingerprint { place: 13, ..known }));
}

proptest! {
    #[test]
    fn it_never_says_yes_to_what_is_not_there(changes in prop::collection::vec((any::<bool>(), 0..200_u64), 0..600)) {
        let live = LiveObjects::new();
        let mut known = HashSet::new();
        for (add, number) in changes {
            let mut writer = live.write();
            if !add {
                known.remove(&number);
                writer.remove(Some(spread(number)));
            } else if known.insert(number) {
                writer.make_room_for(known.len());
                writer.insert(Some(spread(number)));
            }
            drop(writer);
            prop_assert!((0..200).all(|number| known.contains(&number) || !live.contains(spread(number))));
        }
        let found = known.iter().filter(|&&number| live.contains(spread(number))).count();
        prop_assert!(found * 10 >= known.len() * 8, "{found} of {}", known.len());
    }
}
