package dev.boundtoken;

import java.util.List;
import java.util.Objects;

/** An issuer whose tokens are accepted. One cluster is one trusted issuer. Immutable. */
public final class TrustedIssuer {
    final String name;
    final Keys keys;
    /** An {@link ObjectStore}, an {@link ObjectLookUp}, or null. */
    final Object objects;
    /** Null for the name. */
    final String label;
    final List<String> otherNames;

    private TrustedIssuer(String name, Keys keys, Object objects, String label, List<String> otherNames) {
        this.name = Objects.requireNonNull(name, "name");
        this.keys = Objects.requireNonNull(keys, "keys");
        this.objects = objects;
        this.label = label;
        this.otherNames = otherNames;
    }

    /**
     * Trusts an issuer whose objects are in a store.
     *
     * @param name exactly what it writes into {@code iss}
     * @param keys the keys that it signs with
     * @param objects the objects that its tokens are bound to
     * @return the issuer
     */
    public static TrustedIssuer of(String name, Keys keys, ObjectStore objects) {
        return new TrustedIssuer(name, keys, Objects.requireNonNull(objects, "objects"), null, List.of());
    }

    /**
     * Trusts an issuer whose objects are looked up by a function.
     *
     * @param name exactly what it writes into {@code iss}
     * @param keys the keys that it signs with
     * @param objects looks up the objects that its tokens are bound to
     * @return the issuer
     */
    public static TrustedIssuer of(String name, Keys keys, ObjectLookUp objects) {
        return new TrustedIssuer(name, keys, Objects.requireNonNull(objects, "objects"), null, List.of());
    }

    /**
     * Trusts an issuer without looking up objects: a token of a deleted pod is accepted until it expires. Accepted tokens
     * say {@link Confirmed#NOT_CHECKED}.
     *
     * @param name exactly what it writes into {@code iss}
     * @param keys the keys that it signs with
     * @return the issuer
     */
    public static TrustedIssuer withoutObjects(String name, Keys keys) {
        return new TrustedIssuer(name, keys, null, null, List.of());
    }

    /**
     * Gives the issuer a label of your own, which accepted tokens repeat. Clusters that write the same {@code iss} need
     * labels.
     *
     * @param ownName the label, which is the issuer's name unless it is set
     * @return the issuer with this label
     */
    public TrustedIssuer label(String ownName) {
        return new TrustedIssuer(name, keys, objects, Objects.requireNonNull(ownName, "ownName"), otherNames);
    }

    /**
     * Accepts other names of the issuer. An API server with several {@code --service-account-issuer} flags accepts several
     * names too.
     *
     * @param names what it may also write into {@code iss}
     * @return the issuer with these other names
     */
    public TrustedIssuer alsoNamed(String... names) {
        return new TrustedIssuer(name, keys, objects, label, List.of(names));
    }

    @Override
    public String toString() {
        return "TrustedIssuer[" + name + (label == null ? "" : ", label " + label) + "]";
    }
}
