package dev.boundtoken.servlet;

import dev.boundtoken.auth.Caller;
import dev.boundtoken.auth.Policy;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpFilter;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.Objects;

/**
 * Lets only those callers pass whom a policy allows. For single routes, behind a {@link BoundTokenFilter}, which answers.
 *
 * <pre>{@code
 * context.addFilter("admin", new RequireFilter(Policy.serviceAccount("demo", "admin")))
 *         .addMappingForUrlPatterns(EnumSet.of(DispatcherType.REQUEST), true, "/admin/*");
 * }</pre>
 */
public final class RequireFilter extends HttpFilter {
    private static final long serialVersionUID = 1L;

    private final transient Policy policy;

    /**
     * Demands a caller.
     *
     * @param policy whom to let pass
     */
    public RequireFilter(Policy policy) {
        this.policy = Objects.requireNonNull(policy, "policy");
    }

    @Override
    protected void doFilter(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
            throws IOException, ServletException {
        Caller.demand(request.getUserPrincipal(), policy);
        chain.doFilter(request, response);
    }
}
