//! Digits, read eight at a time.

/// Returns the number that the first eight bytes write, or `None` unless all of them are digits.
#[inline]
pub(super) fn first_eight(text: &[u8]) -> Option<u64> {
    const ZEROS: u64 = 0x3030_3030_3030_3030;
    const HIGH_HALVES: u64 = 0xf0f0_f0f0_f0f0_f0f0;
    const SIX: u64 = 0x0606_0606_0606_0606;
    let word = u64::from_le_bytes(*text.first_chunk()?);
    // A digit is 0x30 to 0x39. It has the high half 3, and still has it after 6 is added.
    if (word & HIGH_HALVES, word.wrapping_add(SIX) & HIGH_HALVES) != (ZEROS, ZEROS) {
        return None;
    }
    // The first digit is the lowest byte. Each step joins two neighbours: 10 times the lower one and the upper one.
    let digits = word & !HIGH_HALVES;
    let pairs = (digits.wrapping_mul(10 * (1 << 8) + 1) >> 8) & 0x00ff_00ff_00ff_00ff;
    let fours = (pairs.wrapping_mul(100 * (1 << 16) + 1) >> 16) & 0x0000_ffff_0000_ffff;
    Some(fours.wrapping_mul(10_000 * (1 << 32) + 1) >> 32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn eight_digits_are_the_number_that_they_write() {
        for number in (0..100_000_000).step_by(997).chain([99_999_999, 90_000_000, 9, 12_345_678]) {
            assert_eq!(first_eight(format!("{number:08},").as_bytes()), Some(number));
        }
    }

    #[test]
    fn any_other_byte_is_noticed_at_every_place() {
        for place in 0..8 {
            for byte in (0..=u8::MAX).filter(|byte| !byte.is_ascii_digit()) {
                let mut text = *b"99999999";
                text[place] = byte;
                assert_eq!(first_eight(&text), None, "{text:?}");
            }
        }
        assert_eq!(first_eight(b"1234567"), None);
    }
}
