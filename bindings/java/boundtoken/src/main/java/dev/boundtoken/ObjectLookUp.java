package dev.boundtoken;

/**
 * Looks objects up for a verifier, at each verification, by the thread that verifies. It should answer from memory. One that
 * asks a network belongs between {@link Verifier#check} and {@link Verifier#confirm}: a virtual thread cannot leave its
 * carrier while this function waits.
 */
@FunctionalInterface
public interface ObjectLookUp {
    /**
     * Says what is known of an object. Several threads can ask at once.
     *
     * @param object the object that a token is bound to
     * @return what is known; {@code null} counts as {@link ObjectAnswer#unavailable}
     * @throws Exception counts as {@link ObjectAnswer#unavailable}, and is logged
     */
    ObjectAnswer lookUp(ObjectReference object) throws Exception;
}
