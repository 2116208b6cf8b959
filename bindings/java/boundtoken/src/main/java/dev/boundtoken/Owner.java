package dev.boundtoken;

import java.lang.foreign.MemorySegment;
import java.lang.ref.Cleaner;
import java.util.function.Consumer;
import java.util.function.Function;

/** Owns a handle. What is forgotten instead of closed is closed by the garbage collector, some time. */
abstract class Owner implements AutoCloseable {
    private static final Cleaner CLEANER = Cleaner.create();

    final Handle handle;
    private final Cleaner.Cleanable cleanable;

    Owner(Handle handle) {
        this.handle = handle;
        this.cleanable = CLEANER.register(this, handle::close);
    }

    /** Calls the C library with the handle. */
    final <T> T using(Function<MemorySegment, T> call) {
        int counter = handle.enter();
        try {
            return call.apply(handle.address());
        } finally {
            handle.leave(counter);
        }
    }

    final void run(Consumer<MemorySegment> call) {
        using(address -> {
            call.accept(address);
            return null;
        });
    }

    /**
     * Gives up the memory. Calls that are running finish. Later ones throw an {@link IllegalStateException}. A second call
     * does nothing.
     */
    @Override
    public void close() {
        cleanable.clean();
    }
}
