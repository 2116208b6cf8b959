//! The log: a line for each request, on standard error.

use std::fmt::{self, Write as _};
use std::io;

use anstyle::Style;
use boundtoken_dev_server::DevServer;
use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::{FmtContext, FormatEvent};

use super::Format;
use crate::output::{BAD, CAUTION, FAINT, GOOD, paint, printable};

/// Writes the log from now on. Styles are dropped if standard error is not a terminal or `NO_COLOR` is set.
pub fn begin(format: Format) {
    tracing_subscriber::fmt()
        .with_max_level(LevelFilter::INFO)
        // The styles are the lines' own.
        .with_ansi(false)
        // Locked, so that two lines do not mix.
        .with_writer(|| anstream::AutoStream::auto(io::stderr().lock()))
        .event_format(format)
        .init();
}

impl<S: Subscriber, N> FormatEvent<S, N> for Format
where
    S: for<'a> tracing_subscriber::registry::LookupSpan<'a>,
    N: for<'a> tracing_subscriber::fmt::FormatFields<'a> + 'static,
{
    fn format_event(
        &self,
        _: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let mut fields = Fields::default();
        event.record(&mut fields);
        let entry = Entry::new(*event.metadata().level(), fields.0);
        let now = DateTime::<Utc>::from(std::time::SystemTime::now());
        match self {
            Self::Text => writer.write_str(&entry.for_people(now)),
            Self::Json => writer.write_str(&entry.for_programs(now).map_err(|_| fmt::Error)?),
        }
    }
}

/// The fields of an event.
#[derive(Default)]
struct Fields(Map<String, Value>);

impl Fields {
    fn add(&mut self, field: &Field, value: impl Into<Value>) {
        self.0.insert(field.name().to_owned(), value.into());
    }
}

impl Visit for Fields {
    fn record_f64(&mut self, field: &Field, value: f64) {
        self.add(field, value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.add(field, value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.add(field, value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.add(field, value);
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.add(field, value);
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.add(field, format!("{value:?}"));
    }
}

enum Entry {
    Request(Request),
    /// Anything else, such as a connection that cannot be accepted.
    Other {
        level: Level,
        fields: Map<String, Value>,
    },
}

/// The fields of a request, as the documentation of `boundtoken_dev_server` lists them.
#[derive(Deserialize)]
struct Request {
    method: String,
    path: String,
    status: u16,
    user: String,
    milliseconds: f64,
    audit_id: Option<String>,
    reason: Option<String>,
    number: Option<u16>,
    refusal: Option<String>,
}

impl Entry {
    fn new(level: Level, fields: Map<String, Value>) -> Self {
        match serde_json::from_value(Value::Object(fields.clone())) {
            Ok(request) => Self::Request(request),
            Err(_) => Self::Other { level, fields },
        }
    }

    fn for_people(&self, now: DateTime<Utc>) -> String {
        let time = paint(FAINT, &now.format("%H:%M:%SZ").to_string());
        match self {
            Self::Request(request) => request.for_people(&time),
            Self::Other { level, fields } => {
                let text = |value: &Value| {
                    printable(&value.as_str().map_or_else(|| value.to_string(), str::to_owned))
                };
                let level = paint(style_of(*level), &level.as_str().to_ascii_lowercase());
                let message = fields.get("message").map(text).unwrap_or_default();
                let others = fields.iter().filter(|(name, _)| *name != "message");
                let others: String =
                    others.map(|(name, value)| format!("  {name}={}", text(value))).collect();
                format!("{time} {level} {message}{others}\n")
            }
        }
    }

    /// One line of JSON.
    fn for_programs(&self, now: DateTime<Utc>) -> serde_json::Result<String> {
        let time = now.to_rfc3339_opts(SecondsFormat::Millis, true);
        let line = match self {
            Self::Request(request) => serde_json::to_string(&request.document(time)),
            Self::Other { level, fields } => {
                let mut fields = fields.clone();
                fields.insert("time".to_owned(), time.into());
                fields.insert("level".to_owned(), level.as_str().to_ascii_lowercase().into());
                serde_json::to_string(&fields)
            }
        };
        Ok(printable(&line?) + "\n")
    }
}

fn style_of(level: Level) -> Style {
    match level {
        Level::ERROR => BAD,
        Level::WARN => CAUTION,
        _ => FAINT,
    }
}

impl Request {
    /// One line below 80 columns, unless names are long, and another one if a token is refused. The administrator is not
    /// named: most requests are that user's.
    fn for_people(&self, time: &str) -> String {
        let style = match self.status {
            ..400 => GOOD,
            400..500 => CAUTION,
            _ => BAD,
        };
        let status = paint(style, &self.status.to_string());
        let mut lines = format!("{time} {status} {} {}", printable(&self.method), printable(&self.path));
        match self.user.as_str() {
            DevServer::ADMINISTRATOR => {}
            "" if self.refusal.is_some() => {}
            "" => lines.push_str("  system:anonymous"),
            user => lines.push_str(&format!("  {}", printable(user))),
        }
        lines.push_str(&paint(FAINT, &format!("  {:.1} ms", self.milliseconds)));
        lines.push('\n');
        if let Some(refusal) = &self.refusal {
            let reason = match (&self.reason, self.number) {
                (Some(name), Some(number)) => format!("{} ({number}): ", paint(CAUTION, name)),
                _ => String::new(),
            };
            // In writing to a string, nothing fails.
            let _ = writeln!(lines, "          {reason}{}", printable(refusal));
        }
        lines
    }

    fn document(&self, time: String) -> impl Serialize {
        #[derive(Serialize)]
        #[serde(rename_all = "camelCase")]
        struct Document<'a> {
            time: String,
            method: &'a str,
            path: &'a str,
            status: u16,
            user: &'a str,
            milliseconds: f64,
            #[serde(skip_serializing_if = "Option::is_none")]
            audit_id: Option<&'a str>,
            #[serde(skip_serializing_if = "Option::is_none")]
            reason: Option<ReasonDocument<'a>>,
            #[serde(skip_serializing_if = "Option::is_none")]
            message: Option<&'a str>,
        }
        #[derive(Serialize)]
        struct ReasonDocument<'a> {
            number: u16,
            name: &'a str,
        }
        Document {
            time,
            method: &self.method,
            path: &self.path,
            status: self.status,
            user: &self.user,
            milliseconds: self.milliseconds,
            audit_id: self.audit_id.as_deref(),
            reason: self
                .number
                .zip(self.reason.as_deref())
                .map(|(number, name)| ReasonDocument { number, name }),
            message: self.refusal.as_deref(),
        }
    }
}

#[cfg(test)]
mod tests {
    use anstream::adapter::strip_str;
    use serde_json::json;

