//! The objects whose deletion was seen a moment ago.

use papaya::HashSet;

/// How many are remembered.
const MOST: usize = 4_096;

/// Uids of objects that were deleted. No other object ever has one of them, so what is in here is gone for good; of all
/// else nothing is said.
#[derive(Default)]
pub(super) struct Gone(HashSet<Box<str>>);

impl Gone {
    pub(super) fn add(&self, uid: &str) {
        let uids = self.0.pin();
        // Forgetting is harmless: the API server is asked instead.
        if uids.len() >= MOST {
            uids.clear();
        }
        uids.insert(uid.into());
    }

    pub(super) fn has(&self, uid: &str) -> bool {
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
            let uid = format!("uid-{number}");
            assert!(!gone.has(&uid));
            gone.add(&uid);
            assert!(gone.has(&uid));
            assert!(gone.0.len() <= MOST);
        }
    }
}
