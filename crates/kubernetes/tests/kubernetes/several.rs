//! Several clusters behind one verifier.

use super::*;

/// Two clusters that write the same issuer, as most do, and one verifier of both.
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

/// Creates a pod that no watch has heard of yet, and returns a new token of it.
async fn new_pod(setup: &Setup) -> String {
    let pod = serde_json::json!({
        "metadata": {"name": "new"},
        "spec": {"containers": [{"name": "main", "image": "registry.example.com/main"}]},
    });
    setup.pods.create(&PostParams::default(), &serde_json::from_value(pod).unwrap()).await.unwrap();
    token(&setup.server, Some("new"))
}

#[tokio::test]
async fn a_token_says_which_cluster_it_is_of_and_is_judged_by_that_ones_objects() {
    let two = Two::new().await;
    assert_eq!(two.blue.cluster.issuer(), two.green.cluster.issuer());
    // Pods of one name in both. That of the one says nothing of that of the other.
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
async fn only_the_cluster_that_a_new_token_is_of_is_asked_about_it() {
    let two = Two::new().await;
    // The watches of both are cut, so that whoever is asked must ask its API server.
    two.blue.cut_off().await;
    two.green.cut_off().await;
    for setup in [&two.blue, &two.green] {
        setup.server.set_faults([]);
    }
    let (blue, green) = (new_pod(&two.blue).await, new_pod(&two.green).await);
    assert_eq!(two.judge(&blue).await, Ok("blue".into()));
    two.green.delete_pod("new").await;
    // Were the other cluster asked, this one would be accepted, and that one refused.
    assert_eq!(two.judge(&green).await, Err(Reason::PodNotFound));
    assert_eq!(two.judge(&blue).await, Ok("blue".into()));
}

#[tokio::test]
async fn of_a_cluster_that_is_not_named_nobody_is_asked() {
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
async fn audiences_of_a_call_hold_for_what_is_asked_too() {
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
