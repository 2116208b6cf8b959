//! Texts and bytes across the boundary.

use std::ffi::c_char;
use std::ptr;

use super::error::Failure;
use super::status::Mistake;

/// A piece of text or bytes: `len` bytes at `data`, without a terminating NUL.
///
/// An absent text has `data` NULL and `len` 0; an empty one has only `len` 0. As an argument both mean the empty text.
/// Texts that the library returns are UTF-8.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct boundtoken_str {
    /// The first byte. May be NULL when `len` is 0.
    pub data: *const c_char,
    /// How many bytes there are.
    pub len: usize,
}

impl boundtoken_str {
    /// The text that is not there.
    pub(super) const ABSENT: Self = Self { data: ptr::null(), len: 0 };

    /// Lends a text to the caller. Who calls this makes sure that the text lives as long as the header says.
    pub(super) fn lend(text: &str) -> Self {
        // An empty text has no address in Rust; in C it is better off with a real one.
        let data = if text.is_empty() { c"".as_ptr() } else { text.as_ptr().cast() };
        Self { data, len: text.len() }
    }

    /// [`lend`](Self::lend), or [`ABSENT`](Self::ABSENT).
    pub(super) fn lend_optional(text: Option<&str>) -> Self {
        text.map_or(Self::ABSENT, Self::lend)
    }

    /// Reads the text that the caller gave as the argument of this name.
    ///
    /// # Safety
    /// `data` is NULL or points to `len` bytes that nobody changes or frees for as long as `'a`.
    pub(super) unsafe fn text<'a>(self, argument: &'static str) -> Result<&'a str, Failure> {
        // SAFETY: promised by the caller.
        let bytes = unsafe { bytes(self.data, self.len, argument) }?;
        std::str::from_utf8(bytes).map_err(|_| Mistake::NotUtf8.of(argument))
    }
}

/// Reads the bytes that the caller gave as the argument of this name.
///
/// # Safety
/// `data` is NULL or points to `len` bytes that nobody changes or frees for as long as `'a`.
pub(super) unsafe fn bytes<'a>(
    data: *const c_char,
    len: usize,
    argument: &'static str,
) -> Result<&'a [u8], Failure> {
    if len == 0 {
        return Ok(&[]);
    }
    if data.is_null() {
        return Err(Mistake::NullArgument.of(argument));
    }
    if isize::try_from(len).is_err() {
        return Err(Mistake::LengthOutOfRange.of(argument));
    }
    // SAFETY: not NULL, no longer than any object can be, and the caller promises that it can be read.
    Ok(unsafe { std::slice::from_raw_parts(data.cast(), len) })
}

/// Reads the texts that the caller gave as the argument of this name.
///
/// # Safety
/// `data` is NULL or points to `len` texts, and nobody changes or frees them or their bytes for as long as `'a`.
pub(super) unsafe fn texts<'a>(
    data: *const boundtoken_str,
    len: usize,
    argument: &'static str,
) -> Result<Vec<&'a str>, Failure> {
    if len == 0 {
        return Ok(Vec::new());
    }
    if data.is_null() {
        return Err(Mistake::NullArgument.of(argument));
    }
    if len.checked_mul(size_of::<boundtoken_str>()).is_none_or(|size| isize::try_from(size).is_err()) {
        return Err(Mistake::LengthOutOfRange.of(argument));
    }
    // SAFETY: not NULL, no longer than any object can be, and the caller promises that it can be read.
    let texts = unsafe { std::slice::from_raw_parts(data, len) };
    // SAFETY: the caller promises that each can be read.
    texts.iter().map(|text| unsafe { text.text(argument) }).collect()
}
