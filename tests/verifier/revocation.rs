//! Waiting for the end of an accepted token.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Barrier, Mutex, mpsc};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use boundtoken::{
    Algorithm, BoundObjects, Feed, Freshness, KeySet, KeyStore, Moment, ObjectKind, ObjectReference,
    ObjectSource, ObjectState, ObjectStore, OnUnavailable, Reason, Revocation, Scope, TrustedIssuer,
    UnixSeconds, VerifiedToken, Verifier,
};
use serde_json::json;

use crate::{MINT, verify};
use boundtoken_testing::mint::{self, AUDIENCE, ISSUER, Mint, NOW, claims_with, key_set};

pub(crate) const ACCOUNT: ObjectReference<'_> =
    ObjectReference { kind: ObjectKind::ServiceAccount, namespace: "demo", name: "app" };
pub(crate) const POD: ObjectReference<'_> =
    ObjectReference { kind: ObjectKind::Pod, namespace: "demo", name: "live" };
const OTHER_POD: ObjectReference<'_> =
    ObjectReference { kind: ObjectKind::Pod, namespace: "demo", name: "other" };

/// The end of the tokens, with the usual leeway.
const END: u64 = NOW + 3_600 + 60;

/// The objects of the tokens, and another pod.
pub(crate) fn objects() -> ObjectStore {
    let objects = ObjectStore::new();
    for (reference, uid) in [(ACCOUNT, mint::ACCOUNT_UID), (POD, mint::POD_UID), (OTHER_POD, "1")] {
        objects.upsert(&reference, uid.into(), None);
    }
    objects
}

/// A store that follows pods and accounts, each with the objects of the tokens. Nothing is listed yet.
pub(crate) fn following() -> (ObjectStore, Feed, Feed) {
    let scopes = [Scope::cluster(ObjectKind::ServiceAccount), Scope::cluster(ObjectKind::Pod)];
    let (objects, feeds) = ObjectStore::following(scopes, Duration::from_secs(36_000));
    let [accounts, pods] = <[Feed; 2]>::try_from(feeds).ok().unwrap();
    accounts.upsert("demo", "app", mint::ACCOUNT_UID.into(), None);
    pods.upsert("demo", "live", mint::POD_UID.into(), None);
    (objects, accounts, pods)
}

/// Makes the keys older than allowed.
pub(crate) fn grow_too_old(keys: &KeyStore) {
    const HOUR: Duration = Duration::from_secs(3_600);
    keys.set_max_age(HOUR);
    keys.replace_as_of(keys.load().clone(), Moment::ago(2 * HOUR));
    assert!(keys.is_stale());
}

/// A task that counts how often it was woken.
#[derive(Default)]
pub(crate) struct Task(AtomicUsize);

impl Wake for Task {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

impl Task {
    /// Whether it was woken since the last call.
    pub(crate) fn was_woken(&self) -> bool {
        self.0.swap(0, Ordering::SeqCst) > 0
    }
}

/// An accepted token whose end a task waits for.
pub(crate) struct Caller {
    pub(crate) revocation: Revocation,
    pub(crate) task: Arc<Task>,
}

impl Caller {
    pub(crate) fn of(verifier: &Arc<Verifier>, token: VerifiedToken) -> Self {
        Self { revocation: Revocation::new(Arc::clone(verifier), token), task: Arc::default() }
    }

    /// Returns when to look again, or why the token is void.
    pub(crate) fn poll(&mut self, now: u64) -> Result<u64, Reason> {
        let waker = Waker::from(Arc::clone(&self.task));
        poll(&mut self.revocation, &waker, now)
    }

