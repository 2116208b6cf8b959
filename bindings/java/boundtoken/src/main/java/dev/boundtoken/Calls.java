package dev.boundtoken;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** Calls of the C library that can fail. */
final class Calls {
    private Calls() {}

    /** Calls a function that gives nothing but a status and an error. */
    interface Doing {
        int call(Arena arena, MemorySegment error);
    }

    /** Calls a function that makes a handle. */
    interface Making {
        int call(Arena arena, MemorySegment handle, MemorySegment error);
    }

    static void run(Doing doing) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment error = arena.allocate(ADDRESS);
            if (doing.call(arena, error) != Abi.Status.OK) throw take(error.get(ADDRESS, 0));
        }
    }

    static MemorySegment make(Making making) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment handle = arena.allocate(ADDRESS);
            MemorySegment error = arena.allocate(ADDRESS);
            if (making.call(arena, handle, error) != Abi.Status.OK) throw take(error.get(ADDRESS, 0));
            return handle.get(ADDRESS, 0);
        }
    }

    /** Calls a function that counts what it has read. */
    static int count(Making making) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment count = arena.allocate(JAVA_LONG);
            MemorySegment error = arena.allocate(ADDRESS);
            if (making.call(arena, count, error) != Abi.Status.OK) throw take(error.get(ADDRESS, 0));
            return Math.toIntExact(count.get(JAVA_LONG, 0));
        }
    }

    /** What an error says. The error is freed. */
    static BoundtokenException take(MemorySegment error) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment details = arena.allocate(Abi.ErrorDetails.BYTES, 8);
            details.set(JAVA_LONG, Abi.ErrorDetails.SIZE, Abi.ErrorDetails.BYTES);
            Functions.errorGet(error, details);
            String challenge = Texts.read(details, Abi.ErrorDetails.WWW_AUTHENTICATE);
            return exception(
                    details.get(JAVA_INT, Abi.ErrorDetails.STATUS),
                    Texts.read(details, Abi.ErrorDetails.NAME),
                    Texts.read(details, Abi.ErrorDetails.MESSAGE),
                    details.get(JAVA_INT, Abi.ErrorDetails.HTTP_STATUS),
                    challenge == null ? "" : challenge);
        } finally {
            Functions.errorFree(error);
        }
    }

    static BoundtokenException exception(int number, String code, String message, int httpStatus, String challenge) {
        if (number >= Abi.FIRST_REASON) return new RefusedException(number, code, message, httpStatus, challenge);
        if (number >= Abi.Status.CLUSTER_CONFIGURATION) return new ClusterException(number, code, message);
        if (number >= Abi.Status.JWKS_UNREADABLE) return new ConfigurationException(number, code, message);
        return new BoundtokenException(number, code, message);
    }
}
