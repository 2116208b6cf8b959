package dev.boundtoken.auth;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.concurrent.TimeUnit;

/** Logs the first few refusals of each second, and says how many were left out. */
final class RefusalLog {
    private static final Logger LOGGER = System.getLogger("dev.boundtoken.auth");
    private static final int LOGGED_EACH_SECOND = 10;
    private static final int SERVER_ERROR = 500;

    private static long second = Long.MIN_VALUE;
    private static int count;
    private static long suppressed;

    private RefusalLog() {}

    /** Logs a refusal, and returns it. */
    static RequestRefusedException refused(RequestRefusedException refusal) {
        long leftOut = take();
        if (leftOut >= 0) {
            // The cause of a refused token says nothing new.
            Throwable failure = refusal.status() == SERVER_ERROR ? refusal.getCause() : null;
            LOGGER.log(
                    refusal.status() < SERVER_ERROR ? Level.INFO : Level.WARNING,
                    "refused a request: reason=" + refusal.code() + " status=" + refusal.status() + " suppressed=" + leftOut + ": "
                            + refusal.getMessage(),
                    failure);
        }
        return refusal;
    }

    /** How many were left out before this one. Negative if this one is to be left out. */
    private static synchronized long take() {
        long now = TimeUnit.NANOSECONDS.toSeconds(System.nanoTime());
        if (now != second) {
            second = now;
            count = 0;
        }
        if (++count > LOGGED_EACH_SECOND) {
            suppressed++;
            return -1;
        }
        long before = suppressed;
        suppressed = 0;
        return before;
    }
}
