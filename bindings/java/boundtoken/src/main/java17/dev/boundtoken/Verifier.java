package dev.boundtoken;

/** Verifies bound tokens in memory, from Java 22 on. */
public final class Verifier {
    static {
        OldJava.fail();
    }

    private Verifier() {}
}
