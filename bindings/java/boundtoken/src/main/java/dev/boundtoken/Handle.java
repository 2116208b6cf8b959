package dev.boundtoken;

import java.lang.foreign.MemorySegment;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.function.Consumer;

/**
 * A handle of the C library that threads use until it is closed. The last call that is running frees it.
 *
 * <p>A shared arena would do neither: to close it fails while a call is running, and each call would write to the same
 * counter. Here threads count in places of their own.
 */
final class Handle {
    /** So many counters share nothing that a processor loads at once. */
    private static final int APART = 16;

    /** A power of two. */
    static final int COUNTERS = Integer.highestOneBit(Math.clamp(Runtime.getRuntime().availableProcessors(), 1, 32)) * 2;

    private final MemorySegment address;
    private final Consumer<MemorySegment> free;
    private final String name;
    private final AtomicLongArray running;
    private final int mask;
    private final AtomicBoolean isFreed = new AtomicBoolean();
    private volatile boolean isClosed;

    private Handle(MemorySegment address, Consumer<MemorySegment> free, String name, int counters) {
        this.address = address;
        this.free = free;
        this.name = name;
        this.running = new AtomicLongArray(1 + (counters - 1) * APART);
        this.mask = counters - 1;
    }

    /** A handle for a few calls. */
    static Handle of(MemorySegment address, Consumer<MemorySegment> free, String name) {
        return new Handle(address, free, name, 1);
    }

    /** A handle that all threads use all the time. */
    static Handle busy(MemorySegment address, Consumer<MemorySegment> free, String name) {
        return new Handle(address, free, name, COUNTERS);
    }

    /** Begins a call. What it returns goes to {@link #leave}. */
    int enter() {
        int counter = ((int) Thread.currentThread().threadId() & mask) * APART;
        running.getAndIncrement(counter);
        if (isClosed) {
            leave(counter);
            throw new IllegalStateException("the " + name + " was closed: do not use it after close()");
        }
        return counter;
    }

    void leave(int counter) {
        running.getAndDecrement(counter);
        if (isClosed) freeIfUnused();
    }

    /** What to pass to the C library, between {@link #enter} and {@link #leave}. */
    MemorySegment address() {
        return address;
    }

    void close() {
        isClosed = true;
        freeIfUnused();
    }

    private void freeIfUnused() {
        for (int counter = 0; counter < running.length(); counter += APART) {
            if (running.get(counter) != 0) return;
        }
        if (isFreed.compareAndSet(false, true)) free.accept(address);
    }
}
