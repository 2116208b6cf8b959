//! Verification of a token seen first, and seen again, against the backend's bare signature check and against `jsonwebtoken`, in alternating
//! rounds of one run: `cargo bench --bench ratios`, and with `--features aws-lc-rs`.

mod common;

use std::time::{Duration, Instant};

const ROUNDS: usize = 200;
const CALLS_IN_A_ROUND: u32 = 50;

fn main() {
    println!("backend {}; time of one call, the best of {ROUNDS} alternating rounds", common::BACKEND);
    println!("{:<8}{:<34}{:>12}{:>14}", "", "", "ns", "over the check");
    for subject in common::subjects() {
        let (signed, signature) = subject.signed_and_signature();
        let unknown_key = subject.token_with_unknown_kid();
        let contenders: &[(&str, &dyn Fn())] = &[
            ("bare signature check", &|| subject.raw_check_of(signed, &signature)),
            ("boundtoken, no bound objects", &|| subject.without_objects()),
            ("boundtoken, bound objects too", &|| subject.everything()),
            ("boundtoken, seen again", &|| subject.again()),
            #[cfg(feature = "capi")]
            ("boundtoken, seen again, from C", &|| subject.again_from_c()),
            ("jsonwebtoken (aws-lc)", &|| subject.peer()),
            ("boundtoken, unknown kid refused", &|| subject.refused_before_signature(&unknown_key)),
        ];
        let mut best = vec![Duration::MAX; contenders.len()];
        for _ in 0..ROUNDS {
            for ((_, contender), best) in contenders.iter().zip(&mut best) {
                let start = Instant::now();
                for _ in 0..CALLS_IN_A_ROUND {
                    contender();
                }
                *best = (*best).min(start.elapsed());
            }
        }
        for ((name, _), time) in contenders.iter().zip(&best) {
            let ratio = time.as_secs_f64() / best[0].as_secs_f64();
            let nanoseconds = time.as_secs_f64() * 1e9 / f64::from(CALLS_IN_A_ROUND);
            println!("{:<8}{name:<34}{nanoseconds:>12.1}{ratio:>14.4}", subject.name);
        }
    }
}
