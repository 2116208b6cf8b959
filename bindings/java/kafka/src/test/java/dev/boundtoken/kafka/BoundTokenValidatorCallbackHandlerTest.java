package dev.boundtoken.kafka;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.boundtoken.ApiServer;
import dev.boundtoken.Captured;
import dev.boundtoken.ObjectAnswer;
import dev.boundtoken.Verifier;
import dev.boundtoken.auth.Authenticator;
import dev.boundtoken.auth.Policy;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import javax.security.auth.callback.Callback;
import javax.security.auth.login.AppConfigurationEntry;
import javax.security.auth.login.AppConfigurationEntry.LoginModuleControlFlag;
import javax.security.sasl.SaslException;
import javax.security.sasl.SaslServer;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.config.SaslConfigs;
import org.apache.kafka.common.errors.SaslAuthenticationException;
import org.apache.kafka.common.security.auth.AuthenticateCallbackHandler;
import org.apache.kafka.common.security.auth.SaslExtensions;
import org.apache.kafka.common.security.authenticator.SaslInternalConfigs;
import org.apache.kafka.common.security.oauthbearer.OAuthBearerToken;
import org.apache.kafka.common.security.oauthbearer.OAuthBearerValidatorCallback;
import org.apache.kafka.common.security.oauthbearer.internals.OAuthBearerClientInitialResponse;
import org.apache.kafka.common.security.oauthbearer.internals.OAuthBearerSaslServer.OAuthBearerSaslServerFactory;
import org.apache.kafka.common.utils.Utils;
import org.junit.jupiter.api.Test;

class BoundTokenValidatorCallbackHandlerTest {
    private static final String SUBJECT = "system:serviceaccount:demo:app";

    private static List<AppConfigurationEntry> jaas(String... options) {
        Map<String, String> map = new HashMap<>(Map.of("unsecuredLoginStringClaim_sub", "broker"));
        for (int i = 0; i < options.length; i += 2) map.put(options[i], options[i + 1]);
        return List.of(new AppConfigurationEntry(
                "org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule", LoginModuleControlFlag.REQUIRED, map));
    }

    /** Makes and configures a handler as a broker does: by the name of its class. */
    private static AuthenticateCallbackHandler handler(ApiServer server) throws Exception {
        AuthenticateCallbackHandler handler = Utils.newInstance(
                "dev.boundtoken.kafka.BoundTokenValidatorCallbackHandler", AuthenticateCallbackHandler.class);
        handler.configure(
                Map.of(SaslConfigs.SASL_MECHANISM, "OAUTHBEARER"),
                "OAUTHBEARER",
                jaas("boundtokenAudience", "vault", "boundtokenKubeconfig", server.kubeconfig.toString()));
        return handler;
    }

    private static SaslServer sasl(AuthenticateCallbackHandler handler) {
        return new OAuthBearerSaslServerFactory().createSaslServer("OAUTHBEARER", "kafka", "localhost", Map.of(), handler);
    }

    private static byte[] response(String token) throws SaslException {
        return new OAuthBearerClientInitialResponse(token, new SaslExtensions(Map.of("logicalCluster", "lkc-1"))).toBytes();
    }

