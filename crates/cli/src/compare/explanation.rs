//! Why the API server's verdict and ours may differ.

use boundtoken::api::TokenReviewStatus;
use boundtoken::{Reason, Rejection, VerifiedToken};

use super::Verdicts;

const LAST_NEWS: &str = "the API server refuses a token that boundtoken accepts. An object may have been deleted, or a key \
                         removed, between the two requests. Ask again. If the difference stays, please report it";
const OF_TIME: &str = "the token is about to expire or has just become valid, or the clocks differ: see \
                       `boundtoken doctor`";
const DELETED: &str = "the API server remembers an acceptance for 10 seconds and may learn of deletions late. In \
                       boundtoken they count at once. Ask again in 10 seconds";
/// An API server that supports tokens of webhooks names this gate in its error while the gate is off.
const WEBHOOK_GATE: &str = "APIServerWebhookAuthenticationToken";
const GATE_IS_OFF: &str = "the token is bound to a webhook configuration, but the feature gate \
                           APIServerWebhookAuthenticationToken of this API server is off. It neither issues nor accepts \
                           such tokens. boundtoken accepts one as long as its configuration exists";
const ANOTHER_KIND: &str = "the API server has other ways to authenticate, such as OIDC or static tokens. This is not a \
                            bound service-account token, and boundtoken accepts no others";
const SPACE: &str = "to the API server, a token that begins with white space is not a token, so it answers with the \
                     anonymous user. Never rely on that verdict";

/// Explains the difference. None if there is no difference.
pub fn of(verdicts: &Verdicts, token: &[u8]) -> Option<String> {
    match (&verdicts.theirs, &verdicts.ours) {
        (theirs, Ok(ours)) if theirs.authenticated => of_users(theirs, ours),
        (theirs, Err(_)) if !theirs.authenticated => None,
        (theirs, Ok(_)) if theirs.error.contains(WEBHOOK_GATE) => Some(GATE_IS_OFF.to_owned()),
        (_, Ok(_)) => Some(LAST_NEWS.to_owned()),
        (theirs, Err(rejection)) => Some(of_refusal(theirs, rejection, token)),
    }
}

fn of_users(theirs: &TokenReviewStatus, ours: &VerifiedToken) -> Option<String> {
    let user = ours.user_info();
    let audiences: Vec<&str> = ours.matched_audiences().collect();
    let their_audiences: Vec<&str> = theirs.audiences.iter().map(String::as_str).collect();
    let differences = [
        ("name", user.username != theirs.user.username),
        ("uid", user.uid != theirs.user.uid),
        ("groups", user.groups != theirs.user.groups),
        ("extra", user.extra != theirs.user.extra),
        ("audiences", !same_members(&audiences, &their_audiences)),
    ];
    let differing: Vec<&str> =
        differences.into_iter().filter_map(|(what, differs)| differs.then_some(what)).collect();
    (!differing.is_empty()).then(|| {
        format!(
            "both accept the token, but these differ: {}. The cause may be an authenticating webhook or another version \
             of Kubernetes; -o json shows both answers",
            differing.join(", ")
        )
    })
}

fn same_members(some: &[&str], others: &[&str]) -> bool {
    some.iter().all(|one| others.contains(one)) && others.iter().all(|one| some.contains(one))
}

