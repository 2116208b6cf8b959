//! A second opinion on what may change: abidiff compares the ABI of the last release with the header, by what a compiler
//! makes of both.
//!
//! It does not see constants. It sees more than our own rules in all else, for example the types behind a typedef.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use boundtoken_testing::tools;

use crate::document::{Abi, Member, Parameter};
use crate::{baseline, current};

#[test]
fn abidiff_finds_no_change_that_breaks_programs() {
    let Some(abidiff) = Abidiff::find() else { return };
    let old = abidiff.library("baseline", &declared(&baseline()));
    let abi = current();
    let new = abidiff.library("current", &format!("#include <boundtoken.h>\n{}", defined(&abi)));
    let report = abidiff.compare(&old, &new, &abi);
    assert_eq!(report, None, "{}", report.as_deref().unwrap_or_default());
}

#[test]
fn abidiff_tells_growth_from_change() {
    let Some(abidiff) = Abidiff::find() else { return };
    let abi = current();
    let old = abidiff.library("old", &declared(&abi));
    let compare = |name: &str, change: &dyn Fn(&mut Abi)| {
        let mut changed = current();
        change(&mut changed);
        abidiff.compare(&old, &abidiff.library(name, &declared(&changed)), &abi)
    };
    let append = |abi: &mut Abi, name: &str| {
        let structure = abi.structs.iter_mut().find(|it| it.name == name).expect("the struct");
        let first = structure.members[0].clone();
        structure.members.push(Member { name: "appended".to_owned(), ..first });
    };
    assert_eq!(compare("grown", &|abi| append(abi, "boundtoken_claims")), None);
    assert!(compare("moved", &|abi| append(abi, "boundtoken_str")).is_some());
    assert!(compare("removed", &|abi| drop(abi.functions.pop())).is_some());
    let other_type = |abi: &mut Abi| abi.functions[2].parameters[0].type_name = "int64_t".to_owned();
    assert!(compare("other-type", &other_type).is_some());
}

struct Abidiff {
    program: &'static str,
    compiler: &'static str,
    folder: PathBuf,
}

impl Abidiff {
    fn find() -> Option<Self> {
        let program = tools::tool("abidiff", "abigail-tools")?;
        let compiler = tools::tool("gcc", "gcc")?;
        let thread = format!("{:?}", std::thread::current().id()).replace(['(', ')'], "");
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("abi").join(format!("abidiff-{thread}"));
        std::fs::create_dir_all(&folder).expect("scratch folder");
        Some(Self { program, compiler, folder })
    }

    /// Compiles a library of functions that do nothing, with everything that abidiff reads.
    fn library(&self, name: &str, source: &str) -> PathBuf {
        let unit = self.folder.join(name).with_extension("c");
        let library = unit.with_extension("so");
        std::fs::write(&unit, source).expect("written");
        let include = boundtoken_testing::repository().join("include");
        let mut command = Command::new(self.compiler);
        command.args(["-g", "-shared", "-fPIC", "-w", "-I"]).arg(include).arg(&unit).arg("-o").arg(&library);
        let output = command.output().expect("runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        library
    }

    /// What breaks programs, as abidiff tells it. Versioned structs may grow at their end.
    fn compare(&self, old: &Path, new: &Path, abi: &Abi) -> Option<String> {
        let versioned = abi.structs.iter().filter(|structure| structure.versioned);
        let rules: String = versioned
            .map(|structure| {
                let name = &structure.name;
                format!("[suppress_type]\nname = {name}\nhas_data_member_inserted_at = end\n\n")
            })
            .collect();
        let suppressions = self.folder.join("suppressions.ini");
        std::fs::write(&suppressions, rules).expect("written");
        let mut command = Command::new(self.program);
        command.arg("--no-added-syms").arg("--suppressions").arg(suppressions).args([old, new]);
        let output = command.output().expect("runs");
        let report = [output.stdout, output.stderr].concat();
        (!output.status.success()).then(|| String::from_utf8_lossy(&report).into_owned())
    }
}

/// A unit of C that declares the whole ABI by the document alone.
fn declared(abi: &Abi) -> String {
    let mut unit =
        "#include <stddef.h>\n#include <stdint.h>\ntypedef uint32_t boundtoken_status;\n".to_owned();
    for constant in &abi.constants {
        writeln!(unit, "#define {} {}", constant.name, constant.value).expect("a String");
    }
    for enumeration in &abi.enumerations {
        writeln!(unit, "typedef {} {};", enumeration.type_name, enumeration.name).expect("a String");
    }
    for handle in &abi.handles {
        writeln!(unit, "typedef struct {} {};", handle.name, handle.name).expect("a String");
    }
    for structure in &abi.structs {
        unit.push_str("typedef struct {\n");
        for member in &structure.members {
            let length = member.length.as_ref().map_or(String::new(), |length| format!("[{length}]"));
            writeln!(unit, "  {} {}{length};", member.type_name, member.name).expect("a String");
        }
        writeln!(unit, "}} {};", structure.name).expect("a String");
    }
    for callback in &abi.callbacks {
        let parameters = list(&callback.parameters);
        writeln!(unit, "typedef {} (*{})({parameters});", callback.returns, callback.name).expect("a String");
    }
    unit + &defined(abi)
}

/// Definitions of everything, without which a compiler would leave it out.
fn defined(abi: &Abi) -> String {
    let mut unit = String::new();
    for structure in &abi.structs {
        writeln!(unit, "{} *pointer_to_{};", structure.name, structure.name).expect("a String");
    }
    for function in &abi.functions {
        let (returns, name) = (&function.returns, &function.name);
        writeln!(unit, "{returns} {name}({}) {{ __builtin_trap(); }}", list(&function.parameters))
            .expect("a String");
    }
    unit
}

fn list(parameters: &[Parameter]) -> String {
    let parameter = |parameter: &Parameter| format!("{} {}", parameter.type_name, parameter.name);
    let list: Vec<String> = parameters.iter().map(parameter).collect();
    if list.is_empty() { "void".to_owned() } else { list.join(", ") }
}
