package dev.boundtoken.grpc;

import dev.boundtoken.auth.Authenticator;
import dev.boundtoken.auth.Caller;
import io.grpc.Context;
import io.grpc.Contexts;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

/**
 * Lets only authenticated calls pass. The others end with {@code UNAUTHENTICATED}, {@code PERMISSION_DENIED} or {@code UNAVAILABLE}
 * before the method sees a message.
 *
 * <pre>{@code
 * Server server = ServerBuilder.forPort(8443)
 *         .addService(new Greeter())
 *         .intercept(new BoundTokenInterceptor(Authenticator.of(verifier), Set.of("grpc.health.v1.Health/Check")))
 *         .build();
 * }</pre>
 *
 * <p>A method finds its caller by {@link #caller}. What it demands by {@link Caller#demand} is answered, too. The caller of a stream is
 * looked at again with every message, in both directions, and the stream ends when the caller is no longer good.
 *
 * <p>A call of which a cluster must be asked waits in a thread of the server's executor, so a server with a direct executor needs
 * another one.
 */
public final class BoundTokenInterceptor implements ServerInterceptor {
    private static final Context.Key<Caller> CALLER = Context.key("dev.boundtoken.caller");

    private final Authenticator authenticator;
    private final Set<String> openMethods;
    private final Metadata.Key<String> header;

    /**
     * Authenticates every call.
     *
     * @param authenticator the authenticator
     */
    public BoundTokenInterceptor(Authenticator authenticator) {
        this(authenticator, Set.of());
    }

    /**
     * Authenticates every call but those of open methods.
     *
     * @param authenticator the authenticator
     * @param openMethods full names of methods for everybody, such as {@code grpc.health.v1.Health/Check}. A token is not looked at
     *     there, and there is no caller
     */
    public BoundTokenInterceptor(Authenticator authenticator, Set<String> openMethods) {
        this.authenticator = Objects.requireNonNull(authenticator, "authenticator");
        this.openMethods = Set.copyOf(openMethods);
        this.header = Metadata.Key.of(authenticator.header(), Metadata.ASCII_STRING_MARSHALLER);
    }

    /**
     * The caller of the call that this thread serves.
     *
     * @return the caller, empty if the call passed without one
     */
    public static Optional<Caller> caller() {
        return Optional.ofNullable(CALLER.get());
    }

    @Override
    public <Q, A> ServerCall.Listener<Q> interceptCall(ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
        AuthenticatedCall<Q, A> authenticated = new AuthenticatedCall<>(call);
        return authenticated.start(() -> {
            boolean isOpen = openMethods.contains(call.getMethodDescriptor().getFullMethodName());
            Optional<Caller> caller = isOpen ? Optional.empty() : authenticator.authenticate(valuesOf(headers));
            if (!authenticator.keepsToken()) headers.discardAll(header);
            authenticated.admit(caller);
            Context context = Context.current().withValue(CALLER, caller.orElse(null));
            return Contexts.interceptCall(context, authenticated, headers, next);
        });
    }

    private List<String> valuesOf(Metadata headers) {
        List<String> values = new ArrayList<>();
        Iterable<String> all = headers.getAll(header);
        if (all != null) all.forEach(values::add);
        return values;
    }
}
