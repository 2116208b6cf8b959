//! Which reasons an argument selects.

use std::str::FromStr;

use boundtoken::Reason;

/// The reasons that one argument selects. At least one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Selection {
    One(Reason),
    /// The reasons whose numbers have this many hundreds.
    Hundred(u16),
}

impl Selection {
    pub fn contains(&self, reason: Reason) -> bool {
        match self {
            Self::One(one) => *one == reason,
            Self::Hundred(hundreds) => reason.number() / 100 == *hundreds,
        }
    }
}

impl FromStr for Selection {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wanted = text.to_ascii_lowercase();
        if let Some(hundreds) = wanted.strip_suffix("xx") {
            let hundred = hundreds.parse().map(Self::Hundred).ok();
            let hundred = hundred.filter(|each| Reason::ALL.iter().any(|reason| each.contains(*reason)));
            return hundred.ok_or_else(|| "give 1xx, 2xx, 3xx, 4xx or 5xx".to_owned());
        }
        let is_meant = |reason: &&Reason| reason.name() == wanted || reason.number().to_string() == wanted;
        Reason::ALL.iter().find(is_meant).map(|reason| Self::One(*reason)).ok_or_else(|| unknown(&wanted))
    }
}

fn unknown(wanted: &str) -> String {
    let similar = similar(wanted);
    match similar.is_empty() {
        true => "there is no such reason; `boundtoken reasons` lists them all".to_owned(),
        false => format!(
            "there is no such reason; similar ones: {}; `boundtoken reasons` lists them all",
            similar.join(", ")
        ),
    }
}

/// The reasons that begin like the wanted one: with the same word, or with the same two digits.
fn similar(wanted: &str) -> Vec<String> {
    const SHOWN: usize = 5;
    let (word, _) = wanted.split_once(['_', '-', ' ']).unwrap_or((wanted, ""));
    let tens = if wanted.len() == 3 { wanted.get(..2) } else { None };
    let is_similar = |reason: &&Reason| {
        let first = reason.name().split('_').next();
        first == Some(word) || tens.is_some_and(|tens| reason.number().to_string().starts_with(tens))
    };
    let named = |reason: &Reason| format!("{} {}", reason.number(), reason.name());
    Reason::ALL.iter().filter(is_similar).take(SHOWN).map(named).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_found_by_its_number_its_name_and_its_hundred() {
        for text in ["414", "expired", "Expired"] {
            assert_eq!(text.parse(), Ok(Selection::One(Reason::Expired)), "{text}");
        }
        let fifth: Selection = "5xx".parse().unwrap();
        assert!(fifth.contains(Reason::PodNotFound) && !fifth.contains(Reason::Expired));
        for (text, words) in [
            ("999", "there is no such reason; `boundtoken reasons`"),
            ("419x", "lists them all"),
            ("499", "lists them all"),
            ("524", "521 pod_not_found, 522 "),
            ("pod_gone", "similar ones: 521 pod_not_found, 522 pod_uid_mismatch, 523 pod_deleted;"),
            ("6xx", "4xx or 5xx"),
            ("xx", "4xx or 5xx"),
            ("", "lists them all"),
        ] {
            assert!(text.parse::<Selection>().unwrap_err().contains(words), "{text}");
        }
    }
}
