package dev.boundtoken;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** Texts as the C library takes and gives them. */
final class Texts {
    private Texts() {}

    /** A boundtoken_str that lives as long as the arena. */
    static MemorySegment lend(Arena arena, String text) {
        MemorySegment lent = arena.allocate(Abi.Str.BYTES, 8);
        write(arena, lent, 0, text);
        return lent;
    }

    /** An array of boundtoken_str. */
    static MemorySegment lend(Arena arena, List<String> texts) {
        MemorySegment lent = arena.allocate((long) Abi.Str.BYTES * texts.size(), 8);
        for (int i = 0; i < texts.size(); i++) write(arena, lent, (long) i * Abi.Str.BYTES, texts.get(i));
        return lent;
    }

    static void write(Arena arena, MemorySegment struct, long offset, String text) {
        MemorySegment bytes = bytes(arena, text);
        struct.set(ADDRESS, offset + Abi.Str.DATA, bytes);
        struct.set(JAVA_LONG, offset + Abi.Str.LEN, bytes.byteSize());
    }

    static MemorySegment bytes(Arena arena, String text) {
        return arena.allocateFrom(JAVA_BYTE, text.getBytes(StandardCharsets.UTF_8));
    }

    /** Reads a boundtoken_str. Null if it is absent. */
    static String read(MemorySegment struct, long offset) {
        MemorySegment data = struct.get(ADDRESS, offset + Abi.Str.DATA);
        if (data.equals(MemorySegment.NULL)) return null;
        long length = struct.get(JAVA_LONG, offset + Abi.Str.LEN);
        return new String(NativeLibrary.lent(data, length).toArray(JAVA_BYTE), StandardCharsets.UTF_8);
    }

    static String readOrEmpty(MemorySegment struct, long offset) {
        String text = read(struct, offset);
        return text == null ? "" : text;
    }
}
