//! The program as a whole: help, colours, pipes and completions.

use boundtoken::Reason;

use super::*;

const COMMANDS: [&str; 15] = [
    "verify",
    "inspect",
    "issue",
    "request",
    "doctor",
    "compare",
    "watch",
    "snapshot",
    "bench",
    "dev-server",
    "demo",
    "reasons",
    "version",
    "completions",
    "man",
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
    let help = boundtoken(["--help"]).stdout;
    assert!(COMMANDS.iter().all(|command| help.contains(&format!("\n  {command} "))), "{help}");
    assert!(boundtoken(["verify", "--help"]).stdout.contains("can see it in the list of processes"));
    let version = boundtoken(["--version"]);
    assert_eq!(version.stdout, format!("boundtoken {}\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn commands_in_help_texts_fit_into_a_terminal_and_can_be_copied() {
    for command in COMMANDS.into_iter().chain([""]) {
        let arguments = [command, "--help"].into_iter().filter(|argument| !argument.is_empty());
        let help = run(arguments, b"", &[("COLUMNS", "200")]).stdout;
        let (_, closing) = help.split_once("Examples:\n").expect("examples");
        let long: Vec<_> = closing.lines().filter(|line| line.chars().count() > 80).collect();
        assert!(long.is_empty(), "{command}: {long:?}");
    }
}

#[test]
fn the_environment_that_counts_is_documented() {
    let help = boundtoken(["--help"]).stdout;
    let page = boundtoken(["man"]).stdout;
    assert!(help.contains("\nEnvironment:\n") && page.contains("\n.SH ENVIRONMENT\n"), "{help} {page}");
    for variable in
        ["KUBECONFIG", "HTTPS_PROXY", "NO_PROXY", "NO_COLOR", "CLICOLOR_FORCE", "BOUNDTOKEN_FAST_RSA"]
    {
        assert!(help.contains(&format!("\n  {variable} ")) && page.contains(variable), "{variable}");
    }
}

#[test]
fn every_command_has_a_manual_page() {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join("man/man1");
    let _absent = std::fs::remove_dir_all(&directory);
    let run = boundtoken([OsStr::new("man"), OsStr::new("--directory"), directory.as_os_str()]);
    assert_eq!((run.status, run.stdout.as_str(), run.stderr.as_str()), (0, "", ""), "{run:?}");
    let page = |name: &str| std::fs::read_to_string(directory.join(format!("{name}.1"))).expect(name);
    for command in COMMANDS {
        let page = page(&format!("boundtoken-{command}"));
        for section in ["NAME", "SYNOPSIS", "DESCRIPTION", "OPTIONS", "EXAMPLES", "\"EXIT STATUS\""] {
            assert!(page.contains(&format!("\n.SH {section}\n")), "{command} {section}: {page}");
        }
    }
    assert_eq!(page("boundtoken"), boundtoken(["man"]).stdout);
    assert_eq!(std::fs::read_dir(&directory).unwrap().count(), COMMANDS.len() + 1);
    let run = boundtoken(["man", "--directory", "/dev/null/x"]);
    assert!(run.status == 2 && run.stderr.contains("/dev/null/x: "), "{run:?}");
}

#[test]
fn the_version_says_what_the_program_was_built_from() {
    let document = boundtoken(["version", "-o", "json"]).json();
    for (member, words) in [
        ("version", env!("CARGO_PKG_VERSION")),
        ("libraryVersion", boundtoken::VERSION),
        ("target", std::env::consts::ARCH),
    ] {
        assert!(document[member].as_str().unwrap().starts_with(words), "{document}");
    }
    assert!(["ring", "AWS-LC"].contains(&document["cryptography"].as_str().unwrap()), "{document}");
    assert_eq!(document["fastRsa"].as_bool(), Some(document["fastRsaOffBecause"].is_null()), "{document}");

    let run = run(["version"], b"", &[("BOUNDTOKEN_FAST_RSA", "off")]);
    assert!(run.stdout.contains(document["target"].as_str().unwrap()), "{run:?}");
    assert!(run.stdout.contains("  Fast RS256       off: "), "{run:?}");
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
fn tables_fit_80_columns() {
    let live = token("pod-live");
    let deleted = token("pod-deleted");
    let objects = objects("after", "columns");
    for (arguments, input) in [
        (verify_arguments(&[]), &live),
        (verify_arguments(&["--objects", &objects]), &live),
        (verify_arguments(&["--objects", &objects]), &deleted),
        (verify_arguments(&["--max-token-size", "100"]), &live),
        (vec!["reasons".to_owned(), "2xx".to_owned(), "5xx".to_owned()], &live),
        (vec!["version".to_owned()], &live),
        (vec!["inspect".to_owned()], &live),
    ] {
        let run = with_input(&arguments, input.as_bytes());
        let long: Vec<_> = run.stdout.lines().filter(|line| line.chars().count() > 80).collect();
        assert!(run.status < 2 && long.is_empty(), "{arguments:?}: {long:?} {run:?}");
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
        (words("version"), 0),
        (words("man"), 0),
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
        let heading = format!(
            "{} {}{mark} {} -> {}",
            reason.number(),
            reason.name(),
            reason.description(),
            reason.remedy()
        );
        assert!(words(&text).contains(&heading), "{heading}");
    }
    assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
}

/// The words of a text, however it wraps.
fn words(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn a_reason_is_explained_by_its_number_or_its_name() {
    for argument in ["521", "pod_not_found"] {
        let run = boundtoken(["reasons", argument]);
        assert_eq!((run.status, run.stderr.as_str()), (0, ""), "{run:?}");
        let reason = Reason::PodNotFound;
        for text in [reason.description(), reason.documentation().trim(), reason.remedy()] {
            assert!(words(&run.stdout).contains(&words(text)), "{text}: {run:?}");
        }
        assert!(
            run.stdout.starts_with("521 pod_not_found\n") && !run.stdout.contains("pod_deleted"),
            "{run:?}"
        );
    }
    let numbers = |arguments: &[&str]| -> Vec<u64> {
        let document = boundtoken([&["reasons", "-o", "json"], arguments].concat()).json();
        document.as_array().unwrap().iter().map(|entry| entry["number"].as_u64().unwrap()).collect()
    };
    assert_eq!(numbers(&["expired", "302", "414"]), [302, 414]);
    let fifth = numbers(&["5xx"]);
    assert!(fifth.len() > 20 && fifth.iter().all(|number| (500..600).contains(number)), "{fifth:?}");
    let run = boundtoken(["reasons", "pod_gone"]);
    assert_eq!((run.status, run.stdout.as_str()), (2, ""), "{run:?}");
    assert!(
        run.stderr.contains("521 pod_not_found") && run.stderr.contains("`boundtoken reasons`"),
        "{run:?}"
    );
}
