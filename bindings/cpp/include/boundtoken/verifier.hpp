// Verifies tokens.

#ifndef BOUNDTOKEN_VERIFIER_HPP
#define BOUNDTOKEN_VERIFIER_HPP

#include <boundtoken/checked.hpp>
#include <boundtoken/options.hpp>
#include <boundtoken/record.hpp>
#include <boundtoken/statistics.hpp>
#include <boundtoken/verification.hpp>
#include <boundtoken/verified.hpp>

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>

namespace boundtoken {

/// Verifies tokens. It is immutable, but the keys and objects that it uses may change. Copies share it.
///
/// Any number of threads may use it at the same time. Verification takes no lock and does no I/O, except for what a function of
/// the program does. All ways to verify apply the same rules and give the same statuses. If several things are wrong with a
/// token, the status is the first in the API server's order: form, signature, issuer, audience, times, bound objects.
///
/// ```cpp
/// const boundtoken::Verifier verifier = boundtoken::VerifierBuilder()
///                                           .issuer(issuer, keys, objects)
///                                           .audience("vault")
///                                           .build()
///                                           .value();
/// assert(verifier.verify(token)->claims().username() == "system:serviceaccount:demo:app");
/// ```
class Verifier : public detail::Shared<boundtoken_verifier, boundtoken_verifier_retain, boundtoken_verifier_free> {
 public:
  using Shared::Shared;

  /// Verifies a bare token, without `Bearer` and without white space around it, at the time of the system's clock.
  Result<Verified> verify(std::string_view token) const noexcept {
    return verified([&](boundtoken_verified** out, boundtoken_error** error) noexcept {
      return boundtoken_verify(get(), token.data(), token.size(), out, error);
    });
  }

  /// Verifies a token at this time. `Status::negative_time`: it is before 1970.
  Result<Verified> verify_at(std::string_view token, Time now) const noexcept {
    return verified([&](boundtoken_verified** out, boundtoken_error** error) noexcept {
      return boundtoken_verify_at(get(), token.data(), token.size(), detail::unix_seconds(now), out, error);
    });
  }

  /// Verifies a token for these audiences instead of the verifier's own. It must name at least one of them.
  ///
  /// ```cpp
  /// const std::string_view audiences[] = {"metrics"};
  /// assert(verifier.verify_for(token, audiences).status() == boundtoken::Status::audience_mismatch);
  /// ```
  Result<Verified> verify_for(std::string_view token, ArrayView<std::string_view> audiences) const {
    const detail::LentTexts lent(audiences);
    return verified([&](boundtoken_verified** out, boundtoken_error** error) noexcept {
      return boundtoken_verify_for(get(), token.data(), token.size(), lent.data(), lent.size(), out, error);
    });
  }

  /// Verifies a token for these audiences, at this time.
  Result<Verified> verify_for_at(std::string_view token, ArrayView<std::string_view> audiences, Time now) const {
    const detail::LentTexts lent(audiences);
    return verified([&](boundtoken_verified** out, boundtoken_error** error) noexcept {
      return boundtoken_verify_for_at(get(), token.data(), token.size(), lent.data(), lent.size(),
                                      detail::unix_seconds(now), out, error);
    });
  }

  /// Verifies a token, and asks the verifier's clusters when their latest changes may not have arrived yet: when it names an
  /// unknown key, or is less than a minute old and one of its objects has not been seen yet. Most calls ask nobody. A call that
  /// asks waits a fraction of a second for keys and some seconds for objects. A bad token causes no unbounded work.
  ///
  /// `Status::cluster_forked`: a cluster was connected to before a fork.
  Result<Verified> verify_online(std::string_view token) const noexcept {
    return verified([&](boundtoken_verified** out, boundtoken_error** error) noexcept {
      return boundtoken_verify_online(get(), token.data(), token.size(), out, error);
    });
  }

  /// Verifies a token, and writes the verdict into a buffer, which takes no memory for each token. The record lives until the
  /// buffer is used again.
  ///
  /// ```cpp
  /// boundtoken::RecordBuffer buffer;
  /// boundtoken::VerifyOptions options;
  /// options.cached_only = true;  // On a thread that must not spend a signature check.
  /// assert(verifier.verify_into(token, buffer, options).status() == boundtoken::Status::not_cached);
  /// assert(verifier.verify_into(token, buffer));
  /// assert(verifier.verify_into(token, buffer, options));
  /// ```
  Record verify_into(std::string_view token, RecordBuffer& buffer) const noexcept {
    return verify_into(token, buffer, static_cast<const boundtoken_verify_options*>(nullptr));
  }

  /// The same with options.
  Record verify_into(std::string_view token, RecordBuffer& buffer, const VerifyOptions& options) const {
    return verify_into(token, buffer, detail::LentOptions(options).get());
  }

  /// Verifies many tokens on several threads, this one among them. Each gets a record in `batch`, with its own status.
  ///
  /// `threads`: at least 1, at most 1,024. `options`: only `now` can be set.
  ///
  /// `Status::unknown_value`: `threads`, an option or the stride of the batch is out of range. Nothing was decided.
  /// `Status::length_out_of_range`: there is not enough memory for the records.
  Result<void> verify_batch(ArrayView<std::string_view> tokens, std::uint32_t threads, RecordBatch& batch,
                            const VerifyOptions& options = {}) const {
    const detail::LentTexts texts(tokens);
    const detail::LentOptions lent(options);
    if (!batch.reserve(texts.size())) return Error(Status::length_out_of_range);
    auto outcome = detail::done([&](boundtoken_error** error) noexcept {
      return boundtoken_verify_batch(get(), texts.data(), texts.size(), lent.get(), threads, batch.bytes_.get(),
                                     batch.stride_, error);
    });
    if (outcome) batch.size_ = texts.size();
    return outcome;
  }

