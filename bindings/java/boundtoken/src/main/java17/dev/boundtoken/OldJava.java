package dev.boundtoken;

/** Says in a sentence what an UnsupportedClassVersionError would say in numbers. Newer versions of Java do not see this class. */
final class OldJava {
    private OldJava() {}

    static void fail() {
        throw new UnsupportedOperationException("boundtoken needs Java 22 or newer, and this is Java "
                + Runtime.version().feature() + ": run the program with a newer Java");
    }
}
