package dev.boundtoken.auth;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.boundtoken.ApiServer;
import dev.boundtoken.Captured;
import dev.boundtoken.Cluster;
import dev.boundtoken.ClusterOptions;
import dev.boundtoken.ObjectAnswer;
import dev.boundtoken.ObjectStore;
import dev.boundtoken.Verifier;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.security.Principal;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** What every door does, over real connections. */
public abstract class HttpDoorTest {
    /** A policy for a route that the caller may call. */
    protected static final Policy HERE = Policy.namespaces("demo");

    /** A policy for a route that the caller may not call. */
    protected static final Policy ELSEWHERE = Policy.namespaces("elsewhere");

    private static final HttpClient CLIENT = HttpClient.newHttpClient();
    protected final String token = Captured.fresh("door");

    /** A service that is running. */
    protected interface Service extends AutoCloseable {
        int port();

        @Override
        void close();
    }

    /**
     * Starts a service behind the door: /healthz is open, /here and /elsewhere have policies of their own, /demanding demands
     * {@link #ELSEWHERE} itself, and all answer by {@link #answer}.
     */
    protected abstract Service open(Authenticator authenticator) throws Exception;

    /** Says what a service sees of its caller. */
    protected static String answer(Principal principal, String authorization) {
        return Caller.of(principal).map(Caller::getName).orElse("nobody") + " " + authorization;
    }

    protected static HttpResponse<String> ask(Service service, String path, String... headers) throws Exception {
        return ask("GET", service, path, headers);
    }

