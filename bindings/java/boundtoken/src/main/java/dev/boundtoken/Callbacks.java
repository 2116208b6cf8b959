package dev.boundtoken;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * Functions of Java that the C library calls. There is one stub for each kind, which lives as long as the process, so none is
 * ever called after its memory is gone. The userdata is the number of a Java object, which is kept until the C library says
 * that it has made its last call.
 *
 * <p>Nothing may be thrown out of a stub: that would end the process.
 */
final class Callbacks {
    private static final Map<Long, Object> KEPT = new ConcurrentHashMap<>();
    private static final AtomicLong LAST = new AtomicLong();

    static final MemorySegment LOOK_UP = stub("lookUp", FunctionDescriptor.of(JAVA_INT, ADDRESS, ADDRESS, ADDRESS));
    static final MemorySegment DONE = stub("done", FunctionDescriptor.ofVoid(ADDRESS));
    static final MemorySegment CHANGE = stub("change", FunctionDescriptor.ofVoid(ADDRESS, ADDRESS));
    static final MemorySegment FREE = stub("free", FunctionDescriptor.ofVoid(ADDRESS));

    static {
        Log.forward(stub("log", FunctionDescriptor.ofVoid(ADDRESS, ADDRESS)));
    }

    private Callbacks() {}

    /** Makes sure that the log is forwarded. */
    static void load() {
        // The class does that when it is initialised.
    }

    /** Keeps an object for a call that hands it to the C library, which frees it unless the call fails. */
    static <T> T keeping(Object kept, Function<MemorySegment, T> call) {
        long number = LAST.incrementAndGet();
        KEPT.put(number, kept);
        boolean isTaken = false;
        try {
            T result = call.apply(MemorySegment.ofAddress(number));
            isTaken = true;
            return result;
        } finally {
            if (!isTaken) KEPT.remove(number);
        }
    }

    /** How many objects the C library may still use. */
    static int count() {
        return KEPT.size();
    }

    @SuppressWarnings("restricted")
    private static MemorySegment stub(String name, FunctionDescriptor shape) {
        MethodType type = shape.toMethodType();
        try {
            return Linker.nativeLinker()
                    .upcallStub(MethodHandles.lookup().findStatic(Callbacks.class, name, type), shape, Arena.global());
        } catch (ReflectiveOperationException missing) {
            throw new AssertionError(missing);
        }
    }

    @SuppressWarnings("unchecked")
    private static <T> T of(MemorySegment userdata) {
        return (T) KEPT.get(userdata.address());
    }

    private static int lookUp(MemorySegment userdata, MemorySegment query, MemorySegment answer) {
        try {
            MemorySegment asked = NativeLibrary.lent(query, Abi.ObjectQuery.BYTES);
            ObjectReference object = new ObjectReference(
                    ObjectKind.of(asked.get(JAVA_INT, Abi.ObjectQuery.KIND)),
                    Texts.readOrEmpty(asked, Abi.ObjectQuery.OBJECT_NAMESPACE),
                    Texts.readOrEmpty(asked, Abi.ObjectQuery.OBJECT_NAME));
            ObjectAnswer known = Callbacks.<ObjectLookUp>of(userdata).lookUp(object);
            return known == null ? Abi.ObjectState.UNAVAILABLE : write(known, NativeLibrary.lent(answer, Abi.ObjectAnswer.BYTES));
        } catch (Throwable failure) {
            report("a look-up of an object has failed, so the object counts as unavailable", failure);
            return Abi.ObjectState.UNAVAILABLE;
        }
    }

    private static int write(ObjectAnswer known, MemorySegment answer) {
        if (known instanceof ObjectAnswer.Present present) {
            byte[] uid = present.uid().getBytes(StandardCharsets.UTF_8);
            if (uid.length > Abi.UID_SIZE) return Abi.ObjectState.UNAVAILABLE;
            MemorySegment.copy(uid, 0, answer, JAVA_BYTE, Abi.ObjectAnswer.UID, uid.length);
            answer.set(JAVA_LONG, Abi.ObjectAnswer.UID_LEN, uid.length);
            answer.set(JAVA_LONG, Abi.ObjectAnswer.DELETION_TIMESTAMP, Answers.seconds(present.deletionTimestamp()));
        }
        return Answers.state(known);
    }

    private static void done(MemorySegment userdata) {
        try {
            Callbacks.<Runnable>of(userdata).run();
        } catch (Throwable failure) {
            report("cannot go on with a question to a cluster", failure);
        }
    }

    private static void change(MemorySegment userdata, MemorySegment change) {
        try {
            MemorySegment told = NativeLibrary.lent(change, Abi.ClusterChange.BYTES);
            int kind = told.get(JAVA_INT, Abi.ClusterChange.OBJECT_KIND);
            Callbacks.<Consumer<ClusterChange>>of(userdata)
                    .accept(new ClusterChange(
                            Change.of(told.get(JAVA_INT, Abi.ClusterChange.CHANGE)),
                            kind == 0 ? Optional.empty() : Optional.of(ObjectKind.of(kind)),
                            Optional.ofNullable(Texts.read(told, Abi.ClusterChange.OBJECT_NAMESPACE)),
                            Optional.ofNullable(Texts.read(told, Abi.ClusterChange.KID)),
                            Optional.ofNullable(Texts.read(told, Abi.ClusterChange.FAILURE))));
        } catch (Throwable failure) {
            report("a listener of a cluster has failed", failure);
        }
    }

    private static void log(MemorySegment userdata, MemorySegment line) {
        try {
            Log.line(NativeLibrary.lent(line, Abi.LogLine.BYTES));
        } catch (Throwable failure) {
            // Whom to tell, if not the log?
        }
    }

    private static void free(MemorySegment userdata) {
        KEPT.remove(userdata.address());
    }

    private static void report(String what, Throwable failure) {
        try {
            Log.failed(what, failure);
        } catch (Throwable second) {
            // The logger itself has failed. The caller still gets a safe answer.
        }
    }
}