    /// Requires that the task is woken, and then that the token is void.
    fn ends(&mut self, now: u64, reason: Reason) {
        assert!(self.task.was_woken(), "not woken for {reason}");
        assert_eq!(self.poll(now), Err(reason));
    }
}

fn poll(revocation: &mut Revocation, waker: &Waker, now: u64) -> Result<u64, Reason> {
    match revocation.poll_at(&mut Context::from_waker(waker), UnixSeconds(now)) {
        Poll::Ready(rejection) => Err(rejection.reason()),
        Poll::Pending => Ok(revocation.look_again_at().0),
    }
}

pub(crate) fn verifier(keys: &KeyStore, objects: impl Into<ObjectSource>) -> Arc<Verifier> {
    let issuer = TrustedIssuer::new(ISSUER, keys.clone()).bound_objects(objects);
    Arc::new(Verifier::builder().issuer(issuer).audience(AUDIENCE).build().unwrap())
}

/// A caller with a token of [`MINT`]. It was accepted before, whatever the objects are now.
fn caller(verifier: &Arc<Verifier>) -> Caller {
    Caller::of(verifier, accepted())
}

pub(crate) fn accepted() -> VerifiedToken {
    verify(&MINT.verifier(), MINT.token(&claims_with(&json!({})))).unwrap()
}

/// A caller who is good, and whose objects are in this store.
fn caller_of(objects: &ObjectStore) -> Caller {
    let mut caller = caller(&verifier(&KeyStore::new(MINT.keys()), objects.clone()));
    assert_eq!(caller.poll(NOW), Ok(END));
    caller
}

#[test]
fn it_can_be_sent_and_shared_and_moved() {
    fn is<T: Send + Sync + Unpin + std::fmt::Debug>() {}
    is::<Revocation>();
}

#[test]
fn whatever_ends_a_token_wakes_its_task_and_nothing_else_does() {
    type Change<'a> = &'a dyn Fn(&ObjectStore);
    let without = |gone: &ObjectReference<'_>| {
        let listed = objects();
        listed.delete(gone);
        listed
    };
    let cases: [(&str, Change<'_>, Option<Reason>); 15] = [
        ("nothing", &|_| {}, None),
        ("the pod again", &|objects| objects.upsert(&POD, mint::POD_UID.into(), None), None),
        ("another pod", &|objects| objects.upsert(&OTHER_POD, "2".into(), None), None),
        (
            "a new pod",
            &|objects| objects.upsert(&ObjectReference { name: "new", ..POD }, "2".into(), None),
            None,
        ),
        ("another pod goes", &|objects| assert!(objects.delete(&OTHER_POD)), None),
        (
            "a pod that is not there goes",
            &|objects| assert!(!objects.delete(&ObjectReference { name: "x", ..POD })),
            None,
        ),
        ("the same list", &|known| known.replace(&objects()), None),
        ("a list without another pod", &|objects| objects.replace(&without(&OTHER_POD)), None),
        ("deletion", &|objects| assert!(objects.delete(&POD)), Some(Reason::PodNotFound)),
        (
            "of the account",
            &|objects| assert!(objects.delete(&ACCOUNT)),
            Some(Reason::ServiceAccountNotFound),
        ),
        ("another uid", &|objects| objects.upsert(&POD, "2".into(), None), Some(Reason::PodUidMismatch)),
        ("a list without it", &|objects| objects.replace(&without(&POD)), Some(Reason::PodNotFound)),
        (
            "an empty list",
            &|objects| objects.replace(&ObjectStore::new()),
            Some(Reason::ServiceAccountNotFound),
        ),
        (
            "a deletion of a minute ago",
            &|objects| objects.upsert(&POD, mint::POD_UID.into(), Some(UnixSeconds(NOW - 60))),
            Some(Reason::PodDeleted),
        ),
        (
            "another uid and deletion",
            &|objects| objects.upsert(&POD, "2".into(), Some(UnixSeconds(NOW - 60))),
            Some(Reason::PodUidMismatch),
        ),
    ];
    for (name, change, reason) in cases {
        let objects = objects();
        let mut caller = caller_of(&objects);
        change(&objects);
        assert_eq!(caller.task.was_woken(), reason.is_some(), "{name}");
        assert_eq!(caller.poll(NOW), reason.map_or(Ok(END), Err), "{name}");
        assert_eq!(caller.poll(NOW), reason.map_or(Ok(END), Err), "{name}, once more");
    }
}

#[test]
fn an_answer_that_is_ready_stays_and_waits_for_nothing_more() {
    let objects = objects();
    let mut caller = caller_of(&objects);
    objects.delete(&POD);
    caller.ends(NOW, Reason::PodNotFound);
    assert_eq!(Arc::strong_count(&caller.task), 1, "nobody keeps the waker");
    objects.upsert(&POD, mint::POD_UID.into(), None);
    objects.delete(&POD);
    assert!(!caller.task.was_woken());
    assert_eq!(caller.poll(NOW), Err(Reason::PodNotFound));
    assert_eq!(caller.revocation.token().claims().namespace(), "demo");
}

#[test]
fn a_deletion_timestamp_ends_it_after_its_grace() {
    let objects = objects();
    let mut caller = caller_of(&objects);
    let delete = |at| objects.upsert(&POD, mint::POD_UID.into(), Some(UnixSeconds(at)));
    delete(NOW + 30);
    assert!(caller.task.was_woken());
    assert_eq!(caller.poll(NOW), Ok(NOW + 90));
    delete(NOW + 30);
    assert!(!caller.task.was_woken(), "nothing new");
    // Kubernetes may shorten the time that a pod has left.
    delete(NOW);
    assert!(caller.task.was_woken());
    assert_eq!(caller.poll(NOW), Ok(NOW + 60));
    assert_eq!(caller.poll(NOW + 59), Ok(NOW + 60));
    assert_eq!(caller.poll(NOW + 60), Err(Reason::PodDeleted));

    delete(NOW + 10_000);
    let mut caller = caller_of(&objects);
    assert_eq!(caller.poll(NOW), Ok(END), "it expires before that");
    objects.delete(&POD);
    caller.ends(NOW, Reason::PodNotFound);
}

#[test]
fn a_token_ends_when_its_leeway_is_over_and_no_clock_that_is_set_back_ends_it() {
    for (leeway, end) in [(0, NOW + 3_600), (60, END), (3_600, NOW + 7_200)] {
        let issuer = TrustedIssuer::new(ISSUER, MINT.keys()).bound_objects(objects());
        let builder = Verifier::builder().issuer(issuer).audience(AUDIENCE).leeway(leeway);
        let mut caller = caller(&Arc::new(builder.build().unwrap()));
        assert_eq!(caller.poll(NOW), Ok(end));
        assert_eq!(caller.poll(NOW - 10_000), Ok(end), "before the token was issued");
        assert_eq!(caller.poll(end - 1), Ok(end));
        assert_eq!(caller.poll(end), Err(Reason::Expired));
        assert_eq!(caller.poll(NOW), Err(Reason::Expired), "for good");
    }
}

#[test]
fn a_key_that_is_withdrawn_ends_it_and_other_keys_do_not_matter() {
    let [one, other] = ["one", "other"].map(|kid| Mint::new(Algorithm::ES256, kid));
    let named_alike = Mint::new(Algorithm::ES256, "one");
    let token = verify(&one.verifier(), one.token(&claims_with(&json!({})))).unwrap();
    for last in [other.keys(), named_alike.keys(), KeySet::default()] {
        let keys = KeyStore::new(one.keys());
        let mut caller = Caller::of(&verifier(&keys, objects()), token.clone());
        assert_eq!(caller.poll(NOW), Ok(END));
        keys.replace(one.keys());
        keys.replace(key_set([&one, &other]));
        keys.renew();
        keys.replace(key_set([&other, &one]));
        assert!(!caller.task.was_woken());
        keys.clone().replace_as_of(last, Moment::now());
        caller.ends(NOW, Reason::KeyUnknown);
    }
}

#[test]
fn a_key_that_another_issuer_of_the_name_comes_to_publish_ends_it() {
    let [one, other] = ["one", "other"].map(|kid| Mint::new(Algorithm::ES256, kid));
    let stores = [&one, &other, &other].map(|mint| KeyStore::new(mint.keys()));
    let names = [(ISSUER, "blue"), (ISSUER, "green"), ("https://another", "red")];
    let builder = stores.iter().zip(names).fold(Verifier::builder(), |builder, (keys, (name, label))| {
        builder.issuer(TrustedIssuer::new(name, keys.clone()).label(label))
    });
    let verifier = Arc::new(builder.audience(AUDIENCE).build().unwrap());
    let token = verify(&verifier, one.token(&claims_with(&json!({})))).unwrap();
    let mut caller = Caller::of(&verifier, token);
    assert_eq!(caller.poll(NOW), Ok(END));
    stores[2].replace(key_set([&other, &one]));
    assert!(!caller.task.was_woken(), "one key for two names can be told apart");
    stores[1].replace(key_set([&other, &one]));
    caller.ends(NOW, Reason::IssuerAmbiguous);
}

#[test]
fn stale_keys_end_nothing() {
    let keys = KeyStore::new(MINT.keys());
    let mut caller = caller(&verifier(&keys, objects()));
    grow_too_old(&keys);
    assert_eq!(caller.poll(NOW), Ok(END));
    keys.replace(KeySet::default());
    caller.ends(NOW, Reason::KeyUnknown);
}

#[test]
fn without_a_source_of_objects_only_the_key_and_the_expiry_end_it() {
    let keys = KeyStore::new(MINT.keys());
    let issuer = TrustedIssuer::new(ISSUER, keys.clone());
    let verifier = Arc::new(Verifier::builder().issuer(issuer).audience(AUDIENCE).build().unwrap());
    // The second was confirmed by what a network said.
    let checked =
        verifier.check_at(MINT.token(&claims_with(&json!({}))).as_bytes(), UnixSeconds(NOW)).unwrap();
    let all_live = |reference: &ObjectReference<'_>| ObjectState::Present {
        uid: if *reference == POD { mint::POD_UID } else { mint::ACCOUNT_UID }.into(),
        deletion_timestamp: None,
    };
    let confirmed = verifier.confirm_at(checked, &all_live, UnixSeconds(NOW)).unwrap();
    for token in [accepted(), confirmed] {
        keys.replace(MINT.keys());
        let mut caller = Caller::of(&verifier, token);
        assert_eq!(caller.poll(NOW), Ok(END));
        keys.replace(KeySet::default());
        caller.ends(NOW, Reason::KeyUnknown);
    }
}

