package dev.boundtoken.servlet;

import dev.boundtoken.auth.Authenticator;
import dev.boundtoken.auth.Caller;
import dev.boundtoken.auth.RequestRefusedException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
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
     * The request as the service sees it: with its caller as principal and, unless it is kept, without the token.
     *
     * @param request the request
     * @param caller its caller, if it has one
     * @return the request for what is behind
     */
    public HttpServletRequest admitted(HttpServletRequest request, Optional<Caller> caller) {
        return new AdmittedRequest(request, caller, authenticator.keepsToken() ? null : authenticator.header());
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
