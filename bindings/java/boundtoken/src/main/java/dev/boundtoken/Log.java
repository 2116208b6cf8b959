package dev.boundtoken;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.System.Logger.Level;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * The log of the process: a {@link System.Logger} that receives what the C library says, too.
 *
 * <p>One thread hands the lines of the C library to the logger, because whoever logs may hold a lock, and a logger may be slow.
 * If too many lines wait, further ones are dropped.
 */
final class Log {
    private static final System.Logger LOGGER = System.getLogger("dev.boundtoken");
    private static final Executor TELLING = telling();

    private Log() {}

    /** Begins to forward what the C library logs, from the level on that the logger has now. */
    static void forward(MemorySegment callback) {
        int least = LOGGER.isLoggable(Level.DEBUG) ? Abi.LogLevel.DEBUG : Abi.LogLevel.INFO;
        // A library that logs nothing says so. That is no reason not to use it.
        Functions.setLog(callback, least, MemorySegment.NULL, MemorySegment.NULL, MemorySegment.NULL);
    }

    static void line(MemorySegment line) {
        Level level = switch (line.get(JAVA_INT, Abi.LogLine.LEVEL)) {
            case Abi.LogLevel.ERROR -> Level.ERROR;
            case Abi.LogLevel.WARN -> Level.WARNING;
            case Abi.LogLevel.INFO -> Level.INFO;
            default -> Level.DEBUG;
        };
        if (!LOGGER.isLoggable(level)) return;
        String message = Texts.read(line, Abi.LogLine.TARGET) + ": " + Texts.read(line, Abi.LogLine.MESSAGE);
        TELLING.execute(() -> LOGGER.log(level, message));
    }

    private static Executor telling() {
        ThreadPoolExecutor one = new ThreadPoolExecutor(
                1,
                1,
                1,
                TimeUnit.SECONDS,
                new ArrayBlockingQueue<>(1024),
                Thread.ofPlatform().daemon().name("boundtoken log").factory(),
                new ThreadPoolExecutor.DiscardPolicy());
        one.allowCoreThreadTimeOut(true);
        return one;
    }

    /** A function of the program has failed. */
    static void failed(String what, Throwable failure) {
        LOGGER.log(Level.WARNING, what, failure);
    }
}
