package dev.boundtoken;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * An accepted token. Immutable. It does not contain the token itself: nobody can authenticate with it. Each value is decoded
 * when it is asked for.
 */
public final class VerifiedToken {
    private final Facts facts;
    /** What nearly everybody asks for, once it was asked for. */
    private String subject;

    VerifiedToken(Facts facts) {
        this.facts = facts;
    }

    /**
     * The user name ({@code sub}).
     *
     * @return {@code system:serviceaccount:NAMESPACE:NAME}
     */
    public String subject() {
        String known = subject;
        if (known == null) subject = known = facts.textOrEmpty(Abi.Record.SUBJECT);
        return known;
    }

    /**
     * The namespace of the service account, and of the pod or secret that the token is bound to.
     *
     * @return the namespace
     */
    public String namespace() {
        return facts.textOrEmpty(Abi.Record.SERVICE_ACCOUNT_NAMESPACE);
    }

    /**
     * The service account that the token speaks for.
     *
     * @return its namespace, name and uid
     */
    public BoundObject serviceAccount() {
        return new BoundObject(
                ObjectKind.SERVICE_ACCOUNT,
                namespace(),
                facts.textOrEmpty(Abi.Record.SERVICE_ACCOUNT_NAME),
                facts.textOrEmpty(Abi.Record.SERVICE_ACCOUNT_UID));
    }

    /**
     * The pod that the token is bound to.
     *
     * @return the pod, if there is one
     */
    public Optional<BoundObject> pod() {
        return bound(ObjectKind.POD, namespace(), Abi.Record.POD_NAME, Abi.Record.POD_UID);
    }

    /**
     * The secret that the token is bound to.
     *
     * @return the secret, if there is one
     */
    public Optional<BoundObject> secret() {
        return bound(ObjectKind.SECRET, namespace(), Abi.Record.SECRET_NAME, Abi.Record.SECRET_UID);
    }

    /**
     * The node that the token is bound to or, in a token that is bound to a pod, the node of that pod.
     *
     * @return the node, if the token names one
     */
    public Optional<BoundObject> node() {
        return bound(ObjectKind.NODE, "", Abi.Record.NODE_NAME, Abi.Record.NODE_UID);
    }

    /**
     * The validating webhook configuration that the token is bound to (KEP-6060).
     *
     * @return the configuration, if there is one
     */
    public Optional<BoundObject> validatingWebhookConfiguration() {
        return bound(
                ObjectKind.VALIDATING_WEBHOOK_CONFIGURATION,
                "",
                Abi.Record.VALIDATING_WEBHOOK_CONFIGURATION_NAME,
                Abi.Record.VALIDATING_WEBHOOK_CONFIGURATION_UID);
    }

    /**
     * The mutating webhook configuration that the token is bound to (KEP-6060).
     *
     * @return the configuration, if there is one
     */
    public Optional<BoundObject> mutatingWebhookConfiguration() {
        return bound(
                ObjectKind.MUTATING_WEBHOOK_CONFIGURATION,
                "",
                Abi.Record.MUTATING_WEBHOOK_CONFIGURATION_NAME,
                Abi.Record.MUTATING_WEBHOOK_CONFIGURATION_UID);
    }

    /**
     * The objects that must exist for the token to be good.
     *
     * @return the objects, in the order in which they are judged
     */
    public List<BoundObject> boundObjects() {
        return facts.boundObjects();
    }

    /**
     * Whether these objects were confirmed to exist.
     *
     * @return what is known of them
     */
    public Confirmed confirmed() {
        return Confirmed.of(facts.number(Abi.Record.CONFIRMED));
    }

    /**
     * The issuer ({@code iss}).
     *
     * @return one of the names of a trusted issuer
     */
    public String issuer() {
        return facts.textOrEmpty(Abi.Record.ISSUER);
    }

    /**
     * The label of the trusted issuer that the token belongs to. It identifies the cluster.
     *
     * @return the label
     */
    public String issuerLabel() {
        return facts.textOrEmpty(Abi.Record.ISSUER_LABEL);
    }

