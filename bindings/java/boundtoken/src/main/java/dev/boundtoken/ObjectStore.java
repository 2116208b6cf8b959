package dev.boundtoken;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * The objects of a cluster that tokens are bound to, in memory. An object that is not in it does not exist.
 *
 * <p>Verifiers keep what they use alive: the store can be closed once the verifier is built and nobody changes it.
 */
public final class ObjectStore extends Owner {
    private ObjectStore(MemorySegment address) {
        super(Handle.of(address, Functions::objectsFree, "store"));
    }

    /** Makes an empty store. While it is empty, every token is refused. */
    public ObjectStore() {
        this(Functions.objectsNew());
    }

    /**
     * What one watch sees.
     *
     * @param kind the kind of the objects
     * @param namespace their namespace, absent for the whole cluster
     */
    public record Scope(ObjectKind kind, Optional<String> namespace) {
        /** Takes what a watch sees. */
        public Scope {
            Objects.requireNonNull(kind, "kind");
            Objects.requireNonNull(namespace, "namespace");
        }
    }

    /**
     * A store that watches fill.
     *
     * @param store the store, for verifiers
     * @param feeds a feed for each scope, in their order
     */
    public record Following(ObjectStore store, List<Feed> feeds) {
        /** Takes a copy of the list. */
        public Following {
            Objects.requireNonNull(store, "store");
            feeds = List.copyOf(feeds);
        }
    }

    /**
     * Makes a store that watches of your own fill. It knows what it does not know: until each feed has had its first list,
     * and whenever one has proven nothing for too long, verifiers refuse tokens with
     * {@link Reason#BOUND_OBJECT_UNAVAILABLE}. Tokens with objects outside of the scopes are refused.
     *
     * @param scopes what the watches see, at least one
     * @param maxStaleness how old the news of a watch may become, from a second to a day; an API server confirms an idle
     *     watch about once a minute by a bookmark
     * @return the store and its feeds
     * @throws BoundtokenException if there is no scope, or the staleness is out of range
     */
    public static Following following(List<Scope> scopes, Duration maxStaleness) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment lent = arena.allocate((long) Abi.Scope.BYTES * scopes.size(), 8);
            for (int i = 0; i < scopes.size(); i++) {
                MemorySegment each = lent.asSlice((long) i * Abi.Scope.BYTES, Abi.Scope.BYTES);
                each.set(JAVA_INT, Abi.Scope.KIND, scopes.get(i).kind().number());
                Texts.write(arena, each, Abi.Scope.OBJECT_NAMESPACE, scopes.get(i).namespace().orElse(""));
            }
            // Not even for no scope may the array of feeds be NULL.
            MemorySegment feeds = arena.allocate(ADDRESS, scopes.size() + 1);
            MemorySegment store = Calls.make((temporary, made, error) -> Functions.objectsFollowing(
                    lent, scopes.size(), Durations.seconds(maxStaleness), feeds, made, error));
            return new Following(
                    new ObjectStore(store),
                    IntStream.range(0, scopes.size()).mapToObj(i -> new Feed(feeds.getAtIndex(ADDRESS, i))).toList());
        }
    }

    /**
     * Makes a store with the objects of a JSON document.
     *
     * @param document as {@link #loadJson} takes it
     * @return the store
     * @throws ConfigurationException if it cannot be read
     */
    public static ObjectStore fromJson(String document) {
        ObjectStore store = new ObjectStore();
        try {
            store.loadJson(document);
            return store;
        } catch (RuntimeException failure) {
            store.close();
            throw failure;
        }
    }

    /**
     * Adds the objects of a JSON document: what {@code kubectl get serviceaccounts,pods,nodes -A -o json} prints, an array of
     * objects, or an object with a list for each resource. Kinds that no token is bound to are skipped.
     *
     * @param document the JSON text
     * @return how many objects were added
     * @throws ConfigurationException if it cannot be read; nothing is added then
     */
    public int loadJson(String document) {
        return using(store -> Calls.count((arena, count, error) -> {
            MemorySegment bytes = Texts.bytes(arena, document);
            return Functions.objectsLoadJson(store, bytes, bytes.byteSize(), count, error);
        }));
    }

    /**
     * Replaces all objects by those of a JSON document, at once for all verifiers. One that stays is never absent in
     * between.
     *
     * @param document as {@link #loadJson} takes it
     * @return how many objects there are now
     * @throws ConfigurationException if it cannot be read; the old objects stay
     */
    public int replaceJson(String document) {
        return using(store -> Calls.count((arena, count, error) -> {
            MemorySegment bytes = Texts.bytes(arena, document);
            return Functions.objectsReplaceJson(store, bytes, bytes.byteSize(), count, error);
        }));
    }

    /**
     * Adds or replaces an object that is not being deleted, at once for all verifiers.
     *
     * @param object its name
     * @param uid its {@code metadata.uid}
     * @throws ConfigurationException if a text is empty
     */
    public void upsert(ObjectReference object, String uid) {
        upsert(object, uid, Optional.empty());
    }

    /**
     * Adds or replaces an object that is being deleted, at once for all verifiers.
     *
     * @param object its name
     * @param uid its {@code metadata.uid}
     * @param deletionTimestamp its {@code metadata.deletionTimestamp}
     * @throws BoundtokenException if a text is empty, or the time is before 1970
     */
    public void upsert(ObjectReference object, String uid, Instant deletionTimestamp) {
        upsert(object, uid, Optional.of(deletionTimestamp));
    }

    private void upsert(ObjectReference object, String uid, Optional<Instant> deletion) {
        run(store -> Calls.run((arena, error) -> Functions.objectsUpsert(
                store,
                object.kind().number(),
                Texts.lend(arena, object.namespace()),
                Texts.lend(arena, object.name()),
                Texts.lend(arena, uid),
                Answers.seconds(deletion),
                error)));
    }

    /**
     * Removes an object, at once for all verifiers. It succeeds too if there is no such object.
     *
     * @param object its name
     * @throws ConfigurationException if a text is empty
     */
    public void delete(ObjectReference object) {
        run(store -> Calls.run((arena, error) -> Functions.objectsDelete(
                store,
                object.kind().number(),
                Texts.lend(arena, object.namespace()),
                Texts.lend(arena, object.name()),
                error)));
    }

    /**
     * The number of objects.
     *
     * @return how many there are now
     */
    public int size() {
        return Math.toIntExact(using(Functions::objectsCount));
    }

    /**
     * Whether a store that watches fill has not heard of them for too long. Meant for a readiness probe.
     *
     * @return always false for other stores
     */
    public boolean isStale() {
        return using(Functions::objectsAreStale) != 0;
    }
}
