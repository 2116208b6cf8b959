//! Texts and bytes across the boundary.

use std::ffi::c_char;
use std::ptr;

use crate::error::CallFailure;
use crate::status::Mistake;

/// A text: `len` bytes at `data`, without a terminating NUL.
///
/// An absent text has `data` NULL and `len` 0. An empty text has `len` 0 and `data` not NULL. As an argument both
/// mean the empty text. Texts that the library returns are UTF-8.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct boundtoken_str {
    /// The first byte. May be NULL when `len` is 0.
    pub data: *const c_char,
    /// The number of bytes.
    pub len: usize,
}

impl boundtoken_str {
    /// An absent text.
    pub(super) const ABSENT: Self = Self { data: ptr::null(), len: 0 };

    /// Lends a text to the C caller. The text must live as long as the header promises.
    pub(super) fn lend(text: &str) -> Self {
        // In Rust the pointer of an empty text may dangle. C code may compare it or pass it on, so give it a real
        // one.
        let data = if text.is_empty() { c"".as_ptr() } else { text.as_ptr().cast() };
        Self { data, len: text.len() }
    }

    /// Lends a text, or [`ABSENT`](Self::ABSENT) for `None`.
    pub(super) fn lend_optional(text: Option<&str>) -> Self {
        text.map_or(Self::ABSENT, Self::lend)
    }

    /// Reads the text that the caller passed as the argument of this name.
    ///
    /// # Safety
    /// `data` is NULL or points to `len` bytes that nobody changes or frees during `'a`.
    pub(super) unsafe fn text<'a>(self, argument: &'static str) -> Result<&'a str, CallFailure> {
        // SAFETY: promised by the caller.
        let bytes = unsafe { bytes(self.data, self.len, argument) }?;
        std::str::from_utf8(bytes).map_err(|_| Mistake::NotUtf8.of(argument))
    }
}

/// Reads the bytes that the caller passed as the argument of this name.
///
/// # Safety
/// `data` is NULL or points to `len` bytes that nobody changes or frees during `'a`.
pub(super) unsafe fn bytes<'a>(
    data: *const c_char,
    len: usize,
    argument: &'static str,
) -> Result<&'a [u8], CallFailure> {
    if len == 0 {
        return Ok(&[]);
    }
    if data.is_null() {
        return Err(Mistake::NullArgument.of(argument));
    }
    if isize::try_from(len).is_err() {
        return Err(Mistake::LengthOutOfRange.of(argument));
    }
    // SAFETY: it is not NULL, its size fits into isize, and the caller promises that it can be read.
    Ok(unsafe { std::slice::from_raw_parts(data.cast(), len) })
}

/// Reads the texts that the caller passed as the argument of this name.
///
/// # Safety
/// `data` is NULL or points to `len` texts. Nobody changes or frees them or their bytes during `'a`.
pub(super) unsafe fn texts<'a>(
    data: *const boundtoken_str,
    len: usize,
    argument: &'static str,
) -> Result<Vec<&'a str>, CallFailure> {
    if len == 0 {
        return Ok(Vec::new());
    }
    if data.is_null() {
        return Err(Mistake::NullArgument.of(argument));
    }
    if len.checked_mul(size_of::<boundtoken_str>()).is_none_or(|size| isize::try_from(size).is_err()) {
        return Err(Mistake::LengthOutOfRange.of(argument));
    }
    // SAFETY: it is not NULL, its size fits into isize, and the caller promises that it can be read.
    let texts = unsafe { std::slice::from_raw_parts(data, len) };
    // SAFETY: the caller promises that each text can be read.
    texts.iter().map(|text| unsafe { text.text(argument) }).collect()
}
