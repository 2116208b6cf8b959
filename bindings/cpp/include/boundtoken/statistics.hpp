// What a verifier has decided.

#ifndef BOUNDTOKEN_STATISTICS_HPP
#define BOUNDTOKEN_STATISTICS_HPP

#include <boundtoken/enumerations.hpp>

namespace boundtoken {

/// What a verifier has decided since it was built, what it remembers, and how the fast paths do. The members are those
/// of the C library's `boundtoken_statistics`: see `Verifier::statistics`.
struct Statistics : boundtoken_statistics {
  /// Whether this process has the fast path for RS256.
  FastRsaState fast_rsa() const noexcept { return static_cast<FastRsaState>(fast_rsa_state); }
  /// Whether this process has the fast path for ES256.
  FastRsaState fast_p256() const noexcept { return static_cast<FastRsaState>(fast_p256_state); }
};

}  // namespace boundtoken

#endif