    protected static HttpResponse<String> ask(String method, Service service, String path, String... headers) throws Exception {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + service.port() + path))
                .timeout(Duration.ofSeconds(60))
                .method(method, HttpRequest.BodyPublishers.noBody());
        for (int i = 0; i < headers.length; i += 2) request.header(headers[i], headers[i + 1]);
        return CLIENT.send(request.build(), HttpResponse.BodyHandlers.ofString());
    }

    protected static void assertRefused(int status, String challenge, HttpResponse<String> answer) {
        assertEquals(status, answer.statusCode());
        assertEquals(challenge, answer.headers().firstValue("WWW-Authenticate").orElse(null));
        assertEquals("", answer.body());
    }

    protected static String[] bearer(String value) {
        return new String[] {"Authorization", "Bearer " + value};
    }

    protected static String invalid(String description) {
        return "Bearer error=\"invalid_request\", error_description=\"" + description + "\"";
    }

    @Test
    void onlyAuthenticatedRequestsPass() throws Exception {
        try (Verifier verifier = Captured.verifier();
                Service service = open(Authenticator.of(verifier))) {
            HttpResponse<String> good = ask(service, "/", bearer(token));
            assertEquals(200, good.statusCode());
            assertEquals("system:serviceaccount:demo:app null", good.body(), "the token is taken out");

            assertRefused(401, "Bearer", ask(service, "/"));
            assertRefused(401, "Bearer", ask(service, "/", "Authorization", "Basic eDp5"));
            HttpResponse<String> bad = ask(service, "/", bearer(token + "x"));
            assertRefused(
                    401,
                    "Bearer error=\"invalid_token\", error_description=\"a part of the token is not canonical base64url\"",
                    bad);
            String twice = "Bearer " + token;
            assertRefused(
                    400,
                    invalid("the request has more than one header with a token"),
                    ask(service, "/", "Authorization", twice, "Authorization", twice));
            assertRefused(400, invalid("no token follows the scheme Bearer"), ask(service, "/", "Authorization", "Bearer"));
            assertRefused(400, invalid("the header has text behind the token"), ask(service, "/", bearer(token + " x")));
        }
    }

    @Test
    void aPolicyDecidesWhoPasses() throws Exception {
        try (Verifier verifier = Captured.verifier();
                Service service = open(Authenticator.builder(verifier).policy(ELSEWHERE).build())) {
            assertRefused(403, "Bearer error=\"insufficient_scope\"", ask(service, "/", bearer(token)));
        }
        Policy failing = caller -> {
            throw new IllegalStateException("out of order");
        };
        try (Verifier verifier = Captured.verifier();
                Service service = open(Authenticator.builder(verifier).policy(failing).build())) {
            assertRefused(500, null, ask(service, "/", bearer(token)));
        }
    }

    @Test
    void routesHavePoliciesOfTheirOwn() throws Exception {
        try (Verifier verifier = Captured.verifier();
                Service service = open(Authenticator.of(verifier))) {
            assertEquals(200, ask(service, "/here", bearer(token)).statusCode());
            assertRefused(403, "Bearer error=\"insufficient_scope\"", ask(service, "/elsewhere", bearer(token)));
            assertRefused(401, "Bearer", ask(service, "/elsewhere"));
            HttpResponse<String> health = ask(service, "/healthz");
            assertEquals(200, health.statusCode());
            assertEquals("nobody null", health.body());
            for (String path : new String[] {"/healthz/", "/healthz;x=y", "/healthz%2f", "//healthz", "/healthz/../here"}) {
                assertFalse(ask(service, path).statusCode() == 200, path);
            }
        }
    }

    @Test
    void whatTheServiceDemandsIsAnswered() throws Exception {
        try (Verifier verifier = Captured.verifier();
                Service service = open(Authenticator.of(verifier))) {
            assertRefused(403, "Bearer error=\"insufficient_scope\"", ask(service, "/demanding", bearer(token)));
        }
    }

    @Test
    void whatNobodyCanDecideMayBeTriedAgain() throws Exception {
        try (Verifier verifier = Captured.asking(reference -> ObjectAnswer.unavailable());
                Service service = open(Authenticator.of(verifier))) {
            HttpResponse<String> answer = ask(service, "/", bearer(token));
            assertRefused(503, null, answer);
            assertEquals("1", answer.headers().firstValue("Retry-After").orElse(null));
        }
        Verifier closed = Captured.verifier();
        closed.close();
        try (Service service = open(Authenticator.of(closed))) {
            assertRefused(500, null, ask(service, "/", bearer(token)));
        }
    }

    @Test
    void anotherHeaderAndAKeptToken() throws Exception {
        try (Verifier verifier = Captured.verifier();
                Service service = open(Authenticator.builder(verifier).header("X-Token").build())) {
            assertEquals(200, ask(service, "/", "x-token", token).statusCode());
            assertRefused(401, "Bearer", ask(service, "/", bearer(token)));
        }
        try (Verifier verifier = Captured.verifier();
                Service service = open(Authenticator.builder(verifier).keepToken().build())) {
            assertEquals("system:serviceaccount:demo:app Bearer " + token, ask(service, "/", bearer(token)).body());
        }
    }

    @Test
    void aDeletedPodEndsItsTokens() throws Exception {
        try (ObjectStore store = Captured.store();
                Verifier verifier = Captured.builder(store).build();
                Service service = open(Authenticator.of(verifier))) {
            assertEquals(200, ask(service, "/", bearer(token)).statusCode());
            store.delete(Captured.POD);
            HttpResponse<String> answer = ask(service, "/", bearer(token));
            assertRefused(
                    401,
                    "Bearer error=\"invalid_token\", error_description=\"the pod that the token is bound to does not exist\"",
                    answer);
        }
    }

    @Test
    void aClusterThatIsFollowedEndsThemToo() throws Exception {
        try (ApiServer server = ApiServer.development();
                Cluster cluster = Cluster.connect(ClusterOptions.DEFAULT.kubeconfig(server.kubeconfig));
                Verifier verifier = Verifier.builder().cluster(cluster).audience("vault").build();
                Service service = open(Authenticator.of(verifier))) {
            server.createPod("app-0");
            String fresh = server.token("app-0");
            assertEquals("system:serviceaccount:demo:app null", ask(service, "/", bearer(fresh)).body());
            server.deletePod("app-0");
            long end = System.nanoTime() + Duration.ofSeconds(60).toNanos();
            while (ask(service, "/", bearer(fresh)).statusCode() != 401) assertTrue(System.nanoTime() < end, "still accepted");
        }
    }
}
