package dev.boundtoken;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.File;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Clusters, against a development server. */
class ClusterTest {
    private static ApiServer server;

    @TempDir
    Path folder;

    @BeforeAll
    static void start() throws Exception {
        server = ApiServer.development();
    }

    @AfterAll
    static void stop() {
        if (server != null) server.close();
    }

    /** Callbacks are given up by threads of the native library. */
    @AfterEach
    void nothingIsKept() {
        LifetimeTest.eventually(() -> Callbacks.count() == 0);
    }

    private static ClusterOptions options() {
        return ClusterOptions.DEFAULT.kubeconfig(server.kubeconfig);
    }

    private static Verifier verifier(Cluster cluster) {
        return Verifier.builder().cluster(cluster).audience("vault").build();
    }

    @Test
    void aTokenIsRefusedSoonAfterItsPodIsDeleted() throws Exception {
        server.createPod("short-lived");
        String token = server.token("short-lived");
        try (Cluster cluster = Cluster.connect(options());
                Verifier verifier = verifier(cluster)) {
            VerifiedToken caller = verifier.verifyOnline(token, VerifyOptions.DEFAULT).get();
            assertEquals(Confirmed.LIVE, caller.confirmed());
            assertEquals(cluster.issuer(), caller.issuerLabel());
            assertEquals(caller, verifier.verify(token));
            server.deletePod("short-lived");
            LifetimeTest.eventually(() ->
                    verifier.decide(token) instanceof Verdict.Refused(var refusal) && refusal.reason() == Reason.POD_NOT_FOUND);
            ExecutionException refused = assertThrows(
                    ExecutionException.class, () -> verifier.verifyOnline(token, VerifyOptions.DEFAULT).get());
            assertInstanceOf(RefusedException.class, refused.getCause());
        }
    }

    @Test
    void aPodThatWasCreatedAMomentAgoIsAskedFor() throws Exception {
        try (Cluster cluster = Cluster.connect(options());
                Verifier verifier = verifier(cluster)) {
            for (int round = 0; round < 5; round++) {
                server.createPod("fresh-" + round);
                String token = server.token("fresh-" + round);
                VerifiedToken caller = verifier.verifyOnline(token, VerifyOptions.DEFAULT).get(60, TimeUnit.SECONDS);
                assertEquals(Optional.of("fresh-" + round), caller.pod().map(BoundObject::name));
            }
        }
    }

    @Test
    void anUnknownKeyIsAskedForByManyVirtualThreads() throws Exception {
        try (Cluster cluster = Cluster.connect(options());
                Verifier verifier = verifier(cluster);
                ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<Verdict>> verdicts = new ArrayList<>();
            for (int number = 0; number < 200; number++) {
                String token = Captured.fresh("unknown key " + number);
                verdicts.add(executor.submit(() -> verifier.decideOnline(token, VerifyOptions.DEFAULT).get()));
            }
            for (Future<Verdict> verdict : verdicts) {
                RefusedException refusal = assertInstanceOf(Verdict.Refused.class, verdict.get()).refusal();
                assertEquals(Reason.KEY_UNKNOWN, refusal.reason(), refusal.getMessage());
            }
        }
    }

    @Test
    void aQuestionCanBeGivenUp() throws Exception {
        try (Cluster cluster = Cluster.connect(options().unknownKeyWait(Duration.ofSeconds(10)));
                Verifier verifier = verifier(cluster)) {
            CompletableFuture<Verdict> asking = verifier.decideOnline(Captured.fresh("given up"), VerifyOptions.DEFAULT);
            asking.cancel(true);
            assertTrue(asking.isCancelled() || asking.isDone());
            VerifyOptions impatient = VerifyOptions.DEFAULT.timeout(Duration.ZERO);
            Verdict verdict = verifier.decideOnline(Captured.fresh("impatient"), impatient).get(60, TimeUnit.SECONDS);
            assertEquals(Reason.KEY_UNKNOWN, assertInstanceOf(Verdict.Refused.class, verdict).refusal().reason());
        }
    }

