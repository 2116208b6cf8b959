//! Compilers agree with the document: sizes, offsets, numbers and signatures.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use boundtoken_testing::tools;

use crate::document::{Abi, Parameter};

#[test]
fn c_compilers_agree_with_the_document() {
    let unit = unit("compilers.c", "64");
    for compiler in ["gcc", "clang"] {
        if let Some(compiler) = tools::tool(compiler, compiler) {
            check(Command::new(compiler).args(["-std=c11", "-pedantic"]), &unit);
        }
    }
}

#[test]
fn cpp_compilers_agree_with_the_document() {
    let unit = unit("compilers.cpp", "64");
    for (compiler, package) in [("g++", "g++"), ("clang++", "clang")] {
        if let Some(compiler) = tools::tool(compiler, package) {
            check(Command::new(compiler).args(["-std=c++17", "-Wpedantic"]), &unit);
        }
    }
}

/// It takes no C library for these targets: the header needs three standard ones, and nothing is linked.
#[test]
fn compilers_for_other_machines_agree_with_the_document() {
    let Some(clang) = tools::tool("clang", "clang") else { return };
    let standard = scratch("freestanding");
    let string_h = "#include <stddef.h>\nsize_t strlen(const char *);\nvoid *memset(void *, int, size_t);\n";
    std::fs::write(standard.join("string.h"), string_h).expect("written");
    // System V for i386 aligns integers of 64 bits to 4 bytes, and the others to 8.
    for (pointer_width, target) in [
        ("64", "aarch64-linux-gnu"),
        ("32", "armv7-linux-gnueabihf"),
        ("32", "wasm32"),
        ("32", "i386-linux-gnu"),
    ] {
        let unit = unit(&format!("{target}.c"), pointer_width);
        let mut command = Command::new(clang);
        command
            .args(["-std=c11", "-ffreestanding", &format!("--target={target}"), "-isystem"])
            .arg(&standard);
        check(&mut command, &unit);
    }
}

/// Compilers refuse what contradicts the header, so that they do check.
#[test]
fn compilers_refuse_a_document_that_differs() {
    let Some(gcc) = tools::tool("gcc", "gcc") else { return };
    let offset = |abi: &mut Abi| {
        let structure = abi.structs.iter_mut().find(|it| it.name == "boundtoken_claims").expect("the claims");
        structure.members[2].offset.insert("64".to_owned(), 24);
    };
    let number = |abi: &mut Abi| abi.statuses[1].number += 1;
    let parameter = |abi: &mut Abi| {
        let function =
            abi.functions.iter_mut().find(|it| it.name == "boundtoken_verify").expect("the function");
        function.parameters[2].type_name = "int64_t".to_owned();
    };
    let changes: [&dyn Fn(&mut Abi); 3] = [&offset, &number, &parameter];
    for (place, change) in changes.into_iter().enumerate() {
        let mut abi = crate::current();
        change(&mut abi);
        let path = scratch("compilers").join(format!("differs-{place}.c"));
        std::fs::write(&path, assertions(&abi, "64")).expect("written");
        let status = compile(Command::new(gcc).arg("-std=c11"), &path);
        assert!(!status.status.success(), "{place}");
    }
}

fn check(command: &mut Command, unit: &Path) {
    let output = compile(command, unit);
    assert!(output.status.success(), "{command:?}\n{}", String::from_utf8_lossy(&output.stderr));
}

fn compile(command: &mut Command, unit: &Path) -> std::process::Output {
    let include = boundtoken_testing::repository().join("include");
    command.args(["-fsyntax-only", "-Wall", "-Wextra", "-Werror", "-I"]).arg(include).arg(unit);
    command.output().expect("runs")
}

fn unit(name: &str, pointer_width: &str) -> PathBuf {
    let path = scratch("compilers").join(name);
    std::fs::write(&path, assertions(&crate::current(), pointer_width)).expect("written");
    path
}

fn scratch(name: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("abi").join(name);
    std::fs::create_dir_all(&path).expect("scratch folder");
    path
}

/// A unit of C and C++ that compiles only if the header declares what the document says.
fn assertions(abi: &Abi, pointer_width: &str) -> String {
    let mut unit = "#include <boundtoken.h>\n\
                    #ifdef __cplusplus\n#define SAME(left, right) static_assert((left) == (right), #left)\n\
                    #else\n#define SAME(left, right) _Static_assert((left) == (right), #left)\n#endif\n"
        .to_owned();
    let mut same = |left: &str, right: u64| writeln!(unit, "SAME({left}, {right});").expect("a String");
    for structure in &abi.structs {
        let name = &structure.name;
        same(&format!("sizeof({name})"), structure.size[pointer_width]);
        for member in &structure.members {
            same(&format!("offsetof({name}, {})", member.name), member.offset[pointer_width]);
        }
    }
    for status in &abi.statuses {
        same(&status.constant, status.number.into());
    }
    for constant in abi.enumerations.iter().flat_map(|it| &it.values).chain(&abi.constants) {
        same(&constant.name, constant.value.into());
    }
    for enumeration in &abi.enumerations {
        same(&format!("sizeof({})", enumeration.name), 4);
    }
    // A pointer to a function takes no function of another type, and a pointer to a member none of another type.
    for structure in &abi.structs {
        for member in &structure.members {
            let pointer = match &member.length {
                Some(length) => {
                    format!("{} (*type_{}_{})[{length}]", member.type_name, structure.name, member.name)
                }
                None => format!("{} *type_{}_{}", member.type_name, structure.name, member.name),
            };
            writeln!(unit, "extern {pointer};").expect("a String");
            let (name, member) = (&structure.name, &member.name);
            writeln!(unit, "void take_{name}_{member}({name} *it);").expect("a String");
            writeln!(
                unit,
                "void take_{name}_{member}({name} *it) {{ type_{name}_{member} = &it->{member}; }}"
            )
            .expect("a String");
        }
    }
    let list = |parameters: &[Parameter]| {
        let types: Vec<&str> = parameters.iter().map(|parameter| parameter.type_name.as_str()).collect();
        if types.is_empty() { "void".to_owned() } else { types.join(", ") }
    };
    for function in &abi.functions {
        let (name, returns, parameters) = (&function.name, &function.returns, list(&function.parameters));
        writeln!(unit, "extern {returns} (*type_{name})({parameters});").expect("a String");
        writeln!(unit, "void take_{name}(void);\nvoid take_{name}(void) {{ type_{name} = {name}; }}")
            .expect("a String");
    }
    for callback in &abi.callbacks {
        let (name, returns, parameters) = (&callback.name, &callback.returns, list(&callback.parameters));
        writeln!(unit, "extern {returns} (*type_{name})({parameters});").expect("a String");
        writeln!(unit, "void take_{name}({name} it);\nvoid take_{name}({name} it) {{ type_{name} = it; }}")
            .expect("a String");
    }
    for handle in &abi.handles {
        writeln!(unit, "extern {} *handle_{};", handle.name, handle.name).expect("a String");
    }
    unit
}