#[test]
fn a_verifier_that_does_not_trust_the_issuer_ends_it() {
    let issuer = TrustedIssuer::new(ISSUER, MINT.keys()).label("another");
    let verifier = Arc::new(Verifier::builder().issuer(issuer).audience(AUDIENCE).build().unwrap());
    assert_eq!(caller(&verifier).poll(NOW), Err(Reason::VerifierMismatch));
}

#[test]
fn an_object_that_was_not_seen_yet_has_a_minute_to_appear() {
    let pending = |change: &dyn Fn(&Feed)| {
        let (objects, accounts, pods) = following();
        [&accounts, &pods].into_iter().for_each(|feed| feed.relist().finish(Moment::now()));
        accounts.upsert("demo", "app", mint::ACCOUNT_UID.into(), None);
        let mut caller = caller(&verifier(&KeyStore::new(MINT.keys()), objects));
        assert_eq!(caller.poll(NOW), Ok(NOW + 61));
        assert_eq!(caller.poll(NOW + 60), Ok(NOW + 61));
        change(&pods);
        (caller.task.was_woken(), caller.poll(NOW + 60), caller.poll(NOW + 61))
    };
    let upsert = |uid: &'static str, deleted: Option<u64>| {
        move |pods: &Feed| pods.upsert("demo", "live", uid.into(), deleted.map(UnixSeconds))
    };
    assert_eq!(pending(&upsert(mint::POD_UID, None)), (false, Ok(END), Ok(END)));
    assert_eq!(pending(&|_| {}), (false, Ok(NOW + 61), Err(Reason::PodNotFound)));
    assert_eq!(pending(&upsert("2", None)), (false, Ok(NOW + 61), Err(Reason::PodUidMismatch)));
    // It appears only to go.
    let going = upsert(mint::POD_UID, Some(NOW + 30));
    assert_eq!(pending(&going), (true, Ok(NOW + 90), Ok(NOW + 90)));
    let gone = upsert(mint::POD_UID, Some(NOW));
    assert_eq!(pending(&gone), (true, Err(Reason::PodDeleted), Err(Reason::PodDeleted)));
    // It came and went, and the store heard only that it went.
    let unseen = |pods: &Feed| pods.delete("demo", "live", mint::POD_UID);
    assert_eq!(pending(&unseen), (true, Err(Reason::PodNotFound), Err(Reason::PodNotFound)));
}

