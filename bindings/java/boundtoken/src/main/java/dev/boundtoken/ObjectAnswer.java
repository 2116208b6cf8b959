package dev.boundtoken;

import java.time.Instant;
import java.util.Objects;
import java.util.Optional;

/** What a look-up says of an object. The verifier compares the uid and judges the deletion. */
public sealed interface ObjectAnswer {
    /**
     * The object exists.
     *
     * @param uid its {@code metadata.uid}
     * @param deletionTimestamp its {@code metadata.deletionTimestamp} in whole seconds, absent if it is not being deleted
     */
    record Present(String uid, Optional<Instant> deletionTimestamp) implements ObjectAnswer {
        /** Takes what is known of an object. */
        public Present {
            Objects.requireNonNull(uid, "uid");
            Objects.requireNonNull(deletionTimestamp, "deletionTimestamp");
        }
    }

    /** There is no object to compare. */
    enum Missing implements ObjectAnswer {
        /** The object does not exist. */
        ABSENT,
        /** Nobody can say at the moment. */
        UNAVAILABLE,
        /** Nobody can ever say: objects of this kind, or in this namespace, are not followed. */
        NOT_FOLLOWED
    }

    /**
     * The object exists, and is not being deleted.
     *
     * @param uid its {@code metadata.uid}
     * @return the answer
     */
    static ObjectAnswer present(String uid) {
        return new Present(uid, Optional.empty());
    }

    /**
     * The object exists, and is being deleted.
     *
     * @param uid its {@code metadata.uid}
     * @param deletionTimestamp its {@code metadata.deletionTimestamp}
     * @return the answer
     */
    static ObjectAnswer present(String uid, Instant deletionTimestamp) {
        return new Present(uid, Optional.of(deletionTimestamp));
    }

    /**
     * The object does not exist.
     *
     * @return {@link Missing#ABSENT}
     */
    static ObjectAnswer absent() {
        return Missing.ABSENT;
    }

    /**
     * Nobody can say at the moment. The token is refused, and its client told to come again.
     *
     * @return {@link Missing#UNAVAILABLE}
     */
    static ObjectAnswer unavailable() {
        return Missing.UNAVAILABLE;
    }

    /**
     * Nobody can ever say. The token is refused, whatever {@link Verifier.Builder#onUnavailable} says.
     *
     * @return {@link Missing#NOT_FOLLOWED}
     */
    static ObjectAnswer notFollowed() {
        return Missing.NOT_FOLLOWED;
    }
}
