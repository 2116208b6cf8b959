package dev.boundtoken;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;

/**
 * Verifies bound tokens in memory. Build one at start-up and share it between all threads.
 *
 * <pre>{@code
 * try (Cluster cluster = Cluster.connect(ClusterOptions.DEFAULT);
 *         Verifier verifier = Verifier.builder().cluster(cluster).audience("vault").build()) {
 *     VerifiedToken caller = verifier.verify(token);
 *     caller.subject(); // system:serviceaccount:demo:app
 * }
 * }</pre>
 *
 * <p>A token that was accepted before is decided in well under a microsecond, its objects confirmed each time. Any other has
 * its signature checked, by the thread that calls, in some tens of microseconds. If several things are wrong with a token, the
 * reason is the first in the API server's order: form, signature, issuer, audience, times, bound objects.
 */
public final class Verifier extends Owner {
    private final Seen seen;

    private Verifier(MemorySegment address, long cachedTokens) {
        super(Handle.busy(address, Functions::verifierFree, "verifier"));
        this.seen = new Seen(cachedTokens);
    }

    /**
     * Begins to configure a verifier.
     *
     * @return a builder, for one thread at a time
     */
    public static Builder builder() {
        return new Builder();
    }

    /**
     * Verifies a token. It asks nobody, and never waits.
     *
     * @param token the bare token, without {@code Bearer} and without white space around it
     * @return what the token says
     * @throws RefusedException if it is refused
     * @throws IllegalStateException if the verifier was closed
     */
    public VerifiedToken verify(String token) {
        return judge(token, accepted -> accepted, Judging::accepted);
    }

    /**
     * Verifies a token as the options say.
     *
     * @param token the bare token
     * @param options the audiences and the time
     * @return what the token says
     * @throws RefusedException if it is refused
     * @throws IllegalStateException if the verifier was closed
     */
    public VerifiedToken verify(String token, VerifyOptions options) {
        return Judging.accepted(judge(token, options));
    }

    /**
     * Like {@link #verify(String)}, and returns a refusal.
     *
     * @param token the bare token
     * @return the verdict
     * @throws IllegalStateException if the verifier was closed
     */
    public Verdict decide(String token) {
        return judge(token, Verdict.Accepted::new, Judging::verdict);
    }

    /**
     * Like {@link #verify(String, VerifyOptions)}, and returns a refusal.
     *
     * @param token the bare token
     * @param options the audiences and the time
     * @return the verdict
     * @throws IllegalStateException if the verifier was closed
     */
    public Verdict decide(String token, VerifyOptions options) {
        return Judging.verdict(judge(token, options));
    }

    /**
     * Verifies a token, and asks the verifier's clusters if that can change the verdict: about an unknown key, or about an
     * object that was created a moment ago. Most calls ask nobody, and have decided when they return. No thread waits for an
     * answer. To cancel the future gives the question up.
     *
     * @param token the bare token
     * @param options the audiences, the time, and how long to wait
     * @return what the token says, or a {@link RefusedException}
     * @throws IllegalStateException if the verifier was closed
     */
    public CompletableFuture<VerifiedToken> verifyOnline(String token, VerifyOptions options) {
        return online(token, options, Judging::accepted);
    }

    /**
     * Like {@link #verifyOnline}, and gives a refusal as a result.
     *
     * @param token the bare token
     * @param options the audiences, the time, and how long to wait
     * @return the verdict
     * @throws IllegalStateException if the verifier was closed
     */
    public CompletableFuture<Verdict> decideOnline(String token, VerifyOptions options) {
        return online(token, options, Judging::verdict);
    }

    /**
     * Checks everything about a token except its bound objects. This is for look-ups that wait. {@link #confirm} is the second
     * step.
     *
     * @param token the bare token
     * @param options the audiences and the time
     * @return the objects to look up; to be closed
     * @throws RefusedException if the token is refused already
     * @throws IllegalStateException if the verifier was closed
     */
    public CheckedToken check(String token, VerifyOptions options) {
        return using(verifier -> new CheckedToken(Calls.make((arena, checked, error) -> {
            MemorySegment bytes = Texts.bytes(arena, token);
            return Functions.check(
                    verifier, bytes, bytes.byteSize(), Judging.options(arena, options), checked, error);
        })));
    }

    /**
     * Judges a checked token by what was looked up, and its times once more.
     *
     * @param checked from {@link #check} of the same verifier
     * @param answers one for each of {@link CheckedToken#boundObjects}, in the same order
     * @param options the time
     * @return what the token says
     * @throws RefusedException if it is refused
     * @throws BoundtokenException if there is not one answer for each object
     * @throws IllegalStateException if the verifier or the checked token was closed
     */
    public VerifiedToken confirm(CheckedToken checked, List<ObjectAnswer> answers, VerifyOptions options) {
        return Judging.accepted(using(verifier -> checked.using(given -> {
            try (Arena arena = Arena.ofConfined()) {
                MemorySegment found = Answers.lend(arena, answers);
                MemorySegment how = Judging.options(arena, options);
                return Judging.judge(arena, (buffer, capacity, needed) -> Functions.confirmInto(
                        verifier, given, found, answers.size(), how, buffer, capacity, needed));
            }
        })));
    }

