//! Reading and writing numbers and texts.

/// Reads arguments. Whoever writes them is a part of this program: where they are broken, the rest counts as absent.
pub struct Reader<'a>(pub &'a [u8]);

impl<'a> Reader<'a> {
    fn take<const SIZE: usize>(&mut self) -> Option<[u8; SIZE]> {
        let (taken, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*taken)
    }

    pub fn long(&mut self) -> Option<u64> {
        self.take().map(u64::from_le_bytes)
    }

    pub fn number(&mut self) -> Option<usize> {
        self.take().map(u32::from_le_bytes).and_then(|number| usize::try_from(number).ok())
    }

    pub fn bytes(&mut self) -> Option<&'a [u8]> {
        let size = self.number()?;
        let (taken, rest) = self.0.split_at_checked(size)?;
        self.0 = rest;
        Some(taken)
    }

    pub fn text(&mut self) -> Option<&'a str> {
        std::str::from_utf8(self.bytes()?).ok()
    }

    /// Reads as many texts as a number in front of them says.
    pub fn texts(&mut self) -> Option<Vec<&'a str>> {
        (0..self.number()?).map(|_| self.text()).collect()
    }
}

/// Sizes in memory of 4 GiB fit.
pub fn number(size: usize) -> u32 {
    u32::try_from(size).unwrap_or(u32::MAX)
}

pub fn write_text(to: &mut Vec<u8>, text: &str) {
    to.extend(number(text.len()).to_le_bytes());
    to.extend(text.as_bytes());
}
