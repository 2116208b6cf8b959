package dev.boundtoken;

/** The public keys of one issuer, from Java 22 on. */
public final class Keys {
    static {
        OldJava.fail();
    }

    private Keys() {}
}