    /**
     * What was decided so far, and what is remembered.
     *
     * @return the numbers, which may not be of exactly one moment
     * @throws IllegalStateException if the verifier was closed
     */
    public Statistics statistics() {
        return using(verifier -> {
            try (Arena arena = Arena.ofConfined()) {
                MemorySegment read = arena.allocate(Abi.Statistics.BYTES, 8);
                read.set(JAVA_LONG, Abi.Statistics.SIZE, Abi.Statistics.BYTES);
                Functions.verifierStatistics(verifier, read);
                return new Statistics(
                        read.get(JAVA_LONG, Abi.Statistics.ACCEPTED_FIRST),
                        read.get(JAVA_LONG, Abi.Statistics.ACCEPTED_AGAIN),
                        read.get(JAVA_LONG, Abi.Statistics.REFUSED_FOR_FORM),
                        read.get(JAVA_LONG, Abi.Statistics.REFUSED_FOR_HEADER),
                        read.get(JAVA_LONG, Abi.Statistics.REFUSED_FOR_KEY),
                        read.get(JAVA_LONG, Abi.Statistics.REFUSED_FOR_CLAIMS),
                        read.get(JAVA_LONG, Abi.Statistics.REFUSED_FOR_OBJECTS),
                        read.get(JAVA_LONG, Abi.Statistics.REMEMBERED_TOKENS),
                        read.get(JAVA_LONG, Abi.Statistics.CACHE_SIZE),
                        read.get(JAVA_LONG, Abi.Statistics.KEYS),
                        FastRsaState.of(read.get(JAVA_INT, Abi.Statistics.FAST_RSA_STATE)),
                        read.get(JAVA_LONG, Abi.Statistics.FAST_RSA_KEYS),
                        read.get(JAVA_LONG, Abi.Statistics.FAST_RSA_KEYS_REFUSED),
                        read.get(JAVA_LONG, Abi.Statistics.FAST_RSA_ACCEPTED_CHECKED),
                        read.get(JAVA_LONG, Abi.Statistics.FAST_RSA_REFUSED_CHECKED),
                        read.get(JAVA_LONG, Abi.Statistics.FAST_RSA_REFUSED_UNCHECKED),
                        read.get(JAVA_LONG, Abi.Statistics.FAST_RSA_DISAGREEMENTS));
            }
        });
    }

    /**
     * Judges a token without options, in memory that is used again and again.
     *
     * @param accepted takes what an accepted token says
     * @param other takes every other verdict
     */
    private <T> T judge(String token, Function<VerifiedToken, T> accepted, Function<Facts, T> other) {
        Scratch scratch = token.length() <= Scratch.LONGEST ? Scratch.take() : null;
        if (scratch != null) {
            try {
                if (scratch.write(token)) {
                    int status = verifyInto(scratch, token.length());
                    if (status == Abi.Status.OK && scratch.isReadable()) return accepted.apply(seen.token(scratch));
                    if (status != Abi.Status.BUFFER_TOO_SMALL) return other.apply(scratch.copy());
                }
            } finally {
                scratch.give();
            }
        }
        return other.apply(judge(token, VerifyOptions.DEFAULT));
    }

    private int verifyInto(Scratch scratch, int length) {
        int counter = handle.enter();
        try {
            return Functions.verifyInto(
                    handle.address(),
                    scratch.token,
                    length,
                    MemorySegment.NULL,
                    scratch.record,
                    Scratch.RECORD,
                    MemorySegment.NULL);
        } finally {
            handle.leave(counter);
        }
    }

    private Facts judge(String token, VerifyOptions options) {
        return using(verifier -> {
            try (Arena arena = Arena.ofConfined()) {
                MemorySegment bytes = Texts.bytes(arena, token);
                MemorySegment how = Judging.options(arena, options);
                return Judging.judge(arena, (buffer, capacity, needed) ->
                        Functions.verifyInto(verifier, bytes, bytes.byteSize(), how, buffer, capacity, needed));
            }
        });
    }

    private <T> CompletableFuture<T> online(String token, VerifyOptions options, Function<Facts, T> result) {
        return using(verifier -> OnlineVerification.start(verifier, token, options, result));
    }

    /** Collects the configuration of a verifier. It needs an issuer or a cluster, and an audience. */
    public static final class Builder {
        private final List<Object> issuers = new ArrayList<>();
        private final List<String> audiences = new ArrayList<>();
        private Long leewaySeconds;
        private Long maxTokenSize;
        private Long cachedTokens;
        private Long cacheSize;
        private OnUnavailable onUnavailable = OnUnavailable.REFUSE;

        private Builder() {}

        /**
         * Accepts tokens of an issuer.
         *
         * @param issuer the issuer, with its keys and its objects
         * @return this builder
         */
        public Builder issuer(TrustedIssuer issuer) {
            issuers.add(Objects.requireNonNull(issuer, "issuer"));
            return this;
        }

        /**
         * Accepts tokens of a cluster that is followed.
         *
         * @param cluster the cluster; it stays yours to close
         * @return this builder
         */
        public Builder cluster(Cluster cluster) {
            issuers.add(Objects.requireNonNull(cluster, "cluster"));
            return this;
        }

