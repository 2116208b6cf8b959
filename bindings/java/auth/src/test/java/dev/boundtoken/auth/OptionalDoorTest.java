package dev.boundtoken.auth;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.boundtoken.Captured;
import dev.boundtoken.Verifier;
import org.junit.jupiter.api.Test;

/** What the doors do that let requests without a token pass if the authenticator says so. Spring Security has its own way. */
public abstract class OptionalDoorTest extends HttpDoorTest {
    @Test
    void requestsMayPassWithoutAToken() throws Exception {
        try (Verifier verifier = Captured.verifier();
                Service service = open(Authenticator.builder(verifier).optional().build())) {
            assertEquals("nobody null", ask(service, "/").body());
            assertRefused(401, "Bearer", ask(service, "/here"));
            assertEquals(401, ask(service, "/", bearer("x")).statusCode());
        }
        try (Verifier verifier = Captured.verifier();
                Service service = open(Authenticator.of(verifier))) {
            String[] preflight = {"Origin", "https://x.example", "Access-Control-Request-Method", "GET"};
            assertEquals("nobody null", ask("OPTIONS", service, "/", preflight).body());
            assertEquals(401, ask("OPTIONS", service, "/").statusCode());
        }
    }
}
