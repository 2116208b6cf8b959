package dev.boundtoken;

import java.time.Instant;
import java.util.Objects;
import java.util.Optional;

/**
 * An object of a list or of an event of an API server.
 *
 * @param namespace its namespace, empty for a kind without namespaces
 * @param name its {@code metadata.name}
 * @param uid its {@code metadata.uid}
 * @param deletionTimestamp its {@code metadata.deletionTimestamp}, absent if it is not being deleted
 */
public record ListedObject(String namespace, String name, String uid, Optional<Instant> deletionTimestamp) {
    /** Takes what a list says of an object. */
    public ListedObject {
        Objects.requireNonNull(namespace, "namespace");
        Objects.requireNonNull(name, "name");
        Objects.requireNonNull(uid, "uid");
        Objects.requireNonNull(deletionTimestamp, "deletionTimestamp");
    }
}
