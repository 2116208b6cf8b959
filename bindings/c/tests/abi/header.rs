//! Reads `include/boundtoken.h` as cbindgen writes it. Panics on everything else.

use std::iter::Peekable;
use std::str::Lines;

/// What the header declares, in its order.
#[derive(Default)]
pub struct Header {
    pub constants: Vec<Constant>,
    pub enumerations: Vec<Enumeration>,
    pub handles: Vec<Handle>,
    pub structs: Vec<Struct>,
    pub callbacks: Vec<Signature>,
    pub functions: Vec<Function>,
}

/// A number with a name.
pub struct Constant {
    pub name: String,
    pub value: u32,
    pub documentation: String,
}

pub struct Enumeration {
    pub name: String,
    pub documentation: String,
    pub values: Vec<Constant>,
}

pub struct Handle {
    pub name: String,
    pub documentation: String,
}

pub struct Struct {
    pub name: String,
    pub documentation: String,
    pub members: Vec<Member>,
}

pub struct Member {
    pub name: String,
    pub type_name: String,
    /// The constant that is the length of an array.
    pub length: Option<String>,
    pub documentation: String,
}

/// A function, or a type of callbacks.
pub struct Signature {
    pub name: String,
    pub returns: String,
    /// The name and the type of each parameter.
    pub parameters: Vec<(String, String)>,
    pub documentation: String,
}

pub struct Function {
    pub signature: Signature,
    pub must_use: bool,
}

const MUST_USE: &str = "BOUNDTOKEN_MUST_USE";

/// Reads everything between the includes and the conveniences for C at the end.
pub fn read(header: &str) -> Header {
    let declarations = header.split("#include <string.h>\n").nth(1).expect("the includes");
    let (declarations, _conveniences) = declarations
        .split_once("#ifdef __cplusplus\n}  // extern \"C\"\n")
        .expect("the end of the declarations");
    let mut read = Header::default();
    let mut lines = declarations.lines().peekable();
    while lines.peek().is_some() {
        let documentation = comment(&mut lines, "");
        let Some(line) = lines.next() else { break };
        if line.is_empty() {
            assert!(documentation.is_empty(), "a comment without a declaration: {documentation}");
        } else if line.starts_with("#if") {
            // The attribute for results that must be used, and `extern "C"`.
            for line in lines.by_ref().take_while(|line| !line.starts_with("#endif")) {
                assert!(line.contains(MUST_USE) || ["#else", "extern \"C\" {"].contains(&line), "{line}");
            }
        } else if let Some(definition) = line.strip_prefix("#define ") {
            let (name, value) = definition.split_once(' ').expect("a value");
            // The versions are members of their own in the document.
            if !name.starts_with("BOUNDTOKEN_VERSION_") {
                read.constants.push(Constant { name: name.to_owned(), value: number(value), documentation });
            }
        } else if let Some(name) = line.strip_prefix("typedef uint32_t ") {
            assert_eq!(lines.next(), Some("enum {"), "{line}");
            let name = before_semicolon(name).to_owned();
            read.enumerations.push(Enumeration { name, documentation, values: values(&mut lines) });
        } else if line == "typedef struct {" {
            let (name, members) = members(&mut lines);
            read.structs.push(Struct { name, documentation, members });
        } else if let Some(names) = line.strip_prefix("typedef struct ") {
            let (tag, name) = before_semicolon(names).split_once(' ').expect("two names");
            assert_eq!(tag, name, "{line}");
            read.handles.push(Handle { name: name.to_owned(), documentation });
        } else {
            let mut declaration = line.to_owned();
            while !declaration.ends_with(';') {
                declaration.push(' ');
                declaration.push_str(lines.next().expect("the rest of a declaration").trim());
            }
            match declaration.strip_prefix("typedef ") {
                Some(callback) => read.callbacks.push(signature(callback, documentation)),
                None => {
                    let plain = declaration.strip_prefix(MUST_USE);
                    let must_use = plain.is_some();
                    let signature = signature(plain.unwrap_or(&declaration), documentation);
                    read.functions.push(Function { signature, must_use });
                }
            }
        }
    }
    read
}

/// Reads the comment lines that come next. Their lines stay as they are, so that lists and paragraphs do.
fn comment(lines: &mut Peekable<Lines<'_>>, indent: &str) -> String {
    let mut comment = Vec::new();
    while let Some(line) =
        lines.next_if(|line| line.strip_prefix(indent).is_some_and(|it| it.starts_with("//")))
    {
        let text = line.trim_start().trim_start_matches('/');
        comment.push(text.strip_prefix(' ').unwrap_or(text));
    }
    comment.join("\n")
}

