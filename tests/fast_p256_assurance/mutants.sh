#!/bin/sh
# Changes a copy of the fast path for ES256 in one place at a time. Its tests must fail each time. Run it with `make test-fast-p256`, or
# with `tests/fast_p256_assurance/mutants.sh [PART-OF-A-NAME]` from the root of the repository.
#
# Changes that no test can detect, and why they do no harm:
# - inverse.rs, MOST_ROUNDS from 10 on. Nobody knows a number that needs all of the 741 steps, or more than some 600.
# - inverse.rs, MOST_ROUNDS above 12, or more rounds of Newton's iteration. Further steps leave a g of 0 and an exact inverse as they are.
# - inverse.rs, `.min(6)` lowered. Fewer bits at once take more turns of the loop, to the same end.
# - growth.rs, rows that are not checked to be on the curve. With right arithmetic none is off it unless the base is, which the last check
#   of a window sees. It is there for faults of a machine.
# - loaded.rs, a key that is not for ES256. A key on P-256 is for no other algorithm, and coordinates of another curve have another length.
# - key.rs, memory.rs: what is counted while two threads compete. The counts decide who gets a table, never a verdict.
# - point.rs, a larger multiple in `difference`, as far as elements stay below 16. The result is the same modulo p.
set -u
only=${1:-}
name=fast-p256-mutants
features=aws-lc-rs,fast-p256
p256=crypto::p256::tests
filters="crypto::breaker:: $p256::arithmetic $p256::loading $p256::memory $p256::lanes $p256::special $p256::tables $p256::verdicts"
. tests/mutants.sh

