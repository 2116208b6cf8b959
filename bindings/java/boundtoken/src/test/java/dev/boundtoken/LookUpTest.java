package dev.boundtoken;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.Test;

/** Functions of the program that look objects up. */
class LookUpTest {
    private static RefusedException refusal(Verifier verifier) {
        return assertInstanceOf(Verdict.Refused.class, verifier.decide(Captured.TOKEN, Captured.AT_THAT_TIME)).refusal();
    }

    @Test
    void isAskedForEachObjectInOrder() {
        List<ObjectReference> asked = new ArrayList<>();
        try (Verifier knowing = Captured.verifier();
                Verifier asking = Captured.asking(object -> {
                    asked.add(object);
                    return uidOf(knowing, object);
                })) {
            VerifiedToken token = asking.verify(Captured.TOKEN, Captured.AT_THAT_TIME);
            assertEquals(Confirmed.LIVE, token.confirmed());
            assertEquals(token.boundObjects().stream().map(BoundObject::reference).toList(), asked);
            assertEquals(Captured.POD, asked.getLast());
        }
    }

    private static ObjectAnswer uidOf(Verifier knowing, ObjectReference object) {
        return knowing.verify(Captured.TOKEN, Captured.AT_THAT_TIME).boundObjects().stream()
                .filter(bound -> bound.reference().equals(object))
                .map(bound -> ObjectAnswer.present(bound.uid()))
                .findFirst()
                .orElse(ObjectAnswer.absent());
    }

    @Test
    void thatFailsIsUnavailableAndIsLogged() {
        List<ObjectLookUp> failing = List.of(
                object -> {
                    throw new Exception("on purpose");
                },
                object -> {
                    throw new StackOverflowError();
                },
                object -> {
                    throw new Unusual();
                });
        for (ObjectLookUp lookUp : failing) {
            try (Logged log = new Logged();
                    Verifier asking = Captured.asking(lookUp)) {
                RefusedException refusal = refusal(asking);
                assertEquals(Reason.BOUND_OBJECT_UNAVAILABLE, refusal.reason());
                assertEquals(503, refusal.httpStatus());
                assertFalse(log.records.isEmpty());
                for (LogRecord line : log.records) {
                    assertTrue(line.getThrown() != null && line.getMessage().contains("unavailable"));
                    assertFalse((line.getMessage() + line.getThrown()).contains(Captured.TOKEN.substring(0, 20)));
                }
            }
        }
    }

    private static final class Unusual extends Error {
        private static final long serialVersionUID = 1L;
    }

    @Test
    void thatAnswersNonsenseIsUnavailable() {
        for (ObjectAnswer nonsense : new ObjectAnswer[] {null, ObjectAnswer.present("x".repeat(129)),
                ObjectAnswer.present("uid", Instant.ofEpochSecond(-1))}) {
            try (Verifier asking = Captured.asking(object -> nonsense)) {
                assertEquals(Reason.BOUND_OBJECT_UNAVAILABLE, refusal(asking).reason());
            }
        }
    }

    @Test
    void thatCannotSayMayBeOverruled() {
        ObjectLookUp away = object -> ObjectAnswer.unavailable();
        TrustedIssuer issuer = TrustedIssuer.of(Captured.ISSUER, Captured.keys(), away);
        try (Verifier accepting =
                Verifier.builder().issuer(issuer).audience("vault").onUnavailable(OnUnavailable.ACCEPT).build()) {
            assertEquals(Confirmed.UNAVAILABLE, accepting.verify(Captured.TOKEN, Captured.AT_THAT_TIME).confirmed());
        }
    }

