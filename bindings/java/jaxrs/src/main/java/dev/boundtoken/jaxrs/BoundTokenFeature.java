package dev.boundtoken.jaxrs;

import dev.boundtoken.auth.Authenticator;
import jakarta.ws.rs.core.Feature;
import jakarta.ws.rs.core.FeatureContext;
import java.util.Objects;
import java.util.Set;

/**
 * Lets only authenticated requests pass. The others are answered with an empty body, before a resource is looked for.
 *
 * <pre>{@code
 * ResourceConfig service = new ResourceConfig(Greeter.class);
 * service.register(new BoundTokenFeature(Authenticator.of(verifier), Set.of("healthz")));
 * }</pre>
 *
 * <p>The caller is the principal of the {@code SecurityContext}, for {@link dev.boundtoken.auth.Caller#of}. What a resource demands of
 * it by {@link dev.boundtoken.auth.Caller#demand} is answered, too. The service does not see the token, unless it is kept.
 */
public final class BoundTokenFeature implements Feature {
    private final Authenticator authenticator;
    private final Set<String> openPaths;

    /**
     * Authenticates every request.
     *
     * @param authenticator the authenticator
     */
    public BoundTokenFeature(Authenticator authenticator) {
        this(authenticator, Set.of());
    }

    /**
     * Authenticates every request but those for open paths.
     *
     * @param authenticator the authenticator
     * @param openPaths paths for everybody, such as those of the kubelet's probes, below the base of the service and without a slash in
     *     front; letter by letter as they are sent. A token is not looked at there, and there is no caller
     */
    public BoundTokenFeature(Authenticator authenticator, Set<String> openPaths) {
        this.authenticator = Objects.requireNonNull(authenticator, "authenticator");
        this.openPaths = Set.copyOf(openPaths);
    }

    @Override
    public boolean configure(FeatureContext context) {
        context.register(new BoundTokenRequestFilter(authenticator, openPaths));
        context.register(new RefusalMapper());
        return true;
    }
}
