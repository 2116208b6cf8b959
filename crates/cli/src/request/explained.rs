//! What verifiers will check of a new token.

use boundtoken::UnixSeconds;

use crate::inspect::{Parts, Statement, described};
use crate::output::{self, CAUTION, paint, printable, row, rows};
use crate::words::moment;

/// Explains the token itself, not the request for it, on standard error.
pub fn print(token: &str, has_audience: bool) {
    let statement = Statement::read(Parts::decode(token.as_bytes()).claims.json.as_ref());
    // The token is written already. A closed standard error does not change that.
    let _written = output::error_lines(&text(&statement, has_audience, UnixSeconds::now()));
}

fn text(statement: &Statement, has_audience: bool, now: UnixSeconds) -> String {
    let mut lines = "\nVerifiers will check:\n".to_owned();
    row(&mut lines, "Speaks for", &printable(statement.username.as_deref().unwrap_or("nobody")));
    row(&mut lines, "Issuer", &printable(statement.issuer.as_deref().unwrap_or("none given")));
    rows(
        &mut lines,
        "Valid for",
        statement.audiences.iter().map(|name| format!("audience {}", printable(name))),
    );
    if !has_audience {
        let caution = "this is the API server itself: send the token to nobody else, or name an --audience";
        row(&mut lines, "", &paint(CAUTION, caution));
    }
    if let Some(expires_at) = statement.expires_at {
        row(&mut lines, "Expires", &moment(expires_at, now));
    }
    if let Some(warn_after) = statement.warn_after {
        row(&mut lines, "Renew before", &moment(warn_after, now));
    }
    let uid = |uid: &Option<String>| printable(uid.as_deref().unwrap_or("none"));
    rows(
        &mut lines,
        "Bound to",
        statement
            .bound_objects
            .iter()
            .flat_map(|object| [described(object), format!("uid {}", uid(&object.uid))]),
    );
    if statement.bound_objects.len() < 2 {
        let caution = "and no object of its own: only its expiry or the account's deletion ends it";
        row(&mut lines, "", &paint(CAUTION, caution));
    }
    lines.push_str(
        "\nThe token is void once it expires or one of these is deleted.\n\
         A new object with the same name does not help.\n",
    );
    lines
}
