//! What the tests of the fast paths share.

/// Runs a generic test on every available machine, and prints which they are.
macro_rules! on_every_machine {
    ($test:ident) => {{
        $test(crate::crypto::lanes::model::Model);
        #[cfg(target_arch = "x86_64")]
        match crate::crypto::lanes::simd::Ifma::detect() {
            Some(ifma) => {
                $test(ifma);
                println!("on the model and with AVX-512 IFMA");
            }
            None => println!("ON THE MODEL ALONE: THIS CPU LACKS AVX-512 IFMA"),
        }
    }};
}
pub(crate) use on_every_machine;

/// The generator xorshift64*. It gives the same numbers in every run.
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new() -> Self {
        Self(0x9e37_79b9_7f4a_7c15)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    pub(crate) fn below(&mut self, bound: usize) -> usize {
        (self.next() >> 33) as usize % bound
    }

    pub(crate) fn bytes<const N: usize>(&mut self) -> [u8; N] {
        std::array::from_fn(|_| (self.next() >> 40) as u8)
    }
}
