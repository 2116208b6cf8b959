//! What may change in the ABI: it grows, and nothing of it changes.

use std::collections::BTreeMap;
use std::fmt::Debug;

use crate::document::{Abi, Function, Member, Parameter, Signature, Status, Struct};
use crate::{baseline, current};

#[test]
fn the_abi_only_grows() {
    let broken = broken(&baseline(), &current());
    assert!(broken.is_empty(), "programs that were compiled before would break:\n{}", broken.join("\n"));
}

#[test]
fn records_have_one_layout_everywhere() {
    let abi = current();
    let records = abi.structs.iter().filter(|it| it.name.starts_with("boundtoken_record"));
    for structure in records {
        let offsets = structure.members.iter().map(|member| &member.offset);
        for numbers in offsets.chain([&structure.size]) {
            let first = numbers["64"];
            assert!(numbers.values().all(|number| *number == first), "{}: {numbers:?}", structure.name);
        }
    }
    let header = abi.structs.iter().find(|it| it.name == "boundtoken_record").expect("the record");
    assert_eq!(header.size["64"], abi.record.header_size);
}

/// A struct that grows would move what stands behind it.
#[test]
fn no_versioned_struct_is_part_of_another_struct() {
    let abi = current();
    for member in abi.structs.iter().flat_map(|structure| &structure.members) {
        let versioned = abi.structs.iter().any(|it| it.versioned && it.name == member.type_name);
        assert!(!versioned, "{} is a {}", member.name, member.type_name);
    }
}

#[test]
fn every_versioned_struct_says_in_its_documentation_that_it_grows() {
    for structure in current().structs.iter().filter(|structure| structure.versioned) {
        let documentation = structure.documentation.replace('\n', " ");
        assert!(documentation.contains("Later versions append members."), "{}", structure.name);
    }
}

#[test]
fn a_change_that_breaks_programs_is_named() {
    let broken_by = |change: &dyn Fn(&mut Abi)| {
        let mut abi = current();
        change(&mut abi);
        broken(&current(), &abi).join("\n")
    };
    let is_claims = |structure: &&mut Struct| structure.name == "boundtoken_claims";
    let is_verify = |function: &&mut Function| function.name == "boundtoken_verify";
    for (change, message) in [
        (
            &(|abi: &mut Abi| abi.statuses[1].number = 99) as &dyn Fn(&mut Abi),
            "status null_argument: 1 became 99",
        ),
        (&|abi| drop(abi.statuses.pop()), "was removed"),
        (&|abi| abi.statuses[1].constant.push('X'), "status 1: "),
        (&|abi| abi.constants[0].value += 1, "constant BOUNDTOKEN_UID_SIZE: 128 became 129"),
        (
            &|abi| drop(abi.enumerations[0].values.remove(2)),
            "enumerator BOUNDTOKEN_OBJECT_KIND_SECRET was removed",
        ),
        (&|abi| drop(abi.handles.pop()), "handle boundtoken_verifier_builder was removed"),
        (&|abi| drop(abi.functions.remove(0)), "function boundtoken_build_info was removed"),
        (
            &|abi| {
                let function = abi.functions.iter_mut().find(is_verify).expect("the function");
                drop(function.parameters.pop());
            },
            "function boundtoken_verify: ",
        ),
        (&|abi| abi.callbacks[0].returns.push('*'), "callback boundtoken_objects_callback: "),
        (
            &|abi| {
                let claims = abi.structs.iter_mut().find(is_claims).expect("the claims");
                claims.members[3].offset.insert("32".to_owned(), 1);
            },
            "member boundtoken_claims.subject: ",
        ),
        (
            &|abi| {
                let claims = abi.structs.iter_mut().find(is_claims).expect("the claims");
                drop(claims.members.pop());
            },
            "member boundtoken_claims.issuer_label was removed",
        ),
        (
            &|abi| {
                let claims = abi.structs.iter_mut().find(is_claims).expect("the claims");
                let member = claims.members[1].clone();
                claims.members.push(Member { name: "new".to_owned(), ..member });
            },
            "member boundtoken_claims.new is not behind all others",
        ),
        (
            &|abi| {
                let claims = abi.structs.iter_mut().find(is_claims).expect("the claims");
                claims.first_size = Some(claims.size.clone());
            },
            "first size of boundtoken_claims: ",
        ),
        (
            &|abi| {
                let text = abi.structs.iter_mut().find(|it| it.name == "boundtoken_str").expect("the struct");
                text.size.insert("64".to_owned(), 24);
            },
            "size of boundtoken_str, which is not versioned: ",
        ),
        (&|abi| abi.record.version += 1, "version of the record: 1 became 2"),
        (&|abi| abi.soname.push('1'), "soname: "),
    ] {
        let broken = broken_by(change);
        assert!(broken.contains(message), "{message}: {broken}");
    }
}

#[test]
fn a_change_that_adds_breaks_nothing() {
    let old = current();
    let mut new = current();
    new.version = "0.2.0".to_owned();
    new.statuses.push(Status { number: 564, name: "new".to_owned(), ..new.statuses[1].clone() });
    new.functions.push(Function { name: "boundtoken_new".to_owned(), ..new.functions[0].clone() });
    for structure in new.structs.iter_mut().filter(|structure| structure.versioned) {
        let offset = structure.size.clone();
        structure.members.push(Member { name: "new".to_owned(), offset, ..structure.members[0].clone() });
        structure.size.values_mut().for_each(|size| *size += 8);
    }
    assert_eq!(broken(&old, &new), Vec::<String>::new());
}

