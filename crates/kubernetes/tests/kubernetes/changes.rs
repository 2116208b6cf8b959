//! The changes that a cluster reports.

use boundtoken::{Algorithm, ObjectKind, SigningKey};
use boundtoken_kubernetes::{Changes, ClusterChange};

use super::*;

/// Collects changes up to the first for which `holds` is true.
async fn until(changes: &mut Changes, holds: impl Fn(&ClusterChange) -> bool) -> Vec<ClusterChange> {
    let mut told = Vec::new();
    while !told.last().is_some_and(&holds) {
        let change = tokio::time::timeout(Duration::from_secs(30), changes.next()).await;
        told.push(change.unwrap_or_else(|_| panic!("nothing more after {told:?}")));
    }
    told
}

#[tokio::test]
async fn a_lost_and_restored_connection_is_reported_for_each_kind() {
    let setup = Setup::new().await;
    let mut changes = setup.cluster.changes();
    setup.cut_off().await;
    let pods = |change: &ClusterChange| match change {
        ClusterChange::Lost { kind, namespace: None, failure } => {
            *kind == ObjectKind::Pod && !failure.is_empty()
        }
        _ => false,
    };
    until(&mut changes, pods).await;

    setup.server.set_faults([]);
    setup.server.forget_history();
    let mut back = Vec::new();
    while back.len() < 4 {
        for change in until(&mut changes, |change| matches!(change, ClusterChange::InStep { .. })).await {
            if let ClusterChange::InStep { kind, namespace: None } = change {
                back.push(kind.name());
            }
        }
    }
    back.sort_unstable();
    assert_eq!(back, ["Node", "Pod", "Secret", "ServiceAccount"]);
}

#[tokio::test]
async fn stale_objects_are_reported_and_the_change_serializes() {
    let server = DevServer::start().unwrap();
    let builder = Cluster::builder().client(client(&server, server.admin_token()).await).nodes(false);
    let cluster = builder.max_staleness(Duration::from_millis(700)).connect().await.unwrap();
    let mut changes = cluster.changes();
    server.set_faults([Fault::ErrorRate(1.0)]);
    server.disconnect_watches();
    let told = until(&mut changes, |change| matches!(change, ClusterChange::Stale { .. })).await;
    assert!(cluster.is_stale());
    let kind = serde_json::to_value(told.last().unwrap()).unwrap();
    assert!(kind == serde_json::json!({"change": "stale", "kind": kind["kind"]}), "{kind}");
}

#[tokio::test]
async fn added_and_withdrawn_keys_are_reported_by_their_kid() {
    let setup = Setup::new().await;
    let mut changes = setup.cluster.changes();
    let key = SigningKey::generate(Algorithm::ES256).unwrap();
    let kid = key.public_key().kid().unwrap().to_owned();
    setup.server.issuer().rotate(key);
    assert_eq!(setup.verdict(&token(&setup.server, None)), Err(Reason::KeyUnknown));
    let told = until(&mut changes, |change| matches!(change, ClusterChange::KeyAdded { .. })).await;
    assert_eq!(told, [ClusterChange::KeyAdded { kid: kid.clone() }]);

    let old = setup.cluster.status().key_ids.into_iter().find(|known| *known != kid).unwrap();
    assert!(setup.server.issuer().withdraw(&old));
    // A token with an unknown key makes the cluster reload its keys.
    let stranger = SigningKey::generate(Algorithm::ES256).unwrap().sign(b"{}").unwrap();
    assert_eq!(setup.verdict(&stranger), Err(Reason::KeyUnknown));
    let told = until(&mut changes, |change| matches!(change, ClusterChange::KeyWithdrawn { .. })).await;
    assert_eq!(told, [ClusterChange::KeyWithdrawn { kid: old }]);
}
