package dev.boundtoken.servlet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.boundtoken.Captured;
import dev.boundtoken.ObjectStore;
import dev.boundtoken.Verifier;
import dev.boundtoken.auth.Authenticator;
import dev.boundtoken.auth.Caller;
import dev.boundtoken.auth.OptionalDoorTest;
import jakarta.servlet.Filter;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.Collections;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.catalina.Context;
import org.apache.catalina.LifecycleException;
import org.apache.catalina.startup.Tomcat;
import org.apache.tomcat.util.descriptor.web.FilterDef;
import org.apache.tomcat.util.descriptor.web.FilterMap;
import org.junit.jupiter.api.Test;

class BoundTokenFilterTest extends OptionalDoorTest {
    /** What a servlet changes while it answers. */
    private static final AtomicReference<ObjectStore> STORE = new AtomicReference<>();

    @Override
    protected Service open(Authenticator authenticator) throws Exception {
        return serve("", authenticator);
    }

    /** A Tomcat that serves below a context path. */
    private static Service serve(String contextPath, Authenticator authenticator) throws Exception {
        Tomcat tomcat = new Tomcat();
        tomcat.setBaseDir(System.getProperty("java.io.tmpdir"));
        tomcat.setPort(0);
        tomcat.getConnector();
        Context context = tomcat.addContext(contextPath, null);
        add(context, "boundtoken", new BoundTokenFilter(authenticator, Set.of("/healthz")), "/*");
        add(context, "here", new RequireFilter(HERE), "/here");
        add(context, "elsewhere", new RequireFilter(ELSEWHERE), "/elsewhere");
        Tomcat.addServlet(context, "greeter", new Greeter());
        context.addServletMappingDecoded("/*", "greeter");
        tomcat.start();
        return new Service() {
            @Override
            public int port() {
                return tomcat.getConnector().getLocalPort();
            }

            @Override
            public void close() {
                try {
                    tomcat.stop();
                    tomcat.destroy();
                } catch (LifecycleException failure) {
                    throw new AssertionError(failure);
                }
            }
        };
    }

    private static void add(Context context, String name, Filter filter, String pattern) {
        FilterDef definition = new FilterDef();
        definition.setFilterName(name);
        definition.setFilter(filter);
        context.addFilterDef(definition);
        FilterMap mapping = new FilterMap();
        mapping.setFilterName(name);
        mapping.addURLPattern(pattern);
        context.addFilterMap(mapping);
    }

    private static final class Greeter extends HttpServlet {
        private static final long serialVersionUID = 1L;

        @Override
        protected void doGet(HttpServletRequest request, HttpServletResponse response) throws IOException {
            switch (request.getServletPath() + request.getPathInfo()) {
                case String path when path.endsWith("/demanding") -> Caller.demand(request.getUserPrincipal(), ELSEWHERE);
                case String path when path.endsWith("/stream") -> stream(request, response);
                case String path when path.endsWith("/names") -> response.getWriter().print(names(request));
                default -> response.getWriter().print(answer(request.getUserPrincipal(), request.getHeader("Authorization")));
            }
        }

        @Override
        protected void doOptions(HttpServletRequest request, HttpServletResponse response) throws IOException {
            doGet(request, response);
        }

        /** All that a servlet can learn of the token. */
        private static String names(HttpServletRequest request) {
            return request.getRemoteUser() + " " + request.getAuthType() + " "
                    + Collections.list(request.getHeaderNames()).stream().anyMatch("authorization"::equalsIgnoreCase) + " "
                    + Collections.list(request.getHeaders("AUTHORIZATION")) + " " + request.getIntHeader("authorization") + " "
                    + request.getDateHeader("authorization");
        }

        /** Writes until the caller is no longer good. */
        private static void stream(HttpServletRequest request, HttpServletResponse response) throws IOException {
            Caller caller = Caller.of(request.getUserPrincipal()).orElseThrow();
            while (true) {
                response.getWriter().print(" ".repeat(10_000));
                response.flushBuffer();
                caller.demandAgain();
                STORE.get().delete(Captured.POD);
            }
        }
    }

    @Test
    void theServletSeesTheCallerAndNothingOfTheToken() throws Exception {
        try (Verifier verifier = Captured.verifier();
                Service service = open(Authenticator.of(verifier))) {
            assertEquals(
                    "system:serviceaccount:demo:app Bearer false [] -1 -1", ask(service, "/names", bearer(token)).body());
        }
    }

    @Test
    void aLongAnswerIsBrokenOffWithItsCaller() throws Exception {
        try (ObjectStore store = Captured.store();
                Verifier verifier = Captured.builder(store).build();
                Service service = open(Authenticator.of(verifier))) {
            STORE.set(store);
            assertThrows(IOException.class, () -> ask(service, "/stream", bearer(token)));
        }
    }

    @Test
    void openPathsAreBelowTheContextPath() throws Exception {
        try (Verifier verifier = Captured.verifier();
                Service service = serve("/shop", Authenticator.of(verifier))) {
            assertEquals(200, ask(service, "/shop/healthz").statusCode());
            assertEquals(200, ask(service, "/shop/", bearer(token)).statusCode());
            assertEquals(401, ask(service, "/shop/other/healthz").statusCode());
        }
    }
}
