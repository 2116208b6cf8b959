//! Which of a token's audiences are accepted.

use std::sync::Arc;

use super::Claims;

/// The accepted audiences of a token: their places in its list, in the order in which the verifier accepts them.
///
/// It belongs to one call. The claims are shared by all calls, whatever audiences those accept.
#[derive(Clone, Debug)]
pub(crate) struct Matched(Places);

/// A few, as nearly every token has, take no memory of their own; many are shared when they are cloned.
#[derive(Clone, Debug)]
enum Places {
    Few { count: u8, places: [u32; FEW] },
    Many(Arc<[u32]>),
}

const FEW: usize = 5;

impl Matched {
    /// An empty text is no audience: nobody can be meant by it.
    pub(crate) fn of(claims: &Claims, accepted: &[impl AsRef<str>]) -> Self {
        let mut places = accepted.iter().map(AsRef::as_ref).filter_map(|accepted: &str| {
            let place =
                claims.audiences().position(|audience| !accepted.is_empty() && audience == accepted)?;
            // A token of 1 MiB has fewer.
            u32::try_from(place).ok()
        });
        let (mut few, mut count) = ([0; FEW], 0);
        for slot in &mut few {
            let Some(place) = places.next() else { break };
            *slot = place;
            count += 1;
        }
        Self(match places.next() {
            None => Places::Few { count, places: few },
            Some(next) => Places::Many(few.into_iter().chain([next]).chain(places).collect()),
        })
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.places().is_empty()
    }

    /// The audiences themselves, out of the claims of the same token.
    pub(crate) fn audiences<'a>(&'a self, claims: &'a Claims) -> impl ExactSizeIterator<Item = &'a str> {
        self.places().iter().map(|&place| {
            let place = usize::try_from(place).ok();
            let span = place.and_then(|place| claims.audiences.as_slice().get(place));
            span.map_or("", |&span| claims.get(span))
        })
    }

    fn places(&self) -> &[u32] {
        match &self.0 {
            Places::Few { count, places } => places.get(..usize::from(*count)).unwrap_or_default(),
            Places::Many(places) => places,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matched(audiences: &[&str], accepted: &[&str]) -> Vec<String> {
        let payload = serde_json::json!({ "aud": audiences }).to_string();
        let claims = Claims::parse(payload.as_bytes(), &Arc::from("")).unwrap();
        let matched = Matched::of(&claims, accepted);
        assert_eq!(matched.is_empty(), matched.audiences(&claims).len() == 0);
        matched.audiences(&claims).map(str::to_owned).collect()
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
