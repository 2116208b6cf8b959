package dev.boundtoken;

import java.lang.foreign.Arena;
import java.util.List;
import java.util.Map;

/**
 * What the native library was built of, for logs and reports of faults.
 *
 * @param version its version, such as {@code 0.1.0}
 * @param cryptography what checks signatures: {@code ring} or {@code aws-lc-rs}
 * @param features what is built in: {@code kubernetes} is clusters
 * @param target the architecture and the operating system that it was built for
 */
public record BuildInfo(String version, String cryptography, List<String> features, String target) {
    /** Takes a copy of the features. */
    public BuildInfo {
        features = List.copyOf(features);
    }

    /**
     * Describes the library that is loaded.
     *
     * @return what it was built of
     */
    public static BuildInfo current() {
        try (Arena arena = Arena.ofConfined()) {
            Map<String, Object> members = Json.object(Texts.read(Functions.buildInfo(arena), 0));
            return new BuildInfo(
                    (String) members.get("version"),
                    (String) members.get("cryptography"),
                    ((List<?>) members.get("features")).stream().map(String.class::cast).toList(),
                    (String) members.get("target"));
        }
    }
}
