package dev.boundtoken.auth;

import dev.boundtoken.RefusedException;
import dev.boundtoken.Verdict;
import dev.boundtoken.VerifiedToken;
import dev.boundtoken.Verifier;
import dev.boundtoken.VerifyOptions;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.function.UnaryOperator;

/**
 * Authenticates requests, for every framework. Share one between all threads.
 *
 * <pre>{@code
 * Authenticator authenticator = Authenticator.builder(verifier).policy(Policy.namespaces("demo")).build();
 * try {
 *     Caller caller = authenticator.authenticate(values).orElseThrow();
 * } catch (RequestRefusedException refusal) {
 *     answer(refusal.status(), refusal.headers());
 * }
 * }</pre>
 *
 * <p>Refusals go to the logger {@code dev.boundtoken.auth}, at most ten times a second, never with a token.
 */
public final class Authenticator {
    private static final String AUTHORIZATION = "authorization";

    private final Verifier verifier;
    private final VerifyOptions options;
    private final Policy policy;
    private final String header;
    private final boolean isOptional;
    private final boolean keepsToken;

    private Authenticator(Builder builder) {
        verifier = builder.verifier;
        options = builder.options;
        policy = builder.policy;
        header = builder.header;
        isOptional = builder.isOptional;
        keepsToken = builder.keepsToken;
    }

    /**
     * Authenticates every caller with a good token.
     *
     * @param verifier the verifier, which stays yours to close
     * @return the authenticator
     */
    public static Authenticator of(Verifier verifier) {
        return builder(verifier).build();
    }

    /**
     * Begins to configure an authenticator.
     *
     * @param verifier the verifier, which stays yours to close
     * @return a builder, for one thread at a time
     */
    public static Builder builder(Verifier verifier) {
        return new Builder(verifier);
    }

    /**
     * The header with the token.
     *
     * @return its name, in lower case
     */
    public String header() {
        return header;
    }

    /**
     * Whether the token stays in the request.
     *
     * @return true if the service may see it
     */
    public boolean keepsToken() {
        return keepsToken;
    }

    /**
     * Authenticates a caller by the values of the header: none, one, or too many. It waits only if a cluster must be asked about
     * something new. Everything else takes microseconds.
     *
     * @param values all values of the header {@link #header}, as they were sent
     * @return the caller, empty if there is no token and the request may pass without
     * @throws RequestRefusedException if the request must not pass
     */
    public Optional<Caller> authenticate(List<String> values) {
        return authenticate(values, isOptional);
    }

    /**
     * Like {@link #authenticate(List)}, and lets a CORS preflight pass without a token: browsers send none in it.
     *
     * @param values all values of the header {@link #header}, as they were sent
     * @param method the method of the HTTP request
     * @param valueOf returns the value of a header of the request, null if it is absent
     * @return the caller, empty if there is no token and the request may pass without
     * @throws RequestRefusedException if the request must not pass
     */
    public Optional<Caller> authenticate(List<String> values, String method, UnaryOperator<String> valueOf) {
        // A preflight request as section 3.3.2 of the Fetch standard has it.
        boolean isPreflight = method.equals("OPTIONS")
                && valueOf.apply("Origin") != null
                && valueOf.apply("Access-Control-Request-Method") != null;
        return authenticate(values, isOptional || isPreflight);
    }

    private Optional<Caller> authenticate(List<String> values, boolean mayPassWithout) {
        Optional<Caller> caller;
        try {
            Optional<String> token = token(values);
            if (token.isEmpty() && !mayPassWithout) throw RequestRefusedException.unauthenticated();
            caller = token.map(bearer -> new Caller(verifier, options, bearer, verify(bearer)));
        } catch (RequestRefusedException refusal) {
            throw RefusalLog.refused(refusal);
        }
        if (policy != null) caller.ifPresent(known -> known.demand(policy));
        return caller;
    }