    @Test
    void aVerifierThatIsClosedWhileAClusterIsAskedFinishes() throws Exception {
        try (Cluster cluster = Cluster.connect(options())) {
            Verifier verifier = verifier(cluster);
            CompletableFuture<Verdict> asking = verifier.decideOnline(Captured.fresh("closed"), VerifyOptions.DEFAULT);
            verifier.close();
            assertInstanceOf(Verdict.Refused.class, asking.get(60, TimeUnit.SECONDS));
        }
    }

    @Test
    void aClusterSaysHowItIs() throws Exception {
        ClusterOptions options = options().label("blue").secrets(true).webhookConfigurations(true).namespaces("demo")
                .maxStaleness(Duration.ofMinutes(5)).maxKeyAge(Duration.ofDays(1)).deadline(Duration.ofSeconds(30));
        Cluster cluster = Cluster.connect(options);
        Verifier verifier = verifier(cluster);
        assertEquals("Cluster[blue]", cluster.toString());
        ClusterStatus status = cluster.status();
        assertEquals(cluster.issuer(), status.issuer());
        assertEquals(List.of(false, false, false), List.of(status.stale(), status.keysWithdrawn(), status.keysStale()));
        assertEquals(1, status.keyIds().size());
        assertTrue(Duration.between(status.keysLoadedAt(), Instant.now()).toMinutes() < 10);
        ClusterStatus.Watch pods =
                status.watches().stream().filter(watch -> watch.kind().equals("Pod")).findFirst().orElseThrow();
        assertEquals(Optional.of("demo"), pods.namespace());
        assertTrue(pods.inStep());
        String metrics = Metrics.prometheusText(verifier, cluster);
        for (String line : List.of("boundtoken_cluster_stale{issuer=\"blue\"} 0", "boundtoken_tokens_refused_total{family=\"claims\"} 0",
                "boundtoken_tokens_first_total 0", "boundtoken_cluster_watch_restarts_total{issuer=\"blue\",kind=\"Pod\",namespace=\"demo\"} 0")) {
            assertTrue(metrics.lines().anyMatch(line::equals), line + " is not in\n" + metrics);
        }
        cluster.close();
        cluster.close();
        assertTrue(cluster.isStale());
        assertThrows(IllegalStateException.class, cluster::status);
        assertThrows(IllegalStateException.class, () -> verifier(cluster));
        verifier.close();
    }

    @Test
    void changesAndTheLogAreToldWhenTheConnectionIsLost() throws Exception {
        List<ClusterChange> changes = new CopyOnWriteArrayList<>();
        try (Logged log = new Logged()) {
            ApiServer other = ApiServer.development();
            try (Cluster cluster = Cluster.connect(ClusterOptions.DEFAULT.kubeconfig(other.kubeconfig))) {
                cluster.onChange(change -> {
                    throw new IllegalStateException("replaced");
                });
                cluster.onChange(change -> {
                    changes.add(change);
                    throw new IllegalStateException("on purpose");
                });
                other.close();
                LifetimeTest.eventually(() -> changes.stream().anyMatch(change -> change.change() == Change.LOST));
                ClusterChange lost = changes.stream().filter(change -> change.change() == Change.LOST).findFirst().orElseThrow();
                assertTrue(lost.kind().isPresent() && lost.failure().isPresent() && lost.kid().isEmpty());
                LifetimeTest.eventually(() ->
                        log.records.stream().anyMatch(line -> line.getMessage().startsWith("boundtoken")));
                LifetimeTest.eventually(() ->
                        log.records.stream().anyMatch(line -> line.getThrown() instanceof IllegalStateException));
            }
        }
    }

