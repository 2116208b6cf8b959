package dev.boundtoken;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class ThreadsTest {
    private static final List<String> TOKENS =
            IntStream.range(0, 16).mapToObj(number -> Captured.fresh("thread " + number)).toList();

    private static <T> List<T> together(ExecutorService executor, int tasks, Callable<T> task) throws Exception {
        try (executor) {
            List<T> results = new ArrayList<>();
            for (Future<T> future : executor.invokeAll(java.util.Collections.nCopies(tasks, task))) results.add(future.get());
            return results;
        }
    }

    @Test
    void eightThreadsVerifySideBySide() throws Exception {
        try (Verifier verifier = Captured.verifier()) {
            List<Integer> accepted = together(Executors.newFixedThreadPool(8), 8, () -> {
                int count = 0;
                for (int round = 0; round < 2_000; round++) {
                    String token = TOKENS.get(round % TOKENS.size());
                    if (verifier.verify(token).subject().equals("system:serviceaccount:demo:app")) count++;
                    if (verifier.decide(token + "x") instanceof Verdict.Accepted) throw new AssertionError();
                }
                return count;
            });
            assertEquals(java.util.Collections.nCopies(8, 2_000), accepted);
            Statistics statistics = verifier.statistics();
            assertEquals(16_000, statistics.acceptedFirst() + statistics.acceptedAgain());
            assertEquals(16, statistics.rememberedTokens());
        }
    }

    @Test
    void noTokenIsTakenForAnother() throws Exception {
        // So few are kept that they push one another out.
        try (Verifier verifier = Captured.builder(Captured.store()).cachedTokens(8).build()) {
            AtomicInteger next = new AtomicInteger();
            together(Executors.newFixedThreadPool(4), 4, () -> {
                for (int round = 0; round < 2_000; round++) {
                    int number = next.getAndAdd(round % 3) % TOKENS.size();
                    String jti = verifier.verify(TOKENS.get(number)).jti().orElseThrow();
                    assertEquals("thread " + number, jti);
                }
                return null;
            });
        }
    }

    @Test
    void tenThousandVirtualThreadsVerifySideBySide() throws Exception {
        AtomicInteger next = new AtomicInteger();
        try (Verifier verifier = Captured.verifier();
                Verifier asking = Captured.asking(object -> ObjectAnswer.unavailable())) {
            List<String> subjects = together(Executors.newVirtualThreadPerTaskExecutor(), 10_000, () -> {
                String token = TOKENS.get(next.getAndIncrement() % TOKENS.size());
                assertTrue(asking.decide(token) instanceof Verdict.Refused);
                assertEquals("app", verifier.verifyOnline(token, VerifyOptions.DEFAULT).get().serviceAccount().name());
                return verifier.verify(token).subject();
            });
            assertEquals(java.util.Collections.nCopies(10_000, "system:serviceaccount:demo:app"), subjects);
        }
    }

    @Test
    void keysAndObjectsAreReplacedWhileThreadsVerify() throws Exception {
        String otherKeys = Repository.read("tests/vectors/apiserver-1.37-rs256/jwks.json");
        AtomicBoolean isOver = new AtomicBoolean();
        try (Keys keys = Captured.keys();
                ObjectStore store = Captured.store();
                Verifier verifier = Verifier.builder()
                        .issuer(TrustedIssuer.of(Captured.ISSUER, keys, store))
                        .audience("vault")
                        .build()) {
            Thread replacing = Thread.ofPlatform().start(() -> {
                while (!isOver.get()) {
                    keys.replaceJwks(otherKeys);
                    keys.replaceJwks(Captured.JWKS);
                    store.delete(Captured.POD);
                    store.upsert(Captured.POD, Captured.POD_UID);
                    // An object that stays is never absent.
                    store.replaceJson(Captured.objects());
                }
            });
            try {
                together(Executors.newFixedThreadPool(4), 4, () -> {
                    for (int round = 0; round < 5_000; round++) {
                        Verdict verdict = verifier.decide(TOKENS.get(round % TOKENS.size()));
                        if (verdict instanceof Verdict.Refused(var refusal)) {
                            assertTrue(
                                    refusal.reason() == Reason.KEY_UNKNOWN || refusal.reason() == Reason.POD_NOT_FOUND,
                                    refusal.getMessage());
                        }
                    }
                    return null;
                });
            } finally {
                isOver.set(true);
                replacing.join();
            }
            assertEquals("demo", verifier.verify(TOKENS.getFirst()).namespace());
        }
    }

    @Test
    void verifiersAreClosedWhileThreadsVerify() throws Exception {
        for (int round = 0; round < 100; round++) {
            Verifier verifier = Captured.verifier();
            AtomicInteger accepted = new AtomicInteger();
            try (ExecutorService executor = Executors.newFixedThreadPool(4)) {
                List<Future<?>> running = new ArrayList<>();
                for (int thread = 0; thread < 4; thread++) {
                    running.add(executor.submit(() -> {
                        try {
                            while (true) {
                                verifier.verify(TOKENS.get(accepted.getAndIncrement() % TOKENS.size()));
                            }
                        } catch (IllegalStateException closed) {
                            assertEquals("the verifier was closed: do not use it after close()", closed.getMessage());
                        }
                    }));
                }
                while (accepted.get() < 100) Thread.onSpinWait();
                verifier.close();
                for (Future<?> each : running) each.get();
            }
        }
    }
}