    /**
     * Whether {@link #authenticate} would decide by what is in the header: by a token, or by a header that is not well-formed.
     *
     * @param values all values of the header {@link #header}, as they were sent
     * @return false if nothing there is about tokens
     */
    public boolean hasToken(List<String> values) {
        try {
            return token(values).isPresent();
        } catch (RequestRefusedException refusal) {
            return true;
        }
    }

    private Optional<String> token(List<String> values) {
        return Bearer.tokenOf(values, !header.equals(AUTHORIZATION));
    }

    private VerifiedToken verify(String bearer) {
        try {
            return switch (decide(bearer)) {
                case Verdict.Accepted(var token) -> token;
                case Verdict.Refused(var refusal) -> throw refused(bearer, refusal);
            };
        } catch (RequestRefusedException refusal) {
            throw refusal;
        } catch (RuntimeException failure) {
            throw RequestRefusedException.undecided("the verifier failed", failure);
        }
    }

    private static RequestRefusedException refused(String bearer, RefusedException refusal) {
        Bearer.demandOneWord(bearer);
        return RequestRefusedException.of(refusal);
    }

    private Verdict decide(String bearer) {
        CompletableFuture<Verdict> deciding = verifier.decideOnline(bearer, options);
        try {
            return deciding.get();
        } catch (InterruptedException interruption) {
            deciding.cancel(true);
            Thread.currentThread().interrupt();
            throw RequestRefusedException.interrupted();
        } catch (ExecutionException failure) {
            throw new IllegalStateException(failure.getCause());
        }
    }

    /** Collects the configuration of an authenticator. */
    public static final class Builder {
        private final Verifier verifier;
        private VerifyOptions options = VerifyOptions.DEFAULT.timeout(Duration.ofSeconds(5));
        private Policy policy;
        private String header = AUTHORIZATION;
        private boolean isOptional;
        private boolean keepsToken;

        private Builder(Verifier verifier) {
            this.verifier = Objects.requireNonNull(verifier, "verifier");
        }

        /**
         * Lets only those callers pass whom a policy allows.
         *
         * @param allowed without one, every caller with a good token passes
         * @return this builder
         */
        public Builder policy(Policy allowed) {
            policy = Objects.requireNonNull(allowed, "allowed");
            return this;
        }

        /**
         * Accepts these audiences in place of the verifier's own.
         *
         * @param accepted at least one audience
         * @return this builder
         */
        public Builder audiences(String... accepted) {
            if (accepted.length == 0) throw new IllegalArgumentException("there are no audiences: name one, such as \"vault\"");
            options = options.audiences(accepted);
            return this;
        }

        /**
         * Reads the token from this header. In another header than {@code Authorization} the scheme {@code Bearer} may be left out. If
         * a proxy sets the header, callers must not be able to.
         *
         * @param name the name of the header
         * @return this builder
         */
        public Builder header(String name) {
            if (name.isEmpty()) throw new IllegalArgumentException("the name of the header is empty");
            header = name.toLowerCase(Locale.ROOT);
            return this;
        }

        /**
         * Lets requests without a token pass, without a caller. A token that is there must still be good.
         *
         * @return this builder
         */
        public Builder optional() {
            isOptional = true;
            return this;
        }

        /**
         * Leaves the token in the request, for services that forward it. Otherwise what is behind does not see it.
         *
         * @return this builder
         */
        public Builder keepToken() {
            keepsToken = true;
            return this;
        }

        /**
         * Bounds how long clusters may take to answer for one request. After that, what is known decides.
         *
         * @param limit how long to wait, 5 seconds unless it is set
         * @return this builder
         */
        public Builder timeLimit(Duration limit) {
            options = options.timeout(limit);
            return this;
        }

        /**
         * Builds the authenticator.
         *
         * @return an authenticator, for all threads
         */
        public Authenticator build() {
            return new Authenticator(this);
        }
    }
}
