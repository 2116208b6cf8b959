package dev.boundtoken;

import java.util.Objects;

/**
 * An object that a token is bound to.
 *
 * @param kind what kind of object it is
 * @param namespace its namespace, empty for a kind without namespaces
 * @param name its {@code metadata.name}
 * @param uid the uid that the object must have, empty for the node of a pod if the token does not say it
 */
public record BoundObject(ObjectKind kind, String namespace, String name, String uid) {
    /** Takes the name and the uid of an object. */
    public BoundObject {
        Objects.requireNonNull(kind, "kind");
        Objects.requireNonNull(namespace, "namespace");
        Objects.requireNonNull(name, "name");
        Objects.requireNonNull(uid, "uid");
    }

    /**
     * The object without its uid.
     *
     * @return its kind and its name
     */
    public ObjectReference reference() {
        return new ObjectReference(kind, namespace, name);
    }
}
