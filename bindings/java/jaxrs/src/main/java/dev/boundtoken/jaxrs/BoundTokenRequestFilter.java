package dev.boundtoken.jaxrs;

import dev.boundtoken.auth.Authenticator;
import dev.boundtoken.auth.Caller;
import jakarta.annotation.Priority;
import jakarta.ws.rs.Priorities;
import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.container.ContainerRequestFilter;
import jakarta.ws.rs.container.PreMatching;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Authenticates requests before a resource is looked for: the code that locates resources is a part of the service. */
@PreMatching
@Priority(Priorities.AUTHENTICATION)
final class BoundTokenRequestFilter implements ContainerRequestFilter {
    private final Authenticator authenticator;
    private final Set<String> openPaths;

    BoundTokenRequestFilter(Authenticator authenticator, Set<String> openPaths) {
        this.authenticator = authenticator;
        this.openPaths = openPaths;
    }

    @Override
    public void filter(ContainerRequestContext request) {
        if (!openPaths.contains(request.getUriInfo().getPath(false))) {
            List<String> values = request.getHeaders().getOrDefault(authenticator.header(), List.of());
            Optional<Caller> caller = authenticator.authenticate(values, request.getMethod(), request::getHeaderString);
            if (caller.isPresent()) request.setSecurityContext(new CallerContext(caller.get(), request.getSecurityContext()));
        }
        if (!authenticator.keepsToken()) request.getHeaders().remove(authenticator.header());
    }
}
