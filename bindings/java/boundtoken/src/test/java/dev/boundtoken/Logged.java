package dev.boundtoken;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;

/** Collects what goes to the logger of the library until it is closed. */
final class Logged extends Handler implements AutoCloseable {
    private final Logger logger = Logger.getLogger("dev.boundtoken");
    final List<LogRecord> records = new CopyOnWriteArrayList<>();

    Logged() {
        logger.setUseParentHandlers(false);
        logger.setLevel(Level.ALL);
        logger.addHandler(this);
    }

    @Override
    public void publish(LogRecord logged) {
        records.add(logged);
    }

    @Override
    public void flush() {
        // Nothing waits.
    }

    @Override
    public void close() {
        logger.removeHandler(this);
        logger.setUseParentHandlers(true);
    }
}
