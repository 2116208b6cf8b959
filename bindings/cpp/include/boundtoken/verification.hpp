// A verification that does not wait.

#ifndef BOUNDTOKEN_VERIFICATION_HPP
#define BOUNDTOKEN_VERIFICATION_HPP

#include <boundtoken/callback.hpp>
#include <boundtoken/handle.hpp>
#include <boundtoken/record.hpp>

#include <cstddef>
#include <type_traits>
#include <utility>

namespace boundtoken {

/// A verification that was begun by `Verifier::start`, and that may wait for clusters. It can be moved, not copied. To destroy
/// it gives up the questions that are not answered yet. It may be begun by one thread, finished by another and destroyed by a
/// third.
///
/// ```cpp
/// std::promise<void> woken;
/// boundtoken::Verification verification = verifier.start(token, [&] { woken.set_value(); }).value();
/// boundtoken::RecordBuffer buffer;
/// boundtoken::Record record = verification.finish(buffer);
/// while (record.status() == boundtoken::Status::still_asking) {  // Not without a cluster.
///   woken.get_future().wait();
///   record = verification.finish(buffer);
/// }
/// assert(record && verification.is_ready());
/// ```
class Verification : public detail::Unique<boundtoken_verification, boundtoken_verification_free> {
 public:
  using Unique::Unique;

  /// Whether `finish` can go on without a wait.
  bool is_ready() const noexcept { return boundtoken_verification_is_ready(get()) != 0; }

  /// Judges the token by the answers of the clusters. It does not block, except while another thread finishes the same
  /// verification. The verdict stays the same if the call is repeated.
  ///
  /// `Status::still_asking`: clusters have not answered yet, or one must be asked another question. Nothing was decided. Wait
  /// until the function is called again, or until `is_ready`, and call again.
  Record finish(RecordBuffer& buffer) const noexcept { return finish(buffer, 0); }

  /// Judges the token by what is known now, as after a time-out. It always decides.
  ///
  /// ```cpp
  /// boundtoken::RecordBuffer buffer;
  /// assert(verifier.start(token, nullptr)->finish_now(buffer));
  /// ```
  Record finish_now(RecordBuffer& buffer) const noexcept { return finish(buffer, 1); }

 private:
  Record finish(RecordBuffer& buffer, int at_once) const noexcept {
    return buffer.write([&](void* bytes, std::size_t capacity, std::size_t* needed) noexcept {
      return boundtoken_verification_finish(get(), at_once, bytes, capacity, needed);
    });
  }
};

namespace detail {

/// Begins something with a function that is called when it is done, or without one (`nullptr`).
template <class Done, class Begin>
auto with_done_callback(Done done, const Begin& begin) {
  if constexpr (std::is_null_pointer_v<Done>) {
    return begin(nullptr, nullptr, nullptr);
  } else {
    Userdata<Done> kept(std::move(done));
    auto begun = begin(kept.done, kept.get(), kept.free);
    if (begun) kept.give_away();
    return begun;
  }
}

}  // namespace detail
}  // namespace boundtoken

#endif
