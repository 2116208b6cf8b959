package dev.boundtoken;

/** A connection to a Kubernetes cluster, from Java 22 on. */
public final class Cluster {
    static {
        OldJava.fail();
    }

    private Cluster() {}
}
