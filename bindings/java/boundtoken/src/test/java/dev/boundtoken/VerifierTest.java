package dev.boundtoken;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

class VerifierTest {
    private static Reason reason(Executable call) {
        return assertThrows(RefusedException.class, call).reason();
    }

    @Test
    void aTokenIsAcceptedFirstAndAgain() {
        String token = Captured.fresh("first and again");
        try (Verifier verifier = Captured.verifier()) {
            VerifiedToken first = verifier.verify(token);
            VerifiedToken again = verifier.verify(token);
            assertEquals("system:serviceaccount:demo:app", again.subject());
            assertEquals(Optional.of(Captured.POD), again.pod().map(BoundObject::reference));
            assertEquals(first, again);
            assertEquals(first.hashCode(), again.hashCode());
            assertNotEquals(first, verifier.verify(Captured.fresh("another")));
            Statistics statistics = verifier.statistics();
            assertEquals(2, statistics.acceptedFirst());
            assertEquals(1, statistics.acceptedAgain());
            assertEquals(2, statistics.rememberedTokens());
            assertTrue(statistics.cacheSize() > 0);
            assertEquals(1, statistics.keys());
        }
    }

    @Test
    void theFastPathForRs256IsOnWhereTheCpuHasIt() throws IOException {
        Path cpu = Path.of("/proc/cpuinfo");
        if (!Files.exists(cpu)) Repository.notTested("the fast path for RS256", "run the tests on Linux");
        boolean hasInstructions = Files.readString(cpu).contains("avx512ifma");
        try (Verifier verifier = Captured.verifier()) {
            Statistics statistics = verifier.statistics();
            assertEquals(hasInstructions, statistics.fastRsaState() == FastRsaState.ON);
            assertEquals(hasInstructions ? 1 : 0, statistics.fastRsaKeys());
            assertEquals(0, statistics.fastRsaKeysRefused());
            assertEquals(0, statistics.fastRsaDisagreements());
        }
    }

    @Test
    void aDeletedPodEndsItsTokens() {
        String token = Captured.fresh("deleted");
        try (ObjectStore store = Captured.store();
                Verifier verifier = Captured.builder(store).build()) {
            int before = store.size();
            verifier.verify(token);
            store.delete(Captured.POD);
            assertEquals(before - 1, store.size());
            assertEquals(Reason.POD_NOT_FOUND, reason(() -> verifier.verify(token)));
            store.upsert(Captured.POD, "another uid");
            assertEquals(Reason.POD_UID_MISMATCH, reason(() -> verifier.verify(token)));
            store.upsert(Captured.POD, Captured.POD_UID, Instant.now().minusSeconds(61));
            assertEquals(Reason.POD_DELETED, reason(() -> verifier.verify(token)));
            store.upsert(Captured.POD, Captured.POD_UID);
            verifier.verify(token);
            assertEquals(before, store.replaceJson(Captured.objects()));
            verifier.verify(token);
            assertThrows(ConfigurationException.class, () -> store.replaceJson("{"));
            verifier.verify(token);
            assertEquals(0, store.replaceJson("[]"));
            assertEquals(Reason.SERVICE_ACCOUNT_NOT_FOUND, reason(() -> verifier.verify(token)));
            assertFalse(store.isStale());
        }
    }

    @Test
    void replacedKeysCountAtOnce() {
        String other = Repository.read("tests/vectors/apiserver-1.37-rs256/jwks.json");
        String token = Captured.fresh("replaced keys");
        try (Keys keys = Captured.keys();
                Verifier verifier = Verifier.builder()
                        .issuer(TrustedIssuer.of(Captured.ISSUER, keys, Captured.store()))
                        .audience("vault")
                        .build()) {
            verifier.verify(token);
            keys.replaceJwks(other);
            assertEquals(Reason.KEY_UNKNOWN, reason(() -> verifier.verify(token)));
            assertThrows(ConfigurationException.class, () -> keys.replaceJwks("no JSON"));
            assertThrows(ConfigurationException.class, () -> keys.replacePem("no PEM"));
            assertEquals(2, keys.size(), "what cannot be read changes nothing");
            keys.replaceJwks(Captured.JWKS);
            verifier.verify(token);
            keys.replacePem(Repository.read("tests/vectors/apiserver-rs256/signing-key.pem"));
            verifier.verify(token);
        }
    }

    @Test
    void keysThatCannotBeUsedAreNamed() {
        String weak = Captured.JWKS.replace("{\"keys\":[", "{\"keys\":[{\"kty\":\"oct\",\"kid\":\"secret-key\",\"k\":\"AAAA\"},");
        try (Keys keys = Keys.fromJwks(weak)) {
            assertEquals(1, keys.size());
            assertEquals(1, keys.skipped().size());
            assertTrue(keys.skipped().getFirst().contains("secret-key"), keys.skipped().getFirst());
        }
    }

