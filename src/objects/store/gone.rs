//! The objects whose deletion was seen recently.

use papaya::HashSet;

/// How many deletions are remembered.
const MOST: usize = 4_096;

/// The uids of deleted objects. No uid is used twice, so these objects are gone for good.
#[derive(Default)]
pub(super) struct Gone(HashSet<Box<[u8]>>);

impl Gone {
    pub(super) fn add(&self, uid: &[u8]) {
        let uids = self.0.pin();
        // Forgetting is harmless: the object then counts as one that may still appear.
        if uids.len() >= MOST {
            uids.clear();
        }
        uids.insert(uid.into());
    }

    pub(super) fn has(&self, uid: &[u8]) -> bool {
        self.0.pin().contains(uid)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_number_of_deletions_takes_a_bounded_place() {
        let gone = Gone::default();
        for number in 0..3 * MOST {
            let uid = format!("uid-{number}").into_bytes();
            assert!(!gone.has(&uid));
            gone.add(&uid);
            assert!(gone.has(&uid));
            assert!(gone.0.len() <= MOST);
        }
    }
}
