//! Checks that include/boundtoken.h matches bindings/c/src. `make generate` writes it again.
#![allow(clippy::restriction)]

use std::fmt::Write as _;
use std::path::Path;

/// The sources, in the order in which the header declares them.
const SOURCES: [&str; 23] = [
    "version.rs",
    "string.rs",
    "status.rs",
    "error.rs",
    "keys.rs",
    "objects.rs",
    "feed.rs",
    "callback.rs",
    "builder.rs",
    "verify.rs",
    "claims.rs",
    "record.rs",
    "batch.rs",
    "checked.rs",
    "notice.rs",
    "verification.rs",
    "cluster.rs",
    "cluster/connecting.rs",
    "cluster/report.rs",
    "cluster/change.rs",
    "cluster/changes.rs",
    "statistics.rs",
    "log.rs",
];

#[test]
fn the_header_is_current() {
    let path = boundtoken_testing::repository().join("include/boundtoken.h");
    let generated = generate(Path::new(env!("CARGO_MANIFEST_DIR")));
    if std::env::var_os("BOUNDTOKEN_UPDATE").is_some() {
        std::fs::write(&path, &generated).expect("include/boundtoken.h can be written");
    }
    let checked_in = std::fs::read_to_string(&path).unwrap_or_default();
    let differing = checked_in.lines().zip(generated.lines()).position(|(old, new)| old != new);
    assert!(
        checked_in == generated,
        "include/boundtoken.h is out of date (first differing line: {differing:?}); run `make generate`"
    );
}

fn generate(root: &Path) -> String {
    let mut config = cbindgen::Config::from_file(root.join("cbindgen.toml")).expect("cbindgen.toml");
    config.after_includes = Some(after_includes());
    let builder = SOURCES
        .iter()
        .fold(cbindgen::Builder::new(), |builder, source| builder.with_src(root.join("src").join(source)));
    let mut header = Vec::new();
    builder.with_config(config).generate().expect("the sources can be read").write(&mut header);
    with_plain_enumerations(&String::from_utf8(header).expect("UTF-8"))
}

/// Makes every enumeration a number of 32 bits and a list of names.
///
/// What cbindgen writes depends on the language and its version. In C++ a number that the enumeration does not list would
/// be a value of a type of its own, and warnings would follow it around.
fn with_plain_enumerations(header: &str) -> String {
    let mut plain = String::new();
    let mut lines = header.lines();
    while let Some(line) = lines.next() {
        let Some(name) = line.strip_prefix("enum ").filter(|name| name.starts_with("boundtoken_")) else {
            plain.push_str(line);
            plain.push('\n');
            continue;
        };
        writeln!(plain, "typedef uint32_t {name};\nenum {{").expect("a String takes everything");
        let body = lines.by_ref().skip_while(|line| *line != " {").skip(1);
        for line in body.take_while(|line| *line != "};") {
            plain.push_str(line);
            plain.push('\n');
        }
        plain.push_str("};\n");
        // The type is there already.
        let _aliases = lines.by_ref().find(|line| line.starts_with("#endif // __cplusplus"));
    }
    plain
}

/// What cbindgen cannot read from the sources: the versions and the list of statuses.
fn after_includes() -> String {
    let version = env!("CARGO_PKG_VERSION");
    let [major, minor, patch] =
        [env!("CARGO_PKG_VERSION_MAJOR"), env!("CARGO_PKG_VERSION_MINOR"), env!("CARGO_PKG_VERSION_PATCH")];
    let mut text = format!(
        "
/// The version of this header. boundtoken_version() returns the version of the library.
#define BOUNDTOKEN_VERSION_MAJOR {major}
#define BOUNDTOKEN_VERSION_MINOR {minor}
#define BOUNDTOKEN_VERSION_PATCH {patch}
#define BOUNDTOKEN_VERSION_STRING \"{version}\"

/// A result that must not be ignored.
#if defined(__GNUC__)
#define BOUNDTOKEN_MUST_USE __attribute__((warn_unused_result))
#else
#define BOUNDTOKEN_MUST_USE
#endif

/// The outcome of a call. 0 is success, 1 to 99 are mistakes of the caller, and from 101 on are reasons to refuse a
/// token.
///
/// Numbers and names are stable. Later versions may add some.
typedef uint32_t boundtoken_status;
enum {{
"
    );
    for status in boundtoken_capi::statuses() {
        let documentation = wrapped(status.documentation);
        writeln!(text, "{documentation}  BOUNDTOKEN_{} = {},", status.name.to_uppercase(), status.number)
            .expect("a String takes everything");
    }
    text.push_str("};");
    text
}

/// Wraps a text into the lines of a comment.
fn wrapped(sentence: &str) -> String {
    const WIDTH: usize = 112;
    let mut lines = String::new();
    let mut line = String::from("  ///");
    for word in sentence.split_whitespace() {
        if line.len() + 1 + word.len() > WIDTH {
            lines.push_str(&line);
            lines.push('\n');
            line.truncate("  ///".len());
        }
        line.push(' ');
        line.push_str(word);
    }
    lines + &line + "\n"
}
