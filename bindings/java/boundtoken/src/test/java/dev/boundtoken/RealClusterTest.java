package dev.boundtoken;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfEnvironmentVariable;

/** A real API server: `make test-cluster`. */
@EnabledIfEnvironmentVariable(named = "BOUNDTOKEN_CLUSTER", matches = ".+")
class RealClusterTest {
    @Test
    void aTokenOfARealServerIsAcceptedUntilItsPodIsDeleted() throws Exception {
        try (ApiServer server = ApiServer.real(Path.of(System.getenv("BOUNDTOKEN_CLUSTER")));
                Cluster cluster = Cluster.connect(ClusterOptions.DEFAULT.kubeconfig(server.kubeconfig));
                Verifier verifier = Verifier.builder().cluster(cluster).audience("vault").build()) {
            server.createPod("app-0");
            String token = server.token("app-0");
            VerifiedToken caller = verifier.verifyOnline(token, VerifyOptions.DEFAULT).get(60, TimeUnit.SECONDS);
            assertEquals("system:serviceaccount:demo:app", caller.subject());
            assertEquals(Optional.of("app-0"), caller.pod().map(BoundObject::name));
            server.deletePod("app-0");
            LifetimeTest.eventually(() ->
                    verifier.decide(token) instanceof Verdict.Refused(var refusal) && refusal.reason() == Reason.POD_NOT_FOUND);
        }
    }
}
