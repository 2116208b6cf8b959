package dev.boundtoken;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.List;

/** Fills a store with what one watch of yours tells: see {@link ObjectStore#following}. */
public final class Feed extends Owner {
    Feed(MemorySegment address) {
        super(Handle.of(address, Functions::feedFree, "feed"));
    }

    /**
     * Takes a list of all objects. One that stays is never absent in between.
     *
     * @param objects the objects
     * @param age how long ago the list was requested, in whole seconds
     * @throws ConfigurationException if an object has no name or no uid; nothing is changed then
     */
    public void replace(List<ListedObject> objects, Duration age) {
        run(feed -> Calls.run((arena, error) ->
                Functions.feedReplace(feed, lend(arena, objects), objects.size(), Durations.seconds(age), error)));
    }

    /**
     * Takes an event: the object was added or has changed.
     *
     * @param object the object
     * @throws ConfigurationException if it has no name or no uid
     */
    public void upsert(ListedObject object) {
        run(feed -> Calls.run((arena, error) -> Functions.feedUpsert(feed, lend(arena, List.of(object)), error)));
    }

    /**
     * Takes an event: the object was deleted. Tokens that are bound to it are refused from now on.
     *
     * @param object the object
     * @throws ConfigurationException if it has no name or no uid
     */
    public void delete(ListedObject object) {
        run(feed -> Calls.run((arena, error) -> Functions.feedDelete(feed, lend(arena, List.of(object)), error)));
    }

    /** Says that the watch is up to date, as a bookmark of the API server proves. */
    public void prove() {
        run(Functions::feedProve);
    }

    private static MemorySegment lend(Arena arena, List<ListedObject> objects) {
        MemorySegment listed = arena.allocate((long) Abi.ListedObject.BYTES * objects.size(), 8);
        for (int i = 0; i < objects.size(); i++) {
            ListedObject object = objects.get(i);
            MemorySegment each = listed.asSlice((long) i * Abi.ListedObject.BYTES, Abi.ListedObject.BYTES);
            Texts.write(arena, each, Abi.ListedObject.OBJECT_NAMESPACE, object.namespace());
            Texts.write(arena, each, Abi.ListedObject.OBJECT_NAME, object.name());
            Texts.write(arena, each, Abi.ListedObject.UID, object.uid());
            each.set(JAVA_LONG, Abi.ListedObject.DELETION_TIMESTAMP, Answers.seconds(object.deletionTimestamp()));
        }
        return listed;
    }
}
