package dev.boundtoken.servlet;

import dev.boundtoken.auth.Authenticator;
import dev.boundtoken.auth.Caller;
import dev.boundtoken.auth.RequestRefusedException;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/** What filters for servlets are made of. For filters of other frameworks. Share one between all threads. */
public final class ServletDoor {
    private final Authenticator authenticator;

    /**
     * Reads and answers requests for an authenticator.
     *
     * @param authenticator the authenticator
     */
    public ServletDoor(Authenticator authenticator) {
        this.authenticator = Objects.requireNonNull(authenticator, "authenticator");
    }

    /**
     * All values of the header with the token.
     *
     * @param request the request
     * @return the values, as they were sent
     */
    public List<String> valuesOf(HttpServletRequest request) {
        return Collections.list(request.getHeaders(authenticator.header()));
    }

    /**
     * Authenticates the caller of a request.
     *
     * @param request the request
     * @return the caller, empty if there is no token and the request may pass without
     * @throws RequestRefusedException if the request must not pass
     */
    public Optional<Caller> authenticate(HttpServletRequest request) {
        return authenticator.authenticate(valuesOf(request), request.getMethod(), request::getHeader);
    }

    /**
     * Lets a request pass to the service, without the token unless it is kept. What the service demands of its caller by
     * {@link Caller#demand} is answered here.
     *
     * @param request the request, with a caller as principal if it has one
     * @param response the response
     * @param chain what is behind
     * @throws IOException if the service throws it
     * @throws ServletException if the service throws it
     */
    public void pass(HttpServletRequest request, HttpServletResponse response, FilterChain chain) throws IOException, ServletException {
        try {
            chain.doFilter(authenticator.keepsToken() ? request : new TokenlessRequest(request, authenticator.header()), response);
        } catch (RequestRefusedException refusal) {
            // What was sent cannot be taken back. The server breaks it off.
            if (response.isCommitted()) throw refusal;
            answer(response, refusal);
        } catch (ServletException failure) {
            // So frameworks wrap what a handler throws.
            if (response.isCommitted() || !(failure.getCause() instanceof RequestRefusedException refusal)) throw failure;
            answer(response, refusal);
        }
    }

    /**
     * Answers a request that does not pass, with an empty body.
     *
     * @param response the response, of which nothing was sent yet
     * @param refusal why
     */
    public static void answer(HttpServletResponse response, RequestRefusedException refusal) {
        response.resetBuffer();
        response.setStatus(refusal.status());
        refusal.headers().forEach(response::setHeader);
        response.setContentLength(0);
    }
}