/// Says what is not as it was.
fn broken(old: &Abi, new: &Abi) -> Vec<String> {
    let mut broken = Broken::default();
    broken.same("soname", &old.soname, &new.soname);
    broken.same("version of the record", &old.record.version, &new.record.version);

    let by_number =
        |abi: &Abi| by(&abi.statuses, |it| (it.number.to_string(), (it.constant.clone(), it.kind.clone())));
    broken.kept("status", &by_number(old), &by_number(new));
    let by_name = |abi: &Abi| by(&abi.statuses, |it| (it.name.clone(), it.number));
    broken.kept("status", &by_name(old), &by_name(new));

    let constants = |abi: &Abi| by(&abi.constants, |it| (it.name.clone(), it.value));
    broken.kept("constant", &constants(old), &constants(new));
    let enumerators = |abi: &Abi| {
        abi.enumerations.iter().flat_map(|it| &it.values).map(|it| (it.name.clone(), it.value)).collect()
    };
    broken.kept("enumerator", &enumerators(old), &enumerators(new));
    let types = |abi: &Abi| by(&abi.enumerations, |it| (it.name.clone(), it.type_name.clone()));
    broken.kept("enumeration", &types(old), &types(new));
    let handles = |abi: &Abi| by(&abi.handles, |it| (it.name.clone(), (it.free.clone(), it.retain.clone())));
    broken.kept_with("handle", &handles(old), &handles(new), |(old_free, old_retain), (free, retain)| {
        old_free == free && (old_retain.is_none() || old_retain == retain)
    });
    let callbacks = |abi: &Abi| {
        by(&abi.callbacks, |it: &Signature| (it.name.clone(), types_of(&it.returns, &it.parameters)))
    };
    broken.kept("callback", &callbacks(old), &callbacks(new));
    let functions =
        |abi: &Abi| by(&abi.functions, |it| (it.name.clone(), types_of(&it.returns, &it.parameters)));
    broken.kept("function", &functions(old), &functions(new));

    let structs = |abi: &Abi| by(&abi.structs, |it| (it.name.clone(), it.versioned));
    broken.kept("struct", &structs(old), &structs(new));
    let members = |abi: &Abi| {
        let members = abi.structs.iter().flat_map(|structure| {
            structure.members.iter().map(move |member| {
                let place = (member.type_name.clone(), member.length.clone(), member.offset.clone());
                (format!("{}.{}", structure.name, member.name), place)
            })
        });
        members.collect()
    };
    broken.kept("member", &members(old), &members(new));
    for (structure, grown) in pairs(&old.structs, &new.structs) {
        let appended =
            grown.members.iter().filter(|member| structure.members.iter().all(|it| it.name != member.name));
        for member in appended {
            // An old program counts the padding at the end of its struct as part of it.
            let behind = structure.size.iter().all(|(width, size)| member.offset[width] >= *size);
            broken
                .holds(behind, format!("member {}.{} is not behind all others", structure.name, member.name));
        }
    }
    let first_sizes = |abi: &Abi| by(&abi.structs, |it| (it.name.clone(), it.first_size.clone()));
    broken.kept("first size of", &first_sizes(old), &first_sizes(new));
    // The header of a record says its own size.
    let fixed = |abi: &Abi| {
        let fixed = abi.structs.iter().filter(|it| !it.versioned && it.name != "boundtoken_record");
        fixed.map(|it| (format!("{}, which is not versioned", it.name), it.size.clone())).collect()
    };
    broken.kept("size of", &fixed(old), &fixed(new));
    broken.0
}

fn pairs<'a>(old: &'a [Struct], new: &'a [Struct]) -> impl Iterator<Item = (&'a Struct, &'a Struct)> {
    old.iter().filter_map(|old| Some((old, new.iter().find(|new| new.name == old.name)?)))
}

fn by<T, V>(list: &[T], entry: impl Fn(&T) -> (String, V)) -> BTreeMap<String, V> {
    list.iter().map(entry).collect()
}

fn types_of(returns: &str, parameters: &[Parameter]) -> Vec<String> {
    let parameters = parameters.iter().map(|parameter| parameter.type_name.clone());
    std::iter::once(returns.to_owned()).chain(parameters).collect()
}

#[derive(Default)]
struct Broken(Vec<String>);

impl Broken {
    fn same<T: PartialEq + Debug>(&mut self, what: &str, old: &T, new: &T) {
        self.holds(old == new, format!("{what}: {old:?} became {new:?}"));
    }

    fn holds(&mut self, holds: bool, message: String) {
        if !holds {
            self.0.push(message);
        }
    }

    /// Everything old is there, and the same.
    fn kept<T: PartialEq + Debug>(
        &mut self,
        what: &str,
        old: &BTreeMap<String, T>,
        new: &BTreeMap<String, T>,
    ) {
        self.kept_with(what, old, new, |old, new| old == new);
    }

    fn kept_with<T: Debug>(
        &mut self,
        what: &str,
        old: &BTreeMap<String, T>,
        new: &BTreeMap<String, T>,
        fits: impl Fn(&T, &T) -> bool,
    ) {
        for (name, old) in old {
            match new.get(name) {
                None => self.holds(false, format!("{what} {name} was removed")),
                Some(new) => self.holds(fits(old, new), format!("{what} {name}: {old:?} became {new:?}")),
            }
        }
    }
}
