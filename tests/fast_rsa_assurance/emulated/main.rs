//! Runs the sources of the fast path for RS256, and the lanes of both fast paths, on an emulated CPU with AVX-512 IFMA. They need no operating system. `run.sh`
//! copies the sources next to this file and boots it.
//!
//! Every operation on vector lanes must give the same result as the model. So must products, constants and verdicts.

#![no_std]
#![no_main]
#![allow(dead_code, clippy::all)]

extern crate alloc;

mod board;
mod crypto {
    pub mod lanes;
}
mod rsa_ifma {
    pub mod bounds;
    pub mod digits;
    pub mod encoding;
    pub mod key;
    pub mod product;
    pub mod setup;
}

use alloc::vec::Vec;

use crypto::lanes::model::Model;
use crypto::lanes::simd::Ifma;
use crypto::lanes::{Eight, LARGEST_DIGIT, Machine, Work};
use rsa_ifma::digits::{Columns, Digits};
use rsa_ifma::key::Key;
use rsa_ifma::product::Arithmetic;

/// A modulus, a signature, and the SHA-256 hash of what was signed.
const MODULUS: &[u8; 256] = include_bytes!("rsa_ifma/known_modulus.bin");
const SIGNATURE: &[u8; 256] = include_bytes!("rsa_ifma/known_signature.bin");
const HASH: &[u8; 32] = include_bytes!("rsa_ifma/known_hash.bin");

#[unsafe(no_mangle)]
extern "C" fn start() -> ! {
    board::prepare();
    let Some(ifma) = Ifma::detect() else { panic!("the emulated CPU lacks AVX-512 IFMA") };
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let operations = lanes_do_what_the_model_does(ifma, &mut random);
    println!("{operations} lane operations are the model's");
    let products = products_are_those_of_the_model(ifma, &mut random);
    println!("{products} products and squares, and the constants of {} keys, are the model's", KEYS);
    let refused = verdicts_are_right(ifma);
    println!("the good signature is accepted, {refused} bad ones are refused");
    board::finish("PASSED")
}

/// xorshift64*.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    fn digit(&mut self) -> u64 {
        [0, 1, LARGEST_DIGIT, LARGEST_DIGIT - 1, self.next() & LARGEST_DIGIT][(self.next() % 5) as usize]
    }

    fn column(&mut self) -> u64 {
        [(1 << 59) - 1, LARGEST_DIGIT, LARGEST_DIGIT + 1, self.next() >> 6, self.digit()][(self.next() % 5) as usize]
    }

    fn number(&mut self) -> Columns {
        let all = [0, LARGEST_DIGIT][(self.next() % 2) as usize];
        let kind = self.next() % 3;
        let mut digits = Digits::ZERO;
        for digit in digits.iter_mut() {
            *digit = [self.digit(), self.next() & LARGEST_DIGIT, all][kind as usize];
        }
        digits.0[7][4] &= (1 << 24) - 1;
        digits.columns()
    }
}

