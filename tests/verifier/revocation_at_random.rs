//! A task that polls only when it is woken, or when it is time, knows what one that polls all the time knows.

use boundtoken::{
    Freshness, KeySet, KeyStore, Moment, ObjectKind, ObjectReference, ObjectStore, UnixSeconds,
};
use proptest::prelude::*;

use crate::MINT;
use crate::revocation::{ACCOUNT, Caller, POD, accepted, following, verifier};
use boundtoken_testing::mint::{self, NOW};

/// Something that happens.
#[derive(Clone, Debug)]
enum Event {
    Upsert {
        pod: bool,
        own: bool,
        deleted: Option<u64>,
    },
    /// A watch reports the deletion of the token's object, or of another one of its name.
    WatchDeletes {
        own: bool,
    },
    Delete {
        pod: bool,
    },
    /// A list with the token's object, with another one of its name, or with none.
    List {
        pod: bool,
        own: Option<bool>,
    },
    Replace {
        own: Option<bool>,
    },
    Keys {
        published: bool,
    },
    Time(u64),
}

fn events() -> impl Strategy<Value = Vec<Event>> {
    let deleted = prop::option::weighted(0.3, 0..300_u64);
    let event = prop_oneof![
        5 => (any::<bool>(), prop::bool::weighted(0.8), deleted)
            .prop_map(|(pod, own, deleted)| Event::Upsert { pod, own, deleted }),
        1 => any::<bool>().prop_map(|own| Event::WatchDeletes { own }),
        1 => any::<bool>().prop_map(|pod| Event::Delete { pod }),
        3 => (any::<bool>(), prop::option::weighted(0.8, prop::bool::weighted(0.7)))
            .prop_map(|(pod, own)| Event::List { pod, own }),
        1 => prop::option::weighted(0.8, any::<bool>()).prop_map(|own| Event::Replace { own }),
        1 => prop::bool::weighted(0.7).prop_map(|published| Event::Keys { published }),
        8 => (1..40_u64).prop_map(Event::Time),
        1 => (40..1_500_u64).prop_map(Event::Time),
    ];
    prop::collection::vec(event, 0..40)
}

fn uid(kind: ObjectKind, own: bool) -> &'static str {
    match kind {
        _ if !own => "another",
        ObjectKind::Pod => mint::POD_UID,
        _ => mint::ACCOUNT_UID,
    }
}

fn listed(own: Option<bool>) -> ObjectStore {
    let objects = ObjectStore::new();
    objects.upsert(&ACCOUNT, mint::ACCOUNT_UID.into(), None);
    if let Some(own) = own {
        objects.upsert(&POD, uid(ObjectKind::Pod, own).into(), None);
    }
    objects
}

/// What is known at each step: by one that polls only when it must, and by one that begins to wait at that moment.
fn run(follows: bool, events: &[Event]) -> Result<(), TestCaseError> {
    let (objects, feeds) = if follows {
        let (objects, accounts, pods) = following();
        (objects, Some((accounts, pods)))
    } else {
        (listed(Some(true)), None)
    };
    let keys = KeyStore::new(MINT.keys());
    let verifier = verifier(&keys, objects.clone());
    let (mut now, token) = (NOW, accepted());
    let mut caller = Caller::of(&verifier, token.clone());
    let mut known = caller.poll(now);
    // How late the task may be: a store that lost touch does not wake it once it is not stale any more.
    let lateness = || if objects.freshness() == Freshness::Stale { 10 } else { 0 };
    let mut late = lateness();
    for event in events {
        let object = |pod: bool| if pod { POD } else { ACCOUNT };
        match (event, &feeds) {
            (&Event::Upsert { pod, own, deleted }, _) => {
                let ObjectReference { kind, .. } = object(pod);
                let deleted = deleted.map(|seconds| UnixSeconds(now + seconds - 150));
                objects.upsert(&object(pod), uid(kind, own).into(), deleted);
            }
            (&Event::WatchDeletes { own }, Some((_, pods))) => {
                pods.delete("demo", "live", uid(ObjectKind::Pod, own));
            }
            (&Event::Delete { pod }, _) => {
                objects.delete(&object(pod));
            }
            (&Event::List { pod, own }, Some((accounts, pods))) => {
                let mut list = if pod { pods } else { accounts }.relist();
                let ObjectReference { kind, namespace, name } = object(pod);
                if let Some(own) = own {
                    list.upsert(namespace, name, uid(kind, own).into(), None);
                }
                list.finish(Moment::now());
            }
            (&Event::Replace { own }, None) => objects.replace(&listed(own)),
            (&Event::Keys { published: true }, _) => keys.replace(MINT.keys()),
            (&Event::Keys { published: false }, _) => keys.replace(KeySet::default()),
            (&Event::Time(seconds), _) => now += seconds,
            _ => {}
        }
        let was_woken = caller.task.was_woken();
        if was_woken || known.is_ok_and(|next| next <= now) {
            known = caller.poll(now);
            late = lateness();
        }
        let fresh = Caller::of(&verifier, token.clone()).poll(now);
        match (known, fresh) {
            (Err(_), _) => {
                prop_assert_eq!(fresh, known);
                break;
            }
            (Ok(next), Ok(at)) => prop_assert!(now < at && next <= at + late, "{} {} {}", now, next, at),
            (Ok(next), Err(reason)) => {
                prop_assert!(next <= now + late, "{reason:?} missed at {now} until {next}")
            }
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn in_a_store_that_is_always_current(events in events()) {
        run(false, &events)?;
    }

    #[test]
    fn in_a_store_that_follows_a_cluster(events in events()) {
        run(true, &events)?;
    }
}
