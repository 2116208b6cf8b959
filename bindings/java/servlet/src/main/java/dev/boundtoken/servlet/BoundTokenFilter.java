package dev.boundtoken.servlet;

import dev.boundtoken.auth.Authenticator;
import dev.boundtoken.auth.Caller;
import dev.boundtoken.auth.RequestRefusedException;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpFilter;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.Optional;
import java.util.Set;

/**
 * Lets only authenticated requests pass. The others are answered with an empty body.
 *
 * <pre>{@code
 * FilterRegistration.Dynamic filter =
 *         context.addFilter("boundtoken", new BoundTokenFilter(Authenticator.of(verifier), Set.of("/healthz")));
 * filter.setAsyncSupported(true);
 * filter.addMappingForUrlPatterns(EnumSet.of(DispatcherType.REQUEST), false, "/*");
 * }</pre>
 *
 * <p>The caller is the request's principal, for {@link Caller#of}. What a servlet demands of it by {@link Caller#demand} is answered
 * here, too. The service does not see the token, unless it is kept.
 */
public final class BoundTokenFilter extends HttpFilter {
    private static final long serialVersionUID = 1L;

    private final transient ServletDoor door;
    private final transient Set<String> openPaths;

    /**
     * Authenticates every request.
     *
     * @param authenticator the authenticator
     */
    public BoundTokenFilter(Authenticator authenticator) {
        this(authenticator, Set.of());
    }

    /**
     * Authenticates every request but those for open paths.
     *
     * @param authenticator the authenticator
     * @param openPaths paths for everybody, such as those of the kubelet's probes, without the context path; letter by letter as they
     *     are sent. A token is not looked at there, and there is no caller
     */
    public BoundTokenFilter(Authenticator authenticator, Set<String> openPaths) {
        this.door = new ServletDoor(authenticator);
        this.openPaths = Set.copyOf(openPaths);
    }

    @Override
    protected void doFilter(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
            throws IOException, ServletException {
        Optional<Caller> caller;
        try {
            caller = isOpen(request) ? Optional.empty() : door.authenticate(request);
        } catch (RequestRefusedException refusal) {
            ServletDoor.answer(response, refusal);
            return;
        }
        door.pass(caller.<HttpServletRequest>map(known -> new CallerRequest(request, known)).orElse(request), response, chain);
    }

    private boolean isOpen(HttpServletRequest request) {
        return openPaths.contains(request.getRequestURI().substring(request.getContextPath().length()));
    }
}
