//! Starting and stopping.

use std::io::Read as _;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::time::{Duration, Instant};

use boundtoken_dev_server::{DevServer, DevServerError};
use serde_json::Value;

use crate::{Client, OBJECTS, builder, start};

#[test]
fn it_starts_with_a_certificate_that_its_own_authority_signed() {
    let server = DevServer::start().unwrap();
    assert!(server.url().starts_with("https://127.0.0.1:"), "{}", server.url());
    assert!(server.ca_certificate().unwrap().starts_with("-----BEGIN CERTIFICATE-----"));
    let client = Client::admin(&server);
    let namespaces = client.get("/api/v1/namespaces").json();
    assert!(namespaces["items"].as_array().unwrap().iter().any(|item| item["metadata"]["name"] == "default"));
    assert_eq!(client.over_http2().get("/api").status, 200);
}

#[test]
fn the_kubeconfig_holds_all_that_is_needed() {
    let server = DevServer::start().unwrap();
    let config: Value = yaml_serde::from_str(server.kubeconfig()).unwrap();
    assert_eq!(config["clusters"][0]["cluster"]["server"], server.url());
    assert_eq!(config["users"][0]["user"]["token"], server.admin_token());
    assert_eq!(
        format!("{server:?}"),
        format!("DevServer {{ url: {:?}, .. }}", server.url()),
        "and Debug nothing"
    );

    let path = std::env::temp_dir().join(format!("boundtoken-dev-server-{}", std::process::id()));
    server.write_kubeconfig(&path).unwrap();
    assert_eq!(std::fs::read_to_string(&path).unwrap(), server.kubeconfig());
    std::fs::remove_file(path).unwrap();
}

#[test]
fn an_address_that_others_can_reach_must_be_allowed() {
    let address: SocketAddr = "0.0.0.0:0".parse().unwrap();
    let error = DevServer::builder().address(address).start().unwrap_err();
    assert!(matches!(error, DevServerError::AddressIsRemote(_)));
    assert!(error.to_string().contains("allow_remote(true)"), "{error}");

    let server = builder().address(address).allow_remote(true).start().unwrap();
    // The address that this computer has in its network.
    assert!(!server.address().ip().is_unspecified(), "{}", server.url());
    assert_eq!(server.url(), format!("http://{}", server.address()));
    assert_eq!(Client::nobody(&server).get("/healthz").status, 200);
    assert!(
        builder()
            .address("[::1]:0".parse().unwrap())
            .start()
            .is_ok_and(|server| server.url().contains("[::1]"))
    );
}

#[test]
fn clients_reach_the_server_by_every_name_in_its_certificate() {
    let of_this_computer = hostname::get().unwrap().into_string().unwrap();
    let server = DevServer::builder().hostname("dev.example.com").hostname("fd00::1").start().unwrap();
    let port = server.address().port();
    assert_eq!(server.url(), format!("https://dev.example.com:{port}"));
    assert!(server.kubeconfig().contains(&format!("server: https://dev.example.com:{port}\n")));
    let client = Client::admin(&server);
    for (name, is_trusted) in [
        ("dev.example.com", true),
        ("fd00::1", true),
        ("localhost", true),
        ("127.0.0.1", true),
        ("::1", true),
        ("other.example.com", false),
    ] {
        assert_eq!(client.trusts(name), is_trusted, "{name}");
    }

    let everywhere = DevServer::builder().address("0.0.0.0:0".parse().unwrap()).allow_remote(true);
    let server = everywhere.start().unwrap();
    let client = Client::admin(&server);
    assert!(client.trusts(&of_this_computer) && client.trusts(&server.address().ip().to_string()));
    assert!(client.trusts("localhost") && !client.trusts("0.0.0.0"));
    assert_eq!(client.get("/api").status, 200);

    let error = DevServer::builder().hostname("https://a").start().unwrap_err();
    assert!(matches!(error, DevServerError::Hostname(_)), "{error:?}");
    assert_eq!(error.to_string(), "\"https://a\" is not a host name: give a DNS name or an IP address");
}

