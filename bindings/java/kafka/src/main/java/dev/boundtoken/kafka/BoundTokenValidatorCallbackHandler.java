package dev.boundtoken.kafka;

import dev.boundtoken.auth.Authenticator;
import dev.boundtoken.auth.Caller;
import dev.boundtoken.auth.RequestRefusedException;
import java.util.List;
import java.util.Map;
import javax.security.auth.callback.Callback;
import javax.security.auth.callback.UnsupportedCallbackException;
import javax.security.auth.login.AppConfigurationEntry;
import org.apache.kafka.common.security.auth.AuthenticateCallbackHandler;
import org.apache.kafka.common.security.oauthbearer.OAuthBearerValidatorCallback;

/**
 * Validates the tokens of clients for a broker. The principal of a client is its user name, such as
 * {@code User:system:serviceaccount:demo:app}, for the broker's access control lists.
 *
 * <pre>{@code
 * listener.name.sasl_ssl.oauthbearer.sasl.server.callback.handler.class=dev.boundtoken.kafka.BoundTokenValidatorCallbackHandler
 * listener.name.sasl_ssl.oauthbearer.sasl.jaas.config=\
 *   org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule required boundtokenAudience="kafka";
 * listener.name.sasl_ssl.oauthbearer.connections.max.reauth.ms=3600000
 * }</pre>
 *
 * <p>{@code boundtokenAudience} is the name of the broker in tokens. {@code boundtokenKubeconfig} is the path of a kubeconfig, without
 * which the broker follows the cluster that its pod runs in. A broker follows a cluster once for all its listeners and threads.
 *
 * <p>Kafka authenticates a connection when it begins. With {@code connections.max.reauth.ms} it demands a token again after that time, and
 * no later than the token expires. The token of a deleted pod is refused then.
 *
 * <p>Extensions that a client sends are ignored: nothing proves them.
 */
public final class BoundTokenValidatorCallbackHandler implements AuthenticateCallbackHandler {
    private SharedVerifier shared;

    /** Makes a handler that is not configured. The broker does this. */
    public BoundTokenValidatorCallbackHandler() {
        // It learns everything from configure.
    }

    /**
     * Connects to the cluster, unless the broker has done so, and waits until keys and objects are known. The broker calls this.
     *
     * @param configs the configuration of the broker, which is not used
     * @param saslMechanism {@code OAUTHBEARER}
     * @param jaasConfigEntries the one entry of {@code sasl.jaas.config}
     * @throws org.apache.kafka.common.config.ConfigException if the configuration cannot be used
     * @throws dev.boundtoken.ClusterException if the cluster cannot be followed
     */
    @Override
    public void configure(Map<String, ?> configs, String saslMechanism, List<AppConfigurationEntry> jaasConfigEntries) {
        close();
        shared = SharedVerifier.acquire(Configuration.of(saslMechanism, jaasConfigEntries));
    }

    @Override
    public void handle(Callback[] callbacks) throws UnsupportedCallbackException {
        if (shared == null) throw new IllegalStateException("the handler is not configured: call configure first");
        for (Callback callback : callbacks) {
            // The broker ignores extensions if their callback is not supported.
            if (!(callback instanceof OAuthBearerValidatorCallback validation)) throw new UnsupportedCallbackException(callback);
            validate(shared.authenticator(), validation);
        }
    }

    /** Accepts the token of a client, or says why not in the words of RFC 7628. */
    static void validate(Authenticator authenticator, OAuthBearerValidatorCallback validation) {
        String token = validation.tokenValue();
        try {
            Caller caller = authenticator.authenticate(List.of("Bearer " + token)).orElseThrow();
            validation.token(new AcceptedToken(token, caller.token()));
        } catch (RequestRefusedException refusal) {
            validation.error(status(refusal), null, null);
        }
    }

    private static String status(RequestRefusedException refusal) {
        return switch (refusal.status()) {
            case 403 -> "insufficient_scope";
            case 503 -> "temporarily_unavailable";
            case 500 -> "server_error";
            default -> "invalid_token";
        };
    }

    /** Ends the connection to the cluster, unless other handlers of the broker use it. */
    @Override
    public void close() {
        if (shared != null) shared.release();
        shared = null;
    }
}
