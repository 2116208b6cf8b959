package dev.boundtoken.spring;

import dev.boundtoken.auth.Authenticator;
import dev.boundtoken.servlet.ServletDoor;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.List;
import org.springframework.security.authentication.AuthenticationManager;
import org.springframework.security.core.Authentication;
import org.springframework.security.core.AuthenticationException;
import org.springframework.security.core.context.SecurityContext;
import org.springframework.security.core.context.SecurityContextHolder;
import org.springframework.security.web.AuthenticationEntryPoint;
import org.springframework.security.web.context.RequestAttributeSecurityContextRepository;
import org.springframework.web.filter.OncePerRequestFilter;

/** Authenticates requests with a token. Others pass without a caller, for the rules of the filter chain. */
final class BoundTokenAuthenticationFilter extends OncePerRequestFilter {
    private final Authenticator authenticator;
    private final ServletDoor door;
    private final AuthenticationManager manager;
    private final AuthenticationEntryPoint answering;

    BoundTokenAuthenticationFilter(Authenticator authenticator, AuthenticationManager manager, AuthenticationEntryPoint answering) {
        this.authenticator = authenticator;
        this.door = new ServletDoor(authenticator);
        this.manager = manager;
        this.answering = answering;
    }

    @Override
    protected void doFilterInternal(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
            throws ServletException, IOException {
        try {
            List<String> values = door.valuesOf(request);
            if (authenticator.hasToken(values)) remember(manager.authenticate(new BoundTokenAuthentication(values)), request, response);
        } catch (AuthenticationException failure) {
            answering.commence(request, response, failure);
            return;
        }
        door.pass(request, response, chain);
    }

    /** For this dispatch, and for those of the same request that follow it: asynchronous ones, and errors. */
    private static void remember(Authentication authentication, HttpServletRequest request, HttpServletResponse response) {
        SecurityContext context = SecurityContextHolder.createEmptyContext();
        context.setAuthentication(authentication);
        SecurityContextHolder.setContext(context);
        new RequestAttributeSecurityContextRepository().saveContext(context, request, response);
    }
}
