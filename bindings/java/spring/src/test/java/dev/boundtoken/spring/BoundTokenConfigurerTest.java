package dev.boundtoken.spring;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.boundtoken.Captured;
import dev.boundtoken.Verifier;
import dev.boundtoken.auth.Authenticator;
import dev.boundtoken.auth.Caller;
import dev.boundtoken.auth.HttpDoorTest;
import jakarta.servlet.http.HttpServletRequest;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.web.servlet.context.ServletWebServerApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.security.authentication.UsernamePasswordAuthenticationToken;
import org.springframework.security.config.Customizer;
import org.springframework.security.config.annotation.web.builders.HttpSecurity;
import org.springframework.security.config.http.SessionCreationPolicy;
import org.springframework.security.core.GrantedAuthority;
import org.springframework.security.core.annotation.AuthenticationPrincipal;
import org.springframework.security.core.context.SecurityContextHolder;
import org.springframework.security.web.SecurityFilterChain;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RestController;

/** With Spring Boot on a port. */
class BoundTokenConfigurerTest extends HttpDoorTest {
    private static final AtomicReference<Authenticator> AUTHENTICATOR = new AtomicReference<>();

    @Configuration
    @EnableAutoConfiguration
    @Import(Greeter.class)
    static class Application {
        @Bean
        SecurityFilterChain security(HttpSecurity http) throws Exception {
            return http.with(new BoundTokenConfigurer(AUTHENTICATOR.get()), Customizer.withDefaults())
                    .sessionManagement(sessions -> sessions.sessionCreationPolicy(SessionCreationPolicy.STATELESS))
                    .authorizeHttpRequests(requests -> requests
                            .requestMatchers("/healthz").permitAll()
                            .requestMatchers("/here").access(new PolicyAuthorizationManager<>(HERE))
                            .requestMatchers("/elsewhere").access(new PolicyAuthorizationManager<>(ELSEWHERE))
                            .requestMatchers("/group").hasAuthority("system:serviceaccounts:demo")
                            .requestMatchers("/other-group").hasAuthority("system:serviceaccounts:other")
                            .anyRequest().authenticated())
                    .build();
        }
    }

    /** The service. */
    @RestController
    static class Greeter {
        @GetMapping({"/", "/here", "/elsewhere", "/healthz", "/group", "/other-group"})
        String greet(@AuthenticationPrincipal Caller caller, HttpServletRequest request) {
            return answer(caller, request.getHeader("Authorization"));
        }

        @PostMapping("/")
        String post(@AuthenticationPrincipal Caller caller, HttpServletRequest request) {
            return greet(caller, request);
        }

        @GetMapping("/later")
        Callable<String> later() {
            return () -> SecurityContextHolder.getContext().getAuthentication().getName();
        }

        @GetMapping("/demanding")
        String demanding(@AuthenticationPrincipal Caller caller) {
            caller.demand(ELSEWHERE);
            return "allowed";
        }
    }

    @Override
    protected Service open(Authenticator authenticator) {
        AUTHENTICATOR.set(authenticator);
        SpringApplication application = new SpringApplication(Application.class);
        application.setRegisterShutdownHook(false);
        ServletWebServerApplicationContext context =
                (ServletWebServerApplicationContext) application.run("--server.port=0", "--spring.main.banner-mode=off");
        return new Service() {
            @Override
            public int port() {
                return context.getWebServer().getPort();
            }

            @Override
            public void close() {
                context.close();
            }
        };
    }

    @Test
    void theGroupsOfACallerAreItsAuthorities() throws Exception {
        try (Verifier verifier = Captured.verifier();
                Service service = open(Authenticator.of(verifier))) {
            assertEquals(200, ask(service, "/group", bearer(token)).statusCode());
            assertRefused(403, "Bearer error=\"insufficient_scope\"", ask(service, "/other-group", bearer(token)));
            assertRefused(401, "Bearer", ask(service, "/other-group"));
        }
    }

    @Test
    void aTokenThatIsThereMustBeGood() throws Exception {
        try (Verifier verifier = Captured.verifier();
                Service service = open(Authenticator.of(verifier))) {
            assertEquals(401, ask(service, "/healthz", bearer("x")).statusCode());
            assertEquals("system:serviceaccount:demo:app null", ask(service, "/healthz", bearer(token)).body());
        }
    }

    @Test
    void answersThatComeLaterAndPagesThatDoNotExistHaveACaller() throws Exception {
        try (Verifier verifier = Captured.verifier();
                Service service = open(Authenticator.of(verifier))) {
            assertEquals("system:serviceaccount:demo:app", ask(service, "/later", bearer(token)).body());
            assertEquals(404, ask(service, "/there/is/none", bearer(token)).statusCode());
            assertEquals(401, ask(service, "/there/is/none").statusCode());
        }
    }

    @Test
    void aTokenStandsForThatAgainstForgery() throws Exception {
        try (Verifier verifier = Captured.verifier();
                Service service = open(Authenticator.of(verifier))) {
            assertEquals(200, ask("POST", service, "/", bearer(token)).statusCode());
            assertEquals(400, ask("POST", service, "/", "Authorization", "Bearer").statusCode());
            // A browser sends these by itself.
            assertEquals(403, ask("POST", service, "/", "Authorization", "Basic eDp5").statusCode());
            assertEquals(403, ask("POST", service, "/").statusCode());
        }
    }

    @Test
    void theProviderTakesOnlyItsOwnRequests() {
        try (Verifier verifier = Captured.verifier()) {
            BoundTokenAuthenticationProvider provider = new BoundTokenAuthenticationProvider(Authenticator.of(verifier));
            assertTrue(provider.supports(BoundTokenAuthentication.class));
            assertFalse(provider.supports(
                    UsernamePasswordAuthenticationToken.class));
            BoundTokenAuthentication request = new BoundTokenAuthentication(List.of("Bearer " + token));
            assertFalse(request.isAuthenticated());
            assertFalse(request.toString().contains(token.substring(0, 20)), request.toString());
            assertThrows(IllegalArgumentException.class, () -> request.setAuthenticated(true));
            BoundTokenAuthentication authenticated = (BoundTokenAuthentication) provider.authenticate(request);
            assertTrue(authenticated.isAuthenticated());
            assertEquals("system:serviceaccount:demo:app", authenticated.getName());
            assertEquals(List.of(), authenticated.getCredentials());
            assertFalse(authenticated.toString().contains(token.substring(0, 20)), authenticated.toString());
            assertTrue(authenticated.getAuthorities().stream().map(GrantedAuthority::getAuthority)
                    .anyMatch("system:serviceaccounts:demo"::equals));
            RefusedAuthenticationException refused = assertThrows(
                    RefusedAuthenticationException.class,
                    () -> provider.authenticate(new BoundTokenAuthentication(List.of("Bearer x"))));
            assertEquals("token_part_count", refused.refusal().code());
            assertEquals(0, refused.getStackTrace().length);
        }
    }
}
