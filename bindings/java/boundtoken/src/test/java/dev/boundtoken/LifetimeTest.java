package dev.boundtoken;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/** What is closed, and when. */
class LifetimeTest {
    @Test
    void aClosedVerifierRefusesToBegin() {
        Verifier closed = Captured.verifier();
        VerifiedToken token = closed.verify(Captured.TOKEN, Captured.AT_THAT_TIME);
        closed.close();
        closed.close();
        List<Executable> calls = List.of(
                () -> closed.verify(Captured.TOKEN),
                () -> closed.verify(Captured.TOKEN, Captured.AT_THAT_TIME),
                () -> closed.decide(Captured.TOKEN),
                () -> closed.verifyOnline(Captured.TOKEN, VerifyOptions.DEFAULT),
                () -> closed.check(Captured.TOKEN, VerifyOptions.DEFAULT),
                closed::statistics);
        for (Executable call : calls) {
            IllegalStateException exception = assertThrows(IllegalStateException.class, call);
            assertEquals("the verifier was closed: do not use it after close()", exception.getMessage());
        }
        assertEquals("demo", token.namespace(), "results outlive their verifier");
    }

    @Test
    void aVerifierKeepsWhatItUses() {
        Keys keys = Captured.keys();
        ObjectStore store = Captured.store();
        try (Verifier verifier =
                Verifier.builder().issuer(TrustedIssuer.of(Captured.ISSUER, keys, store)).audience("vault").build()) {
            keys.close();
            store.close();
            verifier.verify(Captured.TOKEN, Captured.AT_THAT_TIME);
            assertThrows(IllegalStateException.class, () -> keys.replaceJwks(Captured.JWKS));
            assertThrows(IllegalStateException.class, store::size);
            assertThrows(IllegalStateException.class, () -> Captured.builder(store).build());
        }
    }

    @Test
    void aCallThatRunsFinishesWhenTheVerifierIsClosed() throws Exception {
        CountDownLatch asked = new CountDownLatch(1);
        CountDownLatch closed = new CountDownLatch(1);
        Verifier asking = Captured.asking(object -> {
            asked.countDown();
            closed.await();
            return ObjectAnswer.absent();
        });
        AtomicReference<Verdict> verdict = new AtomicReference<>();
        Thread running = Thread.ofPlatform().start(() -> verdict.set(asking.decide(Captured.TOKEN, Captured.AT_THAT_TIME)));
        assertTrue(asked.await(60, TimeUnit.SECONDS));
        asking.close();
        assertThrows(IllegalStateException.class, asking::statistics);
        assertEquals(1, Callbacks.count(), "the look-up is kept while it runs");
        closed.countDown();
        running.join();
        assertEquals(Reason.SERVICE_ACCOUNT_NOT_FOUND, ((Verdict.Refused) verdict.get()).refusal().reason());
        assertEquals(0, Callbacks.count(), "the look-up is given up with its verifier");
    }

    @Test
    void whatIsOpenedAndClosedAgainAndAgainLeavesNothing() {
        for (int round = 0; round < 2_000; round++) {
            try (Keys keys = Captured.keys();
                    ObjectStore store = new ObjectStore();
                    Verifier one = Verifier.builder().issuer(TrustedIssuer.of(Captured.ISSUER, keys, store)).audience("vault").build();
                    Verifier other = Captured.asking(object -> ObjectAnswer.absent())) {
                assertThrows(RefusedException.class, () -> one.verify(Captured.TOKEN, Captured.AT_THAT_TIME));
                assertThrows(RefusedException.class, () -> other.verify(Captured.TOKEN, Captured.AT_THAT_TIME));
            }
        }
        assertEquals(0, Callbacks.count());
    }

    @Test
    void whatIsForgottenIsFreedByTheGarbageCollector() {
        for (int round = 0; round < 50; round++) Captured.asking(object -> ObjectAnswer.absent());
        eventually(() -> {
            System.gc();
            return Callbacks.count() == 0;
        });
    }

    static void eventually(BooleanSupplier condition) {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        while (!condition.getAsBoolean()) {
            assertTrue(System.nanoTime() < end, "it never happens");
            try {
                Thread.sleep(20);
            } catch (InterruptedException interruption) {
                throw new AssertionError(interruption);
            }
        }
    }
}
