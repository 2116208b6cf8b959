package dev.boundtoken;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;

/**
 * What one verification is told. Immutable.
 *
 * <pre>{@code
 * VerifyOptions options = VerifyOptions.DEFAULT.audiences("vault", "metrics").timeout(Duration.ofSeconds(2));
 * }</pre>
 */
public final class VerifyOptions {
    /** The verifier's own audiences, the system's clock, and at most 20 seconds for questions to clusters. */
    public static final VerifyOptions DEFAULT = new VerifyOptions(null, null, Duration.ofSeconds(20));

    /** Null for the verifier's own. */
    final List<String> audiences;
    /** Null for the system's clock. */
    final Instant now;
    final Duration timeout;

    private VerifyOptions(List<String> audiences, Instant now, Duration timeout) {
        this.audiences = audiences;
        this.now = now;
        this.timeout = timeout;
    }

    /**
     * Accepts these audiences in place of the verifier's own. Without any, every token is refused.
     *
     * @param accepted the audiences, of which a token must name at least one
     * @return options with these audiences
     */
    public VerifyOptions audiences(String... accepted) {
        return new VerifyOptions(List.of(accepted), now, timeout);
    }

    /**
     * Verifies at this time, in place of the system's clock. Whole seconds count.
     *
     * @param time the time, not before 1970
     * @return options with this time
     */
    public VerifyOptions now(Instant time) {
        if (time.getEpochSecond() < 0) throw new IllegalArgumentException("the time is before 1970: pass a later one");
        return new VerifyOptions(audiences, time, timeout);
    }

    /**
     * Bounds how long {@link Verifier#verifyOnline} waits for clusters. After that it decides by what is known.
     *
     * @param limit how long to wait
     * @return options with this limit
     */
    public VerifyOptions timeout(Duration limit) {
        return new VerifyOptions(audiences, now, Objects.requireNonNull(limit, "limit"));
    }

    @Override
    public String toString() {
        return "VerifyOptions[audiences=" + audiences + ", now=" + now + ", timeout=" + timeout + "]";
    }
}