#[test]
fn an_address_in_use_is_said_to_be() {
    let other = TcpListener::bind("127.0.0.1:0").unwrap();
    let error = builder().address(other.local_addr().unwrap()).start().unwrap_err();
    assert!(error.to_string().contains("is in use: end the program"), "{error}");
}

#[test]
fn mistakes_are_found_at_the_start() {
    let objects =
        |text: &str| DevServer::builder().plain_http().objects(OBJECTS).objects(text).start().unwrap_err();
    let error = objects("kind: Namespace\napiVersion: v1\nmetadata: {name: a}\n---\na: b: c\n");
    assert!(matches!(error, DevServerError::Manifest { text: 2, document: 2, .. }), "{error:?}");
    assert!(error.to_string().starts_with("objects: text 2, document 2: mapping values"), "{error}");
    let error = objects("{apiVersion: v1, kind: ConfigMap, metadata: {name: a}}");
    assert!(
        matches!(error, DevServerError::Object { text: 2, .. }) && error.to_string().contains("ConfigMap"),
        "{error}"
    );
    let error = objects("{apiVersion: v1, kind: Pod, metadata: {name: A_b, namespace: demo}}");
    assert!(matches!(error, DevServerError::Object { text: 2, .. }), "{error}");

    let error = DevServer::builder().issuer("").start().unwrap_err();
    assert!(matches!(error, DevServerError::Issuer(_)), "{error}");
    let error = DevServer::builder().audience("").start().unwrap_err();
    assert!(matches!(error, DevServerError::Audience(_)), "{error}");
}

#[test]
fn objects_keep_their_uids_and_make_their_namespaces() {
    let (_server, client) = start();
    let pod = client.get("/api/v1/namespaces/demo/pods/app-0").json();
    assert_eq!(pod["metadata"]["uid"], "uid-app-0");
    assert_eq!(client.get("/api/v1/namespaces/demo/serviceaccounts/default").status, 200);
    // A key of one's own, and JSON with tabs.
    let server = builder().objects(
        "{\t\"kind\":\"Secret\",\"apiVersion\":\"v1\",\"metadata\":{\"name\":\"s\",\"namespace\":\"more\"}}",
    );
    let server = server.start().unwrap();
    assert_eq!(Client::admin(&server).get("/api/v1/namespaces/more/secrets/s").status, 200);
}

#[test]
fn it_runs_until_the_last_clone_is_dropped() {
    let (server, client) = start();
    let clone = server.clone();
    drop(server);
    assert_eq!(client.get("/healthz").status, 200);
    let address = clone.address();
    drop(clone);
    assert!(TcpStream::connect(address).is_err());
}

#[test]
fn stopping_ends_idle_connections_and_watches_and_waits_for_nobody() {
    let (server, client) = start();
    let mut idle = TcpStream::connect(server.address()).unwrap();
    let stopping = server.clone();
    let is_broken = client.watch_breaks("/api/v1/pods?watch=true", move || {
        let started = Instant::now();
        stopping.shutdown();
        stopping.shutdown();
        assert!(started.elapsed() < Duration::from_secs(4), "{:?}", started.elapsed());
    });
    assert!(!is_broken, "an orderly end");
    assert!(matches!(idle.read(&mut [0]), Ok(0) | Err(_)));
    assert!(TcpStream::connect(server.address()).is_err());
}

#[test]
fn a_server_can_be_started_and_dropped_within_an_async_runtime() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let server = DevServer::start().unwrap();
        tokio::time::sleep(Duration::from_millis(1)).await;
        drop(server);
    });
}

#[test]
fn many_servers_run_side_by_side() {
    let servers: Vec<_> = (0..10).map(|_| builder().start().unwrap()).collect();
    for server in &servers {
        assert_eq!(Client::admin(server).get("/api").status, 200);
    }
    assert_eq!(Client::admin(&servers[0]).get("/api").status, 200);
    assert_eq!(Client::with(&servers[0], servers[1].admin_token()).get("/api").status, 401);
}