#[test]
fn a_list_may_be_older_than_a_token_of_the_last_minute() {
    let (objects, accounts, pods) = following();
    [&accounts, &pods].into_iter().for_each(|feed| feed.prove(Moment::now()));
    let mut caller = caller_of(&objects);
    pods.relist().finish(Moment::now());
    assert!(caller.task.was_woken());
    assert_eq!(caller.poll(NOW), Ok(NOW + 61));
    assert_eq!(caller.poll(NOW + 61), Err(Reason::PodNotFound));
}

#[test]
fn a_list_without_the_object_ends_it_once_the_list_is_finished() {
    /// The token is older than a minute.
    const LATER: u64 = NOW + 100;
    for (is_listed, change) in [(false, None), (true, Some("2")), (true, Some(mint::POD_UID)), (true, None)] {
        let (objects, accounts, pods) = following();
        accounts.prove(Moment::now());
        if is_listed {
            pods.prove(Moment::now());
        }
        let mut caller = caller(&verifier(&KeyStore::new(MINT.keys()), objects));
        assert_eq!(caller.poll(LATER), Ok(END));
        let mut list = pods.relist();
        if let Some(uid) = change {
            list.upsert("demo", "live", uid.into(), None);
        }
        list.finish(Moment::now());
        match change {
            Some(mint::POD_UID) => assert!(!caller.task.was_woken()),
            Some(_) => caller.ends(LATER, Reason::PodUidMismatch),
            None => caller.ends(LATER, Reason::PodNotFound),
        }
    }
}

