// Makes verifiers.

#ifndef BOUNDTOKEN_BUILDER_HPP
#define BOUNDTOKEN_BUILDER_HPP

#include <boundtoken/cluster.hpp>
#include <boundtoken/keys.hpp>
#include <boundtoken/objects.hpp>
#include <boundtoken/verifier.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace boundtoken {

/// Collects the configuration of a verifier, which needs at least one issuer or cluster and one audience. The first failure is
/// remembered, and `build` reports it. It can be moved, not copied. Only one thread at a time may use it.
///
/// ```cpp
/// boundtoken::VerifierBuilder builder;
/// builder.issuer(issuer, keys, objects).issuer_also_named("https://kubernetes.default.svc").issuer_label("eu-1");
/// builder.audience("vault").audience("metrics");
/// builder.leeway(std::chrono::seconds(10)).max_token_size(8 * 1024);
/// builder.on_unavailable(boundtoken::OnUnavailable::refuse);
/// builder.cached_tokens(1000).cache_size(1 << 20).fast_rsa(false);
/// const boundtoken::Verifier verifier = builder.build().value();
/// assert(verifier.verify(token)->claims().issuer_label() == "eu-1");
/// ```
class VerifierBuilder : public detail::Unique<boundtoken_verifier_builder, boundtoken_verifier_builder_free> {
 public:
  using Unique::Unique;
  VerifierBuilder() noexcept : Unique(boundtoken_verifier_builder_new()) {}

  /// Accepts tokens of this issuer. Call it once for each cluster. Clusters with the same issuer name need labels.
  ///
  /// `name`: exactly what the cluster writes into `iss`. Keys and objects are shared with the caller, who may change them later.
  VerifierBuilder& issuer(std::string_view name, const Keys& keys, const Objects& objects) noexcept {
    // No objects would mean to C that none are checked. Here it is a mistake, which no keys are too.
    return add_issuer(name, objects ? keys.get() : nullptr, objects.get());
  }

  /// Accepts tokens of this issuer without looking up the objects that they are bound to: a token of a deleted pod is accepted
  /// until it expires. Accepted tokens say `Confirmed::not_checked`.
  ///
  /// ```cpp
  /// const boundtoken::Verifier verifier =
  ///     boundtoken::VerifierBuilder().issuer_without_objects(issuer, keys).audience("vault").build().value();
  /// assert(verifier.verify(token)->claims().confirmed() == boundtoken::Confirmed::not_checked);
  /// ```
  VerifierBuilder& issuer_without_objects(std::string_view name, const Keys& keys) noexcept {
    return add_issuer(name, keys.get(), nullptr);
  }

  /// Accepts another name of the issuer that was added last. `Status::no_issuer`: none has been added.
  VerifierBuilder& issuer_also_named(std::string_view name) noexcept {
    boundtoken_verifier_builder_issuer_also_named(get(), detail::lend(name));
    return *this;
  }

  /// Sets a label of your own for the issuer that was added last. Default: its name. It must be unique in a verifier.
  VerifierBuilder& issuer_label(std::string_view label) noexcept {
    boundtoken_verifier_builder_issuer_label(get(), detail::lend(label));
    return *this;
  }

  /// Accepts tokens of this cluster, by its own issuer name, keys and objects. They are shared: the verifier stays valid without
  /// the cluster, but nothing updates it then. `Status::cluster_forked`: the cluster was connected to before a fork.
  VerifierBuilder& cluster(const Cluster& cluster) noexcept {
    boundtoken_verifier_builder_cluster(get(), cluster.get());
    return *this;
  }

  /// Accepts tokens for this audience, which is the identifier of the service that verifies. Call it once for each.
  VerifierBuilder& audience(std::string_view audience) noexcept {
    boundtoken_verifier_builder_audience(get(), detail::lend(audience));
    return *this;
  }

  /// Sets by how much the clocks of issuer and verifier may differ. Default: 60 seconds, as in the API server. At most an hour.
  VerifierBuilder& leeway(std::chrono::seconds leeway) noexcept {
    // A negative duration becomes one that is too long.
    boundtoken_verifier_builder_leeway_seconds(get(), static_cast<std::uint64_t>(leeway.count()));
    return *this;
  }

  /// Sets the largest accepted size of a token, in bytes. Default: 16 KiB. At least 1, at most 1 MiB.
  VerifierBuilder& max_token_size(std::size_t bytes) noexcept {
    boundtoken_verifier_builder_max_token_size(get(), bytes);
    return *this;
  }

  /// Sets what to do with a token whose objects cannot be looked up, or are known only from too long ago, and with a token whose
  /// cluster's keys are too old. Default: refuse it.
  VerifierBuilder& on_unavailable(OnUnavailable choice) noexcept {
    boundtoken_verifier_builder_on_unavailable(get(), static_cast<boundtoken_on_unavailable>(choice));
    return *this;
  }

  /// Sets how many accepted tokens are remembered. Default: 10,000. 0 remembers none. A remembered token costs next to nothing
  /// when it is seen again, and is judged all the same.
  VerifierBuilder& cached_tokens(std::size_t tokens) noexcept {
    boundtoken_verifier_builder_cached_tokens(get(), tokens);
    return *this;
  }

  /// Sets how much memory the remembered tokens may use, in bytes. Default: 32 MiB. 0 remembers no tokens.
  VerifierBuilder& cache_size(std::size_t bytes) noexcept {
    boundtoken_verifier_builder_cache_size(get(), bytes);
    return *this;
  }

  /// Sets whether the verifier may use the fast path for RS256, if the library has one. Default: yes.
  VerifierBuilder& fast_rsa(bool allowed) noexcept {
    boundtoken_verifier_builder_fast_rsa(get(), allowed ? 1 : 0);
    return *this;
  }

  /// Sets whether the verifier may use the fast path for ES256, if the library has one. Default: yes.
  VerifierBuilder& fast_p256(bool allowed) noexcept {
    boundtoken_verifier_builder_fast_p256(get(), allowed ? 1 : 0);
    return *this;
  }

  /// Builds the verifier, and ends the builder, even on failure: a second call fails with `Status::null_argument`.
  ///
  /// It fails with the first failure of the earlier calls, or with `Status::no_issuer`, `empty_issuer`, `issuer_without_key`,
  /// `empty_label`, `label_not_unique`, `issuers_ambiguous`, `no_audience`, `empty_audience`, `leeway_too_long` or
  /// `token_size_out_of_range`.
  Result<Verifier> build() noexcept {
    return detail::made<Verifier, boundtoken_verifier>([&](boundtoken_verifier** verifier, boundtoken_error** error) noexcept {
      return boundtoken_verifier_builder_build(release(), verifier, error);
    });
  }

 private:
  VerifierBuilder& add_issuer(std::string_view name, const boundtoken_keys* keys, const boundtoken_objects* objects) noexcept {
    boundtoken_verifier_builder_issuer(get(), detail::lend(name), keys, objects);
    return *this;
  }
};

}  // namespace boundtoken

#endif
