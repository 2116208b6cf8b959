//! The program as a whole: help, colours, pipes and completions.

use boundtoken::Reason;

use super::*;

const COMMANDS: [&str; 12] = [
    "verify",
    "inspect",
    "issue",
    "request",
    "doctor",
    "compare",
    "watch",
    "snapshot",
    "dev-server",
    "demo",
    "reasons",
    "completions",
];

#[test]
fn the_help_of_every_command_teaches_by_examples_and_tells_the_exit_statuses() {
    let mut pages = vec![boundtoken(["--help"]), boundtoken(["-h"])];
    for command in COMMANDS {
        pages.extend([
            boundtoken([command, "--help"]),
            boundtoken([command, "-h"]),
            boundtoken(["help", command]),
        ]);
    }
    for page in pages {
        assert_eq!((page.status, page.stderr.as_str()), (0, ""));
        let (_, statuses) = page.stdout.split_once("Exit status:\n").expect(&page.stdout);
        assert!(statuses.contains("  0  ") && statuses.contains("  2  "), "{}", page.stdout);
        assert!(
            page.stdout.contains("Examples:\n") && page.stdout.contains("boundtoken "),
            "{}",
            page.stdout
        );
    }
    assert!(boundtoken(["verify", "--help"]).stdout.contains("can see it in the list of processes"));
    let version = boundtoken(["--version"]);
    assert_eq!(version.stdout, format!("boundtoken {}\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn wrong_arguments_end_with_2() {
    for arguments in
        [&[][..], &["nonsense"], &["verify", "--nonsense"], &["completions"], &["reasons", "-o", "xml"]]
    {
        let run = boundtoken(arguments);
        assert_eq!((run.status, run.stdout.as_str()), (2, ""), "{arguments:?}");
        assert!(
            run.stderr.contains("Usage: boundtoken") || run.stderr.contains("possible values"),
            "{run:?}"
        );
    }
}

#[test]
fn colours_are_for_terminals_unless_forced() {
    let token = token("pod-live");
    let coloured = |arguments: &[String], environment: &[(&str, &str)]| {
        let run = run(arguments, token.as_bytes(), environment);
        run.stdout.contains('\u{1b}') || run.stderr.contains('\u{1b}')
    };
    for arguments in [
        verify_arguments(&[]),
        verify_arguments(&["--max-token-size", "1"]),
        vec!["inspect".to_owned()],
        vec!["demo".to_owned()],
        vec!["reasons".to_owned()],
        vec!["nonsense".to_owned()],
    ] {
        assert!(!coloured(&arguments, &[]), "{arguments:?}");
        assert!(!coloured(&arguments, &[("NO_COLOR", "1"), ("CLICOLOR_FORCE", "0")]), "{arguments:?}");
        assert!(coloured(&arguments, &[("CLICOLOR_FORCE", "1")]), "{arguments:?}");
    }
    let objects = objects("before", "colours");
    for format in ["json", "yaml", "name"] {
        assert!(
            !coloured(&verify_arguments(&["-o", format, "--objects", &objects]), &[("CLICOLOR_FORCE", "1")]),
            "{format}"
        );
    }
}

#[test]
fn a_reader_that_goes_away_changes_nothing() {
    let token = file("broken-pipe.token", token("pod-live"));
    let words = |line: &str| line.split(' ').map(str::to_owned).collect::<Vec<_>>();
    for (arguments, status) in [
        (verify_arguments(&["--token-file", &token]), 0),
        (verify_arguments(&["--token-file", &token, "-o", "json"]), 0),
        (verify_arguments(&["--token-file", &token, "--max-token-size", "1"]), 1),
        (verify_arguments(&["--token-file", &token, "-o", "name", "--max-token-size", "1"]), 1),
        (verify_arguments(&["--token-file", "/nowhere"]), 2),
        (vec!["inspect".to_owned(), "--token-file".to_owned(), token.clone()], 0),
        (words("demo"), 0),
        (words("reasons"), 0),
        (words("reasons -o json"), 0),
        (words("completions bash"), 0),
        (words("--help"), 0),
        (words("nonsense"), 2),
    ] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let mut child = command(&arguments);
        child.stdout(writer.try_clone().unwrap()).stderr(writer).stdin(Stdio::null());
        assert_eq!(child.status().unwrap().code(), Some(status), "{arguments:?}");
    }
}

#[test]
#[cfg(target_os = "linux")]
fn a_full_disk_is_not_taken_for_a_verdict() {
    for arguments in [
        verify_arguments(&["--token-file", &file("full.token", token("pod-live"))]),
        vec!["reasons".to_owned()],
    ] {
        let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
        let output = command(arguments).stdout(full).output().unwrap();
        assert_eq!(output.status.code(), Some(2));
        assert!(String::from_utf8_lossy(&output.stderr).contains("could not be written"));
    }
}

#[test]
fn every_shell_gets_its_completions() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let run = boundtoken(["completions", shell]);
        assert_eq!((run.status, run.stderr.as_str()), (0, ""), "{shell}");
        for word in ["boundtoken", "verify", "token-file", "audience"] {
            assert!(run.stdout.contains(word), "{shell}: {word}");
        }
    }
}

#[test]
fn every_reason_is_listed_with_its_number_name_and_remedy() {
    let text = boundtoken(["reasons"]).stdout;
    let document = boundtoken(["reasons", "-o", "json"]).json();
    let yaml: Value = yaml_serde::from_str(&boundtoken(["reasons", "-o", "yaml"]).stdout).expect("YAML");
    assert_eq!(yaml, document);
    assert_eq!(document.as_array().map(Vec::len), Some(Reason::ALL.len()));
    for (reason, entry) in Reason::ALL.iter().zip(document.as_array().unwrap()) {
        assert_eq!(entry["number"], reason.number());
        assert_eq!(entry["name"], reason.name());
        assert_eq!(entry["remedy"], reason.remedy());
        assert_eq!(entry["stricterThanApiServer"], Reason::STRICTER.contains(reason));
        let mark = if Reason::STRICTER.contains(reason) { " *" } else { "" };
        let heading = format!("{} {}{mark}\n    {}\n", reason.number(), reason.name(), reason.description());
        assert!(text.contains(&heading), "{heading}");
    }
}
