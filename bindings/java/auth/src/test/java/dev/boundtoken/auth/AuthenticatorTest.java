package dev.boundtoken.auth;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.boundtoken.BoundObject;
import dev.boundtoken.Captured;
import dev.boundtoken.ObjectAnswer;
import dev.boundtoken.ObjectReference;
import dev.boundtoken.ObjectStore;
import dev.boundtoken.Verifier;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.Test;

class AuthenticatorTest {
    private static final String TOKEN = Captured.fresh("authenticator");

    private static String refusal(Runnable call) {
        RequestRefusedException refusal = assertThrows(RequestRefusedException.class, call::run);
        return refusal.status() + " " + refusal.code();
    }

    @Test
    void theTokenIsWhatFollowsTheScheme() {
        for (String value : List.of("Bearer a.b.c", "bearer a.b.c", "BEARER   a.b.c ", "Bearer \t a.b.c\t")) {
            assertEquals(Optional.of("a.b.c"), Bearer.tokenOf(List.of(value), false), value);
        }
        List<String> others = List.of("Bearer, Bearer a", "Bearera.b.c", "Bearer\ta.b.c", "Basic eDp5", "a.b.c", "", "\u212aearer a",
                "bea", "\u2003Bearer a");
        for (String value : others) assertEquals(Optional.empty(), Bearer.tokenOf(List.of(value), false), value);
        assertEquals(Optional.empty(), Bearer.tokenOf(List.of(), false));
        assertEquals("a.b.c\0", Bearer.tokenOf(List.of("Bearer a.b.c\0"), false).orElseThrow(), "no control character is lost");
        for (String value : List.of("Bearer", "Bearer  ", "Bearer \t")) {
            assertEquals("400 invalid_request", refusal(() -> Bearer.tokenOf(List.of(value), false)));
        }
        assertEquals("400 invalid_request", refusal(() -> Bearer.tokenOf(List.of("Basic eDp5", "Bearer a"), false)));
    }

    @Test
    void anotherHeaderMayLeaveTheSchemeOut() {
        for (String value : List.of("a.b.c", "Bearer a.b.c")) {
            assertEquals(Optional.of("a.b.c"), Bearer.tokenOf(List.of(value), true));
        }
        assertEquals("400 invalid_request", refusal(() -> Bearer.tokenOf(List.of(""), true)));
    }

    @Test
    void headersThatAreNoTokensAreRefused() {
        try (Verifier verifier = Captured.verifier()) {
            Authenticator authenticator = Authenticator.of(verifier);
            assertEquals("401 unauthenticated", refusal(() -> authenticator.authenticate(List.of())));
            assertEquals("401 token_part_count", refusal(() -> authenticator.authenticate(List.of("Bearer x"))));
            assertEquals("400 invalid_request", refusal(() -> authenticator.authenticate(List.of("Bearer " + TOKEN + " x"))));
            assertEquals("400 invalid_request", refusal(() -> authenticator.authenticate(List.of("Bearer " + TOKEN + "\tx"))));
            assertEquals("401 token_too_large", refusal(() -> authenticator.authenticate(List.of("Bearer " + "x".repeat(1 << 20)))));
            assertEquals("400 invalid_request", refusal(() -> authenticator.authenticate(List.of("Bearer x" + " ".repeat(1 << 20) + "x"))));
            assertTrue(authenticator.hasToken(List.of("Bearer x")));
            assertTrue(authenticator.hasToken(List.of("Bearer")), "it is refused");
            assertFalse(authenticator.hasToken(List.of()));
            assertFalse(authenticator.hasToken(List.of("Basic eDp5")));
        }
    }

