//! Following objects that are created and deleted.

use k8s_openapi::api::core::v1::{Secret, ServiceAccount};
use serde_json::json;

use super::*;

#[tokio::test]
async fn connecting_ends_in_step_with_what_is_there() {
    let setup = Setup::new().await;
    let status = setup.cluster.status();
    assert!(!status.stale);
    let written = serde_json::to_value(&status).unwrap();
    assert_eq!(written["keysLoadedAt"], status.keys_loaded_at.to_string(), "a time as Kubernetes writes it");
    assert_eq!(status.issuer, setup.server.issuer().name());
    assert_eq!((status.key_ids.len(), setup.cluster.issuer()), (1, setup.server.issuer().name()));
    let kinds: Vec<_> = status.watches.iter().map(|watch| watch.kind.name()).collect();
    assert_eq!(kinds, ["ServiceAccount", "Pod", "Secret", "Node"]);
    assert!(status.watches.iter().all(|watch| watch.in_step && watch.failure.is_none()), "{status:?}");
    assert_eq!(status.watches[0].objects, 4, "the default account of each namespace of a new cluster");
    assert_eq!(setup.verdict(&token(&setup.server, None)), Ok(Confirmed::Live));
}

#[tokio::test]
async fn the_deletion_of_a_pod_refuses_its_token_and_no_other() {
    let setup = Setup::new().await;
    let (gone, stays) = (setup.pod("gone").await, setup.pod("stays").await);
    setup.until(&gone, Ok(Confirmed::Live)).await;
    setup.until(&stays, Ok(Confirmed::Live)).await;

    setup.delete_pod("gone").await;
    setup.until(&gone, Err(Reason::PodNotFound)).await;
    assert_eq!(setup.verdict_of_cluster(&gone).await, Err(Reason::PodNotFound));
    assert_eq!(setup.verdict(&stays), Ok(Confirmed::Live));

    let again = setup.pod("gone").await;
    setup.until(&again, Ok(Confirmed::Live)).await;
    assert_eq!(setup.verdict(&gone), Err(Reason::PodUidMismatch));
}

#[tokio::test]
async fn of_the_namespaces_that_are_followed_tokens_are_good_and_of_no_others() {
    let server = DevServer::start().unwrap();
    let client = client(&server, server.admin_token()).await;
    for (namespace, expected) in
        [("default", Ok(Confirmed::Live)), ("kube-system", Err(Reason::BoundObjectNotFollowed))]
    {
        let cluster = Cluster::builder().client(client.clone()).namespace(namespace).connect().await.unwrap();
        let verifier = cluster.verifier_builder().audience(AUDIENCE).build().unwrap();
        assert_eq!(verdict(verifier.verify(token(&server, None).as_bytes())), expected, "{namespace}");
    }
}

#[tokio::test]
async fn a_pod_that_is_newer_than_the_news_is_asked_for() {
    let setup = Setup::new().await;
    setup.cut_off().await;
    setup.server.set_faults([]);

    let old = setup.pod("new").await;
    let new = token(&setup.server, Some("new"));
    assert_eq!(setup.verdict(&old), Err(Reason::PodNotFound));
    assert_eq!(setup.verdict(&new), Err(Reason::BoundObjectPending));
    assert_eq!(setup.verdict_of_cluster(&new).await, Ok(Confirmed::Live));

    setup.delete_pod("new").await;
    assert_eq!(setup.verdict_of_cluster(&new).await, Err(Reason::PodNotFound));
}

#[tokio::test]
async fn what_is_not_followed_is_not_asked_for_however_new_the_token_is() {
    let server = DevServer::start().unwrap();
    let client = client(&server, server.admin_token()).await;
    let cluster = Cluster::builder().client(client.clone()).connect().await.unwrap();
    let verifier = cluster.verifier_builder().audience(AUDIENCE).build().unwrap();
    let setup = Setup {
        server,
        pods: Api::namespaced(client.clone(), "default"),
        cluster,
        verifier: Arc::new(verifier),
    };
    setup.cut_off().await;
    setup.server.set_faults([]);

    // The account may be too new to be known, so the API server is asked. The secret exists too but is not followed.
    let account: ServiceAccount = serde_json::from_value(json!({"metadata": {"name": "new"}})).unwrap();
    let secret: Secret = serde_json::from_value(json!({"metadata": {"name": "credential"}})).unwrap();
    let created = PostParams::default();
    Api::namespaced(client.clone(), "default").create(&created, &account).await.unwrap();
    Api::namespaced(client, "default").create(&created, &secret).await.unwrap();
    let token = |bound_to| {
        let mut request = TokenRequest::default();
        request.spec.audiences.push(AUDIENCE.into());
        request.spec.bound_object_ref = bound_to;
        setup.server.issuer().issue("default", "new", request).unwrap().token().to_owned()
    };
    let unbound = token(None);
    let bound = token(Some(BoundObjectReference {
        kind: "Secret".into(),
        name: "credential".into(),
        ..BoundObjectReference::default()
    }));
    assert_eq!(setup.verdict_of_cluster(&bound).await, Err(Reason::BoundObjectNotFollowed));
    assert_eq!(setup.verdict_of_cluster(&unbound).await, Ok(Confirmed::Live));
}

#[tokio::test]
async fn objects_that_are_not_followed_refuse_even_where_unavailable_objects_are_accepted() {
    let server = DevServer::start().unwrap();
    let client = client(&server, server.admin_token()).await;
    let only_default =
        Cluster::builder().client(client.clone()).namespace("default").connect().await.unwrap();
    let verifier = only_default
        .verifier_builder()
        .audience(AUDIENCE)
        .on_unavailable(boundtoken::OnUnavailable::Accept)
        .build()
        .unwrap();
    let mut request = TokenRequest::default();
    request.spec.audiences.push(AUDIENCE.into());
    for (namespace, expected) in
        [("default", Ok(Confirmed::Live)), ("kube-system", Err(Reason::BoundObjectNotFollowed))]
    {
        let issued = server.issuer().issue(namespace, "default", request.clone()).unwrap();
        assert_eq!(verdict(verifier.verify(issued.token().as_bytes())), expected, "{namespace}");
    }
    // Otherwise the token of a deleted secret would be accepted until it expires.
    let secret: Secret = serde_json::from_value(json!({"metadata": {"name": "credential"}})).unwrap();
    let secrets = Api::<Secret>::namespaced(client, "default");
    secrets.create(&PostParams::default(), &secret).await.unwrap();
    request.spec.bound_object_ref =
        Some(BoundObjectReference { kind: "Secret".into(), name: "credential".into(), ..Default::default() });
    let bound = server.issuer().issue("default", "default", request).unwrap().token().to_owned();
    secrets.delete("credential", &DeleteParams::default()).await.unwrap();
    assert_eq!(verdict(verifier.verify(bound.as_bytes())), Err(Reason::BoundObjectNotFollowed));
}
