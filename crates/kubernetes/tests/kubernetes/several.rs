//! One verifier for several clusters.

use super::*;

/// Two clusters with the same issuer name, as most clusters have, and one verifier for both.
struct Two {
    blue: Setup,
    green: Setup,
    verifier: OnlineVerifier,
}

impl Two {
    async fn new() -> Self {
        let (blue, green) = (Setup::new().await, Setup::new().await);
        let verifier = Verifier::builder()
            .issuer(blue.cluster.trusted_issuer().label("blue"))
            .issuer(green.cluster.trusted_issuer().label("green"))
            .audience(AUDIENCE)
            .build()
            .unwrap();
        let verifier = OnlineVerifier::new(verifier).asking(&blue.cluster).asking(&green.cluster);
        Self { blue, green, verifier }
    }

    async fn judge(&self, token: &str) -> Result<String, Reason> {
        let verdict = self.verifier.verify(token.as_bytes()).await;
        verdict.map(|token| token.issuer_label().to_owned()).map_err(|rejection| rejection.reason())
    }
}

/// Creates a pod that no watch has reported yet, and returns a new token of it.
async fn new_pod(setup: &Setup) -> String {
    let pod = serde_json::json!({
        "metadata": {"name": "new"},
        "spec": {"containers": [{"name": "main", "image": "registry.example.com/main"}]},
    });
    setup.pods.create(&PostParams::default(), &serde_json::from_value(pod).unwrap()).await.unwrap();
    token(&setup.server, Some("new"))
}

#[tokio::test]
async fn a_token_is_judged_by_the_objects_of_its_own_cluster_and_carries_its_label() {
    let two = Two::new().await;
    assert_eq!(two.blue.cluster.issuer(), two.green.cluster.issuer());
    // Both clusters have a pod of this name.
    let (blue, green) = (two.blue.pod("web").await, two.green.pod("web").await);
    two.blue.until(&blue, Ok(Confirmed::Live)).await;
    two.green.until(&green, Ok(Confirmed::Live)).await;
    assert_eq!(two.judge(&blue).await, Ok("blue".into()));
    assert_eq!(two.judge(&green).await, Ok("green".into()));
    two.blue.delete_pod("web").await;
    two.blue.until(&blue, Err(Reason::PodNotFound)).await;
    assert_eq!(two.judge(&blue).await, Err(Reason::PodNotFound));
    assert_eq!(two.judge(&green).await, Ok("green".into()));
}

#[tokio::test]
async fn a_question_about_a_new_token_goes_only_to_its_own_cluster() {
    let two = Two::new().await;
    // Without watches, only a question to the API server can tell.
    two.blue.cut_off().await;
    two.green.cut_off().await;
    for setup in [&two.blue, &two.green] {
        setup.server.set_faults([]);
    }
    let (blue, green) = (new_pod(&two.blue).await, new_pod(&two.green).await);
    assert_eq!(two.judge(&blue).await, Ok("blue".into()));
    two.green.delete_pod("new").await;
    // If the wrong clusters were asked, `green` would be accepted and `blue` refused.
    assert_eq!(two.judge(&green).await, Err(Reason::PodNotFound));
    assert_eq!(two.judge(&blue).await, Ok("blue".into()));
}

#[tokio::test]
async fn a_cluster_that_was_not_added_with_asking_is_not_asked() {
    let two = Two::new().await;
    two.blue.cut_off().await;
    two.blue.server.set_faults([]);
    let token = new_pod(&two.blue).await;
    let verifier = Verifier::builder()
        .issuer(two.blue.cluster.trusted_issuer().label("blue"))
        .issuer(two.green.cluster.trusted_issuer().label("green"))
        .audience(AUDIENCE)
        .build()
        .unwrap();
    let asks_green_alone = OnlineVerifier::new(verifier).asking(&two.green.cluster);
    assert_eq!(verdict(asks_green_alone.verify(token.as_bytes()).await), Err(Reason::BoundObjectPending));
    assert_eq!(two.judge(&token).await, Ok("blue".into()));
}

#[tokio::test]
async fn the_audiences_of_a_call_also_hold_after_a_question() {
    let two = Two::new().await;
    two.green.cut_off().await;
    two.green.server.set_faults([]);
    let token = new_pod(&two.green).await;
    let for_others = two.verifier.verify_for(token.as_bytes(), &["others"]).await;
    assert_eq!(verdict(for_others), Err(Reason::AudienceMismatch));
    let verified = two.verifier.verify_for(token.as_bytes(), &["others", AUDIENCE]).await.unwrap();
    assert_eq!(verified.matched_audiences().collect::<Vec<_>>(), [AUDIENCE]);
    assert_eq!((verified.issuer_label(), verified.confirmed()), ("green", Confirmed::Live));
}
