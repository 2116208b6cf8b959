//! A cluster that takes its keys from where the issuer publishes them.

use std::net::{SocketAddr, TcpListener};

use boundtoken::{Algorithm, SigningKey};
use boundtoken_discovery::{Discovery, DiscoveryBuilder};
use boundtoken_kubernetes::Step;

use super::*;

/// The shortest time between two requests for keys.
const INTERVAL: Duration = Duration::from_secs(10);

/// A server whose issuer is its own address.
fn publisher() -> DevServer {
    let address: SocketAddr = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    DevServer::builder().address(address).issuer(format!("https://{address}")).start().unwrap()
}

fn discovery(publisher: &DevServer) -> DiscoveryBuilder {
    Discovery::builder(publisher.url()).certificate_authority(publisher.ca_certificate().unwrap())
}

#[tokio::test]
async fn the_published_keys_are_followed_and_not_the_keys_of_the_api_server() {
    let publisher = publisher();
    let api_server = DevServer::builder().issuer(publisher.url()).start().unwrap();
    let published = discovery(&publisher).connect().await.unwrap();
    let key_ids = published.status().key_ids;

    let builder = Cluster::builder().client(client(&api_server, api_server.admin_token()).await);
    let cluster = builder.keys_from(published).connect().await.unwrap();
    assert_eq!((cluster.issuer(), cluster.status().key_ids), (publisher.url(), key_ids));

    // The cluster keeps refreshing them.
    let verifier = Arc::new(cluster.verifier_builder().audience(AUDIENCE).build().unwrap());
    let online = OnlineVerifier::new(verifier).asking(&cluster);
    publisher.issuer().rotate(SigningKey::generate(Algorithm::ES256).unwrap());
    tokio::time::sleep(INTERVAL).await;
    let by_the_api_server = token(&api_server, None);
    assert_eq!(verdict(online.verify(by_the_api_server.as_bytes()).await), Err(Reason::KeyUnknown));
    // The key is accepted. The service account belongs to the publisher, so the API server does not know it.
    let by_the_new_key = token(&publisher, None);
    assert_eq!(
        verdict(online.verify(by_the_new_key.as_bytes()).await),
        Err(Reason::ServiceAccountUidMismatch)
    );
}

#[tokio::test]
async fn the_keys_of_another_issuer_are_refused() {
    let (api_server, other) = (publisher(), publisher());
    let published = discovery(&other).connect().await.unwrap();
    let builder = Cluster::builder().client(client(&api_server, api_server.admin_token()).await);
    let error = builder.keys_from(published).connect().await.unwrap_err();
    assert_eq!((error.step.clone(), error.http_status), (Step::Keys, None));
    let text = error.to_string();
    assert!(text.contains(other.url()) && text.contains(api_server.url()), "{text}");
}