    use super::*;

    fn entry(more: Value) -> Entry {
        let mut fields = json!({
            "message": "request", "method": "POST", "status": 201, "user": "boundtoken-admin", "milliseconds": 0.42,
            "path": "/api/v1/namespaces/default/serviceaccounts/app/token", "audit_id": "id",
        });
        fields.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        Entry::new(Level::INFO, fields.as_object().unwrap().clone())
    }

    fn now() -> DateTime<Utc> {
        "2026-11-30T12:30:05.123Z".parse().unwrap()
    }

    fn for_people(more: Value) -> String {
        strip_str(&entry(more).for_people(now())).to_string()
    }

    #[test]
    fn a_request_is_a_line_below_80_columns() {
        let line = for_people(json!({}));
        assert_eq!(line, "12:30:05Z 201 POST /api/v1/namespaces/default/serviceaccounts/app/token  0.4 ms\n");
        assert!(line.trim_end().len() < 80);
        let account = for_people(json!({"path": "/api", "user": "system:serviceaccount:demo:app"}));
        assert_eq!(account, "12:30:05Z 201 POST /api  system:serviceaccount:demo:app  0.4 ms\n");
        assert_eq!(
            for_people(json!({"path": "/a", "user": ""})),
            "12:30:05Z 201 POST /a  system:anonymous  0.4 ms\n"
        );
    }

    #[test]
    fn a_refusal_has_a_line_with_its_reason() {
        let expired = json!({"user": "", "status": 401, "path": "/a", "reason": "expired", "number": 414, "refusal": "it was"});
        assert_eq!(
            for_people(expired.clone()),
            "12:30:05Z 401 POST /a  0.4 ms\n          expired (414): it was\n"
        );
        let missing = json!({"status": 404, "path": "/a", "refusal": "not found"});
        assert_eq!(for_people(missing), "12:30:05Z 404 POST /a  0.4 ms\n          not found\n");

        let document: Value = serde_json::from_str(&entry(expired).for_programs(now()).unwrap()).unwrap();
        assert_eq!(
            document,
            json!({
                "time": "2026-11-30T12:30:05.123Z", "method": "POST", "path": "/a", "status": 401, "user": "",
                "milliseconds": 0.42, "auditId": "id", "reason": {"number": 414, "name": "expired"}, "message": "it was",
            })
        );
    }

    #[test]
    fn what_is_no_request_is_shown_too_and_nothing_reaches_the_terminal_as_a_command() {
        let fields = json!({"message": "a connection is not accepted", "error": "\u{1b}[2J"});
        let other = Entry::new(Level::WARN, fields.as_object().unwrap().clone());
        assert_eq!(
            strip_str(&other.for_people(now())).to_string(),
            "12:30:05Z warn a connection is not accepted  error=\\u001b[2J\n"
        );
        assert!(!for_people(json!({"path": "/\u{9b}1m"})).contains('\u{9b}'));
    }
}
