//! What must be in the body.

use http_body_util::StreamBody;
use tokio_stream::StreamExt as _;

use super::*;

#[tokio::test]
async fn a_body_that_is_no_review_is_refused() {
    let good = review("apps").to_string();
    let with = |patch: Value| mint::merged(&review("apps"), &patch).to_string();
    let token = token_for("*");
    for (what, body) in [
        ("nothing", String::new()),
        ("no JSON", "deployment".to_owned()),
        ("a list", format!("[{good}]")),
        ("half of it", good[..good.len() / 2].to_owned()),
        ("text behind it", format!("{good} {{}}")),
        ("another version", with(json!({"apiVersion": "admission.k8s.io/v1beta1"}))),
        ("another kind", with(json!({"kind": "TokenReview"}))),
        ("no kind", with(json!({"kind": null}))),
        ("no request", with(json!({"request": null}))),
        ("no uid", with(json!({"request": {"uid": null}}))),
        ("no resource", with(json!({"request": {"resource": null}}))),
        ("no group", with(json!({"request": {"resource": {"group": null}}}))),
        ("a group that is no text", with(json!({"request": {"resource": {"group": ["apps"]}}}))),
        ("a request twice", good.replacen(r#""request":"#, r#""request":{},"request":"#, 1)),
        ("a uid twice", good.replacen(r#""uid":"#, r#""uid":"1","uid":"#, 1)),
        ("a resource twice", good.replacen(r#""resource":{"#, r#""resource":{"group":"*"},"resource":{"#, 1)),
    ] {
        assert_ne!(body, good, "{what}");
        let outcome = send(&layer(), request(Some(&token), Full::<Bytes>::from(body))).await;
        assert_eq!(outcome.status(), 400, "{what}");
        assert!(outcome.reached.is_none() && outcome.response.body().is_empty(), "{what}");
        assert!(!outcome.response.headers().contains_key("www-authenticate"), "{what}");
    }
}

#[tokio::test]
async fn a_body_in_pieces_arrives_whole() {
    let text = review("apps").to_string();
    let pieces: Vec<Bytes> = text.as_bytes().chunks(7).map(Bytes::copy_from_slice).collect();
    let frames = tokio_stream::iter(pieces).map(|piece| Ok::<_, Infallible>(http_body::Frame::data(piece)));
    let outcome = send(&layer(), request(Some(&token_for("apps")), StreamBody::new(frames))).await;
    assert_eq!(outcome.status(), 200);
    assert_eq!(outcome.reached.unwrap().body(), text.as_bytes());
}
