package dev.boundtoken.kafka;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import javax.security.auth.login.AppConfigurationEntry;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule;

/** What the options of the JAAS configuration say. */
record Configuration(String audience, Optional<Path> kubeconfig) {
    private static final String PREFIX = "boundtoken";
    private static final String AUDIENCE = "boundtokenAudience";
    private static final String KUBECONFIG = "boundtokenKubeconfig";

    static Configuration of(String mechanism, List<AppConfigurationEntry> entries) {
        if (!mechanism.equals(OAuthBearerLoginModule.OAUTHBEARER_MECHANISM)) {
            throw new ConfigException("the mechanism " + mechanism + " takes no bearer token: use OAUTHBEARER");
        }
        if (entries.size() != 1) throw new ConfigException("sasl.jaas.config has " + entries.size() + " entries: write one");
        // Options of others stand there as well.
        Map<String, Object> options = new HashMap<>(entries.getFirst().getOptions());
        options.keySet().removeIf(name -> !name.startsWith(PREFIX));
        String audience = (String) options.remove(AUDIENCE);
        if (audience == null || audience.isEmpty()) {
            throw new ConfigException(
                    "sasl.jaas.config has no " + AUDIENCE + ": add " + AUDIENCE + "=\"kafka\", the broker's name in tokens");
        }
        Optional<Path> kubeconfig = Optional.ofNullable((String) options.remove(KUBECONFIG)).map(Path::of);
        if (!options.isEmpty()) {
            throw new ConfigException("sasl.jaas.config has options that do not exist: " + options.keySet() + ", only " + AUDIENCE
                    + " and " + KUBECONFIG + " do");
        }
        return new Configuration(audience, kubeconfig);
    }
}
