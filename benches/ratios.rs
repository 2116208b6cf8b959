//! Compares the verification of new and remembered tokens with the backend's bare signature check and with
//! `jsonwebtoken`, in alternating rounds of one run: `cargo bench --bench ratios`, and with `--features aws-lc-rs`.
#![allow(clippy::restriction)]

mod common;

use std::cell::Cell;
use std::hint::black_box;
use std::time::Instant;

const ROUNDS: usize = 200;
const TOKENS_IN_TURN: usize = 1_000;
/// Rounds for rows that check a signature.
const CALLS_IN_A_ROUND: u32 = 50;
/// Rounds for rows that do not. They are kept apart so that no row starts with caches that another row has emptied.
const QUICK_CALLS_IN_A_ROUND: u32 = 2_000;

fn main() {
    println!("backend {}; time of one call, the best of {ROUNDS} alternating rounds", common::BACKEND);
    println!("{:<8}{:<34}{:>12}{:>14}", "", "", "ns", "over the check");
    for subject in common::subjects() {
        let (signed, signature) = subject.signed_and_signature();
        let unknown_key = subject.token_with_unknown_kid();
        let unseen = subject.token_with_another_signature();
        let quick = QUICK_CALLS_IN_A_ROUND;
        let checks = CALLS_IN_A_ROUND;
        let contenders: &[(&str, u32, &dyn Fn())] = &[
            ("bare signature check", checks, &|| subject.raw_check_of(signed, &signature)),
            ("boundtoken, no bound objects", checks, &|| subject.without_objects()),
            ("boundtoken, bound objects too", checks, &|| subject.everything()),
            ("  from C, into one buffer", checks, &|| subject.first_into_from_c()),
            ("boundtoken, seen again", quick, &|| subject.again()),
            ("boundtoken, seen again, from C", quick, &|| subject.again_from_c()),
            ("  and all its claims", quick, &|| subject.again_and_claims_from_c()),
            ("  into one buffer", quick, &|| subject.again_into_from_c()),
            ("jsonwebtoken (aws-lc)", checks, &|| subject.peer()),
            ("boundtoken, unknown kid refused", quick, &|| subject.refused_before_signature(&unknown_key)),
            ("  from C, into one buffer", quick, &|| subject.refused_into_from_c(&unknown_key)),
            ("  not cached, from C", quick, &|| subject.not_cached_from_c(&unseen)),
        ];
        let best = best_times(contenders);
        for ((name, ..), time) in contenders.iter().zip(&best) {
            let (ratio, nanoseconds) = (time / best[0], time * 1e9);
            println!("{:<8}{name:<34}{nanoseconds:>12.1}{ratio:>14.4}", subject.name);
        }
    }
    in_turns();
}

/// The shortest time of one call of each contender, in seconds.
fn best_times(contenders: &[(&str, u32, &dyn Fn())]) -> Vec<f64> {
    let mut best = vec![f64::MAX; contenders.len()];
    for _ in 0..ROUNDS {
        for ((_, calls, contender), best) in contenders.iter().zip(&mut best) {
            let start = Instant::now();
            for _ in 0..*calls {
                contender();
            }
            *best = (*best).min(start.elapsed().as_secs_f64() / f64::from(*calls));
        }
    }
    best
}

/// Many remembered tokens in turn, so that each comes from memory.
fn in_turns() {
    let fleet = common::Fleet::new(TOKENS_IN_TURN);
    let (keys, in_c) = (fleet.keys.clone().into(), fleet.verifier_in_c());
    let verifier = fleet.verifier(&keys, Some(&fleet.objects), TOKENS_IN_TURN);
    let turn = Cell::new(0);
    let next = || {
        turn.set((turn.get() + 1) % TOKENS_IN_TURN);
        fleet.tokens[turn.get()].as_str()
    };
    let contenders: &[(&str, u32, &dyn Fn())] = &[
        ("seen again, 1,000 in turn", QUICK_CALLS_IN_A_ROUND, &|| {
            black_box(verifier.verify_at(next().as_bytes(), fleet.now).expect("accepted"));
        }),
        ("  from C, into one buffer", QUICK_CALLS_IN_A_ROUND, &|| {
            assert_eq!(in_c.verify_into(next(), fleet.now, 0), 0);
        }),
    ];
    for ((name, ..), time) in contenders.iter().zip(best_times(contenders)) {
        println!("{:<8}{name:<34}{:>12.1}", "RS256", time * 1e9);
    }
}
