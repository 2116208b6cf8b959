// Points in time and durations, as the C library counts them.

#ifndef BOUNDTOKEN_TIME_HPP
#define BOUNDTOKEN_TIME_HPP

#include <chrono>
#include <cstdint>
#include <limits>
#include <optional>

namespace boundtoken {

/// A time in whole seconds, by the system's clock. Tokens and Kubernetes know no fractions (RFC 7519 section 2).
///
/// Compare in seconds: the year 9999, in which some tokens expire, is beyond the nanoseconds of `system_clock`.
///
/// ```cpp
/// const boundtoken::Time now = boundtoken::whole_seconds(std::chrono::system_clock::now());
/// assert(verifier.verify(token)->claims().expires_at() > now);
/// ```
using Time = std::chrono::time_point<std::chrono::system_clock, std::chrono::seconds>;

/// Returns the second in which a time lies.
///
/// ```cpp
/// const boundtoken::Time earlier = boundtoken::whole_seconds(std::chrono::system_clock::now() - std::chrono::hours(1));
/// assert(verifier.verify_at(token, earlier).status() == boundtoken::Status::not_yet_valid);
/// ```
template <class Duration>
constexpr Time whole_seconds(std::chrono::time_point<std::chrono::system_clock, Duration> time) noexcept {
  return std::chrono::floor<std::chrono::seconds>(time);
}

namespace detail {

inline std::int64_t unix_seconds(Time time) noexcept { return time.time_since_epoch().count(); }

inline Time time_of(std::int64_t unix_seconds) noexcept { return Time(std::chrono::seconds(unix_seconds)); }

/// A time of a token. -1 is absent.
inline std::optional<Time> optional_time(std::int64_t unix_seconds) noexcept {
  return unix_seconds < 0 ? std::nullopt : std::optional<Time>(time_of(unix_seconds));
}

/// A deletionTimestamp, for which 0 means that the object is not being deleted. An object that was deleted at the very
/// beginning of the epoch must not count as that.
inline std::int64_t deletion_seconds(std::optional<Time> time) noexcept {
  if (!time) return 0;
  const std::int64_t seconds = unix_seconds(*time);
  return seconds == 0 ? 1 : seconds;
}

/// A duration within the limits of the C library's numbers.
template <class Duration>
std::uint32_t clamped(Duration duration) noexcept {
  constexpr std::uint32_t most = std::numeric_limits<std::uint32_t>::max();
  if (duration.count() <= 0) return 0;
  return static_cast<std::uint64_t>(duration.count()) > most ? most : static_cast<std::uint32_t>(duration.count());
}

}  // namespace detail
}  // namespace boundtoken

#endif
