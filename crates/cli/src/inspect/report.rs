//! The output of `inspect`.

use boundtoken::UnixSeconds;
use serde::Serialize;
use serde_json::Value;

use super::findings::Finding;
use super::parts::{Part, Parts};
use super::statement::{Object, Statement};
use crate::document::Explained;
use crate::failure::Failure;
use crate::output::{self, BAD, CAUTION, GOOD, STRONG, Structured, json, paint, printable, row, rows};
use crate::words::moment;

const NOTICE: &str = "the signature was not checked: anyone could have written this token";
/// How many characters are shown of a part that is not JSON.
const SHOWN: usize = 1_000;

pub struct Report<'a> {
    pub parts: &'a Parts,
    pub statement: &'a Statement,
    pub findings: &'a [Finding],
    pub now: UnixSeconds,
}

/// The report for programs.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Document<'a> {
    verified: bool,
    notice: &'static str,
    token_bytes: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    signature_bytes: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    header: Option<&'a Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    claims: Option<&'a Value>,
    statement: &'a Statement,
    findings: Vec<FindingDocument>,
}

#[derive(Serialize)]
struct FindingDocument {
    part: &'static str,
    #[serde(flatten)]
    why: Explained,
}

impl Report<'_> {
    pub fn print_document(&self, format: Structured) -> Result<(), Failure> {
        let findings = self.findings.iter().map(|Finding { place, rejection }| FindingDocument {
            part: place.name(),
            why: rejection.into(),
        });
        let document = Document {
            verified: false,
            notice: NOTICE,
            token_bytes: self.parts.size,
            signature_bytes: self.parts.signature_size,
            header: self.parts.header.json.as_ref(),
            claims: self.parts.claims.json.as_ref(),
            statement: self.statement,
            findings: findings.collect(),
        };
        output::document(format, &document)
    }

    pub fn print_for_people(&self) -> Result<(), Failure> {
        let unverified = format!("{}  {NOTICE}\n", paint(CAUTION, "UNVERIFIED"));
        let mut lines = format!("{unverified}\n");
        if self.parts.are_a_token() {
            self.write_summary(&mut lines);
            write_part(&mut lines, "Header", &self.parts.header)?;
            write_part(&mut lines, "Claims", &self.parts.claims)?;
        } else {
            lines.push_str("This is not a token: neither its header nor its claims are a JSON object.\n\n");
        }
        self.write_findings(&mut lines);
        lines.push_str(&format!("\n{unverified}"));
        output::text(&lines)
    }

    fn write_summary(&self, lines: &mut String) {
        let statement = self.statement;
        row(lines, "Claims to be", &paint(STRONG, &stated(statement.username.as_deref())));
        row(lines, "Issuer", &stated(statement.issuer.as_deref()));
        rows(lines, "Audiences", statement.audiences.iter().map(|audience| printable(audience)));
        if statement.audiences.is_empty() {
            row(lines, "Audiences", &stated(None));
        }
        self.write_times(lines);
        rows(lines, "Bound to", statement.bound_objects.iter().map(described));
        rows(lines, "Node of the pod", statement.node_of_pod.iter().map(described));
        if !statement.attested_api_groups.is_empty() {
            row(lines, "Attested groups", &printable(&statement.attested_api_groups.join(", ")));
        }
        self.write_header_members(lines);
        let signature = match self.parts.signature_size {
            Some(size) => format!("signature {size} bytes"),
            None => "no signature".to_owned(),
        };
        row(lines, "Size", &format!("{} bytes, {signature}", self.parts.size));
        lines.push('\n');
    }

    fn write_times(&self, lines: &mut String) {
        let Statement { issued_at, not_before, expires_at, warn_after, .. } = *self.statement;
        let shown = |time: UnixSeconds| moment(time, self.now);
        row(lines, "Issued", &issued_at.map_or_else(|| stated(None), shown));
        // Kubernetes writes the time of issue into both claims.
        if let Some(not_before) = not_before.filter(|_| not_before != issued_at) {
            row(lines, "Not before", &shown(not_before));
        }
        row(lines, "Expires", &expires_at.map_or_else(|| stated(None), shown));
        if let Some(warn_after) = warn_after {
            row(lines, "Stale after", &shown(warn_after));
        }
    }

    fn write_header_members(&self, lines: &mut String) {
        for (label, member, absence) in [
            ("Algorithm", "alg", Some("none given")),
            ("Key id", "kid", Some("none given: accepted only if exactly one key fits")),
            ("Type", "typ", None),
        ] {
            let value = self.parts.header.json.as_ref().and_then(|header| header.get(member));
            match (value, absence) {
                (Some(Value::String(value)), _) => row(lines, label, &printable(value)),
                (Some(value), _) => row(lines, label, &printable(&value.to_string())),
                (None, Some(absence)) => row(lines, label, &paint(CAUTION, absence)),
                (None, None) => {}
            }
        }
    }

    fn write_findings(&self, lines: &mut String) {
        if self.findings.is_empty() {
            lines.push_str(&paint(GOOD, "The form, the header, the claims and the times are in order."));
            lines.push_str("\nOnly `boundtoken verify` can tell whether the signature is valid.\n");
            return;
        }
        lines.push_str(&paint(BAD, "A verifier refuses this token:"));
        lines.push('\n');
        for Finding { place, rejection } in self.findings {
            let name = format!("{} ({})", rejection.name(), rejection.number());
            row(lines, place.name(), &paint(STRONG, &name));
            row(lines, "", &printable(&rejection.to_string()));
        }
    }
}

fn stated(text: Option<&str>) -> String {
    text.map_or_else(|| paint(CAUTION, "none given"), printable)
}

/// An object's kind, namespace and name.
pub fn described(object: &Object) -> String {
    let namespace = object.namespace.as_deref().map(|namespace| format!("{namespace}/")).unwrap_or_default();
    printable(&format!("{} {namespace}{}", object.kind, object.name.as_deref().unwrap_or("?")))
}

fn write_part(lines: &mut String, title: &str, part: &Part) -> Result<(), Failure> {
    lines.push_str(&paint(STRONG, title));
    lines.push('\n');
    let content = match (&part.json, &part.bytes) {
        (Some(value), _) => json(value)?,
        (None, Some(bytes)) if bytes.is_empty() => "(empty)".to_owned(),
        (None, Some(bytes)) => {
            let text = printable(&String::from_utf8_lossy(bytes));
            let start: String = text.chars().take(SHOWN).collect();
            let cut = if start.len() < text.len() { " ..." } else { "" };
            format!("(not JSON: {} bytes)\n{start}{cut}", bytes.len())
        }
        (None, None) => "(missing, or not base64)".to_owned(),
    };
    for line in content.lines() {
        lines.push_str(&format!("  {line}\n"));
    }
    lines.push('\n');
    Ok(())
}
