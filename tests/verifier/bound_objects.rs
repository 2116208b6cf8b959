//! The objects that a token is bound to: which of them are looked up, when, and what follows from the answer.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use boundtoken::{
    BoundObjects, Confirmed, Feed, Freshness, Moment, ObjectKind, ObjectReference, ObjectState, ObjectStore,
    OnUnavailable, Reason, Scope, TrustedIssuer, UnixSeconds, Verifier,
};
use serde_json::{Value, json};

use crate::{MINT, verdict, verify, verify_at};
use boundtoken_testing::mint::{self, AUDIENCE, ISSUER, NOW, claims_with};

type Answers = Arc<Mutex<Vec<(ObjectKind, ObjectState)>>>;

/// Has a fixed answer for each kind, and records the questions.
struct Source {
    answers: Answers,
    asked: Arc<Mutex<Vec<String>>>,
    verifier: Verifier,
}

fn present(uid: &str, deletion_timestamp: Option<u64>) -> ObjectState {
    ObjectState::Present { uid: uid.into(), deletion_timestamp: deletion_timestamp.map(UnixSeconds) }
}

fn live(kind: ObjectKind) -> ObjectState {
    present(uid(kind), None)
}

fn uid(kind: ObjectKind) -> &'static str {
    match kind {
        ObjectKind::ServiceAccount => mint::ACCOUNT_UID,
        ObjectKind::Secret => mint::SECRET_UID,
        ObjectKind::Pod => mint::POD_UID,
        ObjectKind::Node => mint::NODE_UID,
        ObjectKind::ValidatingWebhookConfiguration => mint::VALIDATING_UID,
        ObjectKind::MutatingWebhookConfiguration => mint::MUTATING_UID,
        kind => panic!("no uid for {kind}"),
    }
}

impl Source {
    fn new(on_unavailable: OnUnavailable) -> Self {
        let answers: Answers = Arc::default();
        let asked = Arc::<Mutex<Vec<String>>>::default();
        let (answer, ask) = (answers.clone(), asked.clone());
        let objects = move |reference: &ObjectReference<'_>| {
            ask.lock().unwrap().push(reference.to_string());
            let answers = answer.lock().unwrap();
            let told = answers.iter().find(|(kind, _)| *kind == reference.kind);
            told.map_or_else(|| live(reference.kind), |(_, state)| state.clone())
        };
        let issuer = TrustedIssuer::new(ISSUER, MINT.keys()).bound_objects(objects);
        let builder = Verifier::builder().issuer(issuer).audience(AUDIENCE).on_unavailable(on_unavailable);
        Self { answers, asked, verifier: builder.build().unwrap() }
    }

    fn tell(&self, answers: &[(ObjectKind, ObjectState)]) {
        *self.answers.lock().unwrap() = answers.to_vec();
        self.asked.lock().unwrap().clear();
    }

    fn asked(&self) -> Vec<String> {
        std::mem::take(&mut self.asked.lock().unwrap())
    }
}

/// A token that is bound to objects of `kinds` and to its service account.
fn bound_to(kinds: &[ObjectKind]) -> String {
    let named = |name: &str, uid: &str| json!({"name": name, "uid": uid});
    let all = [
        (ObjectKind::Secret, named("certificate", mint::SECRET_UID)),
        (ObjectKind::Pod, json!({})),
        (ObjectKind::Node, json!({})),
        (ObjectKind::ValidatingWebhookConfiguration, named("checks", mint::VALIDATING_UID)),
        (ObjectKind::MutatingWebhookConfiguration, named("changes", mint::MUTATING_UID)),
    ];
    let mut changes = serde_json::Map::new();
    if kinds.iter().any(|kind| kind.is_webhook_configuration()) {
        changes.insert("attestations".to_owned(), json!({"admissionReviewAPIGroups": ["apps"]}));
    }
    for (kind, reference) in all {
        let reference = if kinds.contains(&kind) { reference } else { Value::Null };
        changes.insert(kind.name().to_lowercase(), reference);
    }
    MINT.token(&claims_with(&json!({"kubernetes.io": changes})))
}

