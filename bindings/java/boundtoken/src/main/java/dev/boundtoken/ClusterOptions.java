package dev.boundtoken;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * How to connect to a cluster, and what to follow there. Immutable.
 *
 * <pre>{@code
 * ClusterOptions options =
 *         ClusterOptions.DEFAULT.kubeconfig(Path.of("/etc/vault/kubeconfig")).namespaces("demo", "web");
 * }</pre>
 */
public final class ClusterOptions {
    /**
     * The pod's own configuration inside a cluster, and kubectl's kubeconfig elsewhere. Service accounts, pods and nodes of
     * the whole cluster are followed.
     */
    public static final ClusterOptions DEFAULT = new ClusterOptions(Map.of(), null);

    /** The members of the JSON object that the C library takes. */
    private final Map<String, Object> members;
    /** Null for the name of the cluster's issuer. */
    final String label;

    private ClusterOptions(Map<String, Object> members, String label) {
        this.members = members;
        this.label = label;
    }

    private ClusterOptions with(String member, Object value) {
        Map<String, Object> copy = new LinkedHashMap<>(members);
        copy.put(member, value);
        return new ClusterOptions(Collections.unmodifiableMap(copy), label);
    }

    /**
     * Connects to the cluster of a kubeconfig file.
     *
     * @param file the path of the file
     * @return options with this file
     */
    public ClusterOptions kubeconfig(Path file) {
        return with("kubeconfig", file.toString());
    }

    /**
     * Connects to the cluster of a context of the kubeconfig.
     *
     * @param name the context, which is the current context unless it is set
     * @return options with this context
     */
    public ClusterOptions context(String name) {
        return with("context", Objects.requireNonNull(name, "name"));
    }

    /**
     * Connects only to the cluster of the pod.
     *
     * @return options for a pod
     */
    public ClusterOptions inCluster() {
        return with("inCluster", true);
    }

    /**
     * Gives the cluster a label of your own, which accepted tokens repeat. Clusters that write the same {@code iss} need
     * labels.
     *
     * @param ownName the label, which is the name of the cluster's issuer unless it is set
     * @return options with this label
     */
    public ClusterOptions label(String ownName) {
        return new ClusterOptions(members, Objects.requireNonNull(ownName, "ownName"));
    }

    /**
     * Follows pods, secrets and service accounts of these namespaces only. Tokens of other namespaces are refused.
     *
     * @param names the namespaces
     * @return options with these namespaces
     */
    public ClusterOptions namespaces(String... names) {
        return with("namespaces", List.of(names));
    }

    /**
     * Follows the metadata of secrets. Without it, tokens that are bound to secrets are refused.
     *
     * @param follow whether to follow them, false unless it is set
     * @return options that say so
     */
    public ClusterOptions secrets(boolean follow) {
        return with("secrets", follow);
    }

    /**
     * Follows nodes. Only tokens that are bound directly to a node need it.
     *
     * @param follow whether to follow them, true unless it is set
     * @return options that say so
     */
    public ClusterOptions nodes(boolean follow) {
        return with("nodes", follow);
    }

    /**
     * Follows the metadata of webhook configurations. Only admission webhooks receive such tokens, from Kubernetes 1.37 on
     * (KEP-6060).
     *
     * @param follow whether to follow them, false unless it is set
     * @return options that say so
     */
    public ClusterOptions webhookConfigurations(boolean follow) {
        return with("webhookConfigurations", follow);
    }

    /**
     * Bounds how old the known state of objects may become. The API server confirms an idle watch once a minute, so a limit
     * below that refuses good tokens.
     *
     * @param limit in whole seconds, 150 unless it is set, at most a day
     * @return options with this limit
     */
    public ClusterOptions maxStaleness(Duration limit) {
        return with("maxStalenessSeconds", limit.toSeconds());
    }

    /**
     * Bounds how old the keys may become while they cannot be reloaded. A limit below a minute refuses good tokens.
     *
     * @param limit in whole seconds, no limit unless it is set, at most a year
     * @return options with this limit
     */
    public ClusterOptions maxKeyAge(Duration limit) {
        return with("maxKeyAgeSeconds", limit.toSeconds());
    }

    /**
     * Bounds how long {@link Verifier#verifyOnline} waits for new keys if a token names an unknown key.
     *
     * @param limit in whole milliseconds, 300 unless it is set, at most ten seconds
     * @return options with this limit
     */
    public ClusterOptions unknownKeyWait(Duration limit) {
        return with("unknownKeyWaitMilliseconds", limit.toMillis());
    }

    /**
     * Bounds how long connecting may take.
     *
     * @param limit in whole seconds, 30 unless it is set, at most an hour
     * @return options with this limit
     */
    public ClusterOptions deadline(Duration limit) {
        return with("deadlineSeconds", limit.toSeconds());
    }

    String json() {
        return Json.write(members);
    }

    @Override
    public String toString() {
        return "ClusterOptions" + members;
    }
}