  /// Checks everything about a token except its bound objects: the first of two steps, for programs that ask a network about
  /// objects, and wait for it, without a function that is called back. Success does not accept the token: see `confirm`.
  ///
  /// `options`: only `now` and `audiences` can be set.
  ///
  /// ```cpp
  /// const boundtoken::Checked checked = verifier.check(token).value();
  /// std::vector<boundtoken::ObjectAnswer> answers;
  /// for (const boundtoken::BoundObject object : checked.objects()) {
  ///   // Ask the cluster `checked.issuer_label()` about `object.reference`. Here it knows all of them.
  ///   answers.push_back(boundtoken::ObjectAnswer::present(std::string(object.uid)));
  /// }
  /// const boundtoken::Verified who = verifier.confirm(checked, answers).value();
  /// assert(who.claims().confirmed() == boundtoken::Confirmed::live);
  /// ```
  Result<Checked> check(std::string_view token, const VerifyOptions& options = {}) const {
    const detail::LentOptions lent(options);
    return detail::made<Checked, boundtoken_checked>([&](boundtoken_checked** out, boundtoken_error** error) noexcept {
      return boundtoken_check(get(), token.data(), token.size(), lent.get(), out, error);
    });
  }

  /// Judges the bound objects of a checked token, and its times once more: the second step.
  ///
  /// `answers`: one for each object of the checked token, in the same order. `options`: only `now` can be set.
  ///
  /// `Status::answers_missing`: there is not one answer for each object. `Status::verifier_mismatch`: another verifier checked
  /// the token.
  Result<Verified> confirm(const Checked& checked, ArrayView<ObjectAnswer> answers, const VerifyOptions& options = {}) const {
    const detail::LentOptions lent(options);
    const detail::LentAnswers found(answers);
    return verified([&](boundtoken_verified** out, boundtoken_error** error) noexcept {
      return boundtoken_confirm(get(), checked.get(), found.data(), found.size(), lent.get(), out, error);
    });
  }

  /// Does what `confirm` does, and writes the verdict into a buffer.
  Record confirm_into(const Checked& checked, ArrayView<ObjectAnswer> answers, RecordBuffer& buffer,
                      const VerifyOptions& options = {}) const {
    const detail::LentOptions lent(options);
    const detail::LentAnswers found(answers);
    return buffer.write([&](void* bytes, std::size_t capacity, std::size_t* needed) noexcept {
      return boundtoken_confirm_into(get(), checked.get(), found.data(), found.size(), lent.get(), bytes, capacity, needed);
    });
  }

  /// Begins to verify a token like `verify_online`, but does not wait. For event loops and coroutines.
  ///
  /// `ready`: a function without arguments, or `nullptr`. It is called when `Verification::finish` can go on, at most once for
  /// each time that there was something to wait for, by any thread, possibly before this call returns and after the
  /// verification is destroyed. It should only wake somebody up. What it throws is ignored.
  ///
  /// `Status::cluster_forked`: a cluster was connected to before a fork.
  template <class Ready>
  Result<Verification> start(std::string_view token, Ready ready, const VerifyOptions& options = {}) const {
    const detail::LentOptions lent(options);
    const auto begin = [&](boundtoken_done_callback callback, void* userdata, boundtoken_userdata_free free) noexcept {
      return detail::made<Verification, boundtoken_verification>(
          [&](boundtoken_verification** out, boundtoken_error** error) noexcept {
            return boundtoken_verification_start(get(), token.data(), token.size(), lent.get(), callback, userdata, free, out,
                                                 error);
          });
    };
    return detail::with_done_callback(std::move(ready), begin);
  }

  /// The size in bytes of the largest record that this verifier can make for its own audiences. 0 after a move.
  std::size_t largest_record() const noexcept { return boundtoken_verifier_largest_record(get()); }

  /// What the verifier has decided so far, and what it remembers.
  ///
  /// ```cpp
  /// verifier.verify(token).value();
  /// verifier.verify(token).value();
  /// const boundtoken::Statistics statistics = verifier.statistics().value();
  /// assert(statistics.accepted_first == 1 && statistics.accepted_again == 1 && statistics.remembered_tokens == 1);
  /// ```
  Result<Statistics> statistics() const noexcept {
    Statistics statistics{};
    statistics.size = sizeof(boundtoken_statistics);
    const auto status = static_cast<Status>(boundtoken_verifier_statistics(get(), &statistics));
    if (status != Status::ok) return Error(status);
    return statistics;
  }

 private:
  Record verify_into(std::string_view token, RecordBuffer& buffer, const boundtoken_verify_options* options) const noexcept {
    return buffer.write([&](void* bytes, std::size_t capacity, std::size_t* needed) noexcept {
      return boundtoken_verify_into(get(), token.data(), token.size(), options, bytes, capacity, needed);
    });
  }

  template <class Call>
  static Result<Verified> verified(Call call) noexcept {
    return detail::made<Verified, boundtoken_verified>(call);
  }
};

}  // namespace boundtoken

#endif