    @Test
    void aClientIsAcceptedUntilItsPodIsDeleted() throws Exception {
        try (ApiServer server = ApiServer.development()) {
            AuthenticateCallbackHandler handler = handler(server);
            server.createPod("app-0");
            String token = server.token("app-0");
            SaslServer accepting = sasl(handler);
            assertEquals(0, accepting.evaluateResponse(response(token)).length);
            assertTrue(accepting.isComplete());
            assertEquals(SUBJECT, accepting.getAuthorizationID());
            OAuthBearerToken accepted = (OAuthBearerToken) accepting.getNegotiatedProperty("OAUTHBEARER.token");
            assertEquals(token, accepted.value());
            assertEquals(Set.of(), accepted.scope());
            assertTrue(accepted.startTimeMs() < accepted.lifetimeMs());
            assertFalse(accepted.toString().contains(token.substring(0, 20)), accepted.toString());
            assertEquals(
                    accepted.lifetimeMs(),
                    accepting.getNegotiatedProperty(SaslInternalConfigs.CREDENTIAL_LIFETIME_MS_SASL_NEGOTIATED_PROPERTY_KEY));
            assertEquals(null, accepting.getNegotiatedProperty("logicalCluster"), "nothing proves an extension");

            server.deletePod("app-0");
            long end = System.nanoTime() + Duration.ofSeconds(60).toNanos();
            while (sasl(handler).evaluateResponse(response(token)).length == 0) assertTrue(System.nanoTime() < end, "still accepted");
            SaslServer refusing = sasl(handler);
            byte[] answer = refusing.evaluateResponse(response(token));
            assertEquals("{\"status\":\"invalid_token\"}", new String(answer, StandardCharsets.UTF_8));
            assertFalse(refusing.isComplete());
            assertThrows(SaslAuthenticationException.class, () -> refusing.evaluateResponse(new byte[] {1}));
            handler.close();
        }
    }

    @Test
    void aBrokerFollowsAClusterOnce() throws Exception {
        try (ApiServer server = ApiServer.development()) {
            server.createPod("app-0");
            String token = server.token("app-0");
            AuthenticateCallbackHandler one = handler(server);
            AuthenticateCallbackHandler other = handler(server);
            one.close();
            one.close();
            SaslServer accepting = sasl(other);
            accepting.evaluateResponse(response(token));
            assertEquals(SUBJECT, accepting.getAuthorizationID());
            assertThrows(IllegalStateException.class, () -> one.handle(new Callback[0]));
            other.close();
            AuthenticateCallbackHandler again = handler(server);
            assertEquals(0, sasl(again).evaluateResponse(response(token)).length);
            again.close();
        }
    }

    private static String status(Authenticator authenticator, String token) {
        OAuthBearerValidatorCallback callback = new OAuthBearerValidatorCallback(token);
        BoundTokenValidatorCallbackHandler.validate(authenticator, callback);
        return callback.token() == null ? callback.errorStatus() : callback.token().principalName();
    }

    @Test
    void theBrokerLearnsWhatRfc7628Allows() {
        String token = Captured.fresh("kafka");
        try (Verifier verifier = Captured.verifier();
                Verifier unavailable = Captured.asking(reference -> ObjectAnswer.unavailable())) {
            Authenticator authenticator = Authenticator.of(verifier);
            assertEquals(SUBJECT, status(authenticator, token));
            assertEquals("invalid_token", status(authenticator, token + "x"));
            assertEquals("invalid_token", status(authenticator, token + " x"));
            Policy other = Policy.namespaces("other");
            assertEquals("insufficient_scope", status(Authenticator.builder(verifier).policy(other).build(), token));
            assertEquals("temporarily_unavailable", status(Authenticator.of(unavailable), token));
        }
        Verifier closed = Captured.verifier();
        closed.close();
        assertEquals("server_error", status(Authenticator.of(closed), token));
    }

    @Test
    void aSlipInTheConfigurationIsAnError() {
        Map<String, List<AppConfigurationEntry>> slips = Map.of(
                "boundtokenAudience", jaas(),
                "boundtokenAudience=\"kafka\"", jaas("boundtokenAudience", ""),
                "[boundtokenAudiences]", jaas("boundtokenAudience", "kafka", "boundtokenAudiences", "x"),
                "0 entries", List.of());
        slips.forEach((message, entries) -> {
            ConfigException slip = assertThrows(ConfigException.class, () -> Configuration.of("OAUTHBEARER", entries));
            assertTrue(slip.getMessage().contains(message), slip.getMessage());
        });
        assertThrows(ConfigException.class, () -> Configuration.of("PLAIN", jaas("boundtokenAudience", "kafka")));
    }
}