fn values(lines: &mut Peekable<Lines<'_>>) -> Vec<Constant> {
    let mut values = Vec::new();
    loop {
        let documentation = comment(lines, "  ");
        let line = lines.next().expect("the end of the enumeration");
        if line == "};" {
            return values;
        }
        let (name, value) =
            line.strip_suffix(',').and_then(|line| line.trim().split_once(" = ")).expect(line);
        values.push(Constant { name: identifier(name), value: number(value), documentation });
    }
}

fn members(lines: &mut Peekable<Lines<'_>>) -> (String, Vec<Member>) {
    let mut members = Vec::new();
    loop {
        let documentation = comment(lines, "  ");
        let line = lines.next().expect("the end of the struct");
        if let Some(name) = line.strip_prefix("} ") {
            return (identifier(before_semicolon(name)), members);
        }
        let (declaration, length) = match before_semicolon(line).split_once('[') {
            Some((declaration, length)) => {
                (declaration, Some(identifier(length.strip_suffix(']').expect(line))))
            }
            None => (before_semicolon(line), None),
        };
        let (name, type_name) = named_type(declaration);
        members.push(Member { name, type_name, length, documentation });
    }
}

/// Reads `RETURNS NAME(PARAMETERS);` or `RETURNS (*NAME)(PARAMETERS);`.
fn signature(declaration: &str, documentation: String) -> Signature {
    let declaration = before_semicolon(declaration).strip_suffix(')').expect(declaration);
    let (before, parameters) = match declaration.split_once("(*") {
        Some((returns, rest)) => {
            let (name, parameters) = rest.split_once(")(").expect(declaration);
            (format!("{returns} {name}"), parameters)
        }
        None => {
            let (before, parameters) = declaration.split_once('(').expect(declaration);
            (before.to_owned(), parameters)
        }
    };
    let (name, returns) = named_type(&before);
    let parameters = match parameters {
        "void" => Vec::new(),
        list => list.split(',').map(named_type).collect(),
    };
    Signature { name, returns, parameters, documentation }
}

/// Splits `TYPE NAME`. Pointers are written as `const char *` and `boundtoken_error **`.
fn named_type(declaration: &str) -> (String, String) {
    let declaration = declaration.trim();
    let end = declaration.rfind([' ', '*']).expect(declaration);
    let (type_name, name) = declaration.split_at(end + 1);
    let base = type_name.trim_end_matches([' ', '*']);
    let words: Vec<&str> = base.split(' ').collect();
    match words.as_slice() {
        [_] | ["const", _] => {}
        _ => panic!("not understood: {declaration}"),
    }
    let pointers = type_name.matches('*').count();
    let space = if pointers > 0 { " " } else { "" };
    (identifier(name), format!("{base}{space}{}", "*".repeat(pointers)))
}

fn identifier(name: &str) -> String {
    let is_identifier =
        !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    assert!(is_identifier, "not a name: {name}");
    name.to_owned()
}

fn before_semicolon(text: &str) -> &str {
    text.strip_suffix(';').expect(text)
}

fn number(text: &str) -> u32 {
    text.parse().expect(text)
}

#[test]
fn what_is_not_understood_is_an_error() {
    let read_with = |declaration: &str| {
        let header = format!("#include <string.h>\n{declaration}#ifdef __cplusplus\n}}  // extern \"C\"\n");
        std::panic::catch_unwind(|| read(&header))
    };
    let understood = "// Text.\ntypedef struct {\n  // A number.\n  uint32_t number;\n} name;\n";
    assert!(read_with(understood).is_ok_and(|header| header.structs[0].members[0].name == "number"));
    for declaration in [
        "typedef struct {\n  unsigned int number;\n} name;\n",
        "typedef struct {\n  uint32_t number : 4;\n} name;\n",
        "typedef union {\n  uint32_t number;\n} name;\n",
        "typedef uint32_t name;\n",
        "typedef uint32_t name;\nenum {\n  FIRST,\n};\n",
        "#pragma pack(1)\n",
        "#define NAME \"text\"\n",
        "#ifdef OTHER\nint function(void);\n#endif\n",
        "static int number = 1;\n",
        "// A comment that belongs to nothing.\n\n",
    ] {
        assert!(read_with(declaration).is_err(), "{declaration}");
    }
}
