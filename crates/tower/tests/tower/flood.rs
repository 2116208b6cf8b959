//! A flood of tokens that are refused before their signature.

use std::fmt::Write as _;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use tracing_subscriber::fmt::MakeWriter;

use crate::setup::{Setup, answer, bearer, behind};

/// Collects what is logged.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

#[tokio::test]
async fn a_flood_evicts_nobody_and_fills_no_log() {
    const TOKENS: usize = 20_000;
    let setup = Setup::new();
    let token = setup.pod("live");
    let service = behind(&setup.layer());
    assert_eq!(answer(&service, bearer(&token)).await.status, 200);

    let log = Log::default();
    let subscriber = tracing_subscriber::fmt().with_writer(log.clone()).with_ansi(false).finish();
    let start = std::time::Instant::now();
    {
        let _logging = tracing::subscriber::set_default(subscriber);
        let mut bad = String::new();
        for number in 0..TOKENS {
            bad.clear();
            // An unknown kid: header, claims and signature are well-formed.
            let header = boundtoken_testing::mint::base64url(
                format!(r#"{{"alg":"ES256","kid":"{number}"}}"#).as_bytes(),
            );
            write!(bad, "{header}.e30.c2lnbmF0dXJl").unwrap();
            assert_eq!(answer(&service, bearer(&bad)).await.status, 401);
        }
    }
    let seconds = start.elapsed().as_secs() as usize + 1;
    let before = setup.verifier.statistics();
    assert_eq!(answer(&service, bearer(&token)).await.status, 200);
    let after = setup.verifier.statistics();
    assert_eq!(after.accepted_again, before.accepted_again + 1, "the good token is still remembered");
    assert_eq!(after.remembered_tokens, 1);

    let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(log.lines().count() <= 10 * (seconds + 1), "{} lines in {seconds} s", log.lines().count());
    let first = log.lines().next().unwrap();
    assert!(first.contains("reason=\"key_unknown\"") && first.contains("status=401"), "{first}");
    assert!(!log.contains("c2lnbmF0dXJl"), "no token is logged");
}

#[tokio::test]
async fn a_service_is_called_for_no_refused_request() {
    let setup = Setup::new();
    let calls = Arc::new(AtomicUsize::new(0));
    let counting = Arc::clone(&calls);
    let service = tower::Layer::layer(
        &setup.layer(),
        tower::service_fn(move |_: http::Request<String>| {
            counting.fetch_add(1, Ordering::Relaxed);
            async { Ok::<_, std::convert::Infallible>(http::Response::new(String::new())) }
        }),
    );
    let service = tower::util::BoxCloneSyncService::new(service);
    for token in ["", "x", "a.b.c", "Bearer x"] {
        assert_ne!(answer(&service, bearer(token)).await.status, 200);
    }
    assert_eq!(calls.load(Ordering::Relaxed), 0);
}