const ACCOUNT: &str = "ServiceAccount demo/app";
const SECRET: &str = "Secret demo/certificate";
const POD: &str = "Pod demo/live";
const NODE: &str = "Node node-1";
const VALIDATING: &str = "ValidatingWebhookConfiguration checks";
const MUTATING: &str = "MutatingWebhookConfiguration changes";

#[test]
fn each_object_is_asked_for_once_in_order_and_a_node_only_without_a_pod() {
    use ObjectKind::{
        MutatingWebhookConfiguration as Mutating, ValidatingWebhookConfiguration as Validating,
    };
    use ObjectKind::{Node, Pod, Secret};
    let source = Source::new(OnUnavailable::Refuse);
    for (kinds, asked) in [
        (&[][..], &[ACCOUNT][..]),
        (&[Secret], &[ACCOUNT, SECRET]),
        (&[Pod], &[ACCOUNT, POD]),
        (&[Node], &[ACCOUNT, NODE]),
        (&[Pod, Node], &[ACCOUNT, POD]),
        (&[Secret, Node], &[ACCOUNT, SECRET, NODE]),
        (&[Secret, Pod, Node], &[ACCOUNT, SECRET, POD]),
        (&[Validating], &[ACCOUNT, VALIDATING]),
        (&[Mutating], &[ACCOUNT, MUTATING]),
        (&[Mutating, Validating], &[ACCOUNT, VALIDATING, MUTATING]),
        (&[Mutating, Pod, Node], &[ACCOUNT, POD, MUTATING]),
        (&[Secret, Node, Validating, Mutating], &[ACCOUNT, SECRET, NODE, VALIDATING, MUTATING]),
    ] {
        let verified = verify(&source.verifier, bound_to(kinds)).unwrap();
        assert_eq!(source.asked(), asked);
        assert_eq!(verified.confirmed(), Confirmed::Live);
        let confirmed: Vec<String> =
            verified.confirmed_objects().map(|object| object.reference.to_string()).collect();
        assert_eq!(confirmed, asked);
        let checked = source.verifier.check_at(bound_to(kinds).as_bytes(), UnixSeconds(NOW)).unwrap();
        let to_ask: Vec<String> =
            checked.bound_objects().map(|object| object.reference.to_string()).collect();
        assert_eq!(to_ask, asked);
        assert!(source.asked().is_empty(), "the first step asks nobody");
    }
}

#[test]
fn nothing_is_asked_before_the_token_itself_holds() {
    let source = Source::new(OnUnavailable::Refuse);
    let good = bound_to(&[ObjectKind::Pod]);
    let stranger = mint::Mint::new(boundtoken::Algorithm::ES256, mint::KID);
    let (signed, _) = good.rsplit_once('.').unwrap();
    let refused = [
        (stranger.token(&claims_with(&json!({}))), Reason::SignatureInvalid),
        (format!("{signed}.{}", "A".repeat(86)), Reason::SignatureInvalid),
        (good.replace('.', ""), Reason::TokenPartCount),
        (MINT.token(&claims_with(&json!({"iss": "x"}))), Reason::IssuerMismatch),
        (MINT.token(&claims_with(&json!({"aud": "x"}))), Reason::AudienceMismatch),
        (MINT.token(&claims_with(&json!({"exp": 1}))), Reason::Expired),
        (MINT.token(&claims_with(&json!({"sub": "x"}))), Reason::SubjectMismatch),
        (
            MINT.token(&claims_with(&json!({"kubernetes.io": {"pod": {"name": "../x"}}}))),
            Reason::ReferenceInvalid,
        ),
    ];
    for (token, reason) in refused {
        assert_eq!(verdict(&source.verifier, &token), Err(reason));
        assert!(source.asked().is_empty(), "{reason}");
    }
}

