package dev.boundtoken;

import java.time.Duration;

/** Durations as the C library takes them: what does not fit is the longest that does, which is out of range everywhere. */
final class Durations {
    private Durations() {}

    static int seconds(Duration duration) {
        long seconds = duration.toSeconds();
        return seconds < 0 ? -1 : (int) Math.min(seconds, Integer.MAX_VALUE);
    }
}