#[test]
fn an_outage_ends_nothing_and_what_was_seen_during_it_counts() {
    const LATER: u64 = NOW + 100;
    type Change<'a> = &'a dyn Fn(&ObjectStore, &Feed);
    // The second is what becomes of the token while the store is stale, and the third afterwards.
    type Answer = Result<u64, Reason>;
    let cases: [(Change<'_>, Answer, Answer); 6] = [
        (&|_, _| {}, Ok(END), Ok(END)),
        (
            &|_, pods| pods.delete("demo", "live", mint::POD_UID),
            Err(Reason::PodNotFound),
            Err(Reason::PodNotFound),
        ),
        (&|objects, _| assert!(objects.delete(&POD)), Err(Reason::PodNotFound), Err(Reason::PodNotFound)),
        (
            &|_, pods| pods.upsert("demo", "live", mint::POD_UID.into(), Some(UnixSeconds(LATER - 60))),
            Err(Reason::PodDeleted),
            Err(Reason::PodDeleted),
        ),
        // The store may be behind: it knows another pod of the name, or lists what it had before.
        (
            &|_, pods| pods.upsert("demo", "live", "2".into(), None),
            Ok(LATER + 10),
            Err(Reason::PodUidMismatch),
        ),
        (&|_, pods| pods.relist().finish(Moment::now()), Ok(LATER + 10), Err(Reason::PodNotFound)),
    ];
    for (number, (change, during, afterwards)) in cases.into_iter().enumerate() {
        let (objects, accounts, pods) = following();
        pods.prove(Moment::now());
        assert_eq!(objects.freshness(), Freshness::Stale, "no account was listed");
        let issuer = TrustedIssuer::new(ISSUER, MINT.keys()).bound_objects(objects.clone());
        for choice in [OnUnavailable::Refuse, OnUnavailable::Accept] {
            let builder =
                Verifier::builder().issuer(issuer.clone()).audience(AUDIENCE).on_unavailable(choice);
            assert_eq!(caller(&Arc::new(builder.build().unwrap())).poll(LATER), Ok(END), "{number}");
        }
        let mut caller = caller(&verifier(&KeyStore::new(MINT.keys()), objects.clone()));
        assert_eq!(caller.poll(LATER), Ok(END));
        change(&objects, &pods);
        assert_eq!(caller.task.was_woken(), during != Ok(END), "{number}");
        assert_eq!(caller.poll(LATER), during, "{number}");
        accounts.prove(Moment::now());
        assert_eq!(objects.freshness(), Freshness::Following);
        assert_eq!(caller.poll(LATER + 10), afterwards, "{number}");
    }
}

#[test]
fn a_store_that_is_abandoned_ends_nothing() {
    let (objects, accounts, pods) = following();
    [&accounts, &pods].into_iter().for_each(|feed| feed.prove(Moment::now()));
    let mut caller = caller_of(&objects);
    objects.abandon();
    assert!(!caller.task.was_woken());
    assert_eq!(caller.poll(NOW + 100), Ok(END));
}

/// A source that answers as it is told.
#[derive(Clone)]
struct CallBack(Arc<Mutex<(Freshness, ObjectState)>>);

impl BoundObjects for CallBack {
    fn state(&self, reference: &ObjectReference<'_>) -> ObjectState {
        match *reference {
            POD => self.0.lock().unwrap().1.clone(),
            _ => ObjectState::Present { uid: mint::ACCOUNT_UID.into(), deletion_timestamp: None },
        }
    }

    fn freshness(&self) -> Freshness {
        self.0.lock().unwrap().0
    }
}

#[test]
fn a_call_back_is_asked_again_every_ten_seconds() {
    const LATER: u64 = NOW + 100;
    let present = |uid: &str, deleted: Option<u64>| ObjectState::Present {
        uid: uid.into(),
        deletion_timestamp: deleted.map(UnixSeconds),
    };
    let live = || present(mint::POD_UID, None);
    let (current, following, stale) = (Freshness::Current, Freshness::Following, Freshness::Stale);
    let soon = Ok(LATER + 10);
    for (freshness, state, expected) in [
        (current, live(), soon),
        (current, ObjectState::Unavailable, soon),
        (current, ObjectState::NotFollowed, soon),
        (current, ObjectState::Absent, Err(Reason::PodNotFound)),
        (current, present("2", None), Err(Reason::PodUidMismatch)),
        (current, present(mint::POD_UID, Some(LATER - 60)), Err(Reason::PodDeleted)),
        (current, present(mint::POD_UID, Some(LATER - 55)), Ok(LATER + 5)),
        (current, present(mint::POD_UID, Some(LATER)), soon),
        (following, ObjectState::Absent, Err(Reason::PodNotFound)),
        (stale, ObjectState::Absent, soon),
        (stale, present("2", None), soon),
        (stale, present(mint::POD_UID, Some(LATER - 60)), Err(Reason::PodDeleted)),
    ] {
        let answer = Arc::new(Mutex::new((current, live())));
        let mut caller = caller(&verifier(&KeyStore::new(MINT.keys()), CallBack(Arc::clone(&answer))));
        assert_eq!(caller.poll(NOW), Ok(NOW + 10));
        *answer.lock().unwrap() = (freshness, state.clone());
        assert_eq!(caller.poll(LATER), expected, "{freshness:?} {state:?}");
        *answer.lock().unwrap() = (freshness, ObjectState::Unavailable);
        assert_eq!(caller.poll(END - 1), expected.map(|_| END));
        assert_eq!(caller.poll(END), Err(expected.err().unwrap_or(Reason::Expired)));
    }
}

#[test]
fn the_last_task_that_polled_is_woken_and_a_task_may_be_woken_for_nothing() {
    let objects = objects();
    let mut caller = caller_of(&objects);
    let first = std::mem::take(&mut caller.task);
    assert_eq!(caller.poll(NOW), Ok(END));
    assert_eq!(Arc::strong_count(&first), 1, "nobody keeps the first");
    // Gone and back again, before the task looks.
    objects.delete(&POD);
    objects.upsert(&POD, mint::POD_UID.into(), None);
    assert!(caller.task.was_woken() && !first.was_woken());
    assert_eq!(caller.poll(NOW), Ok(END));
    objects.delete(&POD);
    caller.ends(NOW, Reason::PodNotFound);
}

#[test]
fn what_is_dropped_waits_no_more() {
    let objects = objects();
    let [stays, goes, never_polled] =
        [(); 3].map(|()| caller(&verifier(&KeyStore::new(MINT.keys()), objects.clone())));
    drop(never_polled.revocation);
    let (mut stays, mut goes) = (stays, goes);
    assert_eq!((stays.poll(NOW), goes.poll(NOW)), (Ok(END), Ok(END)));
    assert!(Arc::strong_count(&goes.task) > 1);
    drop(goes.revocation);
    assert_eq!(Arc::strong_count(&goes.task), 1, "nobody keeps the waker");
    objects.delete(&POD);
    stays.ends(NOW, Reason::PodNotFound);
    assert!(!goes.task.was_woken() && !never_polled.task.was_woken());
}

/// Does something when it is woken or dropped.
struct Doing {
    does: Box<dyn Fn() + Send + Sync>,
    was_woken: AtomicBool,
}

impl Wake for Doing {
    fn wake(self: Arc<Self>) {
        (self.does)();
        self.was_woken.store(true, Ordering::SeqCst);
    }
}

impl Drop for Doing {
    fn drop(&mut self) {
        (self.does)();
    }
}

/// Fails instead of waiting forever.
fn in_time(work: impl FnOnce() + Send + 'static) {
    let (done, is_done) = mpsc::channel();
    let thread = std::thread::spawn(move || {
        work();
        done.send(()).unwrap();
    });
    if let Err(mpsc::RecvTimeoutError::Timeout) = is_done.recv_timeout(Duration::from_secs(60)) {
        panic!("it waits for a lock that it holds");
    }
    thread.join().unwrap();
}

#[test]
fn a_waker_may_use_the_stores_and_whoever_waits_in_them() {
    in_time(|| {
        let (objects, accounts, pods) = following();
        [&accounts, &pods].into_iter().for_each(|feed| feed.prove(Moment::now()));
        let keys = KeyStore::new(MINT.keys());
        let verifier = verifier(&keys, objects.clone());
        let others = Arc::new(Mutex::new(Vec::new()));
        let does = {
            let (objects, keys, verifier, others) =
                (objects.clone(), keys.clone(), Arc::clone(&verifier), Arc::clone(&others));
            move || {
                let waiting = std::mem::take(&mut *others.lock().unwrap());
                drop::<Vec<Caller>>(waiting);
                objects.upsert(&OTHER_POD, "1".into(), None);
                objects.upsert(&OTHER_POD, "2".into(), None);
                objects.delete(&OTHER_POD);
                keys.replace(keys.load().clone());
                let mut another = caller(&verifier);
                let _ = another.poll(NOW + 100);
                others.lock().unwrap().push(another);
            }
        };
        let wait = || {
            let doing = Arc::new(Doing { does: Box::new(does.clone()), was_woken: AtomicBool::new(false) });
            let mut revocation = Revocation::new(Arc::clone(&verifier), accepted());
            assert_eq!(poll(&mut revocation, &Waker::from(Arc::clone(&doing)), NOW + 100), Ok(END));
            (doing, revocation)
        };
        type Change<'a> = &'a dyn Fn();
        let changes: [Change<'_>; 7] = [
            &|| pods.delete("demo", "live", mint::POD_UID),
            &|| assert!(objects.delete(&POD)),
            &|| objects.upsert(&POD, "2".into(), None),
            &|| pods.upsert("demo", "live", mint::POD_UID.into(), Some(UnixSeconds(NOW))),
            &|| pods.relist().finish(Moment::now()),
            &|| objects.replace(&ObjectStore::new()),
            &|| keys.replace(KeySet::default()),
        ];
        for (number, change) in changes.into_iter().enumerate() {
            let (doing, _revocation) = wait();
            change();
            assert!(doing.was_woken.load(Ordering::SeqCst), "{number}");
            accounts.upsert("demo", "app", mint::ACCOUNT_UID.into(), None);
            pods.upsert("demo", "live", mint::POD_UID.into(), None);
            keys.replace(MINT.keys());
        }
        // A waker that is replaced, and one that is dropped with its revocation.
        let (doing, mut revocation) = wait();
        drop(doing);
        assert_eq!(poll(&mut revocation, Waker::noop(), NOW + 100), Ok(END));
        let (doing, revocation) = wait();
        drop(doing);
        drop(revocation);
        drop(std::mem::take(&mut *others.lock().unwrap()));
    });
}

#[test]
fn a_waker_that_is_replaced_may_end_the_very_token_that_it_waited_for() {
    in_time(|| {
        let objects = objects();
        let mut caller = caller_of(&objects);
        let ending = {
            let objects = objects.clone();
            Doing { does: Box::new(move || assert!(objects.delete(&POD))), was_woken: AtomicBool::new(false) }
        };
        let waker = Waker::from(Arc::new(ending));
        assert_eq!(poll(&mut caller.revocation, &waker, NOW), Ok(END));
        drop(waker);
        // The token waits for its last poll, which replaces the waker.
        assert_eq!(caller.poll(NOW), Err(Reason::PodNotFound));
    });
}

#[test]
fn what_a_list_touched_looks_again_once_the_list_is_finished() {
    const LATER: u64 = NOW + 100;
    for uid in [Some("2"), None] {
        let (objects, accounts, pods) = following();
        accounts.prove(Moment::now());
        // The freshness of the store whenever the task is woken.
        let (seen, looking) = (Arc::new(Mutex::new(Vec::new())), objects.clone());
        let noting = Arc::clone(&seen);
        let does = move || noting.lock().unwrap().push(looking.freshness());
        let waker = Waker::from(Arc::new(Doing { does: Box::new(does), was_woken: AtomicBool::new(false) }));
        let mut caller = caller(&verifier(&KeyStore::new(MINT.keys()), objects));
        assert_eq!(poll(&mut caller.revocation, &waker, LATER), Ok(END));
        let mut list = pods.relist();
        if let Some(uid) = uid {
            list.upsert("demo", "live", uid.into(), None);
            assert_eq!(seen.lock().unwrap().pop(), Some(Freshness::Stale));
            assert_eq!(poll(&mut caller.revocation, &waker, LATER), Ok(LATER + 10), "the list may be old");
        }
        list.finish(Moment::now());
        assert_eq!(seen.lock().unwrap().pop(), Some(Freshness::Following));
        assert!(poll(&mut caller.revocation, &waker, LATER).is_err());
    }
}

#[test]
fn what_changes_during_the_first_look_wakes_the_task() {
    let keys = KeyStore::new(MINT.keys());
    let withdrawn = keys.clone();
    // The key is judged before the objects.
    let objects = move |reference: &ObjectReference<'_>| {
        withdrawn.replace(KeySet::default());
        let uid = if *reference == POD { mint::POD_UID } else { mint::ACCOUNT_UID };
        ObjectState::Present { uid: uid.into(), deletion_timestamp: None }
    };
    let mut caller = caller(&verifier(&keys, objects));
    assert_eq!(caller.poll(NOW), Ok(NOW + 10));
    caller.ends(NOW, Reason::KeyUnknown);
}

