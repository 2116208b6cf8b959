// What an accepted token says.

#ifndef BOUNDTOKEN_FACTS_HPP
#define BOUNDTOKEN_FACTS_HPP

#include <boundtoken/lists.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace boundtoken {

/// An object that a token names. The uid of a pod's node may be empty.
struct NamedObject {
  std::string_view name;
  std::string_view uid;
};

/// Where a fact stands, by the offset of its member: in the C library's struct of claims, and in a record.
#define BOUNDTOKEN_FACT(claim, member) \
  detail::Fact { offsetof(boundtoken_claims, claim), offsetof(boundtoken_record, member) }

namespace detail {

struct Fact {
  std::size_t in_claims;
  std::size_t in_record;
};

}  // namespace detail

/// What an accepted token says. `Claims` and `Record` have these members.
///
/// The texts and lists are lent: they live as long as the `Verified` of the claims, or until the buffer of the record is used
/// again. All are empty or absent if no token was accepted.
///
/// ```cpp
/// const boundtoken::Verified who = verifier.verify(token).value();
/// const boundtoken::Claims claims = who.claims();
/// assert(claims.confirmed() == boundtoken::Confirmed::live);
/// assert(claims.username() == "system:serviceaccount:demo:app" && claims.subject() == claims.username());
/// assert(claims.issuer() == issuer && claims.issuer_label() == issuer);
/// assert(claims.service_account_namespace() == "demo" && claims.service_account_name() == "app");
/// assert(!claims.service_account_uid().empty() && claims.payload().front() == '{');
/// assert(claims.audiences()[0] == "vault" && claims.matched_audiences()[0] == "vault");
/// assert(claims.pod()->name == "app-0" && claims.node()->name == "node-1" && !claims.secret());
/// assert(!claims.validating_webhook_configuration() && !claims.mutating_webhook_configuration());
/// assert(claims.attested_api_groups().empty() && claims.groups().size() == 3);
/// assert(claims.expires_at() > *claims.issued_at() && claims.not_before() && !claims.warn_after() && claims.jti());
/// ```
template <class Self>
class TokenFacts {
 public:
  /// Whether the objects that the token is bound to were confirmed to exist.
  Confirmed confirmed() const noexcept {
    return static_cast<Confirmed>(self().template number<std::uint32_t>(BOUNDTOKEN_FACT(confirmed, confirmed)));
  }
  /// `iss`: one of the issuer's names that the verifier was built with.
  std::string_view issuer() const noexcept { return self().text(BOUNDTOKEN_FACT(issuer, issuer)); }
  /// The verifier's label for the issuer. It says which cluster the token belongs to.
  std::string_view issuer_label() const noexcept { return self().text(BOUNDTOKEN_FACT(issuer_label, issuer_label)); }
  /// `sub`: `system:serviceaccount:NAMESPACE:NAME`.
  std::string_view subject() const noexcept { return self().text(BOUNDTOKEN_FACT(subject, subject)); }
  /// The user name, as in TokenReview's `status.user.username`.
  std::string_view username() const noexcept { return self().text(BOUNDTOKEN_FACT(username, subject)); }
  /// The namespace of the service account, and of the pod or secret that the token is bound to.
  std::string_view service_account_namespace() const noexcept {
    return self().text(BOUNDTOKEN_FACT(service_account_namespace, service_account_namespace));
  }
  /// The name of the service account.
  std::string_view service_account_name() const noexcept {
    return self().text(BOUNDTOKEN_FACT(service_account_name, service_account_name));
  }
  /// The uid of the service account, as in TokenReview's `status.user.uid`.
  std::string_view service_account_uid() const noexcept {
    return self().text(BOUNDTOKEN_FACT(service_account_uid, service_account_uid));
  }
  /// The groups, as in TokenReview's `status.user.groups`.
  TextList groups() const noexcept { return self().template list<TextList>(BOUNDTOKEN_FACT(groups, groups)); }
  /// Further attributes of the user, as in TokenReview's `status.user.extra`, ordered by key.
  ExtraList extra() const noexcept { return self().template list<ExtraList>(BOUNDTOKEN_FACT(extra, extra)); }
  /// `aud`: all audiences of the token, in its order.
  TextList audiences() const noexcept { return self().template list<TextList>(BOUNDTOKEN_FACT(audiences, audiences)); }
  /// The accepted audiences that the token names, as in TokenReview's `status.audiences`.
  TextList matched_audiences() const noexcept {
    return self().template list<TextList>(BOUNDTOKEN_FACT(matched_audiences, matched_audiences));
  }
  /// `exp`: when the token expires. An accepted token always does.
  Time expires_at() const noexcept {
    return detail::time_of(self().template number<std::int64_t>(BOUNDTOKEN_FACT(expires_at, expires_at)));
  }
  /// `nbf`: when the token becomes valid.
  std::optional<Time> not_before() const noexcept { return time(BOUNDTOKEN_FACT(not_before, not_before)); }
  /// `iat`: when the token was issued.
  std::optional<Time> issued_at() const noexcept { return time(BOUNDTOKEN_FACT(issued_at, issued_at)); }
  /// When the API server begins to count the token as stale. It does not affect the verdict.
  std::optional<Time> warn_after() const noexcept { return time(BOUNDTOKEN_FACT(warn_after, warn_after)); }
  /// `jti`: the token's own identifier.
  std::optional<std::string_view> jti() const noexcept { return if_present(self().text(BOUNDTOKEN_FACT(jti, jti))); }
  /// The pod that the token is bound to.
  std::optional<NamedObject> pod() const noexcept {
    return object(BOUNDTOKEN_FACT(pod_name, pod_name), BOUNDTOKEN_FACT(pod_uid, pod_uid));
  }
  /// The secret that the token is bound to.
  std::optional<NamedObject> secret() const noexcept {
    return object(BOUNDTOKEN_FACT(secret_name, secret_name), BOUNDTOKEN_FACT(secret_uid, secret_uid));
  }
  /// The node that the token is bound to. For a token that is bound to a pod, the node that the pod runs on.
  std::optional<NamedObject> node() const noexcept {
    return object(BOUNDTOKEN_FACT(node_name, node_name), BOUNDTOKEN_FACT(node_uid, node_uid));
  }
  /// The validating webhook configuration that the token is bound to (Kubernetes 1.37, KEP-6060).
  std::optional<NamedObject> validating_webhook_configuration() const noexcept {
    return object(BOUNDTOKEN_FACT(validating_webhook_configuration_name, validating_webhook_configuration_name),
                  BOUNDTOKEN_FACT(validating_webhook_configuration_uid, validating_webhook_configuration_uid));
  }
  /// The mutating webhook configuration that the token is bound to (Kubernetes 1.37, KEP-6060).
  std::optional<NamedObject> mutating_webhook_configuration() const noexcept {
    return object(BOUNDTOKEN_FACT(mutating_webhook_configuration_name, mutating_webhook_configuration_name),
                  BOUNDTOKEN_FACT(mutating_webhook_configuration_uid, mutating_webhook_configuration_uid));
  }
  /// The API groups for which the caller may send admission reviews. `*` stands for all groups. A webhook must find the API
  /// group of a review here before it believes the review.
  TextList attested_api_groups() const noexcept {
    return self().template list<TextList>(BOUNDTOKEN_FACT(attested_api_groups, attested_api_groups));
  }
  /// The claims as they were signed: one JSON object.
  std::string_view payload() const noexcept { return self().text(BOUNDTOKEN_FACT(payload, payload)); }

 private:
  const Self& self() const noexcept { return static_cast<const Self&>(*this); }
  static std::optional<std::string_view> if_present(std::string_view text) noexcept {
    return text.data() == nullptr ? std::nullopt : std::optional<std::string_view>(text);
  }
  std::optional<Time> time(detail::Fact fact) const noexcept {
    return detail::optional_time(self().template number<std::int64_t>(fact));
  }
  std::optional<NamedObject> object(detail::Fact name, detail::Fact uid) const noexcept {
    const std::string_view found = self().text(name);
    return found.data() == nullptr ? std::nullopt : std::optional<NamedObject>({found, self().text(uid)});
  }
};

#undef BOUNDTOKEN_FACT

}  // namespace boundtoken

#endif