fn of_refusal(theirs: &TokenReviewStatus, rejection: &Rejection, token: &[u8]) -> String {
    let reason = rejection.reason();
    if token.first().is_some_and(u8::is_ascii_whitespace) {
        return SPACE.to_owned();
    }
    if !theirs.user.username.starts_with("system:serviceaccount:") {
        return ANOTHER_KIND.to_owned();
    }
    if Reason::STRICTER.contains(&reason) {
        return format!(
            "boundtoken is stricter here than the API server, by the rule {}. {}",
            reason.name(),
            reason.documentation().trim()
        );
    }
    match reason {
        Reason::Expired | Reason::NotYetValid | Reason::IssuedInFuture => OF_TIME.to_owned(),
        Reason::IssuerMismatch => {
            "the API server accepts more issuers than the one that it publishes: its --service-account-issuer is \
             given several times. Tokens of the old issuers expire soon"
                .to_owned()
        }
        Reason::KeyUnknown => {
            "the API server has a key that it does not publish at /openid/v1/jwks, or has published only within the \
             last seconds"
                .to_owned()
        }
        _ if (500..600).contains(&reason.number()) => DELETED.to_owned(),
        _ => "the cause is unknown: please report it".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use boundtoken::{Issuer, SigningKey, UserInfo, Verifier};

    use super::*;

    fn accepted_by_server(username: &str) -> TokenReviewStatus {
        let user = UserInfo { username: username.to_owned(), ..UserInfo::default() };
        TokenReviewStatus { authenticated: true, user, ..TokenReviewStatus::default() }
    }

    #[test]
    fn what_only_the_api_server_accepts_is_explained_by_our_reason() {
        let account = "system:serviceaccount:demo:app";
        for (reason, user, token, words) in [
            (
                Reason::ExpiryMissing,
                account,
                "x",
                "stricter here than the API server, by the rule expiry_missing",
            ),
            (
                Reason::BindingUnknown,
                account,
                "x",
                "stricter here than the API server, by the rule binding_unknown",
            ),
            (Reason::PodNotFound, account, "x", "remembers an acceptance for 10 seconds"),
            (Reason::ServiceAccountDeleted, account, "x", "remembers an acceptance for 10 seconds"),
            (
                Reason::MutatingWebhookConfigurationNotFound,
                account,
                "x",
                "remembers an acceptance for 10 seconds",
            ),
            (Reason::Expired, account, "x", "boundtoken doctor"),
            (Reason::IssuerMismatch, account, "x", "more issuers"),
            (Reason::KeyUnknown, account, "x", "does not publish"),
            (Reason::TokenPartCount, "jane", "x", "other ways to authenticate"),
            (Reason::TokenNotBase64url, "system:anonymous", " x", "anonymous user"),
        ] {
            let verdicts = Verdicts { theirs: accepted_by_server(user), ours: Err(reason.into()) };
            let explanation = of(&verdicts, token.as_bytes()).unwrap();
            assert!(explanation.contains(words), "{reason}: {explanation}");
        }
    }

    #[test]
    fn two_refusals_are_the_same_whatever_the_words() {
        let verdicts = Verdicts { theirs: TokenReviewStatus::default(), ours: Err(Reason::Expired.into()) };
        assert_eq!(of(&verdicts, b"x"), None);
    }

    #[test]
    fn two_acceptances_are_the_same_only_for_the_same_user() {
        let key =
            SigningKey::from_pem(include_bytes!("../../../../tests/fixtures/keys/p256-pkcs8.pem")).unwrap();
        let objects =
            br#"{"serviceaccounts": [{"metadata": {"namespace": "demo", "name": "app", "uid": "u"}}]}"#;
        let objects = boundtoken::ObjectStore::from_json(objects).unwrap();
        let issuer = Issuer::builder("https://a.example", key).bound_objects(objects).build().unwrap();
        let issued = issuer.issue("demo", "app", boundtoken::api::TokenRequest::default()).unwrap();
        let verifier =
            Verifier::builder().issuer(issuer.trusted()).audience("https://a.example").build().unwrap();
        let ours = verifier.verify(issued.token().as_bytes()).unwrap();
        let mut theirs = accepted_by_server("");
        theirs.user = ours.user_info();
        theirs.audiences.push("https://a.example".to_owned());
        let mut verdicts = Verdicts { theirs, ours: Ok(ours) };
        assert_eq!(of(&verdicts, b"x"), None);
        verdicts.theirs.user.groups.push("more".to_owned());
        assert!(of(&verdicts, b"x").unwrap().contains("these differ: groups."));
        verdicts.theirs.authenticated = false;
        assert!(of(&verdicts, b"x").unwrap().contains("Ask again"));
        verdicts.theirs.error = "feature gate \"APIServerWebhookAuthenticationToken\" is disabled".to_owned();
        assert!(of(&verdicts, b"x").unwrap().contains("is off"));
    }
}
