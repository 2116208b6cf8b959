//! Label selectors: `a=b,c!=d,e in (f,g),h notin (i),j,!k`.

use std::collections::{BTreeSet, VecDeque};

use serde_json::Value;

use super::super::names::{faults_of_key, faults_of_label_value};
use super::super::object::text;
use super::super::refusals::quoted;

#[derive(Clone, Debug, Default)]
pub(super) struct LabelSelector(Vec<Requirement>);

#[derive(Clone, Debug)]
struct Requirement {
    key: String,
    rule: Rule,
}

#[derive(Clone, Debug)]
enum Rule {
    In(BTreeSet<String>),
    NotIn(BTreeSet<String>),
    Exists,
    DoesNotExist,
    GreaterThan(i64),
    LessThan(i64),
}

impl LabelSelector {
    pub(super) fn parse(selector: &str) -> Result<Self, String> {
        Parser { tokens: scan(selector) }.selector()
    }

    pub(super) fn selects(&self, object: &Value) -> bool {
        self.0.iter().all(|requirement| {
            let path = ["metadata", "labels", &requirement.key];
            let value = super::super::object::member(object, &path).map(|_| text(object, &path));
            let number = || value.and_then(|value| value.parse::<i64>().ok());
            match &requirement.rule {
                Rule::In(values) => value.is_some_and(|value| values.contains(value)),
                Rule::NotIn(values) => value.is_none_or(|value| !values.contains(value)),
                Rule::Exists => value.is_some(),
                Rule::DoesNotExist => value.is_none(),
                Rule::GreaterThan(least) => number().is_some_and(|number| number > *least),
                Rule::LessThan(most) => number().is_some_and(|number| number < *most),
            }
        })
    }
}

#[derive(Clone, Debug, PartialEq)]
enum Token {
    Word(String),
    Symbol(&'static str),
    End,
}

impl Token {
    /// As it is quoted in errors.
    fn literal(&self) -> String {
        match self {
            Self::Word(word) => word.clone(),
            Self::Symbol(symbol) => (*symbol).to_owned(),
            Self::End => String::new(),
        }
    }
}

const SYMBOLS: [&str; 9] = ["==", "!=", "=", "!", "(", ")", ",", ">", "<"];

fn scan(selector: &str) -> VecDeque<Token> {
    let is_space = |letter: char| matches!(letter, ' ' | '\t' | '\r' | '\n');
    let is_symbol = |letter: char| "=!(),><".contains(letter);
    let mut tokens = VecDeque::new();
    let mut rest = selector.trim_start_matches(is_space);
    // The API server reads no further than a NUL.
    while !rest.is_empty() && !rest.starts_with('\0') {
        let token = match SYMBOLS.into_iter().find(|symbol| rest.starts_with(symbol)) {
            Some(symbol) => {
                rest = rest.get(symbol.len()..).unwrap_or_default();
                Token::Symbol(symbol)
            }
            None => {
                let end = rest.find(|letter| is_space(letter) || is_symbol(letter) || letter == '\0');
                let (word, after) = rest.split_at(end.unwrap_or(rest.len()));
                rest = after;
                Token::Word(word.to_owned())
            }
        };
        tokens.push_back(token);
        rest = rest.trim_start_matches(is_space);
    }
    tokens
}

struct Parser {
    tokens: VecDeque<Token>,
}

impl Parser {
    fn peek(&self) -> &Token {
        self.tokens.front().unwrap_or(&Token::End)
    }

    fn next(&mut self) -> Token {
        self.tokens.pop_front().unwrap_or(Token::End)
    }

    fn selector(mut self) -> Result<LabelSelector, String> {
        let mut requirements = Vec::new();
        loop {
            match self.peek() {
                Token::Word(_) | Token::Symbol("!") => {
                    let requirement = self.requirement();
                    requirements
                        .push(requirement.map_err(|why| format!("unable to parse requirement: {why}"))?);
                    match self.next() {
                        Token::End => return Ok(LabelSelector(requirements)),
                        Token::Symbol(",") => match self.peek() {
                            Token::Word(_) | Token::Symbol("!") => {}
                            other => return Err(expected(other, "identifier after ','")),
                        },
                        other => return Err(expected(&other, "',' or 'end of string'")),
                    }
                }
                Token::End => return Ok(LabelSelector(requirements)),
                other => return Err(expected(other, "!, identifier, or 'end of string'")),
            }
        }
    }

