package dev.boundtoken.spring;

import dev.boundtoken.auth.Authenticator;
import dev.boundtoken.servlet.ServletDoor;
import java.util.Objects;
import org.springframework.security.authentication.AuthenticationManager;
import org.springframework.security.config.annotation.web.builders.HttpSecurity;
import org.springframework.security.config.annotation.web.configurers.AbstractHttpConfigurer;
import org.springframework.security.config.annotation.web.configurers.CsrfConfigurer;
import org.springframework.security.config.annotation.web.configurers.ExceptionHandlingConfigurer;
import org.springframework.security.web.authentication.www.BasicAuthenticationFilter;
import org.springframework.security.web.util.matcher.AnyRequestMatcher;
import org.springframework.security.web.util.matcher.RequestMatcher;

/**
 * Adds bound tokens to a filter chain: a filter that reads the token, the {@link BoundTokenAuthenticationProvider}, and the answers to
 * requests that do not pass.
 *
 * <pre>{@code
 * @Bean
 * SecurityFilterChain security(HttpSecurity http, Verifier verifier) throws Exception {
 *     return http.with(new BoundTokenConfigurer(Authenticator.of(verifier)), Customizer.withDefaults())
 *             .sessionManagement(sessions -> sessions.sessionCreationPolicy(SessionCreationPolicy.STATELESS))
 *             .authorizeHttpRequests(requests -> requests
 *                     .requestMatchers("/healthz").permitAll()
 *                     .anyRequest().authenticated())
 *             .build();
 * }
 * }</pre>
 *
 * <p>A request without a token passes the filter without a caller, and the rules of the chain decide. So
 * {@link Authenticator.Builder#optional} changes nothing here. A token that is there must be good, even if everybody may pass.
 *
 * <p>Requests with a token need no CSRF token: a browser does not send one by itself.
 */
public final class BoundTokenConfigurer extends AbstractHttpConfigurer<BoundTokenConfigurer, HttpSecurity> {
    private final Authenticator authenticator;
    private final RefusalHandler refusals = new RefusalHandler();

    /**
     * Authenticates by this authenticator.
     *
     * @param authenticator the authenticator
     */
    public BoundTokenConfigurer(Authenticator authenticator) {
        this.authenticator = Objects.requireNonNull(authenticator, "authenticator");
    }

    @Override
    @SuppressWarnings("unchecked")
    public void init(HttpSecurity http) {
        http.authenticationProvider(new BoundTokenAuthenticationProvider(authenticator));
        ExceptionHandlingConfigurer<HttpSecurity> handling = http.getConfigurer(ExceptionHandlingConfigurer.class);
        if (handling != null) {
            handling.defaultAuthenticationEntryPointFor(refusals, AnyRequestMatcher.INSTANCE);
            handling.defaultAccessDeniedHandlerFor(refusals, AnyRequestMatcher.INSTANCE);
        }
        CsrfConfigurer<HttpSecurity> csrf = http.getConfigurer(CsrfConfigurer.class);
        ServletDoor door = new ServletDoor(authenticator);
        RequestMatcher hasToken = request -> authenticator.hasToken(door.valuesOf(request));
        if (csrf != null) csrf.ignoringRequestMatchers(hasToken);
    }

    @Override
    public void configure(HttpSecurity http) {
        AuthenticationManager manager = http.getSharedObject(AuthenticationManager.class);
        http.addFilterBefore(
                postProcess(new BoundTokenAuthenticationFilter(authenticator, manager, refusals)), BasicAuthenticationFilter.class);
    }
}
