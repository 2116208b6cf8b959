package dev.boundtoken;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** What is known of objects, as the C library takes it. */
final class Answers {
    private Answers() {}

    static int state(ObjectAnswer answer) {
        return switch (answer) {
            case ObjectAnswer.Present present -> Abi.ObjectState.PRESENT;
            case ObjectAnswer.Missing missing -> switch (missing) {
                case ABSENT -> Abi.ObjectState.ABSENT;
                case UNAVAILABLE -> Abi.ObjectState.UNAVAILABLE;
                case NOT_FOLLOWED -> Abi.ObjectState.NOT_FOLLOWED;
            };
        };
    }

    /** A deletion in Unix seconds, and 0 for none. The first second of 1970 would be none, too. */
    static long seconds(Optional<Instant> deletion) {
        return deletion.map(Instant::getEpochSecond).map(seconds -> seconds == 0 ? 1 : seconds).orElse(0L);
    }

    /** An array of boundtoken_found_object. */
    static MemorySegment lend(Arena arena, List<ObjectAnswer> answers) {
        MemorySegment found = arena.allocate((long) Abi.FoundObject.BYTES * answers.size(), 8);
        for (int i = 0; i < answers.size(); i++) {
            MemorySegment each = found.asSlice((long) i * Abi.FoundObject.BYTES, Abi.FoundObject.BYTES);
            each.set(JAVA_INT, Abi.FoundObject.STATE, state(answers.get(i)));
            if (answers.get(i) instanceof ObjectAnswer.Present present) {
                each.set(JAVA_LONG, Abi.FoundObject.DELETION_TIMESTAMP, seconds(present.deletionTimestamp()));
                Texts.write(arena, each, Abi.FoundObject.UID, present.uid());
            }
        }
        return found;
    }
}
