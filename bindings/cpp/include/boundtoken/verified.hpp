// An accepted token.

#ifndef BOUNDTOKEN_VERIFIED_HPP
#define BOUNDTOKEN_VERIFIED_HPP

#include <boundtoken/facts.hpp>
#include <boundtoken/handle.hpp>

#include <cstddef>
#include <cstring>
#include <string_view>
#include <type_traits>

namespace boundtoken {

/// What a verified token says: see `TokenFacts`. It lends from the `Verified` that it comes from.
class Claims : public TokenFacts<Claims> {
 public:
  /// The claims of the C library, for programs that use both.
  explicit Claims(const boundtoken_claims& claims) noexcept : claims_(claims) {}
  const boundtoken_claims& raw() const noexcept { return claims_; }

 private:
  friend class TokenFacts<Claims>;

  template <class T>
  T member(std::size_t offset) const noexcept {
    T value{};
    constexpr std::size_t size = sizeof(T);  // NOLINT(bugprone-sizeof-expression): it can be a pointer.
    std::memcpy(&value, reinterpret_cast<const unsigned char*>(&claims_) + offset, size);
    return value;
  }
  template <class Number>
  Number number(detail::Fact fact) const noexcept {
    return member<Number>(fact.in_claims);
  }
  std::string_view text(detail::Fact fact) const noexcept {
    return detail::text_of(member<boundtoken_str>(fact.in_claims));
  }
  /// The number of elements follows the pointer to them.
  template <class List>
  List list(detail::Fact fact) const noexcept {
    using Element = std::conditional_t<std::is_same_v<List, ExtraList>, boundtoken_extra, boundtoken_str>;
    return {member<const Element*>(fact.in_claims), member<std::size_t>(fact.in_claims + sizeof(void*))};
  }

  boundtoken_claims claims_;
};

/// An accepted token. Immutable. Copies share it. It does not contain the token itself: nobody can authenticate with it.
///
/// ```cpp
/// const boundtoken::Verified who = verifier.verify(token).value();
/// assert(who.claims().pod()->name == "app-0");
/// assert(who.json().value().substr(0, 9) == R"({"user":{)");
/// ```
class Verified : public detail::Shared<boundtoken_verified, boundtoken_verified_retain, boundtoken_verified_free> {
 public:
  using Shared::Shared;

  /// Everything that the token says. The texts live as long as this token or a copy of it. After a move, no token is accepted:
  /// all are empty, and `Confirmed::none`.
  Claims claims() const noexcept {
    boundtoken_claims claims{};
    claims.size = sizeof claims;
    static_cast<void>(boundtoken_verified_claims(get(), &claims));
    return Claims(claims);
  }

  /// The token as JSON: an object with the members `user` (as in a TokenReview), `issuerLabel`, `audiences`, `confirmed`,
  /// `boundObjects` and `claims`. The text lives as long as this token or a copy of it.
  Result<std::string_view> json() const noexcept {
    boundtoken_str json{};
    boundtoken_error* error = nullptr;
    const auto status = static_cast<Status>(boundtoken_verified_json(get(), &json, &error));
    if (status != Status::ok) return Error(status, error);
    return detail::text_of(json);
  }
};

}  // namespace boundtoken

#endif