fn lanes_do_what_the_model_does(ifma: Ifma, random: &mut Random) -> usize {
    let mut count = 0;
    for _ in 0..1000 {
        let [a, b] = [0; 2].map(|_| [0; 8].map(|_: u64| random.digit()));
        let [s, t] = [0; 2].map(|_| [0; 8].map(|_: u64| random.column()));
        let load = |lanes: [u64; 8]| ifma.load(Eight(lanes));
        let same = |ours, model: [u64; 8]| assert_eq!(ifma.store(ours).0, model);
        same(load(s), s);
        same(ifma.broadcast(s[0]), Model.broadcast(s[0]));
        same(ifma.add(load(s), load(t)), Model.add(s, t));
        let (smaller, larger): ([u64; 8], [u64; 8]) =
            (core::array::from_fn(|lane| s[lane].min(t[lane])), core::array::from_fn(|lane| s[lane].max(t[lane])));
        same(ifma.subtract(load(larger), load(smaller)), Model.subtract(larger, smaller));
        same(ifma.right::<16>(load(s)), Model.right::<16>(s));
        same(ifma.right::<48>(load(s)), Model.right::<48>(s));
        same(ifma.left::<12>(load(s)), Model.left::<12>(s));
        same(ifma.left::<48>(load(a)), Model.left::<48>(a));
        let places = a.map(|lane| lane & 7);
        same(ifma.permute(load(places), load(s)), Model.permute(places, s));
        let mask = a.map(|lane| 0_u64.wrapping_sub(lane & 1));
        same(ifma.select(load(mask), load(s), load(t)), Model.select(mask, s, t));
        let rows = [a, b, s, t, smaller, larger, mask, a];
        for (ours, model) in ifma.transpose(rows.map(load)).into_iter().zip(Model.transpose(rows)) {
            same(ours, model);
        }
        same(ifma.add_low(load(s), load(a), load(b)), Model.add_low(s, a, b));
        same(ifma.add_high(load(s), load(a), load(b)), Model.add_high(s, a, b));
        same(ifma.digits(load(s)), Model.digits(s));
        same(ifma.carries(load(s)), Model.carries(s));
        same(ifma.down(load(s)), Model.down(s));
        same(ifma.up(load(s)), Model.up(s));
        same(ifma.only_first(load(s)), Model.only_first(s));
        same(ifma.either(load(s), load(t)), Model.either(s, t));
        assert_eq!(ifma.first(load(s)), Model.first(s));
        assert_eq!(ifma.exceeds_digits(load(s)), Model.exceeds_digits(s));
        assert!(!ifma.exceeds_digits(load(a)));
        count += 29;
    }
    count
}

const KEYS: usize = 6;

fn moduli(random: &mut Random) -> Vec<[u8; 256]> {
    let mut sparse = [0; 256];
    (sparse[0], sparse[255]) = (0x80, 1);
    let mut moduli = alloc::vec![*MODULUS, [0xff; 256], sparse];
    while moduli.len() < KEYS {
        let mut modulus = [0; 256].map(|_: u8| (random.next() >> 40) as u8);
        modulus[0] |= 0x80;
        modulus[255] |= 1;
        moduli.push(modulus);
    }
    moduli
}

struct Both<'a>(&'a Arithmetic, &'a Columns, &'a Columns);

impl Work for Both<'_> {
    type Output = [Columns; 2];

    #[inline(always)]
    fn on<M: Machine>(self, machine: M) -> [Columns; 2] {
        let Self(arithmetic, one, other) = self;
        let one = one.load(machine);
        let product = Columns::store(machine, arithmetic.product(machine, one, other));
        [product, Columns::store(machine, arithmetic.square(machine, one))]
    }
}

fn products_are_those_of_the_model(ifma: Ifma, random: &mut Random) -> usize {
    let mut count = 0;
    for modulus in moduli(random) {
        let (ours, model) = (Key::new(ifma, &modulus).unwrap(), Key::new(Model, &modulus).unwrap());
        assert_eq!(ours.arithmetic.folds, model.arithmetic.folds);
        assert_eq!(ours.correction, model.correction);
        assert!(ours.power_is_right(ifma));
        for _ in 0..200 {
            let (one, other) = (random.number(), random.number());
            let work = || Both(&model.arithmetic, &one, &other);
            assert_eq!(ifma.run(work()), Model.run(work()));
            count += 2;
        }
    }
    count
}

fn verdicts_are_right(ifma: Ifma) -> usize {
    let key = Key::new(ifma, MODULUS).unwrap();
    assert!(key.verify(ifma, SIGNATURE, HASH));
    let mut refused = 0;
    let mut refuse = |signature: &[u8; 256], hash: &[u8; 32]| {
        assert!(!key.verify(ifma, signature, hash));
        refused += 1;
    };
    for bit in (0..2048).step_by(7) {
        let mut signature = *SIGNATURE;
        signature[bit / 8] ^= 1 << (bit % 8);
        refuse(&signature, HASH);
    }
    for bit in 0..256 {
        let mut hash = *HASH;
        hash[bit / 8] ^= 1 << (bit % 8);
        refuse(SIGNATURE, &hash);
    }
    for signature in [[0; 256], [0xff; 256], *MODULUS] {
        refuse(&signature, HASH);
    }
    refused
}
