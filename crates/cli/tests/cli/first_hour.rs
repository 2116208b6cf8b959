//! `docs/first-hour.md`: every command on the page is run, and has the output that stands below it.
//!
//! Run with `BOUNDTOKEN_UPDATE=1` to write the output into the page.

use std::io::{BufRead as _, BufReader};
use std::process::Child;

use boundtoken::UnixSeconds;
use boundtoken::api::Time;
use regex_lite::{Captures, Regex};

use super::*;

/// The time at which the page is said to begin.
const BEGIN: u64 = 1_795_521_600;
/// Times are rounded to this many seconds, because a run takes some.
const ROUND: u64 = 300;
/// An id of a token, and the ids that the page itself gives.
const TOKEN_ID: &str = "3b7c1d52-84e6-4f09-a1c3-6e2d90f5b817";
const GIVEN_IDS: [&str; 2] = ["5f0e2a1c-6d3b-4c57-9a0e-2b8f7d41c3e6", "c81d5b7e-09f4-4e2a-8b63-f17a9d20e548"];

/// The development server, which runs until the test ends.
struct Server {
    child: Child,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ended = self.child.kill();
        let _reaped = self.child.wait();
    }
}

/// A directory in which the commands of the page are run.
struct Session {
    directory: PathBuf,
    begun_at: u64,
    server: Option<Server>,
}

impl Session {
    fn begin() -> Self {
        let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join("first-hour");
        let _absent = std::fs::remove_dir_all(&directory);
        std::fs::create_dir_all(&directory).unwrap();
        let key = boundtoken_testing::repository().join("tests/fixtures/keys/rsa-pkcs8.pem");
        std::fs::copy(key, directory.join("sa.key")).unwrap();
        Self { directory, begun_at: UnixSeconds::now().0, server: None }
    }

    fn shell(&self, command: &str) -> Command {
        let program = Path::new(env!("CARGO_BIN_EXE_boundtoken")).parent().unwrap().to_owned();
        let path = std::env::var_os("PATH").unwrap_or_default();
        let path = std::env::join_paths(std::iter::once(program).chain(std::env::split_paths(&path)));
        let mut shell = Command::new("sh");
        shell.args(["-c", &format!("exec 2>&1\n{command}")]).current_dir(&self.directory);
        shell.stdin(Stdio::null()).stdout(Stdio::piped());
        shell.env("PATH", path.unwrap()).env("KUBECONFIG", self.directory.join("boundtoken.kubeconfig"));
        for variable in ["NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "HTTPS_PROXY", "https_proxy"] {
            shell.env_remove(variable);
        }
        // The page is the same on every CPU.
        shell.env("COLUMNS", "80").env("BOUNDTOKEN_FAST_RSA", "off");
        shell
    }

    /// The output of a command, as the page has it.
    fn output(&mut self, command: &str) -> String {
        let output = if command.starts_with("boundtoken dev-server ") {
            self.start(command)
        } else {
            String::from_utf8(self.shell(command).output().unwrap().stdout).unwrap()
        };
        self.masked(&output).lines().flat_map(|line| [line.trim_end(), "\n"]).collect()
    }

    /// Starts the server in the background. Returns what it says until it waits for requests.
    fn start(&mut self, command: &str) -> String {
        let mut child = self.shell(&format!("exec {command} --port 0")).spawn().unwrap();
        let mut said = BufReader::new(child.stdout.take().unwrap());
        self.server = Some(Server { child });
        let mut output = String::new();
        while !output.contains("Ctrl-C") {
            assert_ne!(said.read_line(&mut output).unwrap(), 0, "it has ended: {output}");
        }
        output
    }

    /// Replaces what differs from run to run.
    fn masked(&self, output: &str) -> String {
        let mut text = output.replace(self.directory.to_str().unwrap(), "/home/you/first-hour");
        for (pattern, replacement) in [
            (r"127\.0\.0\.1:\d+", "127.0.0.1:6443"),
            (r"\b\d seconds? apart", "0 seconds apart"),
            (r"\b(now|\d+ seconds? ago) \(", "2 seconds ago ("),
            (r"\bin (5\d|60) minutes \(", "in 59 minutes ("),
        ] {
            text = Regex::new(pattern).unwrap().replace_all(&text, replacement).into_owned();
        }
        let id = |found: &Captures<'_>| {
            let given = GIVEN_IDS.into_iter().find(|id| *id == &found[0]);
            given.unwrap_or(TOKEN_ID).to_owned()
        };
        let date = |found: &Captures<'_>| {
            let time: Time = found[0].parse().unwrap();
            UnixSeconds(self.rounded(UnixSeconds::from(time).0)).to_string()
        };
        let seconds = |found: &Captures<'_>| self.rounded(found[0].parse().unwrap()).to_string();
        let text = Regex::new("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
            .unwrap()
            .replace_all(&text, id)
            .into_owned();
        let text =
            Regex::new(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ").unwrap().replace_all(&text, date).into_owned();
        Regex::new(r"\b\d{10}\b").unwrap().replace_all(&text, seconds).into_owned()
    }

    /// A time of this run as a time of the page.
    fn rounded(&self, time: u64) -> u64 {
        BEGIN + (time + ROUND / 2).saturating_sub(self.begun_at) / ROUND * ROUND
    }
}

/// The page with the output of its commands.
fn page(stored: &str) -> String {
    let mut session = Session::begin();
    let mut page = String::new();
    let mut lines = stored.lines();
    while let Some(line) = lines.next() {
        page.extend([line, "\n"]);
        if line != "```console" {
            continue;
        }
        let block: Vec<_> = lines.by_ref().take_while(|line| *line != "```").collect();
        for command in commands(&block) {
            page.extend(["$ ", &command, "\n"]);
            page.push_str(&session.output(&command));
        }
        page.push_str("```\n");
    }
    page
}

/// The commands of a block. A command goes on after a backslash, and until the end of its here document.
fn commands(block: &[&str]) -> Vec<String> {
    let mut commands = Vec::new();
    let mut lines = block.iter();
    while let Some(line) = lines.next() {
        let Some(first) = line.strip_prefix("$ ") else { continue };
        let mut command = first.to_owned();
        let is_document = first.ends_with("<<'EOF'");
        let goes_on =
            |command: &str| if is_document { !command.ends_with("\nEOF") } else { command.ends_with('\\') };
        while goes_on(&command) {
            command.push('\n');
            command.push_str(lines.next().expect("the rest of the command"));
        }
        commands.push(command);
    }
    commands
}

#[test]
fn first_hour() {
    let path = boundtoken_testing::repository().join("docs/first-hour.md");
    let stored = std::fs::read_to_string(&path).unwrap();
    let page = page(&stored);
    if std::env::var_os("BOUNDTOKEN_UPDATE").is_some() {
        std::fs::write(&path, &page).unwrap();
        return;
    }
    let update = "BOUNDTOKEN_UPDATE=1 cargo test -p boundtoken-cli --test cli -- first_hour";
    for (stored, now) in stored.lines().zip(page.lines()) {
        assert_eq!(stored, now, "docs/first-hour.md is not current: run {update}");
    }
    assert!(stored == page, "docs/first-hour.md is not current: run {update}");
}
