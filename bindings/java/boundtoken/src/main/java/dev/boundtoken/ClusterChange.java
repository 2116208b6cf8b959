package dev.boundtoken;

import java.util.Optional;

/**
 * A change in what a cluster knows.
 *
 * @param change what has changed
 * @param kind the kind of the objects, absent if the change is about a key
 * @param namespace the namespace of the objects, absent for the whole cluster and if the change is about a key
 * @param kid the {@code kid} of the key, absent if the change is about objects
 * @param failure why the connection was lost, absent in any other change
 */
public record ClusterChange(
        Change change, Optional<ObjectKind> kind, Optional<String> namespace, Optional<String> kid, Optional<String> failure) {}