        /**
         * Accepts tokens for this audience, which is the identifier of the service that verifies. A token must name one of
         * those that were added, letter by letter.
         *
         * @param audience the audience
         * @return this builder
         */
        public Builder audience(String audience) {
            audiences.add(Objects.requireNonNull(audience, "audience"));
            return this;
        }

        /**
         * Bounds by how much the clocks of issuer and verifier may differ.
         *
         * @param leeway in whole seconds, 60 unless it is set, at most an hour
         * @return this builder
         */
        public Builder leeway(Duration leeway) {
            // A negative duration becomes one that is too long.
            leewaySeconds = leeway.toSeconds();
            return this;
        }

        /**
         * Bounds the size of a token.
         *
         * @param bytes 16 KiB unless it is set, at most 1 MiB
         * @return this builder
         */
        public Builder maxTokenSize(int bytes) {
            maxTokenSize = (long) bytes;
            return this;
        }

        /**
         * Says what to do with a token whose objects cannot be looked up, or if what is known is outdated.
         *
         * @param choice {@link OnUnavailable#REFUSE} unless it is set
         * @return this builder
         */
        public Builder onUnavailable(OnUnavailable choice) {
            onUnavailable = Objects.requireNonNull(choice, "choice");
            return this;
        }

        /**
         * Bounds how many accepted tokens are remembered. A remembered token is judged each time, but without its signature.
         *
         * @param tokens 10,000 unless it is set; 0 remembers none
         * @return this builder
         */
        public Builder cachedTokens(int tokens) {
            cachedTokens = notNegative(tokens, "cachedTokens");
            return this;
        }

        /**
         * Bounds how much memory they take.
         *
         * @param bytes 32 MiB unless it is set; 0 remembers none
         * @return this builder
         */
        public Builder cacheSize(long bytes) {
            cacheSize = notNegative(bytes, "cacheSize");
            return this;
        }

        private static long notNegative(long number, String name) {
            if (number < 0) throw new IllegalArgumentException(name + " is negative: pass 0 or more");
            return number;
        }

        /**
         * Builds the verifier. The builder can be used again.
         *
         * @return a verifier, to be closed when nobody uses it any more
         * @throws ConfigurationException if something is missing or out of range; the message says what
         * @throws IllegalStateException if keys, a store or a cluster were closed
         */
        public Verifier build() {
            Callbacks.load();
            MemorySegment builder = Functions.verifierBuilderNew();
            try (Arena arena = Arena.ofConfined()) {
                for (Object each : issuers) {
                    switch (each) {
                        case Cluster cluster -> cluster.addTo(builder, arena);
                        case TrustedIssuer issuer -> add(builder, arena, issuer);
                        default -> throw new AssertionError(each);
                    }
                }
                for (String audience : audiences) Functions.verifierBuilderAudience(builder, Texts.lend(arena, audience));
                if (leewaySeconds != null) Functions.verifierBuilderLeewaySeconds(builder, leewaySeconds);
                if (maxTokenSize != null) Functions.verifierBuilderMaxTokenSize(builder, maxTokenSize);
                if (cachedTokens != null) Functions.verifierBuilderCachedTokens(builder, cachedTokens);
                if (cacheSize != null) Functions.verifierBuilderCacheSize(builder, cacheSize);
                Functions.verifierBuilderOnUnavailable(builder, onUnavailable.number());
            } catch (Throwable failure) {
                Functions.verifierBuilderFree(builder);
                throw failure;
            }
            MemorySegment address = Calls.make((arena, verifier, error) ->
                    Functions.verifierBuilderBuild(builder, verifier, error));
            return new Verifier(address, cachedTokens == null ? Seen.MOST : cachedTokens);
        }

        private static void add(MemorySegment builder, Arena arena, TrustedIssuer issuer) {
            MemorySegment name = Texts.lend(arena, issuer.name);
            switch (issuer.objects) {
                case null -> issuer.keys.run(keys -> Functions.verifierBuilderIssuer(builder, name, keys, MemorySegment.NULL));
                case ObjectStore store -> issuer.keys.run(keys ->
                        store.run(objects -> Functions.verifierBuilderIssuer(builder, name, keys, objects)));
                case ObjectLookUp lookUp -> {
                    MemorySegment objects = Callbacks.keeping(lookUp, userdata -> Calls.make((temporary, made, error) ->
                            Functions.objectsFromCallback(Callbacks.LOOK_UP, userdata, Callbacks.FREE, made, error)));
                    try {
                        issuer.keys.run(keys -> Functions.verifierBuilderIssuer(builder, name, keys, objects));
                    } finally {
                        Functions.objectsFree(objects);
                    }
                }
                default -> throw new AssertionError(issuer.objects);
            }
            for (String other : issuer.otherNames) {
                Functions.verifierBuilderIssuerAlsoNamed(builder, Texts.lend(arena, other));
            }
            if (issuer.label != null) Functions.verifierBuilderIssuerLabel(builder, Texts.lend(arena, issuer.label));
        }
    }
}
