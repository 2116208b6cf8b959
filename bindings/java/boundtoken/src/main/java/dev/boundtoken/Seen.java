package dev.boundtoken;

/**
 * The accepted tokens that a verifier saw last, by the numbers that the C library gives their claims. The C library judges
 * each time. This only spares copying what the same token says.
 *
 * <p>Threads use the table without locks: an entry is immutable, and one that is overwritten is copied anew.
 */
final class Seen {
    /** More would hold memory for tokens that seldom come. */
    static final int MOST = 4096;

    private final Entry[] entries;
    private final int shift;

    private record Entry(long id, int confirmed, VerifiedToken token) {}

    Seen(long cachedTokens) {
        int size = Integer.highestOneBit(Math.clamp(cachedTokens, 2, MOST));
        this.entries = new Entry[size];
        this.shift = Long.SIZE - Integer.numberOfTrailingZeros(size);
    }

    /** The token of a record that accepts. */
    VerifiedToken token(Scratch scratch) {
        long id = scratch.id();
        if (id == 0) return new VerifiedToken(scratch.copy());
        int confirmed = scratch.number(Abi.Record.CONFIRMED);
        // Multiplied by the golden ratio, numbers in a row fall on places of their own.
        int place = (int) (id * 0x9E3779B97F4A7C15L >>> shift);
        Entry entry = entries[place];
        if (entry == null || entry.id != id || entry.confirmed != confirmed) {
            entry = new Entry(id, confirmed, new VerifiedToken(scratch.copy()));
            entries[place] = entry;
        }
        return entry.token;
    }
}
