package dev.boundtoken;

/** The objects of a cluster that tokens are bound to, in memory, from Java 22 on. */
public final class ObjectStore {
    static {
        OldJava.fail();
    }

    private ObjectStore() {}
}