    @Test
    void audiencesOfACall() {
        VerifyOptions options = Captured.AT_THAT_TIME;
        try (Verifier verifier = Captured.verifier()) {
            assertEquals(List.of("vault"), verifier.verify(Captured.TOKEN, options).matchedAudiences());
            assertEquals(
                    List.of("api", "vault"),
                    verifier.verify(Captured.TOKEN, options.audiences("api", "none", "vault")).matchedAudiences());
            assertEquals(
                    Reason.AUDIENCE_MISMATCH, reason(() -> verifier.verify(Captured.TOKEN, options.audiences("none"))));
            assertEquals(Reason.AUDIENCE_MISMATCH, reason(() -> verifier.verify(Captured.TOKEN, options.audiences())));
        }
    }

    @Test
    void leewayAndLimits() {
        Instant expiry = Instant.ofEpochSecond(1_795_525_878);
        try (Verifier verifier = Captured.builder(Captured.store()).leeway(Duration.ofSeconds(10)).build()) {
            assertEquals(expiry, verifier.verify(Captured.TOKEN, VerifyOptions.DEFAULT.now(expiry.plusSeconds(9))).expiresAt());
            assertEquals(
                    Reason.EXPIRED, reason(() -> verifier.verify(Captured.TOKEN, VerifyOptions.DEFAULT.now(expiry.plusSeconds(10)))));
        }
        try (Verifier verifier = Captured.builder(Captured.store()).maxTokenSize(100).cachedTokens(0).cacheSize(0).build()) {
            assertEquals(Reason.TOKEN_TOO_LARGE, reason(() -> verifier.verify("x".repeat(101))));
            assertEquals(0, verifier.statistics().rememberedTokens());
        }
    }

    @Test
    void labelsTellClustersApart() {
        TrustedIssuer one = TrustedIssuer.of(Captured.ISSUER, Captured.keys(), Captured.store()).label("eu-1");
        TrustedIssuer other = TrustedIssuer.withoutObjects("https://other.example", Captured.keys())
                .label("eu-2")
                .alsoNamed("https://again.example");
        try (Verifier verifier = Verifier.builder().issuer(other).issuer(one).audience("vault").build()) {
            assertEquals("eu-1", verifier.verify(Captured.TOKEN, Captured.AT_THAT_TIME).issuerLabel());
        }
        TrustedIssuer unchecked = TrustedIssuer.withoutObjects("https://x.example", Captured.keys()).alsoNamed(Captured.ISSUER);
        try (Verifier verifier = Verifier.builder().issuer(unchecked).audience("vault").build()) {
            assertEquals(Confirmed.NOT_CHECKED, verifier.verify(Captured.TOKEN, Captured.AT_THAT_TIME).confirmed());
        }
        assertEquals("TrustedIssuer[https://other.example, label eu-2]", other.toString());
    }

    @Test
    void aStoreThatWatchesFillKnowsWhatItDoesNotKnow() {
        List<ObjectStore.Scope> scopes = List.of(
                new ObjectStore.Scope(ObjectKind.SERVICE_ACCOUNT, Optional.empty()),
                new ObjectStore.Scope(ObjectKind.POD, Optional.of("demo")));
        // Within the first minute of a token, an object that is not known may just be new.
        VerifyOptions later = VerifyOptions.DEFAULT.now(Captured.NOW.plusSeconds(100));
        ObjectStore.Following following = ObjectStore.following(scopes, Duration.ofSeconds(150));
        try (ObjectStore store = following.store();
                Verifier verifier = Captured.builder(store).build();
                CheckedToken checked = verifier.check(Captured.TOKEN, later)) {
            Feed accounts = following.feeds().get(0);
            Feed pods = following.feeds().get(1);
            assertTrue(store.isStale());
            assertEquals(
                    Reason.BOUND_OBJECT_UNAVAILABLE, reason(() -> verifier.verify(Captured.TOKEN, later)));
            accounts.replace(listed(checked, ObjectKind.SERVICE_ACCOUNT), Duration.ZERO);
            pods.replace(List.of(), Duration.ofSeconds(1));
            assertFalse(store.isStale());
            assertEquals(Reason.POD_NOT_FOUND, reason(() -> verifier.verify(Captured.TOKEN, later)));
            ListedObject pod = listed(checked, ObjectKind.POD).getFirst();
            pods.upsert(pod);
            pods.prove();
            assertEquals(Confirmed.LIVE, verifier.verify(Captured.TOKEN, later).confirmed());
            pods.delete(pod);
            assertEquals(Reason.POD_NOT_FOUND, reason(() -> verifier.verify(Captured.TOKEN, later)));
            assertThrows(
                    ConfigurationException.class, () -> pods.upsert(new ListedObject("demo", "", "uid", Optional.empty())));
            following.feeds().forEach(Feed::close);
            assertThrows(IllegalStateException.class, pods::prove);
        }
        assertThrows(BoundtokenException.class, () -> ObjectStore.following(List.of(), Duration.ofSeconds(150)));
        assertThrows(BoundtokenException.class, () -> ObjectStore.following(scopes, Duration.ZERO));
        assertThrows(BoundtokenException.class, () -> ObjectStore.following(scopes, Duration.ofSeconds(-1)));
        assertThrows(BoundtokenException.class, () -> ObjectStore.following(scopes, Duration.ofDays(100_000)));
    }

