//! Lanes in a vector register, with AVX-512 IFMA. No other file of the fast paths needs `unsafe`.

#![allow(unsafe_code)]
#![deny(clippy::undocumented_unsafe_blocks, clippy::multiple_unsafe_ops_per_block)]

use core::arch::x86_64::{
    __m512i, _mm_cvtsi128_si64, _mm512_add_epi64, _mm512_alignr_epi64, _mm512_and_si512,
    _mm512_castsi512_si128, _mm512_cmpgt_epu64_mask, _mm512_madd52hi_epu64, _mm512_madd52lo_epu64,
    _mm512_maskz_mov_epi64, _mm512_or_si512, _mm512_permutexvar_epi64, _mm512_set1_epi64,
    _mm512_setzero_si512, _mm512_shuffle_i64x2, _mm512_slli_epi64, _mm512_srli_epi64, _mm512_sub_epi64,
    _mm512_ternarylogic_epi64, _mm512_unpackhi_epi64, _mm512_unpacklo_epi64,
};
use core::mem::transmute;

use super::{DIGIT_BITS, Eight, LARGEST_DIGIT, Machine, Work};

/// Proof that the CPU and the operating system support AVX-512F and AVX-512 IFMA. Only [`Ifma::detect`] creates one.
#[derive(Clone, Copy)]
pub(crate) struct Ifma(());

impl Ifma {
    /// Returns `None` if the CPU or the operating system lacks the instructions.
    pub(crate) fn detect() -> Option<Self> {
        (is_x86_feature_detected!("avx512f") && is_x86_feature_detected!("avx512ifma")).then_some(Self(()))
    }
}

/// The largest digit, in the type that the intrinsics take.
const LARGEST: i64 = LARGEST_DIGIT.cast_signed();

/// Defines operations as expressions of intrinsics.
///
/// They are inlined into [`Ifma::run`], which is compiled for AVX-512 IFMA. Each then becomes one or two instructions.
macro_rules! operations {
    ($(fn $name:ident$(<const $number:ident: $type:ty>)?($($argument:ident: $kind:ty),+) -> $result:ty { $body:expr })+) => {$(
        #[inline(always)]
        fn $name$(<const $number: $type>)?(self, $($argument: $kind),+) -> $result {
            // SAFETY: the intrinsics only require AVX-512F and AVX-512 IFMA, and an `Ifma` exists only where `detect`
            // found both. `transmute` converts between `[u64; 8]` and `__m512i`. They have the same size, and every
            // bit pattern is valid for both.
            unsafe { $body }
        }
    )+};
}

impl Machine for Ifma {
    type Lanes = __m512i;

    operations! {
        fn load(eight: Eight) -> __m512i { transmute::<[u64; 8], __m512i>(eight.0) }
        fn store(lanes: __m512i) -> Eight { Eight(transmute::<__m512i, [u64; 8]>(lanes)) }
        fn broadcast(number: u64) -> __m512i { _mm512_set1_epi64(number.cast_signed()) }
        fn add(one: __m512i, other: __m512i) -> __m512i { _mm512_add_epi64(one, other) }
        fn subtract(one: __m512i, other: __m512i) -> __m512i { _mm512_sub_epi64(one, other) }
        fn add_low(sum: __m512i, one: __m512i, other: __m512i) -> __m512i { _mm512_madd52lo_epu64(sum, one, other) }
        fn add_high(sum: __m512i, one: __m512i, other: __m512i) -> __m512i { _mm512_madd52hi_epu64(sum, one, other) }
        fn digits(lanes: __m512i) -> __m512i { _mm512_and_si512(lanes, _mm512_set1_epi64(LARGEST)) }
        fn carries(lanes: __m512i) -> __m512i { _mm512_srli_epi64::<DIGIT_BITS>(lanes) }
        fn right<const BITS: u32>(lanes: __m512i) -> __m512i { _mm512_srli_epi64::<BITS>(lanes) }
        fn left<const BITS: u32>(lanes: __m512i) -> __m512i { _mm512_slli_epi64::<BITS>(lanes) }
        fn permute(places: __m512i, lanes: __m512i) -> __m512i { _mm512_permutexvar_epi64(places, lanes) }
        fn transpose(rows: [__m512i; 8]) -> [__m512i; 8] {{
            // Pairs of rows, for the columns 0, 2, 4, 6 and 1, 3, 5, 7. Then fours of rows, for two columns. Then all rows, for one.
            let [a, b, c, d, e, f, g, h] = rows;
            let (a, b) = (_mm512_unpacklo_epi64(a, b), _mm512_unpackhi_epi64(a, b));
            let (c, d) = (_mm512_unpacklo_epi64(c, d), _mm512_unpackhi_epi64(c, d));
            let (e, f) = (_mm512_unpacklo_epi64(e, f), _mm512_unpackhi_epi64(e, f));
            let (g, h) = (_mm512_unpacklo_epi64(g, h), _mm512_unpackhi_epi64(g, h));
            let (a, c) = (_mm512_shuffle_i64x2::<0x88>(a, c), _mm512_shuffle_i64x2::<0xdd>(a, c));
            let (b, d) = (_mm512_shuffle_i64x2::<0x88>(b, d), _mm512_shuffle_i64x2::<0xdd>(b, d));
            let (e, g) = (_mm512_shuffle_i64x2::<0x88>(e, g), _mm512_shuffle_i64x2::<0xdd>(e, g));
            let (f, h) = (_mm512_shuffle_i64x2::<0x88>(f, h), _mm512_shuffle_i64x2::<0xdd>(f, h));
            let (a, e) = (_mm512_shuffle_i64x2::<0x88>(a, e), _mm512_shuffle_i64x2::<0xdd>(a, e));
            let (b, f) = (_mm512_shuffle_i64x2::<0x88>(b, f), _mm512_shuffle_i64x2::<0xdd>(b, f));
            let (c, g) = (_mm512_shuffle_i64x2::<0x88>(c, g), _mm512_shuffle_i64x2::<0xdd>(c, g));
            let (d, h) = (_mm512_shuffle_i64x2::<0x88>(d, h), _mm512_shuffle_i64x2::<0xdd>(d, h));
            [a, b, c, d, e, f, g, h]
        }}
        fn down(lanes: __m512i) -> __m512i { _mm512_alignr_epi64::<1>(_mm512_setzero_si512(), lanes) }
        fn up(lanes: __m512i) -> __m512i { _mm512_alignr_epi64::<7>(lanes, _mm512_setzero_si512()) }
        fn first(lanes: __m512i) -> u64 { _mm_cvtsi128_si64(_mm512_castsi512_si128(lanes)).cast_unsigned() }
        fn only_first(lanes: __m512i) -> __m512i { _mm512_maskz_mov_epi64(1, lanes) }
        fn either(one: __m512i, other: __m512i) -> __m512i { _mm512_or_si512(one, other) }
        fn select(mask: __m512i, one: __m512i, other: __m512i) -> __m512i { _mm512_ternarylogic_epi64::<0xca>(mask, one, other) }
        fn exceeds_digits(lanes: __m512i) -> bool { _mm512_cmpgt_epu64_mask(lanes, _mm512_set1_epi64(LARGEST)) != 0 }
    }

    #[inline(always)]
    fn run<W: Work>(self, work: W) -> W::Output {
        #[target_feature(enable = "avx512f,avx512ifma")]
        fn compiled_for_it<W: Work>(ifma: Ifma, work: W) -> W::Output {
            work.on(ifma)
        }
        // SAFETY: an `Ifma` exists only where `detect` found both features.
        unsafe { compiled_for_it(self, work) }
    }
}