#[test]
fn no_end_is_missed_while_others_come_and_go() {
    const ROUNDS: usize = 300;
    let objects = objects();
    let (verifier, token) = (verifier(&KeyStore::new(MINT.keys()), objects.clone()), accepted());
    for _ in 0..ROUNDS {
        let [mut stays, mut leaves] = [(); 2].map(|()| Caller::of(&verifier, token.clone()));
        let start = Barrier::new(2);
        let verdict = std::thread::scope(|scope| {
            let waiting = scope.spawn(|| {
                start.wait();
                let _ = leaves.poll(NOW);
                let verdict = stays.poll(NOW);
                drop(leaves);
                verdict
            });
            start.wait();
            assert!(objects.delete(&POD));
            waiting.join().unwrap()
        });
        if verdict.is_ok() {
            stays.ends(NOW, Reason::PodNotFound);
        }
        objects.upsert(&POD, mint::POD_UID.into(), None);
    }
}

/// What a real API server made of each token before and after its objects changed.
#[test]
fn of_captured_tokens_those_end_that_the_server_refuses_after_the_change() {
    let folder = boundtoken_testing::folder("apiserver-rs256");
    let keys = folder.keys().unwrap();
    let (mut ended, mut stayed) = (0, 0);
    for case in folder.cases.iter().filter(|case| case.objects == 0) {
        let [objects, changed] =
            [0, 1].map(|state: usize| ObjectStore::from_json(folder.objects[state].as_bytes()).unwrap());
        let verifier = Arc::new(folder.verifier(&keys, case, &objects));
        let verify = || verifier.verify_at(case.token.as_bytes(), UnixSeconds(case.now));
        let Ok(token) = verify() else { continue };
        let mut caller = Caller::of(&verifier, token);
        assert!(caller.poll(case.now).is_ok(), "{}", case.name);
        objects.replace(&changed);
        let woken = caller.task.was_woken();
        match verify() {
            Ok(_) => {
                assert!(caller.poll(case.now).is_ok(), "{}", case.name);
                stayed += 1;
            }
            Err(rejection) => {
                assert!(woken, "{}", case.name);
                assert_eq!(caller.poll(case.now), Err(rejection.reason()), "{}", case.name);
                ended += 1;
            }
        }
    }
    assert!(ended > 0 && stayed > 0, "{ended} {stayed}");
}
