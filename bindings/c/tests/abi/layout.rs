//! Where the members of a struct stand, by the rules of the C ABI: each at the next multiple of its alignment.

use std::collections::BTreeMap;

use crate::header::{Constant, Header, Struct};

/// What the sizes of a platform depend on.
pub struct Platform {
    pub name: &'static str,
    pub documentation: &'static str,
    pub pointer: u64,
    /// The alignment of integers of 64 bits.
    pub long: u64,
}

pub const PLATFORMS: [Platform; 3] = [
    Platform { name: "64", documentation: "Pointers of 64 bits.", pointer: 8, long: 8 },
    Platform {
        name: "32",
        documentation: "Pointers of 32 bits, and integers of 64 bits aligned to 8 bytes: ARM, WebAssembly, Windows.",
        pointer: 4,
        long: 8,
    },
    Platform {
        name: "i386",
        documentation: "Pointers of 32 bits, and integers of 64 bits aligned to 4 bytes: System V for i386.",
        pointer: 4,
        long: 4,
    },
];

/// The layout of a struct on one platform.
pub struct Layout {
    pub offsets: Vec<u64>,
    pub size: u64,
    pub alignment: u64,
}

pub struct Layouts<'a> {
    platform: &'a Platform,
    structs: BTreeMap<&'a str, &'a Struct>,
    enumerations: Vec<&'a str>,
    constants: BTreeMap<&'a str, u64>,
}

impl<'a> Layouts<'a> {
    pub fn of(header: &'a Header, platform: &'a Platform) -> Self {
        let value = |constant: &'a Constant| (constant.name.as_str(), u64::from(constant.value));
        Self {
            platform,
            structs: header.structs.iter().map(|it| (it.name.as_str(), it)).collect(),
            enumerations: header.enumerations.iter().map(|it| it.name.as_str()).collect(),
            constants: header.constants.iter().map(value).collect(),
        }
    }

    pub fn layout(&self, of: &Struct) -> Layout {
        let mut layout = Layout { offsets: Vec::new(), size: 0, alignment: 1 };
        for member in &of.members {
            let (size, alignment) = self.size_and_alignment(&member.type_name);
            let count = member.length.as_deref().map_or(1, |length| self.constants[length]);
            let offset = layout.size.next_multiple_of(alignment);
            layout.offsets.push(offset);
            layout.size = offset + size * count;
            layout.alignment = layout.alignment.max(alignment);
        }
        layout.size = layout.size.next_multiple_of(layout.alignment);
        layout
    }

    fn size_and_alignment(&self, type_name: &str) -> (u64, u64) {
        let pointer = (self.platform.pointer, self.platform.pointer);
        match type_name {
            "char" => (1, 1),
            "uint32_t" => (4, 4),
            "uint64_t" | "int64_t" => (8, self.platform.long),
            "size_t" => pointer,
            name if name.ends_with('*') => pointer,
            name if self.enumerations.contains(&name) => (4, 4),
            name => {
                let layout =
                    self.layout(self.structs.get(name).unwrap_or_else(|| panic!("unknown type: {name}")));
                (layout.size, layout.alignment)
            }
        }
    }
}
