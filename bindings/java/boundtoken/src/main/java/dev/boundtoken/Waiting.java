package dev.boundtoken;

import java.lang.foreign.MemorySegment;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;

/**
 * Something that the C library does in the background. The future has its result. To cancel the future gives it up.
 *
 * <p>A thread of the C library only says that it is time to look. The thread of an executor does so.
 */
abstract class Waiting<T> {
    final CompletableFuture<T> future = new CompletableFuture<>();
    private final ReentrantLock looking = new ReentrantLock();
    private volatile Handle handle;
    private boolean isTaken;

    /** Begins: a function of the C library takes the callback and the userdata. */
    final CompletableFuture<T> begin(BeginCall begin, Consumer<MemorySegment> free, String name) {
        Runnable wake = () -> future.defaultExecutor().execute(() -> look(false));
        Handle begun = Callbacks.keeping(wake, userdata -> Handle.of(
                Calls.make((arena, made, error) ->
                        begin.call(Callbacks.DONE, userdata, Callbacks.FREE, made, error)),
                free,
                name));
        handle = begun;
        future.whenComplete((result, failure) -> begun.close());
        // The callback may have come before there was a handle, or will never come.
        look(false);
        return future;
    }

    /** Takes the result, if there is one. */
    final void look(boolean atOnce) {
        try {
            T result = take(atOnce);
            if (result != null && !future.complete(result)) giveBack(result);
        } catch (Throwable failure) {
            future.completeExceptionally(failure);
        }
    }

    /** Only one thread at a time: a result can be taken once. */
    private T take(boolean atOnce) {
        looking.lock();
        try {
            if (handle == null || isTaken || future.isDone()) return null;
            int counter = handle.enter();
            try {
                T result = finish(handle.address(), atOnce);
                isTaken = result != null;
                return result;
            } finally {
                handle.leave(counter);
            }
        } catch (Throwable failure) {
            isTaken = true;
            throw failure;
        } finally {
            looking.unlock();
        }
    }

    /** The result, or null if it is not there yet. */
    abstract T finish(MemorySegment address, boolean atOnce);

    /** Takes a result that came too late. */
    abstract void giveBack(T result);

    interface BeginCall {
        int call(MemorySegment callback, MemorySegment userdata, MemorySegment free, MemorySegment made, MemorySegment error);
    }
}
