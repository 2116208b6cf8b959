package dev.boundtoken;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.stream.IntStream;

/**
 * Native memory for one verification: a token, and the record of the verdict. It is used again and again, because to allocate
 * it takes longer than most verdicts. There are some for each processor, however many threads there are.
 */
final class Scratch {
    /** The longest token, in letters. Each may take three bytes. */
    static final int LONGEST = 4096;
    /** Holds the record of nearly every token. */
    static final int RECORD = 4096;

    /** So many numbers share nothing that a processor loads at once. */
    private static final int APART = 32;

    private static final int MANY = Handle.COUNTERS;
    private static final Scratch[] ALL = IntStream.range(0, MANY).mapToObj(Scratch::new).toArray(Scratch[]::new);
    /** 1 where somebody uses one. */
    private static final AtomicIntegerArray USED = new AtomicIntegerArray(MANY * APART);

    private final int place;
    final MemorySegment token = Arena.global().allocate(3 * LONGEST + 1);
    final MemorySegment record = Arena.global().allocate(RECORD, 8);

    private Scratch(int index) {
        this.place = index * APART;
    }

    /** Takes one that nobody else uses. It goes back with {@link #give}. Null if all are in use. */
    static Scratch take() {
        int first = (int) Thread.currentThread().threadId();
        for (int tries = 0; tries < MANY; tries++) {
            Scratch one = ALL[first + tries & MANY - 1];
            if (USED.compareAndSet(one.place, 0, 1)) return one;
        }
        return null;
    }

    void give() {
        USED.setRelease(place, 0);
    }

    /** Writes a token of at most {@link #LONGEST} letters. Returns whether each took one byte. */
    boolean write(String text) {
        // An end of 0 is written after the last byte. A letter that takes more bytes moves it on.
        token.setString(0, text);
        return token.get(JAVA_BYTE, text.length()) == 0;
    }

    /** Whether the record is of a form that this version knows. What it does not know accepts no token. */
    boolean isReadable() {
        return number(Abi.Record.VERSION) == Abi.RECORD_VERSION;
    }

    int number(int offset) {
        return record.get(JAVA_INT, offset);
    }

    long id() {
        return record.get(JAVA_LONG, Abi.Record.CLAIMS_ID);
    }

    /** A copy of the record, to keep. */
    Facts copy() {
        int size = Math.max(number(Abi.Record.SIZE), Abi.Record.BYTES);
        byte[] bytes = new byte[size];
        MemorySegment.copy(record, JAVA_BYTE, 0, bytes, 0, size);
        return new Facts(bytes);
    }
}
