package dev.boundtoken;

import java.util.Objects;

/**
 * An object by its name.
 *
 * @param kind what kind of object it is
 * @param namespace its namespace, empty for a kind without namespaces
 * @param name its {@code metadata.name}
 */
public record ObjectReference(ObjectKind kind, String namespace, String name) {
    /** Takes the name of an object. */
    public ObjectReference {
        Objects.requireNonNull(kind, "kind");
        Objects.requireNonNull(namespace, "namespace");
        Objects.requireNonNull(name, "name");
    }
}
