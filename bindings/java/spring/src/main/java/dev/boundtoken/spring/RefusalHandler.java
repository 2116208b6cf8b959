package dev.boundtoken.spring;

import dev.boundtoken.servlet.ServletDoor;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import org.springframework.security.access.AccessDeniedException;
import org.springframework.security.core.AuthenticationException;
import org.springframework.security.web.AuthenticationEntryPoint;
import org.springframework.security.web.access.AccessDeniedHandler;

/** Answers requests that do not pass, with an empty body. */
final class RefusalHandler implements AuthenticationEntryPoint, AccessDeniedHandler {
    @Override
    public void commence(HttpServletRequest request, HttpServletResponse response, AuthenticationException failure) {
        if (failure instanceof RefusedAuthenticationException refused) ServletDoor.answer(response, refused.refusal());
        else challenge(response, HttpServletResponse.SC_UNAUTHORIZED, "Bearer");
    }

    @Override
    public void handle(HttpServletRequest request, HttpServletResponse response, AccessDeniedException denied) {
        challenge(response, HttpServletResponse.SC_FORBIDDEN, "Bearer error=\"insufficient_scope\"");
    }

    private static void challenge(HttpServletResponse response, int status, String challenge) {
        response.setStatus(status);
        response.setHeader("WWW-Authenticate", challenge);
    }
}
