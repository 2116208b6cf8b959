package dev.boundtoken;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A record of the C library: a verdict, and what the token says. */
final class Facts {
    private static final VarHandle INT = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final int TEXT = 8;

    private final byte[] record;

    Facts(byte[] record) {
        this.record = record;
    }

    /** The status. What cannot be read accepts no token. */
    int status() {
        int status = number(Abi.Record.STATUS);
        boolean isKnown = number(Abi.Record.VERSION) == Abi.RECORD_VERSION;
        return status == Abi.Status.OK && !isKnown ? Abi.Status.PANIC : status;
    }

    int number(int offset) {
        return (int) INT.get(record, offset);
    }

    long time(int offset) {
        return (long) LONG.get(record, offset);
    }

    /** Null if the text is absent. */
    String text(int offset) {
        int start = number(offset);
        return start == 0 ? null : new String(record, start, number(offset + 4), StandardCharsets.UTF_8);
    }

    /** Empty if the text is absent. */
    String textOrEmpty(int offset) {
        String text = text(offset);
        return text == null ? "" : text;
    }

    List<String> texts(int offset) {
        int count = number(offset + 4);
        String[] texts = new String[count];
        for (int i = 0; i < count; i++) texts[i] = textOrEmpty(number(offset) + i * TEXT);
        return List.of(texts);
    }

    Map<String, List<String>> extra() {
        Map<String, List<String>> extra = new LinkedHashMap<>();
        for (int i = 0; i < number(Abi.Record.EXTRA + 4); i++) {
            int pair = number(Abi.Record.EXTRA) + i * 2 * TEXT;
            extra.computeIfAbsent(textOrEmpty(pair), key -> new ArrayList<>()).add(textOrEmpty(pair + TEXT));
        }
        return unmodifiable(extra);
    }

    List<BoundObject> boundObjects() {
        BoundObject[] objects = new BoundObject[number(Abi.Record.BOUND_OBJECTS + 4)];
        for (int i = 0; i < objects.length; i++) {
            int object = number(Abi.Record.BOUND_OBJECTS) + i * Abi.RecordObject.BYTES;
            objects[i] = new BoundObject(
                    ObjectKind.of(number(object + Abi.RecordObject.KIND)),
                    textOrEmpty(object + Abi.RecordObject.OBJECT_NAMESPACE),
                    textOrEmpty(object + Abi.RecordObject.NAME),
                    textOrEmpty(object + Abi.RecordObject.UID));
        }
        return List.of(objects);
    }

    /** Why the token is refused, or what the program did wrong. */
    BoundtokenException exception() {
        int status = status();
        String code = textOrEmpty(Abi.Record.NAME);
        String message = textOrEmpty(Abi.Record.MESSAGE);
        return Calls.exception(
                status, code, message, number(Abi.Record.HTTP_STATUS), textOrEmpty(Abi.Record.WWW_AUTHENTICATE));
    }

    /** Two records say the same if they differ in the number of the claims alone, which depends on the cache. */
    boolean saysTheSame(Facts other) {
        int size = number(Abi.Record.SIZE);
        int id = Abi.Record.CLAIMS_ID;
        return size == other.number(Abi.Record.SIZE)
                && Arrays.equals(record, 0, id, other.record, 0, id)
                && Arrays.equals(record, id + 8, size, other.record, id + 8, size);
    }

    static <K, V> Map<K, List<V>> unmodifiable(Map<K, List<V>> lists) {
        Map<K, List<V>> copy = new LinkedHashMap<>();
        lists.forEach((key, values) -> copy.put(key, List.copyOf(values)));
        return Collections.unmodifiableMap(copy);
    }
}
