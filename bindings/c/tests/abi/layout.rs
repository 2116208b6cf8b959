//! Where the members of a struct stand, by the rules of the C ABI: each at the next multiple of its alignment.

use std::collections::BTreeMap;

use crate::header::{Constant, Header, Struct};

/// The layout of a struct.
pub struct Layout {
    pub offsets: Vec<u64>,
    pub size: u64,
    alignment: u64,
}

/// The layouts for pointers of one width.
pub struct Layouts<'a> {
    pointer_size: u64,
    structs: BTreeMap<&'a str, &'a Struct>,
    enumerations: Vec<&'a str>,
    constants: BTreeMap<&'a str, u64>,
}

impl<'a> Layouts<'a> {
    pub fn of(header: &'a Header, pointer_width: u64) -> Self {
        let value = |constant: &'a Constant| (constant.name.as_str(), u64::from(constant.value));
        Self {
            pointer_size: pointer_width / 8,
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
        let pointer = (self.pointer_size, self.pointer_size);
        match type_name {
            "char" => (1, 1),
            "uint32_t" => (4, 4),
            "uint64_t" | "int64_t" => (8, 8),
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