    /**
     * All audiences of the token ({@code aud}).
     *
     * @return the audiences, in the token's order
     */
    public List<String> audiences() {
        return facts.texts(Abi.Record.AUDIENCES);
    }

    /**
     * The accepted audiences that the token names, as {@code status.audiences} of a TokenReview.
     *
     * @return the audiences, never none
     */
    public List<String> matchedAudiences() {
        return facts.texts(Abi.Record.MATCHED_AUDIENCES);
    }

    /**
     * When the token expires ({@code exp}).
     *
     * @return the time, in whole seconds
     */
    public Instant expiresAt() {
        return Instant.ofEpochSecond(facts.time(Abi.Record.EXPIRES_AT));
    }

    /**
     * When the token was issued ({@code iat}).
     *
     * @return the time, in whole seconds, if the token says it
     */
    public Optional<Instant> issuedAt() {
        return time(Abi.Record.ISSUED_AT);
    }

    /**
     * When the token becomes valid ({@code nbf}).
     *
     * @return the time, in whole seconds, if the token says it
     */
    public Optional<Instant> notBefore() {
        return time(Abi.Record.NOT_BEFORE);
    }

    /**
     * When the API server begins to count the token as stale. It does not affect the verdict.
     *
     * @return the time, in whole seconds, if the token says it
     */
    public Optional<Instant> warnAfter() {
        return time(Abi.Record.WARN_AFTER);
    }

    /**
     * The identifier of the token ({@code jti}).
     *
     * @return the identifier, if there is one
     */
    public Optional<String> jti() {
        return Optional.ofNullable(facts.text(Abi.Record.JTI));
    }

    /**
     * The groups of the user.
     *
     * @return the groups
     */
    public List<String> groups() {
        return facts.texts(Abi.Record.GROUPS);
    }

    /**
     * The API groups whose admission reviews the caller may send (KEP-6060).
     *
     * @return the groups, of which {@code *} stands for all
     */
    public List<String> attestedApiGroups() {
        return facts.texts(Abi.Record.ATTESTED_API_GROUPS);
    }

    /**
     * The user as a TokenReview describes it.
     *
     * @return the user
     */
    public UserInfo userInfo() {
        return new UserInfo(subject(), facts.textOrEmpty(Abi.Record.SERVICE_ACCOUNT_UID), groups(), facts.extra());
    }

    /**
     * The claims as they were signed.
     *
     * @return the text of one JSON object
     */
    public String claimsJson() {
        return facts.textOrEmpty(Abi.Record.PAYLOAD);
    }

    /**
     * The claims as they were signed. Each call reads the JSON again.
     *
     * @return an unmodifiable map of {@code String}, {@code Long}, {@code Double}, {@code Boolean}, {@code List}, {@code Map}
     *     and {@code null}
     */
    public Map<String, Object> claims() {
        return Json.object(claimsJson());
    }

    private Optional<BoundObject> bound(ObjectKind kind, String namespace, int name, int uid) {
        return Optional.ofNullable(facts.text(name)).map(text -> new BoundObject(kind, namespace, text, facts.textOrEmpty(uid)));
    }

    private Optional<Instant> time(int offset) {
        long seconds = facts.time(offset);
        return seconds < 0 ? Optional.empty() : Optional.of(Instant.ofEpochSecond(seconds));
    }

    /** Two are equal if they say the same, the matched audiences and {@link #confirmed} included. */
    @Override
    public boolean equals(Object other) {
        return other instanceof VerifiedToken token && facts.saysTheSame(token.facts);
    }

    @Override
    public int hashCode() {
        return claimsJson().hashCode();
    }

    /** Says whose token it is, for logs. */
    @Override
    public String toString() {
        return "VerifiedToken[" + subject() + pod().map(pod -> ", Pod " + pod.name()).orElse("") + ", issuer " + issuerLabel()
                + ", " + confirmed() + "]";
    }
}