#[test]
fn the_first_object_that_fails_decides_and_no_further_one_is_asked_for() {
    use ObjectKind::{
        MutatingWebhookConfiguration as Mutating, ValidatingWebhookConfiguration as Validating,
    };
    use ObjectKind::{Node, Pod, Secret, ServiceAccount};
    let source = Source::new(OnUnavailable::Refuse);
    let absent =
        |kinds: &[ObjectKind]| -> Vec<_> { kinds.iter().map(|kind| (*kind, ObjectState::Absent)).collect() };
    for (bound, gone, reason, asked) in [
        (&[Secret, Pod][..], &[ServiceAccount, Secret, Pod][..], Reason::ServiceAccountNotFound, 1),
        (&[Secret, Pod], &[Secret, Pod], Reason::SecretNotFound, 2),
        (&[Secret, Pod], &[Pod, Node], Reason::PodNotFound, 3),
        (&[Secret, Node], &[Node], Reason::NodeNotFound, 3),
        (&[Secret, Node], &[Secret, Node], Reason::SecretNotFound, 2),
        (&[Pod, Validating], &[Pod, Validating], Reason::PodNotFound, 2),
        (
            &[Node, Validating, Mutating],
            &[Validating, Mutating],
            Reason::ValidatingWebhookConfigurationNotFound,
            3,
        ),
        (&[Validating, Mutating], &[Mutating], Reason::MutatingWebhookConfigurationNotFound, 3),
    ] {
        source.tell(&absent(gone));
        assert_eq!(verdict(&source.verifier, bound_to(bound)), Err(reason));
        assert_eq!(source.asked().len(), asked, "{reason}");
    }
    source.tell(&absent(&[Node]));
    assert_eq!(
        verdict(&source.verifier, bound_to(&[Pod, Node])),
        Ok(()),
        "the node beside a pod informs only"
    );
}

#[test]
fn each_kind_is_refused_for_its_own_reasons_and_another_uid_counts_before_deletion() {
    let bound = |kind| match kind {
        ObjectKind::ServiceAccount => bound_to(&[]),
        kind => bound_to(&[kind]),
    };
    let source = Source::new(OnUnavailable::Refuse);
    for (kind, not_found, uid_mismatch, deleted) in [
        (
            ObjectKind::ServiceAccount,
            Reason::ServiceAccountNotFound,
            Reason::ServiceAccountUidMismatch,
            Reason::ServiceAccountDeleted,
        ),
        (ObjectKind::Secret, Reason::SecretNotFound, Reason::SecretUidMismatch, Reason::SecretDeleted),
        (ObjectKind::Pod, Reason::PodNotFound, Reason::PodUidMismatch, Reason::PodDeleted),
        (ObjectKind::Node, Reason::NodeNotFound, Reason::NodeUidMismatch, Reason::NodeDeleted),
        (
            ObjectKind::ValidatingWebhookConfiguration,
            Reason::ValidatingWebhookConfigurationNotFound,
            Reason::ValidatingWebhookConfigurationUidMismatch,
            Reason::ValidatingWebhookConfigurationDeleted,
        ),
        (
            ObjectKind::MutatingWebhookConfiguration,
            Reason::MutatingWebhookConfigurationNotFound,
            Reason::MutatingWebhookConfigurationUidMismatch,
            Reason::MutatingWebhookConfigurationDeleted,
        ),
    ] {
        let upper_case = uid(kind).to_uppercase();
        for (state, expected) in [
            (ObjectState::Absent, Err(not_found)),
            (ObjectState::Unavailable, Err(Reason::BoundObjectUnavailable)),
            (present("another", None), Err(uid_mismatch)),
            (present("", None), Err(uid_mismatch)),
            (present(&upper_case, None), Err(uid_mismatch)),
            (present("another", Some(1)), Err(uid_mismatch)),
            (present(uid(kind), None), Ok(())),
            // The grace period is exactly 60 seconds.
            (present(uid(kind), Some(NOW - 61)), Err(deleted)),
            (present(uid(kind), Some(NOW - 60)), Err(deleted)),
            (present(uid(kind), Some(NOW - 59)), Ok(())),
            (present(uid(kind), Some(NOW)), Ok(())),
            (present(uid(kind), Some(NOW + 1_000)), Ok(())),
            (present(uid(kind), Some(0)), Err(deleted)),
            (present(uid(kind), Some(u64::MAX)), Ok(())),
        ] {
            source.tell(&[(kind, state.clone())]);
            assert_eq!(verdict(&source.verifier, bound(kind)), expected, "{kind} {state:?}");
        }
    }
}

