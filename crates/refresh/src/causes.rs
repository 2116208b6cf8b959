//! Texts of errors of other libraries.

/// The text of an error followed by the texts of its causes. The outermost error alone often says little.
///
/// A cause that the text already mentions is not repeated.
///
/// ```
/// use boundtoken_refresh::with_causes;
///
/// let error = std::io::Error::other("connection refused");
/// assert_eq!(with_causes(&error), "connection refused");
/// ```
#[must_use]
pub fn with_causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text = format!("{text}: {cause_text}");
        }
        source = cause.source();
    }
    text
}
