//! Label selectors: `a=b,c!=d,e in (f,g),h notin (i),j,!k`.

use serde_json::Value;

use super::super::names::{faults_of_key, faults_of_label_value};
use super::super::object::member;

#[derive(Clone, Debug, Default)]
pub(super) struct LabelSelector(Vec<Requirement>);

#[derive(Clone, Debug)]
struct Requirement {
    key: String,
    rule: Rule,
}

#[derive(Clone, Debug)]
enum Rule {
    In(Vec<String>),
    NotIn(Vec<String>),
    Exists,
    DoesNotExist,
    GreaterThan(i64),
    LessThan(i64),
}

impl LabelSelector {
    pub(super) fn parse(selector: &str) -> Result<Self, String> {
        if selector.trim().is_empty() {
            return Ok(Self::default());
        }
        let mut depth = 0;
        let between = |letter: char| {
            match letter {
                '(' => depth += 1,
                ')' => depth -= 1,
                _ => {}
            }
            letter == ',' && depth == 0
        };
        let requirements = selector.split(between).map(|text| Requirement::parse(text.trim()));
        requirements.collect::<Result<_, _>>().map(Self)
    }

    pub(super) fn selects(&self, object: &Value) -> bool {
        self.0.iter().all(|requirement| {
            let value = member(object, &["metadata", "labels", &requirement.key]).and_then(Value::as_str);
            let is_one_of =
                |values: &[String]| value.is_some_and(|value| values.iter().any(|one| one == value));
            let number = || value.and_then(|value| value.parse::<i64>().ok());
            match &requirement.rule {
                Rule::In(values) => is_one_of(values),
                Rule::NotIn(values) => !is_one_of(values),
                Rule::Exists => value.is_some(),
                Rule::DoesNotExist => value.is_none(),
                Rule::GreaterThan(least) => number().is_some_and(|number| number > *least),
                Rule::LessThan(most) => number().is_some_and(|number| number < *most),
            }
        })
    }
}

impl Requirement {
    fn parse(text: &str) -> Result<Self, String> {
        let ends_key = |letter: char| letter.is_ascii_whitespace() || "=!<>(".contains(letter);
        let (negated, text) = match text.strip_prefix('!') {
            Some(rest) => (true, rest.trim_start()),
            None => (false, text),
        };
        let (key, rest) = text.split_at(text.find(ends_key).unwrap_or(text.len()));
        let unreadable = || format!("unable to parse requirement: {text:?}");
        let rule = match (negated, rest.trim()) {
            (true, "") => Rule::DoesNotExist,
            (true, _) => return Err(unreadable()),
            (false, rest) => Rule::parse(rest).ok_or_else(unreadable)?,
        };
        let of_values = match &rule {
            Rule::In(values) | Rule::NotIn(values) => {
                values.iter().flat_map(|value| faults_of_label_value(value)).collect()
            }
            _ => Vec::new(),
        };
        match faults_of_key(key).into_iter().chain(of_values).next() {
            Some(fault) => Err(format!("{}: {fault}", unreadable())),
            None => Ok(Self { key: key.to_owned(), rule }),
        }
    }
}

impl Rule {
    /// Reads what follows the key.
    fn parse(text: &str) -> Option<Self> {
        let one = |value: &str| vec![value.trim().to_owned()];
        let several = |list: &str| {
            let list = list.trim().strip_prefix('(')?.strip_suffix(')')?;
            Some(list.split(',').map(|value| value.trim().to_owned()).collect())
        };
        if text.is_empty() {
            Some(Self::Exists)
        } else if let Some(value) = text.strip_prefix("!=") {
            Some(Self::NotIn(one(value)))
        } else if let Some(value) = text.strip_prefix("==").or_else(|| text.strip_prefix('=')) {
            Some(Self::In(one(value)))
        } else if let Some(number) = text.strip_prefix('>') {
            number.trim().parse().ok().map(Self::GreaterThan)
        } else if let Some(number) = text.strip_prefix('<') {
            number.trim().parse().ok().map(Self::LessThan)
        } else if let Some(list) = text.strip_prefix("in") {
            several(list).map(Self::In)
        } else {
            several(text.strip_prefix("notin")?).map(Self::NotIn)
        }
    }
}
