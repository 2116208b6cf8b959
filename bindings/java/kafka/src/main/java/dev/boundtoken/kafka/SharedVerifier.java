package dev.boundtoken.kafka;

import dev.boundtoken.Cluster;
import dev.boundtoken.ClusterOptions;
import dev.boundtoken.Verifier;
import dev.boundtoken.auth.Authenticator;
import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.common.errors.InterruptException;

/** A verifier with its cluster, for all handlers of the same configuration: a broker has one for each of its network threads. */
final class SharedVerifier {
    private static final Map<Configuration, SharedVerifier> SHARED = new HashMap<>();

    private final Configuration configuration;
    private final Cluster cluster;
    private final Verifier verifier;
    private final Authenticator authenticator;
    private int users;

    private SharedVerifier(Configuration configuration) {
        this.configuration = configuration;
        this.cluster = connect(configuration);
        this.verifier = Verifier.builder().cluster(cluster).audience(configuration.audience()).build();
        this.authenticator = Authenticator.of(verifier);
    }

    private static Cluster connect(Configuration configuration) {
        ClusterOptions options = configuration.kubeconfig().map(ClusterOptions.DEFAULT::kubeconfig).orElse(ClusterOptions.DEFAULT);
        try {
            return Cluster.connect(options);
        } catch (InterruptedException interruption) {
            throw new InterruptException(interruption);
        }
    }

    static SharedVerifier acquire(Configuration configuration) {
        synchronized (SHARED) {
            SharedVerifier shared = SHARED.computeIfAbsent(configuration, SharedVerifier::new);
            shared.users++;
            return shared;
        }
    }

    void release() {
        synchronized (SHARED) {
            users--;
            if (users > 0) return;
            SHARED.remove(configuration);
        }
        verifier.close();
        cluster.close();
    }

    Authenticator authenticator() {
        return authenticator;
    }
}
