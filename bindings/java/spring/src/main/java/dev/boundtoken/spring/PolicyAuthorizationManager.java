package dev.boundtoken.spring;

import dev.boundtoken.auth.Caller;
import dev.boundtoken.auth.Policy;
import dev.boundtoken.auth.RequestRefusedException;
import java.security.Principal;
import java.util.Objects;
import java.util.function.Supplier;
import org.springframework.security.authorization.AuthorizationDecision;
import org.springframework.security.authorization.AuthorizationManager;
import org.springframework.security.authorization.AuthorizationResult;
import org.springframework.security.core.Authentication;

/**
 * Grants access to those callers whom a policy allows.
 *
 * <pre>{@code
 * http.authorizeHttpRequests(requests -> requests
 *         .requestMatchers("/healthz").permitAll()
 *         .requestMatchers("/admin").access(new PolicyAuthorizationManager<>(Policy.serviceAccount("demo", "admin")))
 *         .anyRequest().authenticated());
 * }</pre>
 *
 * @param <T> what access is granted to
 */
public final class PolicyAuthorizationManager<T> implements AuthorizationManager<T> {
    private static final int SERVER_ERROR = 500;

    private final Policy policy;

    /**
     * Grants access by a policy.
     *
     * @param policy whom to let pass
     */
    public PolicyAuthorizationManager(Policy policy) {
        this.policy = Objects.requireNonNull(policy, "policy");
    }

    @Override
    public AuthorizationResult authorize(Supplier<Authentication> authentication, T object) {
        return decide(authentication.get());
    }

    // Spring Security 6 demands this method, and Spring Security 7 has it no longer.
    @Override
    @Deprecated
    public AuthorizationDecision check(Supplier<Authentication> authentication, T object) {
        return decide(authentication.get());
    }

    private AuthorizationDecision decide(Authentication authentication) {
        try {
            Caller.demand(authentication != null && authentication.getPrincipal() instanceof Principal principal ? principal : null, policy);
            return new AuthorizationDecision(true);
        } catch (RequestRefusedException refusal) {
            if (refusal.status() == SERVER_ERROR) throw refusal;
            return new AuthorizationDecision(false);
        }
    }
}