    @Test
    void aRefusalSaysHowToAnswer() {
        try (Verifier verifier = Captured.verifier()) {
            RequestRefusedException refused = assertThrows(
                    RequestRefusedException.class, () -> Authenticator.of(verifier).authenticate(List.of("Bearer x.y")));
            String challenge = "Bearer error=\"invalid_token\", error_description=\"the token does not have exactly three parts\"";
            assertEquals(Map.of("WWW-Authenticate", challenge), refused.headers());
            assertEquals("the token does not have exactly three parts", refused.description());
            assertFalse(refused.isTemporary());
        }
        try (Verifier verifier = Captured.asking(reference -> ObjectAnswer.unavailable())) {
            RequestRefusedException refused = assertThrows(
                    RequestRefusedException.class, () -> Authenticator.of(verifier).authenticate(List.of("Bearer " + TOKEN)));
            assertEquals(503, refused.status());
            assertEquals(Map.of("Retry-After", "1"), refused.headers());
            assertEquals(Optional.empty(), refused.challenge());
            assertTrue(refused.isTemporary());
        }
    }

    @Test
    void requestsMayPassWithoutAToken() {
        Map<String, String> headers = Map.of("Origin", "https://x.example", "Access-Control-Request-Method", "GET");
        try (Verifier verifier = Captured.verifier()) {
            Authenticator authenticator = Authenticator.of(verifier);
            assertEquals(Optional.empty(), authenticator.authenticate(List.of(), "OPTIONS", headers::get));
            assertEquals("401 unauthenticated", refusal(() -> authenticator.authenticate(List.of(), "GET", headers::get)));
            assertEquals("401 unauthenticated", refusal(() -> authenticator.authenticate(List.of(), "OPTIONS", name -> null)));
            Authenticator optional = Authenticator.builder(verifier).optional().build();
            assertEquals(Optional.empty(), optional.authenticate(List.of()));
            assertEquals("401 token_part_count", refusal(() -> optional.authenticate(List.of("Bearer x"))));
        }
    }

    @Test
    void audiencesInPlaceOfTheVerifiers() {
        try (Verifier verifier = Captured.verifier()) {
            Authenticator api = Authenticator.builder(verifier).audiences("api").build();
            Caller caller = api.authenticate(List.of("Bearer " + TOKEN)).orElseThrow();
            assertEquals(List.of("api"), caller.token().matchedAudiences());
            caller.demandAgain();
            Authenticator other = Authenticator.builder(verifier).audiences("other").build();
            assertEquals("401 audience_mismatch", refusal(() -> other.authenticate(List.of("Bearer " + TOKEN))));
            assertThrows(IllegalArgumentException.class, () -> Authenticator.builder(verifier).audiences());
            assertThrows(IllegalArgumentException.class, () -> Authenticator.builder(verifier).header(""));
        }
    }

    @Test
    void policies() {
        try (Verifier verifier = Captured.verifier()) {
            Caller caller = Authenticator.of(verifier).authenticate(List.of("Bearer " + TOKEN)).orElseThrow();
            List<Policy> allowing = List.of(
                    Policy.namespaces("x", "demo"),
                    Policy.serviceAccount("demo", "app"),
                    Policy.audiences("vault"),
                    Policy.nodes("node-1"),
                    Policy.issuers(Captured.ISSUER),
                    Policy.confirmedLive(),
                    Policy.anyOf(Policy.namespaces("x"), Policy.namespaces("demo")),
                    Policy.allOf(Policy.namespaces("demo"), Policy.confirmedLive()),
                    Policy.not(Policy.namespaces("x")));
            for (Policy policy : allowing) caller.demand(policy);
            List<Policy> refusing = List.of(
                    Policy.namespaces(),
                    Policy.namespaces("x"),
                    Policy.serviceAccount("demo", "other"),
                    Policy.serviceAccount("other", "app"),
                    Policy.audiences("other"),
                    Policy.nodes("other"),
                    Policy.issuers("other"),
                    Policy.apiGroups(),
                    Policy.apiGroups("apps"),
                    Policy.anyOf(),
                    Policy.allOf(),
                    Policy.allOf(Policy.namespaces("demo"), Policy.namespaces("x")),
                    Policy.not(Policy.namespaces("demo")));
            for (Policy policy : refusing) assertEquals("403 forbidden", refusal(() -> caller.demand(policy)));
            assertThrows(IllegalArgumentException.class, () -> Policy.namespaces(""));
            assertThrows(IllegalArgumentException.class, () -> Policy.serviceAccount("demo", ""));
            assertThrows(NullPointerException.class, () -> Policy.anyOf((Policy) null));
            assertEquals("401 unauthenticated", refusal(() -> Caller.demand(null, Policy.namespaces("demo"))));
            assertEquals("401 unauthenticated", refusal(() -> Caller.demand(() -> "root", Policy.namespaces("demo"))));
            assertEquals(caller, Caller.demand(caller, Policy.namespaces("demo")));
        }
    }

