package dev.boundtoken;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** Calls of the C library that write the record of a verdict. */
final class Judging {
    /** Holds nearly every record. */
    static final int USUAL = 2048;

    private Judging() {}

    /** Calls a function that writes a record. */
    interface Writing {
        int call(MemorySegment buffer, long capacity, MemorySegment needed);
    }

    /** The record of a verdict. Null if there is none yet. */
    static Facts judge(Arena arena, Writing writing) {
        MemorySegment needed = arena.allocate(JAVA_LONG);
        long capacity = USUAL;
        while (true) {
            MemorySegment buffer = arena.allocate(capacity, 8);
            int status = writing.call(buffer, capacity, needed);
            if (status == Abi.Status.STILL_ASKING) return null;
            // Another audience can make the record larger between two calls.
            if (status == Abi.Status.BUFFER_TOO_SMALL) {
                capacity = Math.max(needed.get(JAVA_LONG, 0), capacity + 8);
                continue;
            }
            int size = Math.max(buffer.get(JAVA_INT, Abi.Record.SIZE), Abi.Record.BYTES);
            return new Facts(buffer.asSlice(0, size).toArray(JAVA_BYTE));
        }
    }

    /** Options as the C library takes them. NULL if there are none. */
    static MemorySegment options(Arena arena, VerifyOptions options) {
        if (options.audiences == null && options.now == null) return MemorySegment.NULL;
        MemorySegment lent = arena.allocate(Abi.VerifyOptions.BYTES, 8);
        lent.set(JAVA_LONG, Abi.VerifyOptions.SIZE, Abi.VerifyOptions.BYTES);
        int flags = 0;
        if (options.now != null) {
            flags |= Abi.VERIFY_AT;
            lent.set(JAVA_LONG, Abi.VerifyOptions.NOW, options.now.getEpochSecond());
        }
        if (options.audiences != null) {
            flags |= Abi.VERIFY_FOR;
            lent.set(ADDRESS, Abi.VerifyOptions.AUDIENCES, Texts.lend(arena, options.audiences));
            lent.set(JAVA_LONG, Abi.VerifyOptions.AUDIENCES_LEN, options.audiences.size());
        }
        lent.set(JAVA_INT, Abi.VerifyOptions.FLAGS, flags);
        return lent;
    }

    static VerifiedToken accepted(Facts facts) {
        if (facts.status() != Abi.Status.OK) throw facts.exception();
        return new VerifiedToken(facts);
    }

    static Verdict verdict(Facts facts) {
        if (facts.status() == Abi.Status.OK) return new Verdict.Accepted(new VerifiedToken(facts));
        BoundtokenException exception = facts.exception();
        if (exception instanceof RefusedException refusal) return new Verdict.Refused(refusal);
        throw exception;
    }
}
