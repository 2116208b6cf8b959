package dev.boundtoken;

import java.time.Duration;

/** Durations as the C library takes them: what does not fit is the longest that does, which is out of range everywhere. */
final class Durations {
    private Durations() {}

    static int seconds(Duration duration) {
        return clamped(duration.toSeconds());
    }

    private static int clamped(long number) {
        return number < 0 ? -1 : (int) Math.min(number, Integer.MAX_VALUE);
    }
}
