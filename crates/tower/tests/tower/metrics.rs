//! The numbers that operators see.

use metrics_exporter_prometheus::PrometheusBuilder;

use crate::setup::{Setup, answer, bearer, behind, request};

#[test]
fn every_number_has_its_name_and_labels() {
    let recorder = PrometheusBuilder::new().build_recorder();
    let handle = recorder.handle();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    metrics::with_local_recorder(&recorder, || {
        boundtoken_tower::metrics::describe();
        runtime.block_on(async {
            let setup = Setup::new();
            let token = setup.pod("live");
            let service = behind(&setup.layer().optional());
            for _ in 0..3 {
                assert_eq!(answer(&service, bearer(&token)).await.status, 200);
            }
            answer(&service, request(&[])).await;
            answer(&service, bearer("x")).await;
            answer(&service, request(&[("authorization", "Bearer")])).await;
            boundtoken_tower::metrics::record_verifier(&setup.verifier);
        });
    });
    let text = handle.render();
    for line in [
        "boundtoken_requests_accepted_total 3",
        "boundtoken_requests_anonymous_total 1",
        r#"boundtoken_requests_refused_total{reason="token_part_count"} 1"#,
        r#"boundtoken_requests_refused_total{reason="invalid_request"} 1"#,
        "boundtoken_tokens_first_total 1",
        "boundtoken_tokens_again_total 2",
        r#"boundtoken_tokens_refused_total{family="form"} 1"#,
        "boundtoken_tokens_remembered 1",
        "boundtoken_keys 1",
        "# TYPE boundtoken_requests_accepted_total counter",
        "# HELP boundtoken_tokens_again_total accepted tokens that were seen before",
    ] {
        assert!(text.lines().any(|found| found == line), "{line} is missing in\n{text}");
    }
    assert!(text.contains("boundtoken_authentication_seconds_count 3"), "{text}");
}
