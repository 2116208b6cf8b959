package dev.boundtoken.jaxrs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpServer;
import dev.boundtoken.Captured;
import dev.boundtoken.Verifier;
import dev.boundtoken.auth.Authenticator;
import dev.boundtoken.auth.Caller;
import dev.boundtoken.auth.OptionalDoorTest;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.OPTIONS;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.container.DynamicFeature;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.SecurityContext;
import java.net.URI;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.glassfish.jersey.jdkhttp.JdkHttpServerFactory;
import org.glassfish.jersey.server.ResourceConfig;
import org.junit.jupiter.api.Test;

class BoundTokenFeatureTest extends OptionalDoorTest {
    private static final AtomicInteger LOCATED = new AtomicInteger();

    @Override
    protected Service open(Authenticator authenticator) {
        DynamicFeature routes = (resource, context) -> {
            switch (resource.getResourceMethod().getName()) {
                case "here" -> context.register(new RequireFilter(HERE));
                case "elsewhere" -> context.register(new RequireFilter(ELSEWHERE));
                default -> { }
            }
        };
        ResourceConfig config = new ResourceConfig(Greeter.class)
                .register(new BoundTokenFeature(authenticator, Set.of("healthz")))
                .register(routes);
        HttpServer server = JdkHttpServerFactory.createHttpServer(URI.create("http://127.0.0.1:0/"), config);
        return new Service() {
            @Override
            public int port() {
                return server.getAddress().getPort();
            }

            @Override
            public void close() {
                server.stop(0);
            }
        };
    }

    /** The service. */
    @Path("/")
    public static class Greeter {
        @Context
        SecurityContext security;

        @Context
        HttpHeaders headers;

        @GET
        public String greet() {
            return answer(security.getUserPrincipal(), headers.getHeaderString("Authorization"));
        }

        @OPTIONS
        public String options() {
            return greet();
        }

        @GET
        @Path("healthz")
        public String healthz() {
            return greet();
        }

        @GET
        @Path("here")
        public String here() {
            return greet();
        }

        @GET
        @Path("elsewhere")
        public String elsewhere() {
            return greet();
        }

        @GET
        @Path("demanding")
        public String demanding() {
            Caller.of(security.getUserPrincipal()).orElseThrow().demand(ELSEWHERE);
            return greet();
        }

        @GET
        @Path("context")
        public String context() {
            return security.getAuthenticationScheme() + " " + security.isSecure() + " " + security.isUserInRole("demo");
        }

        /** Locates a resource, which is code of the service. */
        @Path("located")
        public Greeter located() {
            LOCATED.incrementAndGet();
            return this;
        }
    }

    @Test
    void theServiceHasASecurityContext() throws Exception {
        try (Verifier verifier = Captured.verifier();
                Service service = open(Authenticator.of(verifier))) {
            assertEquals("Bearer false false", ask(service, "/context", bearer(token)).body());
        }
    }

    @Test
    void nothingOfTheServiceRunsBefore() throws Exception {
        try (Verifier verifier = Captured.verifier();
                Service service = open(Authenticator.of(verifier))) {
            assertRefused(401, "Bearer", ask(service, "/located"));
            assertRefused(401, "Bearer", ask(service, "/there/is/none"));
            assertEquals(0, LOCATED.get());
            ask(service, "/located", bearer(token));
            assertTrue(LOCATED.get() > 0);
            assertEquals(404, ask(service, "/there/is/none", bearer(token)).statusCode());
        }
    }
}
