// How to verify a token.

#ifndef BOUNDTOKEN_OPTIONS_HPP
#define BOUNDTOKEN_OPTIONS_HPP

#include <boundtoken/time.hpp>
#include <boundtoken/views.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

namespace boundtoken {

/// How to verify a token. Without any option, a call does what `Verifier::verify` does.
///
/// ```cpp
/// boundtoken::VerifyOptions options;
/// const std::string_view audiences[] = {"vault"};
/// options.audiences = audiences;
/// options.now = boundtoken::whole_seconds(std::chrono::system_clock::now());
/// options.online = true;
/// options.timeout = std::chrono::seconds(2);
/// boundtoken::RecordBuffer buffer;
/// assert(verifier.verify_into(token, buffer, options));
/// ```
struct VerifyOptions {
  /// Verify at this time, instead of the time of the system's clock.
  std::optional<Time> now;
  /// Verify for these audiences instead of the verifier's own, even if there are none. They are lent until the call returns.
  std::optional<ArrayView<std::string_view>> audiences;
  /// Decide only what takes no signature check. Any other token gives `Status::not_cached`. It cannot be combined with
  /// `online`.
  bool cached_only = false;
  /// Ask the verifier's clusters when their latest changes may not have arrived yet, as `Verifier::verify_online` does.
  bool online = false;
  /// With `online`: how long the call may wait, in whole milliseconds, at least one. After that it decides by what it knows.
  /// Without it: 20 seconds.
  std::optional<std::chrono::milliseconds> timeout;
};

namespace detail {

/// Elements in the form of the C library. A few need no memory.
template <class T, std::size_t few>
class Lent {
 public:
  explicit Lent(std::size_t size) : size_(size) {
    if (size > few) many_.resize(size);
  }
  T* data() noexcept { return size_ > few ? many_.data() : few_.data(); }
  const T* data() const noexcept { return size_ > few ? many_.data() : few_.data(); }
  std::size_t size() const noexcept { return size_; }

 private:
  std::array<T, few> few_;
  std::vector<T> many_;
  std::size_t size_;
};

/// Texts in the form of the C library.
class LentTexts : public Lent<boundtoken_str, 8> {
 public:
  explicit LentTexts(ArrayView<std::string_view> texts) : Lent(texts.size()) {
    std::transform(texts.begin(), texts.end(), data(), [](std::string_view text) noexcept { return lend(text); });
  }
};

/// Options in the form of the C library.
class LentOptions {
 public:
  explicit LentOptions(const VerifyOptions& options)
      : audiences_(options.audiences.value_or(ArrayView<std::string_view>())) {
    options_.size = sizeof options_;
    if (options.now) {
      options_.flags |= BOUNDTOKEN_VERIFY_AT;
      options_.now = unix_seconds(*options.now);
    }
    if (options.audiences) {
      options_.flags |= BOUNDTOKEN_VERIFY_FOR;
      options_.audiences = audiences_.data();
      options_.audiences_len = audiences_.size();
    }
    if (options.cached_only) options_.flags |= BOUNDTOKEN_VERIFY_CACHED_ONLY;
    if (options.online) options_.flags |= BOUNDTOKEN_VERIFY_ONLINE;
    // 0 would be 20 seconds.
    if (options.timeout) options_.timeout_milliseconds = std::max(clamped(*options.timeout), 1U);
  }
  LentOptions(const LentOptions&) = delete;
  LentOptions& operator=(const LentOptions&) = delete;
  ~LentOptions() = default;

  const boundtoken_verify_options* get() const noexcept { return &options_; }

 private:
  boundtoken_verify_options options_{};
  LentTexts audiences_;
};

}  // namespace detail
}  // namespace boundtoken

#endif
