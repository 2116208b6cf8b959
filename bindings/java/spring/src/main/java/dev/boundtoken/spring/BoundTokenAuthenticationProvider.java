package dev.boundtoken.spring;

import dev.boundtoken.auth.Authenticator;
import dev.boundtoken.auth.Caller;
import dev.boundtoken.auth.RequestRefusedException;
import java.util.Objects;
import org.springframework.security.authentication.AuthenticationProvider;
import org.springframework.security.core.Authentication;
import org.springframework.security.core.AuthenticationException;

/** Authenticates a {@link BoundTokenAuthentication}. Safe to share between threads. */
public final class BoundTokenAuthenticationProvider implements AuthenticationProvider {
    private final Authenticator authenticator;

    /**
     * Authenticates callers.
     *
     * @param authenticator the authenticator
     */
    public BoundTokenAuthenticationProvider(Authenticator authenticator) {
        this.authenticator = Objects.requireNonNull(authenticator, "authenticator");
    }

    /**
     * Authenticates a request with a token.
     *
     * @param authentication the values of the header
     * @return the caller, null if there is no token and the request may pass without
     * @throws RefusedAuthenticationException if the request must not pass
     */
    @Override
    public Authentication authenticate(Authentication authentication) throws AuthenticationException {
        try {
            return authenticator
                    .authenticate(((BoundTokenAuthentication) authentication).getCredentials())
                    .map((Caller caller) -> new BoundTokenAuthentication(caller))
                    .orElse(null);
        } catch (RequestRefusedException refusal) {
            throw new RefusedAuthenticationException(refusal);
        }
    }

    @Override
    public boolean supports(Class<?> authentication) {
        return BoundTokenAuthentication.class.isAssignableFrom(authentication);
    }
}