mutant 'carries of the lowest limb are lost'           p256/limbs.rs    's/add_carry(b, f, carry)/add_carry(b, f, 0)/'
mutant 'borrows of the lowest limb are lost'           p256/limbs.rs    's/subtract_borrow(b, f, borrow)/subtract_borrow(b, f, 0)/'
mutant 'a product is not reduced below p'              p256/field.rs    's/^    subtract_p(&sum, carry)$/    sum/'
mutant 'a carry above 2^256 is forgotten'              p256/field.rs    's/wrapping_sub(borrow & !carry)/wrapping_sub(borrow)/'
mutant 'a square loses its highest doubled bit'        p256/field.rs    's/(t6 >> 63, t6 << 1/(0, t6 << 1/'
mutant 'a negative difference stays negative'          p256/field.rs    's/limbs::select(negative, &P, &ZERO)/ZERO/'
mutant 'p itself counts as below p'                    p256/field.rs    's/    limbs::is_below(number, &P)/    !limbs::is_below(\&P, number)/'
mutant 'an opposite is not taken'                      p256/field.rs    's/limbs::select(mask, &difference(&ZERO, number), number)/*number/'
mutant 'the division ends too early'                   p256/inverse.rs  's/div_ceil(62)/div_ceil(100)/'
mutant 'the sign of an inverse is forgotten'           p256/inverse.rs  's/if opposite {/if false {/'
mutant 'a negative inverse stays negative'             p256/inverse.rs  's/^        self.add_if_negative(&number)$/        number/'
mutant 'a hash is not reduced modulo n'                p256/scalar.rs   's/if borrow == 0 { reduced } else/if borrow == 2 { reduced } else/'
mutant 'r and s may be 0'                              p256/scalar.rs   's/\*number != ZERO && //'
mutant 'r and s may be n'                              p256/scalar.rs   's/limbs::is_below(number, &N)/!limbs::is_below(\&N, number)/'
mutant 'a product modulo n keeps its top'              p256/scalar.rs   's/if top == 0 {/if true {/'
mutant 's may be anything'                             p256/verify.rs   's/ || !scalar::is_in_range(&s)//'
mutant 'r may be anything'                             p256/verify.rs   's/!scalar::is_in_range(&r) || //'
mutant 'a sum that is none counts'                     p256/verify.rs   's/if z == ZERO {/if false {/'
mutant 'an x of n or more fits no r'                   p256/verify.rs   's/has_x(&r) || .*)$/has_x(\&r))/'
mutant 'r + n may be p or more'                        p256/verify.rs   's/plus_n(&r).filter(field::is_in_range)/plus_n(\&r)/'
mutant 'x is not compared'                             p256/verify.rs   's/&z2) == x;/\&z2) != ZERO;/'
mutant 'z counts once'                                 p256/verify.rs   's/let z2 = field::square(&z);/let z2 = z;/'
mutant 'the two multipliers are exchanged'             p256/verify.rs   's/let (u1, u2) = scalar/let (u2, u1) = scalar/'
mutant 'h is taken from another point'                 p256/point.rs    's/difference::<2>(&u, &one.x)/difference::<2>(\&u, \&other.x)/'
mutant 'the new z forgets h'                           p256/point.rs    's/let z = field.product(z, h); /let z = *z; let _ = h;/'
mutant 'y is taken with the wrong sign'                p256/point.rs    's/difference::<2>(&slope, &field.product(s, &h3))/difference::<2>(\&field.product(s, \&h3), \&slope)/'
mutant 'a multiple of p is too small for y'            p256/point.rs    's/difference::<5>/difference::<4>/'
mutant 'even multipliers are taken as odd'             p256/table.rs    's/let even = (lowest & 1).wrapping_sub(1);/let even = (lowest \& 0).wrapping_mul(0);/'
mutant 'negative terms take another row'               p256/table.rs    's/(t ^ negative) & /t \& /'
mutant 'negative terms are added'                      p256/table.rs    's/opposite: negative ^ even/opposite: even/'
mutant 'a window begins a bit too low'                 p256/table.rs    's/bits(&limbs, bit + 1)/bits(\&limbs, bit)/'
mutant 'the step is the base'                          p256/growth.rs   's/let step = Affine { x: twice.x, y: twice.y };/let step = self.base;/'
mutant 'the next window is twice as far'               p256/growth.rs   's/(0..width).fold/(0..=width).fold/'
mutant 'high halves land a place too low'                 p256/lanes.rs    's/PLACE.saturating_add(1)/PLACE/'
mutant 'squares are not doubled'                       p256/lanes.rs    's/\*column = self.0.add(\*column, \*column);/*column = self.0.add(*column, self.0.broadcast(0));/'
mutant 'the second digit of p is another'              p256/lanes.rs    's/broadcast(1 << 44)/broadcast(1 << 43)/'
mutant 'what is above 2^256 is dropped'                p256/lanes.rs    's/add_low(self.0.add(\*digit, carried), above, times)/add(*digit, carried)/'
mutant 'there is no room to subtract'                  p256/lanes.rs    's/ROOM: \[u64; 5\] = multiple_of_p(4, 3)/ROOM: [u64; 5] = multiple_of_p(4, 1)/'
mutant 'the first lane counts 2^256 as nothing'        p256/lanes.rs    's/for _ in 0..e >> 48 {/for _ in 0..0 {/'
mutant 'lanes 4 to 7 are left out'                     p256/lanes.rs    's/for count in \[4, 2, 1\]/for count in [2, 2, 1]/'
mutant 'opposites are not taken on lanes'              p256/lanes.rs    's/\*signed = self.0.select(opposite, \*signed, y);/*signed = self.0.select(opposite, y, y);/'
mutant 'longer signatures are cut'                    p256/engine.rs   's/let (halves, \[\]) = signature.as_chunks::<32>() else { return None };/let (halves, _) = signature.as_chunks::<32>();/'
mutant 'refused tokens build tables'                   p256/loaded.rs   's/if accepted && MEMORY/if MEMORY/'
mutant 'a key stays fast after a disagreement'         p256/loaded.rs   's/BREAKER.is_closed() && //; s/if !BREAKER.is_closed() {/if false {/'
mutant 'the backend is never asked'                    p256/loaded.rs   's/BREAKER.verdict(fast, &key.proven, breaker::seconds, by_backend)/{ let _ = (by_backend, breaker::seconds); fast }/'
mutant 'keys of a point do not share a table'          p256/memory.rs   's/and_then(Weak::upgrade)/and_then(|_| None)/'
mutant 'memory has no limit'                           p256/memory.rs   's/KeyTable::BYTES) <= most {/KeyTable::BYTES) <= usize::MAX {/'
mutant 'equally busy keys take turns'                  p256/memory.rs   's/busy(idlest).saturating_mul(2).saturating_add(COMPETES_ONCE_IN) >= busy(key)/busy(idlest) > busy(key)/'
mutant 'the busiest key loses its table'               p256/memory.rs   's/others.iter().min_by_key/others.iter().max_by_key/'

report