    fn requirement(&mut self) -> Result<Requirement, String> {
        let negated = *self.peek() == Token::Symbol("!");
        if negated {
            self.next();
        }
        let key = match self.next() {
            Token::Word(word) => word,
            other => return Err(expected(&other, "identifier")),
        };
        let faults = faults_of_key(&key);
        if !faults.is_empty() {
            return Err(format!("<nil>: Invalid value: {}: {}", quoted(&key), faults.join("; ")));
        }
        if negated {
            return Ok(Requirement { key, rule: Rule::DoesNotExist });
        }
        if matches!(self.peek(), Token::End | Token::Symbol(",")) {
            return Ok(Requirement { key, rule: Rule::Exists });
        }
        let rule = match self.next() {
            Token::Word(word) if word == "in" => Rule::In(self.values(&key)?),
            Token::Word(word) if word == "notin" => Rule::NotIn(self.values(&key)?),
            Token::Symbol("=" | "==") => Rule::In(BTreeSet::from([self.value(&key)?])),
            Token::Symbol("!=") => Rule::NotIn(BTreeSet::from([self.value(&key)?])),
            Token::Symbol(">") => Rule::GreaterThan(self.number(&key)?),
            Token::Symbol("<") => Rule::LessThan(self.number(&key)?),
            other => return Err(expected(&other, "in, notin, =, ==, !=, gt, lt")),
        };
        Ok(Requirement { key, rule })
    }

    /// One value, which may be empty.
    fn value(&mut self, key: &str) -> Result<String, String> {
        let value = match self.peek() {
            Token::End | Token::Symbol(",") => String::new(),
            _ => match self.next() {
                Token::Word(word) => word,
                other => return Err(expected(&other, "identifier")),
            },
        };
        checked(key, [value.clone()].iter())?;
        Ok(value)
    }

    fn number(&mut self, key: &str) -> Result<i64, String> {
        let value = self.value(key)?;
        value.parse().map_err(|_| {
            format!(
                "values[0]: Invalid value: {}: for 'Gt', 'Lt' operators, the value must be an integer",
                quoted(&value)
            )
        })
    }

    /// `(a,b)`; between the commas may be nothing, which is the empty value.
    fn values(&mut self, key: &str) -> Result<BTreeSet<String>, String> {
        match self.next() {
            Token::Symbol("(") => {}
            other => return Err(format!("found '{}' expected: '('", other.literal())),
        }
        let mut values = BTreeSet::new();
        if let other @ Token::End = self.peek() {
            return Err(expected(other, "',', ')' or identifier"));
        }
        loop {
            let value = match self.peek() {
                Token::Word(word) => word.clone(),
                _ => String::new(),
            };
            if !value.is_empty() {
                self.next();
            }
            values.insert(value);
            match self.next() {
                Token::Symbol(",") => {}
                Token::Symbol(")") => break,
                other => return Err(expected(&other, "',' or ')'")),
            }
        }
        checked(key, values.iter())?;
        Ok(values)
    }
}

fn expected(found: &Token, what: &str) -> String {
    format!("found '{}', expected: {what}", found.literal())
}

fn checked<'a>(key: &str, values: impl Iterator<Item = &'a String>) -> Result<(), String> {
    let faults: Vec<_> = values
        .enumerate()
        .filter_map(|(index, value)| match faults_of_label_value(value).as_slice() {
            [] => None,
            faults => Some(format!(
                "values[{index}][{key}]: Invalid value: {}: {}",
                quoted(value),
                faults.join("; ")
            )),
        })
        .collect();
    match faults.as_slice() {
        [] => Ok(()),
        [fault] => Err(fault.clone()),
        faults => Err(format!("[{}]", faults.join(", "))),
    }
}