#[test]
fn the_grace_is_60_seconds_whatever_the_leeway() {
    let objects = |_: &ObjectReference<'_>| present(mint::ACCOUNT_UID, Some(NOW));
    let issuer = TrustedIssuer::new(ISSUER, MINT.keys()).bound_objects(objects);
    let verifier = Verifier::builder().issuer(issuer).audience(AUDIENCE).leeway(0).build().unwrap();
    assert!(verify_at(&verifier, bound_to(&[]), NOW + 59).is_ok());
    assert_eq!(verify_at(&verifier, bound_to(&[]), NOW + 60).map(drop), Err(Reason::ServiceAccountDeleted));
}

#[test]
fn an_unavailable_source_refuses_unless_told_otherwise_and_the_answer_says_so() {
    use ObjectKind::{Pod, Secret, ServiceAccount};
    let (strict, lenient) = (Source::new(OnUnavailable::Refuse), Source::new(OnUnavailable::Accept));
    let token = bound_to(&[Secret, Pod]);
    for kind in [ServiceAccount, Secret, Pod] {
        for source in [&strict, &lenient] {
            source.tell(&[(kind, ObjectState::Unavailable)]);
        }
        assert_eq!(verdict(&strict.verifier, &token), Err(Reason::BoundObjectUnavailable), "{kind}");
        let verified = verify(&lenient.verifier, &token).unwrap();
        assert_eq!(verified.confirmed(), Confirmed::Unavailable, "{kind}");
        assert_eq!(verified.confirmed_objects().count(), 0, "nothing is claimed to be confirmed");
        assert_eq!(lenient.asked().len(), 3, "the others are judged all the same");
    }
    // An object that is not followed will never be known.
    for source in [&strict, &lenient] {
        source.tell(&[(Pod, ObjectState::NotFollowed)]);
        assert_eq!(verdict(&source.verifier, &token), Err(Reason::BoundObjectNotFollowed));
    }
    // Another object that is known to be gone still refuses the token.
    lenient.tell(&[(ServiceAccount, ObjectState::Unavailable), (Pod, ObjectState::Absent)]);
    assert_eq!(verdict(&lenient.verifier, &token), Err(Reason::PodNotFound));
    lenient.tell(&[]);
    assert_eq!(verify(&lenient.verifier, &token).unwrap().confirmed(), Confirmed::Live);
}

/// A source with a fixed freshness.
struct Following(Freshness, ObjectState);

impl BoundObjects for Following {
    fn state(&self, reference: &ObjectReference<'_>) -> ObjectState {
        if reference.kind == ObjectKind::Pod { self.1.clone() } else { live(reference.kind) }
    }

    fn freshness(&self) -> Freshness {
        self.0
    }
}

#[test]
fn a_source_that_may_lag_says_so_of_tokens_of_the_last_minute_only() {
    let token = bound_to(&[ObjectKind::Pod]);
    let refusal = |freshness, state, now| {
        let issuer = TrustedIssuer::new(ISSUER, MINT.keys()).bound_objects(Following(freshness, state));
        let verifier = Verifier::builder()
            .issuer(issuer)
            .audience(AUDIENCE)
            .on_unavailable(OnUnavailable::Accept)
            .build()
            .unwrap();
        verify_at(&verifier, &token, now).map(|verified| verified.confirmed())
    };
    let replaced = || present("another", None);
    for freshness in [Freshness::Following, Freshness::Stale] {
        for (state, later) in
            [(ObjectState::Absent, Reason::PodNotFound), (replaced(), Reason::PodUidMismatch)]
        {
            assert_eq!(refusal(freshness, state.clone(), NOW), Err(Reason::BoundObjectPending));
            assert_eq!(refusal(freshness, state.clone(), NOW + 60), Err(Reason::BoundObjectPending));
            assert_eq!(refusal(freshness, state, NOW + 61), Err(later));
        }
        // An object that it has heard of counts.
        let deleted = present(mint::POD_UID, Some(NOW - 60));
        assert_eq!(refusal(freshness, deleted, NOW), Err(Reason::PodDeleted));
    }
    assert_eq!(refusal(Freshness::Current, ObjectState::Absent, NOW), Err(Reason::PodNotFound));
    assert_eq!(refusal(Freshness::Current, replaced(), NOW), Err(Reason::PodUidMismatch));
}