    private static List<ListedObject> listed(CheckedToken checked, ObjectKind kind) {
        return checked.boundObjects().stream()
                .filter(object -> object.kind() == kind)
                .map(object -> new ListedObject(object.namespace(), object.name(), object.uid(), Optional.empty()))
                .toList();
    }

    @Test
    void withoutAClusterNobodyIsAsked() throws Exception {
        try (Verifier verifier = Captured.verifier()) {
            var accepted = verifier.verifyOnline(Captured.TOKEN, Captured.AT_THAT_TIME);
            assertTrue(accepted.isDone());
            assertEquals("demo", accepted.get().namespace());
            ExecutionException refused = assertThrows(
                    ExecutionException.class, () -> verifier.verifyOnline("x.y", VerifyOptions.DEFAULT).get());
            assertEquals(Reason.TOKEN_PART_COUNT, ((RefusedException) refused.getCause()).reason());
            assertEquals(
                    Reason.TOKEN_PART_COUNT,
                    ((Verdict.Refused) verifier.decideOnline("x.y", VerifyOptions.DEFAULT).get()).refusal().reason());
        }
        assertEquals(0, Callbacks.count());
    }

    @Test
    void textsThatAreNoTokensAreRefused() {
        // Letters beyond one byte, whose lower byte would be a letter of the token.
        String wide = Captured.TOKEN.chars().collect(StringBuilder::new, (text, letter) -> text.append((char) (letter + 0x100)),
                StringBuilder::append).toString();
        try (Verifier verifier = Captured.verifier()) {
            for (String text : List.of("", "x", wide, Captured.TOKEN.replace('e', '\u0165'), Captured.TOKEN + "\0",
                    Captured.TOKEN + "\ud800", Captured.TOKEN + "é", "a.b.c", "x".repeat(100_000), Captured.TOKEN + " ")) {
                for (VerifyOptions options : List.of(VerifyOptions.DEFAULT, Captured.AT_THAT_TIME)) {
                    int number = assertThrows(RefusedException.class, () -> verifier.verify(text, options)).number();
                    assertTrue(number > 100 && number < 200, number + " for " + text.length());
                }
                assertThrows(RefusedException.class, () -> verifier.verify(text));
            }
        }
    }

    @Test
    void aSlipIsAnError() {
        TrustedIssuer issuer = TrustedIssuer.withoutObjects(Captured.ISSUER, Captured.keys());
        List<Verifier.Builder> slips = List.of(
                Verifier.builder(),
                Verifier.builder().audience("vault"),
                Verifier.builder().issuer(issuer),
                Verifier.builder().issuer(issuer).audience(""),
                Verifier.builder().issuer(issuer).issuer(issuer).audience("vault"),
                Verifier.builder().issuer(issuer.label("")).audience("vault"),
                Verifier.builder().issuer(TrustedIssuer.withoutObjects("", Captured.keys())).audience("vault"),
                Verifier.builder().issuer(issuer).audience("vault").leeway(Duration.ofSeconds(3601)),
                Verifier.builder().issuer(issuer).audience("vault").leeway(Duration.ofSeconds(-1)),
                Verifier.builder().issuer(issuer).audience("vault").maxTokenSize(0),
                Verifier.builder().issuer(issuer).audience("vault").maxTokenSize(-1));
        for (Verifier.Builder slip : slips) {
            ConfigurationException exception = assertThrows(ConfigurationException.class, slip::build);
            assertFalse(exception.getMessage().isEmpty());
        }
        assertThrows(IllegalArgumentException.class, () -> Verifier.builder().cachedTokens(-1));
        assertThrows(IllegalArgumentException.class, () -> VerifyOptions.DEFAULT.now(Instant.ofEpochSecond(-1)));
        assertThrows(NullPointerException.class, () -> TrustedIssuer.of(Captured.ISSUER, Captured.keys(), (ObjectStore) null));
        try (Verifier verifier = Captured.verifier()) {
            assertThrows(NullPointerException.class, () -> verifier.verify(null));
            assertThrows(NullPointerException.class, () -> verifier.verify(null, VerifyOptions.DEFAULT));
        }
    }

    @Test
    void nothingShowsTheToken() {
        try (Verifier verifier = Captured.verifier();
                CheckedToken checked = verifier.check(Captured.TOKEN, Captured.AT_THAT_TIME)) {
            StringWriter shown = new StringWriter();
            shown.append(verifier.verify(Captured.TOKEN, Captured.AT_THAT_TIME).toString());
            shown.append(verifier.decide(Captured.TOKEN, Captured.AT_THAT_TIME).toString());
            shown.append(checked.toString()).append(verifier.toString());
            assertThrows(RefusedException.class, () -> verifier.verify(Captured.TOKEN)).printStackTrace(new PrintWriter(shown));
            shown.append(verifier.decide(Captured.TOKEN).toString());
            for (String part : Captured.TOKEN.split("\\.")) assertFalse(shown.toString().contains(part.substring(0, 20)), shown.toString());
            assertTrue(shown.toString().contains("VerifiedToken[system:serviceaccount:demo:app, Pod live, issuer https"), shown.toString());
        }
    }
}
