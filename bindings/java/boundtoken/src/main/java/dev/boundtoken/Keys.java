package dev.boundtoken;

import java.lang.foreign.MemorySegment;
import java.util.stream.LongStream;
import java.util.List;

/**
 * The public keys of one issuer. They can be replaced while verifiers use them.
 *
 * <p>Verifiers keep what they use alive: the keys can be closed once the verifier is built and nobody replaces them.
 */
public final class Keys extends Owner {
    private Keys(MemorySegment address) {
        super(Handle.of(address, Functions::keysFree, "key set"));
    }

    /**
     * Reads a JSON Web Key Set (RFC 7517 section 5), as an API server serves at {@code /openid/v1/jwks}. A key that cannot
     * be used is skipped: see {@link #skipped}.
     *
     * @param document the JSON text, at most 1 MiB
     * @return the keys
     * @throws ConfigurationException if it is no key set, or has no usable key
     */
    public static Keys fromJwks(String document) {
        return new Keys(Calls.make((arena, keys, error) -> {
            MemorySegment bytes = Texts.bytes(arena, document);
            return Functions.keysFromJwks(bytes, bytes.byteSize(), keys, error);
        }));
    }

    /**
     * Reads the keys of a PEM file, such as the API server's {@code --service-account-key-file}. Of private keys only the
     * public half is kept.
     *
     * @param document the text of the file, at most 1 MiB
     * @return the keys
     * @throws ConfigurationException if it is no PEM file, or has no usable key
     */
    public static Keys fromPem(String document) {
        return new Keys(Calls.make((arena, keys, error) -> {
            MemorySegment bytes = Texts.bytes(arena, document);
            return Functions.keysFromPem(bytes, bytes.byteSize(), keys, error);
        }));
    }

    /**
     * Replaces the keys, at once for all verifiers that use them. Calls that are running finish with the keys they began
     * with.
     *
     * @param document a JSON Web Key Set, at most 1 MiB
     * @throws ConfigurationException as {@link #fromJwks}; the old keys stay
     */
    public void replaceJwks(String document) {
        run(keys -> Calls.run((arena, error) -> {
            MemorySegment bytes = Texts.bytes(arena, document);
            return Functions.keysReplaceJwks(keys, bytes, bytes.byteSize(), error);
        }));
    }

    /**
     * Replaces the keys with the keys of a PEM file, at once for all verifiers that use them.
     *
     * @param document the text of a PEM file, at most 1 MiB
     * @throws ConfigurationException as {@link #fromPem}; the old keys stay
     */
    public void replacePem(String document) {
        run(keys -> Calls.run((arena, error) -> {
            MemorySegment bytes = Texts.bytes(arena, document);
            return Functions.keysReplacePem(keys, bytes, bytes.byteSize(), error);
        }));
    }

    /**
     * The number of usable keys.
     *
     * @return how many there are now
     */
    public int size() {
        return Math.toIntExact(using(Functions::keysCount));
    }

    /**
     * Why keys of the document cannot be used.
     *
     * @return for each key that was skipped, its place in the document, its {@code kid}, and the reason
     */
    public List<String> skipped() {
        return using(keys -> LongStream.range(0, Functions.keysSkippedCount(keys))
                .mapToObj(index -> Calls.take(Functions.keysSkipped(keys, index)).getMessage())
                .toList());
    }
}