/// A source that may lag, and saw the object of one uid go.
struct SawGo(&'static str);

impl BoundObjects for SawGo {
    fn state(&self, reference: &ObjectReference<'_>) -> ObjectState {
        if reference.kind == ObjectKind::Pod { ObjectState::Absent } else { live(reference.kind) }
    }

    fn freshness(&self) -> Freshness {
        Freshness::Following
    }

    fn is_gone(&self, object: &boundtoken::BoundObject<'_>) -> bool {
        object.uid == self.0
    }
}

#[test]
fn a_call_back_says_which_objects_it_saw_go() {
    let token = bound_to(&[ObjectKind::Pod]);
    for (gone, expected) in [(mint::POD_UID, Reason::PodNotFound), ("another", Reason::BoundObjectPending)] {
        let issuer = TrustedIssuer::new(ISSUER, MINT.keys()).bound_objects(SawGo(gone));
        let verifier = Verifier::builder().issuer(issuer).audience(AUDIENCE).build().unwrap();
        assert_eq!(verify_at(&verifier, &token, NOW).map(drop), Err(expected), "{gone}");
    }
}

#[test]
fn an_object_known_to_be_gone_is_not_reported_as_pending() {
    let account = ObjectReference { kind: ObjectKind::ServiceAccount, namespace: "demo", name: "app" };
    let token = bound_to(&[ObjectKind::Pod]);
    // The pod changes, and the watch reports it. The token is new.
    type Events<'a> = &'a dyn Fn(&Feed);
    let cases: [(Events<'_>, Result<Confirmed, Reason>); 6] = [
        (&|_| {}, Err(Reason::BoundObjectPending)),
        (&|pods| pods.upsert("demo", "live", "another".into(), None), Err(Reason::BoundObjectPending)),
        (&|pods| pods.delete("demo", "live", "another"), Err(Reason::BoundObjectPending)),
        (&|pods| pods.delete("demo", "live", mint::POD_UID), Err(Reason::PodNotFound)),
        (
            &|pods| {
                pods.delete("demo", "live", mint::POD_UID);
                pods.upsert("demo", "live", "another".into(), None);
            },
            Err(Reason::PodUidMismatch),
        ),
        (&|pods| pods.upsert("demo", "live", mint::POD_UID.into(), None), Ok(Confirmed::Live)),
    ];
    for (number, (events, expected)) in cases.into_iter().enumerate() {
        let scopes = [Scope::cluster(ObjectKind::ServiceAccount), Scope::cluster(ObjectKind::Pod)];
        let (objects, feeds) = ObjectStore::following(scopes, Duration::from_secs(3_600));
        objects.upsert(&account, mint::ACCOUNT_UID.into(), None);
        feeds.iter().for_each(|feed| feed.prove(Moment::now()));
        events(&feeds[1]);
        let issuer = TrustedIssuer::new(ISSUER, MINT.keys()).bound_objects(objects);
        let verifier = Verifier::builder().issuer(issuer).audience(AUDIENCE).build().unwrap();
        let verdict = verify_at(&verifier, &token, NOW).map(|verified| verified.confirmed());
        assert_eq!(verdict, expected, "{number}");
    }
}

#[test]
fn an_answer_from_old_knowledge_is_refused_or_says_so() {
    let token = bound_to(&[ObjectKind::Pod]);
    for (freshness, choice, expected) in [
        (Freshness::Current, OnUnavailable::Refuse, Ok(Confirmed::Live)),
        (Freshness::Following, OnUnavailable::Refuse, Ok(Confirmed::Live)),
        (Freshness::Stale, OnUnavailable::Refuse, Err(Reason::BoundObjectUnavailable)),
        (Freshness::Following, OnUnavailable::Accept, Ok(Confirmed::Live)),
        (Freshness::Stale, OnUnavailable::Accept, Ok(Confirmed::Stale)),
    ] {
        let objects = Following(freshness, live(ObjectKind::Pod));
        let issuer = TrustedIssuer::new(ISSUER, MINT.keys()).bound_objects(objects);
        let builder = Verifier::builder().issuer(issuer).audience(AUDIENCE).on_unavailable(choice);
        let verdict = verify_at(&builder.build().unwrap(), &token, NOW);
        assert_eq!(verdict.as_ref().map(|verified| verified.confirmed()).map_err(|reason| *reason), expected);
        let confirmed = verdict.map_or(0, |verified| verified.confirmed_objects().count());
        assert_eq!(confirmed > 0, expected == Ok(Confirmed::Live));
    }
}

#[test]
fn without_a_source_the_answer_says_that_nothing_was_checked() {
    let verified = verify(&MINT.verifier(), bound_to(&[ObjectKind::Pod])).unwrap();
    assert_eq!(verified.confirmed(), Confirmed::NotChecked);
    assert_eq!(verified.confirmed_objects().count(), 0);
}

#[test]
fn two_steps_judge_as_one_does() {
    let verifier = MINT.verifier();
    let check = |token: &str| verifier.check_at(token.as_bytes(), UnixSeconds(NOW));
    let token = bound_to(&[ObjectKind::Pod]);
    let reason = |checked, objects: &dyn boundtoken::BoundObjects, now| {
        verifier.confirm_at(checked, objects, UnixSeconds(now)).map_err(|rejection| rejection.reason())
    };
    let all_live = |reference: &ObjectReference<'_>| live(reference.kind);
    let checked = check(&token).unwrap();
    assert_eq!(checked.claims().namespace(), "demo");
    let verified = reason(checked, &all_live, NOW).unwrap();
    assert_eq!(verified.confirmed(), Confirmed::Live, "although the issuer has no source of its own");

    let pod_gone = |reference: &ObjectReference<'_>| match reference.kind {
        ObjectKind::Pod => ObjectState::Absent,
        kind => live(kind),
    };
    let unavailable = |_: &ObjectReference<'_>| ObjectState::Unavailable;
    let refused =
        |objects: &dyn boundtoken::BoundObjects, now| reason(check(&token).unwrap(), objects, now).map(drop);
    assert_eq!(refused(&pod_gone, NOW), Err(Reason::PodNotFound));
    assert_eq!(refused(&unavailable, NOW), Err(Reason::BoundObjectUnavailable));
    // The token may expire in between. That is reported before anything about objects.
    assert_eq!(refused(&pod_gone, NOW + 3600 + 59), Err(Reason::PodNotFound));
    assert_eq!(refused(&pod_gone, NOW + 3600 + 60), Err(Reason::Expired));
    assert_eq!(refused(&all_live, NOW - 61), Err(Reason::NotYetValid), "or the clock may be set back");
    let now = UnixSeconds::now().0;
    let fresh = verifier.check(MINT.token(&mint::claims(now)).as_bytes()).unwrap();
    assert!(verifier.confirm(fresh, &all_live).is_ok(), "by the system's clock");
    // A verifier does not confirm a token that another one checked. It may have other audiences, or be of an issuer
    // that is not trusted here.
    let another = MINT.verifier();
    let foreign = another.check_at(token.as_bytes(), UnixSeconds(NOW)).unwrap();
    assert_eq!(reason(foreign, &all_live, NOW).map(drop), Err(Reason::VerifierMismatch));
    // A token that fails the first step never reaches the second.
    assert_eq!(check("x").unwrap_err().reason(), Reason::TokenPartCount);
}
