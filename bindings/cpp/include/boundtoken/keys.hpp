// The public keys of an issuer.

#ifndef BOUNDTOKEN_KEYS_HPP
#define BOUNDTOKEN_KEYS_HPP

#include <boundtoken/result.hpp>

#include <cstddef>
#include <optional>
#include <string_view>

namespace boundtoken {

/// The public keys of one issuer. They may be replaced at any time, even while threads verify with them. Copies share them.
///
/// ```cpp
/// const boundtoken::Keys keys = boundtoken::Keys::from_jwks(jwks).value();
/// assert(keys.count() == 1 && keys.skipped_count() == 0 && !keys.skipped(0));
///
/// // The issuer has new keys. What cannot be read changes nothing.
/// assert(!keys.replace_jwks("no JSON") && keys.count() == 1);
/// keys.replace_pem(pem).value();
/// ```
class Keys : public detail::Shared<boundtoken_keys, boundtoken_keys_retain, boundtoken_keys_free> {
 public:
  using Shared::Shared;

  /// Reads a JSON Web Key Set (RFC 7517 section 5), such as a cluster serves at `/openid/v1/jwks`, of at most 1 MiB. Keys
  /// that cannot be used are skipped.
  ///
  /// `Status::jwks_unreadable`: the document is not a key set. `Status::no_usable_key`: none of its keys can be used.
  static Result<Keys> from_jwks(std::string_view document) noexcept {
    return detail::made<Keys, boundtoken_keys>([&](boundtoken_keys** keys, boundtoken_error** error) noexcept {
      return boundtoken_keys_from_jwks(document.data(), document.size(), keys, error);
    });
  }

  /// Reads the keys of a PEM file, such as the API server's `--service-account-key-file`: public keys, certificates, and
  /// the public half of private keys.
  ///
  /// `Status::pem_unreadable`: the document is not a PEM file. `Status::no_usable_key`: none of its keys can be used.
  static Result<Keys> from_pem(std::string_view document) noexcept {
    return detail::made<Keys, boundtoken_keys>([&](boundtoken_keys** keys, boundtoken_error** error) noexcept {
      return boundtoken_keys_from_pem(document.data(), document.size(), keys, error);
    });
  }

  /// Replaces the keys, at once for all verifiers that use them. It fails like `from_jwks`, and then the old keys stay.
  Result<void> replace_jwks(std::string_view document) const noexcept {
    return detail::done([&](boundtoken_error** error) noexcept {
      return boundtoken_keys_replace_jwks(get(), document.data(), document.size(), error);
    });
  }

  /// Replaces the keys with the keys of a PEM file. It can fail as `from_pem` can. The old keys then stay.
  Result<void> replace_pem(std::string_view document) const noexcept {
    return detail::done([&](boundtoken_error** error) noexcept {
      return boundtoken_keys_replace_pem(get(), document.data(), document.size(), error);
    });
  }

  /// The number of usable keys.
  std::size_t count() const noexcept { return boundtoken_keys_count(get()); }
  /// The number of keys of the document that were skipped.
  std::size_t skipped_count() const noexcept { return boundtoken_keys_skipped_count(get()); }
  /// Why a key was skipped: `Status::key_skipped`, with its place in the document and its kid. Skipped keys are counted from
  /// 0. Nothing if there is no such key.
  std::optional<Error> skipped(std::size_t index) const noexcept {
    boundtoken_error* const error = boundtoken_keys_skipped(get(), index);
    return error == nullptr ? std::nullopt : std::optional<Error>(std::in_place, error);
  }
};

}  // namespace boundtoken

#endif
