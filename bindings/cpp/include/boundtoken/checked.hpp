// A token between the two steps of a verification.

#ifndef BOUNDTOKEN_CHECKED_HPP
#define BOUNDTOKEN_CHECKED_HPP

#include <boundtoken/handle.hpp>
#include <boundtoken/lists.hpp>
#include <boundtoken/options.hpp>

#include <algorithm>
#include <cstddef>
#include <string_view>

namespace boundtoken {

/// A token whose bound objects were not looked up yet. It is not accepted: see `Verifier::check`. Immutable. It can be moved,
/// not copied. Any thread may use it.
class Checked : public detail::Unique<boundtoken_checked, boundtoken_checked_free> {
 public:
  using Unique::Unique;

  /// The objects to look up, in the order in which they will be judged. They live as long as this token.
  BoundObjectList objects() const noexcept {
    std::size_t count = 0;
    const boundtoken_bound_object* const objects = boundtoken_checked_objects(get(), &count);
    return {objects, count};
  }
  /// The label of the issuer that the token belongs to. Only the objects of that cluster can confirm the token.
  std::string_view issuer_label() const noexcept { return detail::text_of(boundtoken_checked_issuer_label(get())); }
};

namespace detail {

/// Answers in the form of the C library.
class LentAnswers : public Lent<boundtoken_found_object, 4> {
 public:
  explicit LentAnswers(ArrayView<ObjectAnswer> answers) : Lent(answers.size()) {
    std::transform(answers.begin(), answers.end(), data(), [](const ObjectAnswer& answer) noexcept {
      return boundtoken_found_object{static_cast<boundtoken_object_state>(answer.state), 0, deletion_seconds(answer.deletion),
                                     lend(answer.uid)};
    });
  }
};

}  // namespace detail
}  // namespace boundtoken

#endif
