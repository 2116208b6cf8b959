//! Which audiences of a token are accepted.

use super::Audiences;
use super::position::Position;
use super::several::Several;

/// The accepted audiences of a token: their places in the token's list, in the order in which the verifier accepts
/// them.
///
/// It belongs to one call. All calls share the claims, whichever audiences they accept.
#[derive(Clone, Debug)]
pub(crate) struct Matched(Several<u32>);

impl Matched {
    /// Finds the `accepted` audiences in a token. The empty text matches nothing: it names nobody.
    pub(crate) fn of(audiences: Audiences<'_>, accepted: &[impl AsRef<str>]) -> Self {
        let accepted = accepted.iter().map(AsRef::as_ref).filter(|accepted| !accepted.is_empty());
        let place = |accepted: &str| {
            let place = audiences.iter().position(|audience| audience == accepted)?;
            // Tokens are at most 1 MiB, so every place fits.
            u32::try_from(place).ok()
        };
        Self(accepted.filter_map(place).collect())
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.as_slice().is_empty()
    }

    /// Returns the audiences themselves. `audiences` must be of the same token.
    pub(crate) fn audiences<'a>(
        &'a self,
        audiences: Audiences<'a>,
    ) -> impl ExactSizeIterator<Item = &'a str> {
        self.0.as_slice().iter().map(move |&place| audiences.text_at(audiences.at(place)))
    }

    /// Returns where the audiences stand. `audiences` must be of the same token.
    pub(crate) fn positions<'a>(
        &'a self,
        audiences: Audiences<'a>,
    ) -> impl ExactSizeIterator<Item = Position> {
        self.0.as_slice().iter().map(move |&place| audiences.at(place))
    }
}

#[cfg(test)]
mod tests {
    use super::super::SignedClaims;
    use super::*;

    fn matched(audiences: &[&str], accepted: &[&str]) -> Vec<String> {
        let payload = serde_json::json!({ "aud": audiences }).to_string();
        SignedClaims::with(payload.as_bytes(), "", |claims| {
            let matched = Matched::of(claims.aud(), accepted);
            assert_eq!(matched.is_empty(), matched.audiences(claims.aud()).len() == 0);
            Ok(matched.audiences(claims.aud()).map(str::to_owned).collect())
        })
        .unwrap()
    }

    #[test]
    fn audiences_match_in_the_order_in_which_they_are_accepted() {
        assert_eq!(matched(&["a", "b", "c"], &["c", "x", "a"]), ["c", "a"]);
        assert_eq!(matched(&["a", "a"], &["a"]), ["a"]);
        assert_eq!(matched(&["a"], &["a", "a"]), ["a", "a"]);
        assert!(matched(&["a"], &["A", "b", " a"]).is_empty());
        assert!(matched(&["a"], &[]).is_empty());
        assert!(matched(&[], &["a"]).is_empty());
    }

    #[test]
    fn an_empty_audience_matches_nothing() {
        assert!(matched(&[""], &[""]).is_empty());
    }

    #[test]
    fn any_number_of_audiences_matches() {
        for count in [1, 4, 5, 6, 7, 100] {
            let names: Vec<String> = (0..count).map(|number| format!("audience-{number}")).collect();
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            let reversed: Vec<&str> = names.iter().rev().copied().collect();
            assert_eq!(matched(&names, &reversed), reversed, "{count}");
        }
    }
}
