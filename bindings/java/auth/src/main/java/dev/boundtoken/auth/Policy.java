package dev.boundtoken.auth;

import dev.boundtoken.Confirmed;
import dev.boundtoken.VerifiedToken;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.Set;

/**
 * Says which callers are allowed, among those whose tokens were accepted.
 *
 * <pre>{@code
 * Policy policy = Policy.anyOf(
 *         Policy.serviceAccount("demo", "app"),
 *         Policy.allOf(Policy.namespaces("monitoring"), Policy.not(Policy.nodes("node-1"))));
 * }</pre>
 *
 * <p>An empty list allows nobody. If a verifier trusts several clusters, the namespaces, service accounts and nodes of all of them
 * count. Name the cluster as well, by {@link #issuers}.
 */
@FunctionalInterface
public interface Policy {
    /**
     * Whether a caller is allowed. It is called for every request, by any thread, and must not wait. If it throws, the request is
     * answered with 500.
     *
     * @param caller what the caller's token says
     * @return true to let the caller pass
     */
    boolean allows(VerifiedToken caller);

    /**
     * Allows every service account of these namespaces.
     *
     * @param names the namespaces
     * @return the policy
     */
    static Policy namespaces(String... names) {
        Set<String> allowed = texts(names);
        return caller -> allowed.contains(caller.namespace());
    }

    /**
     * Allows one service account.
     *
     * @param namespace its namespace
     * @param name its name
     * @return the policy
     */
    static Policy serviceAccount(String namespace, String name) {
        texts(namespace, name);
        return caller -> caller.namespace().equals(namespace) && caller.serviceAccount().name().equals(name);
    }

    /**
     * Allows callers whose token was accepted for one of these audiences. For a verifier that accepts several.
     *
     * @param audiences the audiences
     * @return the policy
     */
    static Policy audiences(String... audiences) {
        Set<String> allowed = texts(audiences);
        return caller -> !Collections.disjoint(allowed, caller.matchedAudiences());
    }

    /**
     * Allows callers whose token is bound to one of these nodes, or to a pod on it.
     *
     * @param names the names of the nodes
     * @return the policy
     */
    static Policy nodes(String... names) {
        Set<String> allowed = texts(names);
        return caller -> caller.node().filter(node -> allowed.contains(node.name())).isPresent();
    }

    /**
     * Allows callers of these issuers.
     *
     * @param labels the labels of the issuers; an issuer without a label has its name as label
     * @return the policy
     */
    static Policy issuers(String... labels) {
        Set<String> allowed = texts(labels);
        return caller -> allowed.contains(caller.issuerLabel());
    }

    /**
     * Allows callers whose token attests one of these API groups, or {@code *} for all (KEP-6060).
     *
     * @param groups the API groups
     * @return the policy
     */
    static Policy apiGroups(String... groups) {
        Set<String> allowed = texts(groups);
        return caller -> {
            List<String> attested = caller.attestedApiGroups();
            return !allowed.isEmpty() && (attested.contains("*") || !Collections.disjoint(allowed, attested));
        };
    }

    /**
     * Allows callers whose bound objects are known to exist. For a verifier that accepts tokens without this knowledge too.
     *
     * @return the policy
     */
    static Policy confirmedLive() {
        return caller -> caller.confirmed() == Confirmed.LIVE;
    }

    /**
     * Allows callers that at least one of the policies allows. Without a policy it allows nobody.
     *
     * @param policies the policies
     * @return the policy
     */
    static Policy anyOf(Policy... policies) {
        List<Policy> all = List.of(policies);
        return caller -> all.stream().anyMatch(policy -> policy.allows(caller));
    }

    /**
     * Allows callers that each of the policies allows. Without a policy it allows nobody: a list that is empty by mistake must not
     * open the door.
     *
     * @param policies the policies
     * @return the policy
     */
    static Policy allOf(Policy... policies) {
        List<Policy> all = List.of(policies);
        return caller -> !all.isEmpty() && all.stream().allMatch(policy -> policy.allows(caller));
    }

    /**
     * Allows the callers that a policy does not allow.
     *
     * @param policy the policy
     * @return the policy
     */
    static Policy not(Policy policy) {
        Objects.requireNonNull(policy, "policy");
        return caller -> !policy.allows(caller);
    }

    private static Set<String> texts(String... texts) {
        Set<String> checked = Set.copyOf(List.of(texts));
        if (checked.contains("")) throw new IllegalArgumentException("a name is empty: pass names as Kubernetes has them");
        return checked;
    }
}
