package dev.boundtoken;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What was known of a cluster at one moment, and how current it was.
 *
 * @param issuer the name of the cluster's issuer
 * @param keyIds the {@code kid} of each key
 * @param keysLoadedAt when the keys were last loaded
 * @param keysFailure why the last attempt to load the keys failed, absent if it succeeded
 * @param keysWithdrawn whether the cluster publishes no usable key; all its tokens are refused then
 * @param keysStale whether the keys are older than {@link ClusterOptions#maxKeyAge}
 * @param stale whether verifiers refuse tokens because what is known is outdated
 * @param watches the state of each watch
 */
public record ClusterStatus(
        String issuer,
        List<String> keyIds,
        Instant keysLoadedAt,
        Optional<String> keysFailure,
        boolean keysWithdrawn,
        boolean keysStale,
        boolean stale,
        List<Watch> watches) {
    /** Takes copies of the lists. */
    public ClusterStatus {
        keyIds = List.copyOf(keyIds);
        watches = List.copyOf(watches);
    }

    /**
     * The state of one watch.
     *
     * @param kind the kind of its objects, such as {@code Pod}
     * @param namespace their namespace, absent for the whole cluster
     * @param inStep whether the watch is connected and up to date
     * @param age how long ago it was last up to date
     * @param objects how many objects it knows
     * @param events how many events have come so far
     * @param reconnects how often the connection was made anew
     * @param failure what has failed since the watch last heard from the API server
     */
    public record Watch(
            String kind,
            Optional<String> namespace,
            boolean inStep,
            Duration age,
            long objects,
            long events,
            long reconnects,
            Optional<String> failure) {}

    static ClusterStatus read(String json) {
        Map<String, Object> members = Json.object(json);
        return new ClusterStatus(
                (String) members.get("issuer"),
                ((List<?>) members.get("keyIds")).stream().map(String.class::cast).toList(),
                Instant.parse((String) members.get("keysLoadedAt")),
                Optional.ofNullable((String) members.get("keysFailure")),
                (boolean) members.get("keysWithdrawn"),
                (boolean) members.get("keysStale"),
                (boolean) members.get("stale"),
                ((List<?>) members.get("watches")).stream().map(each -> watch((Map<?, ?>) each)).toList());
    }

    private static Watch watch(Map<?, ?> members) {
        return new Watch(
                (String) members.get("kind"),
                Optional.ofNullable((String) members.get("namespace")),
                (boolean) members.get("inStep"),
                Duration.ofSeconds((long) members.get("ageSeconds")),
                (long) members.get("objects"),
                (long) members.get("events"),
                (long) members.get("reconnects"),
                Optional.ofNullable((String) members.get("failure")));
    }
}
