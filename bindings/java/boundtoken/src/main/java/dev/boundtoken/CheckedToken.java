package dev.boundtoken;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.stream.LongStream;

/**
 * A token that is authentic and meant for the verifier, but whose bound objects nobody has looked up yet. It is not accepted:
 * {@link Verifier#confirm} does the rest.
 */
public final class CheckedToken extends Owner {
    private final List<BoundObject> boundObjects;
    private final String issuerLabel;

    CheckedToken(MemorySegment address) {
        super(Handle.of(address, Functions::checkedFree, "checked token"));
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment count = arena.allocate(JAVA_LONG);
            MemorySegment objects = Functions.checkedObjects(address, count);
            long size = count.get(JAVA_LONG, 0);
            MemorySegment all = NativeLibrary.lent(objects, size * Abi.BoundObject.BYTES);
            boundObjects = LongStream.range(0, size)
                    .mapToObj(i -> read(all.asSlice(i * Abi.BoundObject.BYTES, Abi.BoundObject.BYTES)))
                    .toList();
            issuerLabel = Texts.read(Functions.checkedIssuerLabel(arena, address), 0);
        }
    }

    private static BoundObject read(MemorySegment object) {
        return new BoundObject(
                ObjectKind.of(object.get(JAVA_INT, Abi.BoundObject.KIND)),
                Texts.readOrEmpty(object, Abi.BoundObject.OBJECT_NAMESPACE),
                Texts.readOrEmpty(object, Abi.BoundObject.OBJECT_NAME),
                Texts.readOrEmpty(object, Abi.BoundObject.UID));
    }

    /**
     * The objects to look up.
     *
     * @return the objects, in the order in which they will be judged
     */
    public List<BoundObject> boundObjects() {
        return boundObjects;
    }

    /**
     * The label of the trusted issuer whose objects can confirm the token.
     *
     * @return the label
     */
    public String issuerLabel() {
        return issuerLabel;
    }

    @Override
    public String toString() {
        return "CheckedToken[issuer " + issuerLabel + ", " + boundObjects + "]";
    }
}