    @Test
    void aCallerIsLookedAtAgain() {
        Map<ObjectReference, ObjectAnswer> answers = new ConcurrentHashMap<>();
        try (ObjectStore store = Captured.store();
                Verifier verifier = Captured.builder(store).build();
                Verifier asking = Captured.asking(answers::get)) {
            Caller caller = Authenticator.of(verifier).authenticate(List.of("Bearer " + TOKEN)).orElseThrow();
            for (BoundObject object : caller.token().boundObjects()) {
                answers.put(object.reference(), ObjectAnswer.present(object.uid()));
            }
            Caller looked = Authenticator.of(asking).authenticate(List.of("Bearer " + TOKEN)).orElseThrow();
            caller.demandAgain();
            answers.put(Captured.POD, ObjectAnswer.unavailable());
            looked.demandAgain();
            answers.put(Captured.POD, ObjectAnswer.absent());
            store.delete(Captured.POD);
            assertEquals("401 pod_not_found", refusal(caller::demandAgain));
            assertEquals("401 pod_not_found", refusal(looked::demandAgain));
        }
    }

    @Test
    void aVerifierThatWasClosedIsAnErrorOfTheService() {
        Verifier closed = Captured.verifier();
        Authenticator authenticator = Authenticator.of(closed);
        Caller caller = authenticator.authenticate(List.of("Bearer " + TOKEN)).orElseThrow();
        closed.close();
        assertEquals("500 undecided", refusal(() -> authenticator.authenticate(List.of("Bearer " + TOKEN))));
        assertEquals("500 undecided", refusal(caller::demandAgain));
    }

    @Test
    void refusalsAreLoggedAtMostTenTimesASecondAndNeverWithAToken() {
        List<String> lines = new CopyOnWriteArrayList<>();
        Logger logger = Logger.getLogger("dev.boundtoken.auth");
        Handler handler = new Handler() {
            @Override
            public void publish(LogRecord logged) {
                lines.add(logged.getLevel() + " " + logged.getMessage());
            }

            @Override
            public void flush() {
                // Nothing waits.
            }

            @Override
            public void close() {
                // Nothing is open.
            }
        };
        logger.addHandler(handler);
        try (Verifier verifier = Captured.verifier()) {
            Authenticator authenticator = Authenticator.of(verifier);
            Caller caller = authenticator.authenticate(List.of("Bearer " + TOKEN)).orElseThrow();
            assertEquals("Caller[" + caller.token() + "]", caller.toString());
            for (int round = 0; round < 50; round++) {
                assertEquals("401 token_not_base64url", refusal(() -> authenticator.authenticate(List.of("Bearer " + TOKEN + "x"))));
            }
        } finally {
            logger.removeHandler(handler);
        }
        // The first may have been left out, for refusals of another test in the same second. The machine may be slow.
        assertTrue(lines.size() < 50, "not one was left out");
        for (String line : lines) {
            assertTrue(line.startsWith("INFO refused a request: reason=token_not_base64url status=401 suppressed="), line);
            assertFalse(line.contains(TOKEN.substring(0, 20)), line);
        }
    }
}
