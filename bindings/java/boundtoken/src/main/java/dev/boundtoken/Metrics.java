package dev.boundtoken;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Stream;

/** Numbers for {@code /metrics}, under the names that they have in every language. */
public final class Metrics {
    private final StringBuilder text = new StringBuilder();

    private Metrics() {}

    /**
     * What a verifier has decided and what is known of clusters, in the text format of Prometheus (0.0.4).
     *
     * @param verifier whose {@link Verifier#statistics} become {@code boundtoken_tokens_*}
     * @param clusters whose {@link Cluster#status} become {@code boundtoken_cluster_*}, with their label as {@code issuer}
     * @return the text, for the content type {@code text/plain; version=0.0.4}
     * @throws IllegalStateException if the verifier or a cluster was closed
     */
    public static String prometheusText(Verifier verifier, Cluster... clusters) {
        Metrics metrics = new Metrics();
        metrics.write(verifier.statistics());
        if (clusters.length > 0) metrics.write(Stream.of(clusters).map(Followed::new).toList());
        return metrics.text.toString();
    }

    private record Followed(String labels, ClusterStatus status) {
        Followed(Cluster cluster) {
            this(label("issuer", cluster.label()), cluster.status());
        }
    }

    private record Value(String labels, Object number) {}

    private void write(Statistics of) {
        write("boundtoken_tokens_first_total", "counter", "accepted tokens whose signature was checked",
                one(of.acceptedFirst()));
        write("boundtoken_tokens_again_total", "counter", "accepted tokens that were seen before", one(of.acceptedAgain()));
        write("boundtoken_tokens_refused_total", "counter", "refused tokens, by family of reasons", Stream.of(
                new Value(label("family", "form"), of.refusedForForm()),
                new Value(label("family", "header"), of.refusedForHeader()),
                new Value(label("family", "key"), of.refusedForKey()),
                new Value(label("family", "claims"), of.refusedForClaims()),
                new Value(label("family", "objects"), of.refusedForObjects())));
        write("boundtoken_tokens_remembered", "gauge", "tokens in the cache", one(of.rememberedTokens()));
        write("boundtoken_tokens_remembered_bytes", "gauge", "memory that the tokens in the cache take", one(of.cacheSize()));
    }

    private void write(List<Followed> clusters) {
        write("boundtoken_cluster_stale", "gauge", "1 if tokens are refused because news of the cluster is missing",
                clusters.stream().map(each -> new Value(each.labels, each.status.stale() ? 1 : 0)));
        write("boundtoken_cluster_keys_age_seconds", "gauge", "time since the keys were last loaded",
                clusters.stream().map(each -> new Value(each.labels, age(each.status))));
        write("boundtoken_cluster_objects", "gauge", "objects that a watch knows",
                ofWatches(clusters, ClusterStatus.Watch::objects));
        write("boundtoken_cluster_watch_age_seconds", "gauge", "time since a watch last heard of its cluster",
                ofWatches(clusters, watch -> watch.age().toSeconds()));
        write("boundtoken_cluster_watch_restarts_total", "counter", "how often a watch began anew",
                ofWatches(clusters, ClusterStatus.Watch::reconnects));
    }

    private static double age(ClusterStatus status) {
        return Math.max(0, Duration.between(status.keysLoadedAt(), Instant.now()).toMillis() / 1000.0);
    }

    private static Stream<Value> one(long number) {
        return Stream.of(new Value("", number));
    }

    private static Stream<Value> ofWatches(List<Followed> clusters, Function<ClusterStatus.Watch, Long> number) {
        return clusters.stream().flatMap(each -> each.status.watches().stream().map(watch -> new Value(
                each.labels + "," + label("kind", watch.kind()) + "," + label("namespace", watch.namespace().orElse("")),
                number.apply(watch))));
    }

    private static String label(String name, String value) {
        return name + "=\"" + value.replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n") + "\"";
    }

    private void write(String name, String type, String help, Stream<Value> values) {
        text.append("# HELP ").append(name).append(' ').append(help).append('\n');
        text.append("# TYPE ").append(name).append(' ').append(type).append('\n');
        values.forEach(value -> {
            text.append(name);
            if (!value.labels.isEmpty()) text.append('{').append(value.labels).append('}');
            text.append(' ').append(value.number).append('\n');
        });
    }
}
