//! The API server's verdict on a token.

use boundtoken::api::{TokenReview, TokenReviewSpec, TokenReviewStatus};
use http::StatusCode;
use kube::Client;

use super::{SEE_DOCTOR, post};
use crate::failure::{Failure, harmless};

/// Sends a TokenReview (authentication.k8s.io/v1).
pub async fn review(
    client: &Client,
    token: &str,
    audiences: &[String],
) -> Result<TokenReviewStatus, Failure> {
    let spec = TokenReviewSpec { token: token.to_owned(), audiences: audiences.to_vec() };
    let review = TokenReview { spec, ..TokenReview::default() };
    let path = "/apis/authentication.k8s.io/v1/tokenreviews";
    match post(client, path, &review)
        .await
        .map_err(|failure| failure.advise(SEE_DOCTOR))?
        .object::<TokenReview>()?
    {
        Ok(review) => review.status.ok_or_else(|| Failure::new("the API server answered without a verdict")),
        Err(refusal) => {
            let remedy = match refusal.status {
                StatusCode::FORBIDDEN => {
                    "; the ClusterRole system:auth-delegator allows it: `kubectl create clusterrolebinding token-reviewer \
                     --clusterrole system:auth-delegator --serviceaccount NAMESPACE:NAME`"
                }
                StatusCode::UNAUTHORIZED => "; renew the credentials of the kubeconfig",
                _ => "",
            };
            Err(Failure::new(format!(
                "the API server refused the TokenReview: {}{remedy}",
                harmless(&refusal.message)
            )))
        }
    }
}
