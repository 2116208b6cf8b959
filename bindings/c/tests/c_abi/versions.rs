//! Programs that were compiled with an older or a newer header run with this library. The headers are made from the
//! current one.

use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;

use serde_json::Value;

use crate::files::{self, ISSUER, NOW};
use crate::tools::{Language, Program, output, root, scratch};

/// The structs whose first sizes the program takes, in its order.
const STRUCTS: [&str; 5] = [
    "boundtoken_claims",
    "boundtoken_error_details",
    "boundtoken_verify_options",
    "boundtoken_statistics",
    "boundtoken_cluster_change",
];

#[test]
fn programs_of_other_versions_get_the_members_that_they_know() {
    let data = files::token_folder();
    for program in programs() {
        println!("{}: {}", program.name, output(arguments(&mut program.command(), &data)));
    }
}

/// The programs, with this header and the two others. They are compiled once.
fn programs() -> &'static [Program] {
    static PROGRAMS: OnceLock<Vec<Program>> = OnceLock::new();
    PROGRAMS.get_or_init(compile)
}

fn compile() -> Vec<Program> {
    let abi = abi();
    let current = std::fs::read_to_string(root().join("include/boundtoken.h")).expect("header");
    let headers: [(&str, &'static [&'static str], String); 3] = [
        ("current", &["-DCURRENT"], current.clone()),
        ("older", &["-DOLDER"], older(&current, &abi)),
        ("newer", &["-DNEWER"], newer(&current, &abi)),
    ];
    let mut programs = Vec::new();
    for (name, flags, header) in headers {
        let folder = scratch("versions").join(name);
        std::fs::create_dir_all(&folder).expect("a folder");
        std::fs::write(folder.join("boundtoken.h"), header).expect("written");
        for language in [Language::ALL[0], Language::ALL[4]] {
            let program = Program::test("versions").language(language).flags(flags).headers(&folder);
            programs.extend(program.compile());
        }
    }
    programs
}

fn arguments<'a>(command: &'a mut Command, data: &PathBuf) -> &'a mut Command {
    let abi = abi();
    let first_size = |name: &&str| {
        let structure = structs(&abi).find(|structure| structure["name"] == **name).expect("the struct");
        let pointer_width = if cfg!(target_pointer_width = "64") { "64" } else { "32" };
        structure["firstSize"][pointer_width].to_string()
    };
    command.arg(data).args([ISSUER, NOW]).args(STRUCTS.iter().map(first_size))
}

fn abi() -> Value {
    let text = std::fs::read_to_string(root().join("bindings/abi.json")).expect("bindings/abi.json");
    serde_json::from_str(&text).expect("JSON")
}

/// The name under which programs look for the shared library.
pub fn soname() -> String {
    text(&abi()["soname"]).to_owned()
}

fn structs(abi: &Value) -> impl Iterator<Item = &Value> {
    abi["structs"].as_array().expect("structs").iter()
}

fn text(value: &Value) -> &str {
    value.as_str().expect("a text")
}

/// The header without the last member of each struct that has grown since the first version.
fn older(header: &str, abi: &Value) -> String {
    let grown = structs(abi).filter(|it| it["versioned"] == true && it["firstSize"] != it["size"]);
    grown.fold(header.to_owned(), |header, structure| {
        let last = structure["members"].as_array().and_then(|members| members.last()).expect("a member");
        let space = if text(&last["type"]).ends_with('*') { "" } else { " " };
        let member = format!("  {}{space}{};\n", text(&last["type"]), text(&last["name"]));
        let end = end_of(structure);
        changed(&header, &format!("{member}{end}"), &end)
    })
}

/// The header with one more member at the end of each struct that may grow.
fn newer(header: &str, abi: &Value) -> String {
    let versioned = structs(abi).filter(|structure| structure["versioned"] == true);
    versioned.fold(header.to_owned(), |header, structure| {
        let end = end_of(structure);
        changed(&header, &end, &format!("  uint64_t appended;\n{end}"))
    })
}

fn end_of(structure: &Value) -> String {
    format!("}} {};\n", text(&structure["name"]))
}

fn changed(header: &str, from: &str, to: &str) -> String {
    assert_eq!(header.matches(from).count(), 1, "{from}");
    header.replace(from, to)
}

#[cfg(feature = "kubernetes")]
mod changes {
    use std::io::{BufRead as _, BufReader};
    use std::process::Stdio;

    use boundtoken_dev_server::Fault;

    use super::{arguments, files, programs};
    use crate::cluster::Server;

    #[test]
    fn programs_of_other_versions_get_the_changes_that_they_know() {
        let data = files::token_folder();
        for program in programs() {
            let server = Server::start();
            let mut command = program.command();
            arguments(&mut command, &data).arg(server.configuration()).stdout(Stdio::piped());
            let mut child = command.spawn().expect("runs");
            let mut line = String::new();
            BufReader::new(child.stdout.take().expect("its output")).read_line(&mut line).expect("a line");
            assert_eq!(line, "ready\n", "{}", program.name);
            server.server.set_faults([Fault::ErrorRate(1.0)]);
            server.server.disconnect_watches();
            let status = child.wait().expect("ended");
            assert!(status.success(), "{}: {status}", program.name);
        }
    }
}