    @Test
    void decidesAboutTheToken() {
        try (Verifier asking = Captured.asking(object -> ObjectAnswer.absent())) {
            assertEquals(Reason.SERVICE_ACCOUNT_NOT_FOUND, refusal(asking).reason());
        }
        try (Verifier asking = Captured.asking(object -> ObjectAnswer.notFollowed())) {
            assertEquals(Reason.BOUND_OBJECT_NOT_FOLLOWED, refusal(asking).reason());
        }
        try (Verifier asking = Captured.asking(object -> ObjectAnswer.present("another"))) {
            assertEquals(Reason.SERVICE_ACCOUNT_UID_MISMATCH, refusal(asking).reason());
        }
        try (Verifier knowing = Captured.verifier();
                Verifier asking = Captured.asking(object -> uidOf(knowing, object) instanceof ObjectAnswer.Present(var uid, var none)
                        ? ObjectAnswer.present(uid, Captured.NOW.minusSeconds(61))
                        : ObjectAnswer.absent())) {
            assertEquals(Reason.SERVICE_ACCOUNT_DELETED, refusal(asking).reason());
        }
    }

    @Test
    void isAskedAgainForATokenThatWasSeen() {
        AtomicReference<ObjectAnswer> answer = new AtomicReference<>();
        String token = Captured.fresh("looked up again");
        try (Verifier knowing = Captured.verifier();
                Verifier asking = Captured.asking(object -> answer.get() == null ? uidOf(knowing, object) : answer.get())) {
            assertEquals(Confirmed.LIVE, asking.verify(token).confirmed());
            assertEquals(Confirmed.LIVE, asking.verify(token).confirmed());
            answer.set(ObjectAnswer.absent());
            assertThrows(RefusedException.class, () -> asking.verify(token));
        }
    }

    @Test
    void mayCloseItsOwnVerifier() {
        AtomicReference<Verifier> closing = new AtomicReference<>();
        closing.set(Captured.asking(object -> {
            closing.get().close();
            return ObjectAnswer.absent();
        }));
        assertEquals(Reason.SERVICE_ACCOUNT_NOT_FOUND, refusal(closing.get()).reason());
        assertThrows(IllegalStateException.class, () -> closing.get().statistics());
    }

    @Test
    void aLoggerThatThrowsHarmsNothing() {
        Logger logger = Logger.getLogger("dev.boundtoken");
        Handler throwing = new Handler() {
            @Override
            public void publish(LogRecord logged) {
                throw new IllegalStateException("on purpose");
            }

            @Override
            public void flush() {
                // Nothing waits.
            }

            @Override
            public void close() {
                // It holds nothing.
            }
        };
        logger.addHandler(throwing);
        try (Verifier asking = Captured.asking(object -> {
            throw new Exception("on purpose");
        })) {
            assertEquals(Reason.BOUND_OBJECT_UNAVAILABLE, refusal(asking).reason());
        } finally {
            logger.removeHandler(throwing);
        }
    }

    @Test
    void inTwoStepsWaitsForAnybody() {
        try (Verifier verifier = Captured.verifier();
                CheckedToken checked = verifier.check(Captured.TOKEN, Captured.AT_THAT_TIME)) {
            assertEquals(Captured.ISSUER, checked.issuerLabel());
            List<ObjectAnswer> answers =
                    checked.boundObjects().stream().map(object -> ObjectAnswer.present(object.uid())).toList();
            VerifiedToken token = verifier.confirm(checked, answers, Captured.AT_THAT_TIME);
            assertEquals(Confirmed.LIVE, token.confirmed());
            BoundtokenException missing = assertThrows(
                    BoundtokenException.class, () -> verifier.confirm(checked, List.of(), Captured.AT_THAT_TIME));
            assertEquals("answers_missing", missing.code());
            try (Verifier other = Captured.verifier()) {
                RefusedException mismatch =
                        assertThrows(RefusedException.class, () -> other.confirm(checked, answers, Captured.AT_THAT_TIME));
                assertEquals(Reason.VERIFIER_MISMATCH, mismatch.reason());
            }
            CheckedToken closed = verifier.check(Captured.TOKEN, Captured.AT_THAT_TIME);
            closed.close();
            assertThrows(IllegalStateException.class, () -> verifier.confirm(closed, answers, Captured.AT_THAT_TIME));
        }
    }
}
