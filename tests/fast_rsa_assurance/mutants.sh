#!/bin/sh
# Changes a copy of the fast path in one place at a time. Its tests must fail each time. Run it with `make test-fast-rsa`, or
# with `tests/fast_rsa_assurance/mutants.sh [PART-OF-A-NAME]` from the root of the repository.
#
# Changes that no test can detect, and why they do no harm:
# - encoding.rs, `difference | sum == 0` without `| sum`. `sum` is the carry out of the highest digit. EM + 31 n is below
#   2^2053, so its highest digit is below 2^25, and nothing is carried.
# - key.rs, `power_is_right` without its second half. No wrong constant is known that makes a key accept another number.
# - setup.rs, `modulus.highest_two() + 1` without `+ 1`. One shift in some millions would be wrong, which the self-test finds.
# - encoding.rs, MOST = 31 raised to at most 2^11. A larger multiple of n never equals a number below 2^2052. The limit keeps
#   `multiple * modulus` within 64 bits. (Without any limit the sums overflow, and the tests do fail.)
# - product.rs, more carry passes in `carry_over` than needed. Digits that carry nothing stay as they are.
# - setup.rs, more rounds of Newton's iteration. An inverse modulo 2^64 stays as it is.
set -u
only=${1:-}
name=fast-rsa-mutants
features=fast-rsa-model
filters='crypto::fast_rsa:: crypto::breaker::'
. tests/mutants.sh

ifma=fast_rsa/rsa_ifma
mutant 'signatures of n and more are taken'           $ifma/key.rs      's/if !self.number.is_below(&arithmetic.modulus.digits)/if false/'
mutant 'a squaring is left out'                       $ifma/key.rs      's/in 0\.\.16 {/in 0..15 {/'
mutant 'the correction is left out'                   $ifma/key.rs      '/power = arithmetic.product(machine, power, correction);/d'
mutant 'the self-test of a key passes always'         $ifma/key.rs      's/self.power_is(machine, &last, &last) \&\& /true || /'
mutant 'the carry between lanes is dropped'           $ifma/product.rs  's/carry += machine.first(\*sum)/carry = machine.first(*sum)/'
mutant 'the carry into the folded lane is dropped'    $ifma/product.rs  's/machine.broadcast(carry)/machine.broadcast(0)/'
mutant 'the carry out of the zeroed lane is dropped'  $ifma/product.rs  's/\*lowest = machine.add(\*lowest, carry);/*lowest = machine.add(*lowest, machine.broadcast(0));/'
mutant 'squares are not doubled'                      $ifma/product.rs  's/\*sum = machine.add(\*sum, \*sum);/*sum = machine.add(*sum, machine.broadcast(0));/'
mutant 'high halves land a place too low'             $ifma/product.rs  's/PLACE.saturating_add(1)/PLACE/'
mutant 'the last row is another'                      $ifma/product.rs  's/other.row(7)/other.row(6)/'
mutant 'weights are taken in the wrong order'         $ifma/product.rs  's/lowest.iter().zip(&self.folds)/lowest.iter().zip(self.folds.iter().rev())/'
mutant 'there is only one carry pass'                 $ifma/product.rs  's/if !machine.exceeds_digits(overflows) {/if true {/'
mutant 'only the last register can overflow'          $ifma/product.rs  's/overflows = machine.either(overflows, \*sum);/overflows = *sum;/'
mutant 'carries of the last register stay in a lane'  $ifma/product.rs  's/\[machine.up(e), a, b, c, d\]/[e, a, b, c, d]/'
mutant 'what is above the folded lanes is forgotten'  $ifma/product.rs  's/\*sum = machine.add(\*sum, above);/*sum = machine.add(*sum, machine.broadcast(0));/'
mutant 'a modulus may have 2,047 bits'                $ifma/setup.rs    's/\*first < 0x80/*first < 0x40/'
mutant 'a modulus may be even'                        $ifma/setup.rs    's/last % 2 == 0/last % 2 == 2/'
mutant 'one shift less'                               $ifma/setup.rs    's/\/ SHIFT;/\/ SHIFT - 1;/'
mutant 'one squaring less in the correction'          $ifma/setup.rs    's/= 5 + 16;/= 5 + 15;/'
mutant 'the inverse is half right'                    $ifma/setup.rs    's/in 0\.\.5 {/in 0..4 {/'
mutant 'a shift never reduces'                        $ifma/setup.rs    's/quotient.unwrap_or(0)/0/'
mutant 'a shift drops its carries'                    $ifma/setup.rs    's/ + carry;/ + 0;/'
mutant 'two digits are twelve bytes'                  $ifma/digits.rs   's/TWO_DIGITS: usize = 13/TWO_DIGITS: usize = 12/'
mutant 'numbers are compared from the wrong end'      $ifma/digits.rs   's/self.iter().rev().lt(other.iter().rev())/self.iter().lt(other.iter())/'
mutant 'only the highest digit is compared'           $ifma/encoding.rs 's/difference |= /difference = /'
mutant 'too few multiples of n are known'             $ifma/encoding.rs 's/MOST: u64 = 31/MOST: u64 = 15/'
mutant 'multiples of n are not bounded'               $ifma/encoding.rs 's/if multiple > MOST {/if false {/'
mutant 'the DigestInfo is another'                    $ifma/encoding.rs 's/0x09, 0x60/0x09, 0x61/'
mutant 'the block type is another'                    $ifma/encoding.rs 's/zip(\[0, 1\])/zip([0, 2])/'
mutant 'the fifth digit of the hash is not set'       $ifma/encoding.rs 's/iter_mut().take(5).zip(hash_digits)/iter_mut().take(4).zip(hash_digits)/'
mutant 'any exponent is served'                       $ifma/loaded.rs   's/ || \*\*exponent != \[1, 0, 1\]//'
mutant 'any algorithm is served'                      $ifma/loaded.rs   's/algorithm != Algorithm::RS256 || //'
mutant 'a key stays fast after a disagreement'        $ifma/loaded.rs   's/BREAKER.is_closed()/true/'
mutant 'the fast path is right in a disagreement'     breaker.rs        's/^        backend$/        fast/'
mutant 'a disagreement switches nothing off'          breaker.rs        's/self.open.store(true, Relaxed);//'
mutant 'a new key is trusted at once'                 breaker.rs        's/if known \&\& /if /'
mutant 'refusals prove a key'                         breaker.rs        's/else if fast \&\& !known/else if !known/'
mutant 'one refusal too many is checked'              breaker.rs        's/so_far < limit/so_far <= limit/'
mutant 'the rate is never renewed'                    breaker.rs        's/if last \& !COUNT == second {/if true {/'

report
