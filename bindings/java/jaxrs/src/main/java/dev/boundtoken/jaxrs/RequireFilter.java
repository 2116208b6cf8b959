package dev.boundtoken.jaxrs;

import dev.boundtoken.auth.Caller;
import dev.boundtoken.auth.Policy;
import jakarta.annotation.Priority;
import jakarta.ws.rs.Priorities;
import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.container.ContainerRequestFilter;
import java.util.Objects;

/**
 * Lets only those callers pass whom a policy allows. For single resources, behind a {@link BoundTokenFeature}, which answers.
 *
 * <pre>{@code
 * DynamicFeature routes = (resource, context) -> {
 *     if (resource.getResourceClass() == Admin.class) {
 *         context.register(new RequireFilter(Policy.serviceAccount("demo", "admin")));
 *     }
 * };
 * }</pre>
 */
@Priority(Priorities.AUTHORIZATION)
public final class RequireFilter implements ContainerRequestFilter {
    private final Policy policy;

    /**
     * Demands a caller.
     *
     * @param policy whom to let pass
     */
    public RequireFilter(Policy policy) {
        this.policy = Objects.requireNonNull(policy, "policy");
    }

    @Override
    public void filter(ContainerRequestContext request) {
        Caller.demand(request.getSecurityContext().getUserPrincipal(), policy);
    }
}
