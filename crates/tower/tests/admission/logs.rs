//! The log says why.

use std::io;

use tracing_subscriber::fmt::MakeWriter;

use super::*;

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
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
async fn each_refusal_is_one_line_with_its_reason_and_without_the_token() {
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt().with_writer(log.clone()).with_ansi(false).finish();
    let _guard = tracing::subscriber::set_default(subscriber);
    let pod = json!({"validatingwebhookconfiguration": null, "attestations": null, "pod": {"name": "live", "uid": POD_UID}});
    let pod = token(&json!({"kubernetes.io": pod}));
    let apps = token_for("apps");
    for (token, review, line) in [
        (
            &pod,
            review("apps"),
            r#"refused a request: the token is bound to no webhook configuration reason="not_of_a_webhook" status=403"#,
        ),
        (
            &apps,
            review("ba\ntch"),
            r#"refused a request: the token does not attest the API group of the review, "ba\ntch" reason="group_not_attested" status=403"#,
        ),
        (
            &apps,
            json!({}),
            r#"lacks request.uid or request.resource.group reason="invalid_review" status=400"#,
        ),
    ] {
        send(&layer(), sent(token, &review)).await;
        let written = String::from_utf8(std::mem::take(&mut *log.0.lock().unwrap())).unwrap();
        assert!(written.contains(line), "{written}");
        assert_eq!(written.lines().count(), 1, "{written}");
        assert!(!written.contains(&token[..20]), "{written}");
    }
}