    @Test
    void aListenerMayCloseItsCluster() throws Exception {
        CompletableFuture<Boolean> closed = new CompletableFuture<>();
        ApiServer other = ApiServer.development();
        Cluster cluster = Cluster.connect(ClusterOptions.DEFAULT.kubeconfig(other.kubeconfig));
        try (Logged log = new Logged()) {
            cluster.onChange(change -> {
                cluster.close();
                closed.complete(cluster.isStale());
            });
            other.close();
            assertTrue(closed.get(60, TimeUnit.SECONDS));
            assertTrue(log.records.stream().noneMatch(line -> line.getThrown() != null), "the listener has failed");
        }
    }

    @Test
    void whatIsWrongWithAConnection() {
        List<ClusterOptions> wrong = List.of(
                ClusterOptions.DEFAULT.kubeconfig(Path.of("/there/is/none")),
                options().namespaces(),
                options().namespaces("../x"),
                options().deadline(Duration.ZERO),
                options().context("there is none"));
        for (ClusterOptions each : wrong) {
            ClusterException exception = assertThrows(ClusterException.class, () -> Cluster.connect(each));
            assertEquals("cluster_configuration", exception.code(), exception.getMessage());
        }
    }

    @Test
    void connectingCanBeGivenUp() throws Exception {
        // It accepts connections, and says nothing.
        try (ServerSocket silent = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
            ClusterOptions options = ClusterOptions.DEFAULT.kubeconfig(
                    kubeconfig("https://127.0.0.1:" + silent.getLocalPort()));
            CompletableFuture<Cluster> connecting = Cluster.connectAsync(options);
            assertFalse(connecting.isDone());
            connecting.cancel(true);
            assertTrue(connecting.isCancelled());

            CompletableFuture<Throwable> thrown = new CompletableFuture<>();
            Thread waiting = Thread.ofVirtual().start(() -> {
                try {
                    Cluster.connect(options);
                } catch (Throwable interruption) {
                    thrown.complete(interruption);
                }
            });
            waiting.interrupt();
            assertInstanceOf(InterruptedException.class, thrown.get(60, TimeUnit.SECONDS));

            try (Logged log = new Logged()) {
                ClusterException late =
                        assertThrows(ClusterException.class, () -> Cluster.connect(options.deadline(Duration.ofSeconds(1))));
                assertTrue(late.number() > 51 && late.getStackTrace()[0].getMethodName().equals("connect"), late.toString());
                assertTrue(log.records.stream().allMatch(line -> line.getThrown() == null));
            }
        }
    }

    private Path kubeconfig(String url) throws IOException {
        return Files.writeString(
                folder.resolve("kubeconfig"), Files.readString(server.kubeconfig).replace(server.url, url));
    }

    @Test
    void aProgramEndsWithAClusterConnected() throws Exception {
        for (String status : List.of("", "3")) {
            List<String> command = new ArrayList<>(List.of(
                    Path.of(System.getProperty("java.home"), "bin/java").toString(),
                    "--enable-native-access=ALL-UNNAMED",
                    "-Dboundtoken.library=" + System.getProperty("boundtoken.library"),
                    "-Dboundtoken.repository=" + Repository.ROOT,
                    "-cp",
                    "target/classes" + File.pathSeparator + "target/test-classes",
                    "dev.boundtoken.EndsWithACluster",
                    server.kubeconfig.toString()));
            if (!status.isEmpty()) command.add(status);
            Process program = new ProcessBuilder(command).redirectErrorStream(true).start();
            String output = new String(program.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertTrue(program.waitFor(60, TimeUnit.SECONDS));
            assertEquals(status.isEmpty() ? 0 : 3, program.exitValue(), output);
            assertTrue(output.contains("connected\n"), output);
        }
    }

    @Test
    void connectAndCloseAgainAndAgain() throws Exception {
        for (int round = 0; round < 20; round++) {
            try (Cluster cluster = Cluster.connect(options());
                    Verifier verifier = verifier(cluster)) {
                cluster.onChange(change -> {});
                assertFalse(cluster.isStale());
                assertEquals(Reason.TOKEN_EMPTY, assertThrows(RefusedException.class, () -> verifier.verify("")).reason());
            }
            Cluster.connectAsync(options()).cancel(true);
        }
    }
}
