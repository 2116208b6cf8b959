package dev.boundtoken;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Every verdict on a captured token is that of the Rust library, by every way to verify. */
class VectorsTest {
    private static final List<Rust.Folder> FOLDERS = Rust.folders();

    @TestFactory
    Stream<DynamicTest> everyCaseOf() {
        return FOLDERS.stream().map(folder -> dynamicTest(folder.name(), () -> new Judge(folder).judgeAll()));
    }

    @Test
    void manyAreAcceptedAndManyRefused() {
        List<Boolean> accepted = FOLDERS.stream()
                .flatMap(folder -> folder.cases().stream())
                .map(shown -> shown.verdict().number("status") == 0)
                .toList();
        assertTrue(accepted.stream().filter(is -> is).count() > 100, "too few are accepted");
        assertTrue(accepted.stream().filter(is -> !is).count() > 100, "too few are refused");
    }

    /** Judges the cases of a folder, one after another. */
    private static final class Judge {
        private final Rust.Folder folder;
        private final Keys keys;
        private Rust.Case shown;

        Judge(Rust.Folder folder) {
            this.folder = folder;
            this.keys = Keys.fromJwks(folder.jwks());
        }

        void judgeAll() throws Exception {
            TrustedIssuer issuer = named(TrustedIssuer.of(folder.issuers().getFirst(), keys, this::answer));
            try (Verifier asking = Verifier.builder().issuer(issuer).audience("of no token").build()) {
                for (Rust.Case each : folder.cases()) {
                    shown = each;
                    judge(asking);
                }
            }
        }

        private TrustedIssuer named(TrustedIssuer issuer) {
            return issuer.alsoNamed(folder.issuers().stream().skip(1).toArray(String[]::new));
        }

        private ObjectAnswer answer(ObjectReference object) {
            for (Map<String, Object> known : shown.objects()) {
                if (object.equals(reference(known))) return answer(known);
            }
            throw new AssertionError(shown.name() + ": " + object + " is an object that Rust did not ask for");
        }

        private static ObjectReference reference(Map<String, Object> known) {
            ObjectKind kind = ObjectKind.of(((Long) known.get("kind")).intValue());
            return new ObjectReference(kind, (String) known.get("namespace"), (String) known.get("name"));
        }

        private static ObjectAnswer answer(Map<String, Object> known) {
            Optional<Instant> deletion = Optional.ofNullable((Long) known.get("deleted")).map(Instant::ofEpochSecond);
            return switch (((Long) known.get("state")).intValue()) {
                case 0 -> new ObjectAnswer.Present((String) known.get("uid"), deletion);
                case 1 -> ObjectAnswer.absent();
                case 2 -> ObjectAnswer.unavailable();
                default -> ObjectAnswer.notFollowed();
            };
        }

        private void judge(Verifier asking) throws Exception {
            String token = shown.token();
            VerifyOptions options =
                    VerifyOptions.DEFAULT.now(Instant.ofEpochSecond(shown.now())).audiences(shown.audiences().toArray(String[]::new));
            Verdict first = asking.decide(token, options);
            check(first);
            assertSame(first, asking.decide(token, options));
            check(asking.decideOnline(token, options).get());
            check(verdictOf(() -> asking.verify(token, options)));
            check(verdictOf(() -> {
                try (CheckedToken checked = asking.check(token, options)) {
                    List<ObjectAnswer> answers = checked.boundObjects().stream().map(each -> answer(each.reference())).toList();
                    return asking.confirm(checked, answers, options);
                }
            }));
            withStore(options);
        }

        /** By a verifier of its own, whose audiences these are, with a store in memory. */
        private void withStore(VerifyOptions options) {
            if (shown.audiences().isEmpty() || shown.audiences().contains("")) return;
            try (ObjectStore store = new ObjectStore()) {
                for (Map<String, Object> known : shown.objects()) {
                    switch (answer(known)) {
                        case ObjectAnswer.Present(var uid, var deletion) when deletion.isPresent() ->
                            store.upsert(reference(known), uid, deletion.get());
                        case ObjectAnswer.Present(var uid, var none) -> store.upsert(reference(known), uid);
                        case ObjectAnswer.Missing missing -> {
                            if (missing != ObjectAnswer.Missing.ABSENT) return;
                        }
                    }
                }
                Verifier.Builder builder =
                        Verifier.builder().issuer(named(TrustedIssuer.of(folder.issuers().getFirst(), keys, store)));
                shown.audiences().forEach(builder::audience);
                try (Verifier own = builder.build()) {
                    check(own.decide(shown.token(), VerifyOptions.DEFAULT.now(Instant.ofEpochSecond(shown.now()))));
                    // What takes no signature check is decided by another call of the C library.
                    assertSame(own.decide(shown.token(), VerifyOptions.DEFAULT.now(Instant.now())), own.decide(shown.token()));
                }
            }
        }

        private interface Verifying {
            VerifiedToken verify();
        }

        private static Verdict verdictOf(Verifying verifying) {
            try {
                return new Verdict.Accepted(verifying.verify());
            } catch (RefusedException refusal) {
                return new Verdict.Refused(refusal);
            }
        }

        private void assertSame(Verdict left, Verdict right) {
            switch (left) {
                case Verdict.Accepted accepted -> assertEquals(accepted, right, shown.name());
                case Verdict.Refused(var refusal) -> {
                    RefusedException other = assertInstanceOf(Verdict.Refused.class, right, shown.name()).refusal();
                    assertEquals(refusal.number(), other.number(), shown.name());
                }
            }
        }

        private void check(Verdict verdict) {
            Rust.Verdict rust = shown.verdict();
            switch (verdict) {
                case Verdict.Accepted(var token) -> {
                    assertEquals(0, rust.number("status"), shown.name() + ": Rust refuses it: " + rust.text("message"));
                    check(token, rust);
                }
                case Verdict.Refused(var refusal) -> {
                    List<Object> ours = new ArrayList<>(List.of(
                            refusal.number(), refusal.code(), refusal.getMessage(), refusal.httpStatus(), refusal.challenge()));
                    List<Object> theirs = List.of(
                            rust.number("status"),
                            Rust.orEmpty(rust.text("name")),
                            Rust.orEmpty(rust.text("message")),
                            rust.number("http_status"),
                            Rust.orEmpty(rust.text("www_authenticate")));
                    assertEquals(theirs, ours, shown.name());
                    assertEquals(refusal.code(), refusal.reason().code(), shown.name());
                    assertEquals(refusal.httpStatus(), refusal.reason().httpStatus(), shown.name());
                    assertTrue(refusal.getMessage().endsWith(refusal.remedy()), refusal.getMessage());
                }
            }
        }

        private void check(VerifiedToken token, Rust.Verdict rust) {
            String name = shown.name();
            assertEquals(rust.text("subject"), token.subject(), name);
            assertEquals(rust.text("service_account_namespace"), token.namespace(), name);
            assertEquals(
                    new BoundObject(
                            ObjectKind.SERVICE_ACCOUNT,
                            rust.text("service_account_namespace"),
                            rust.text("service_account_name"),
                            rust.text("service_account_uid")),
                    token.serviceAccount(),
                    name);
            assertEquals(object(rust, "pod"), token.pod().map(this::nameAndUid), name);
            assertEquals(object(rust, "secret"), token.secret().map(this::nameAndUid), name);
            assertEquals(object(rust, "node"), token.node().map(this::nameAndUid), name);
            assertEquals(
                    object(rust, "validating_webhook_configuration"),
                    token.validatingWebhookConfiguration().map(this::nameAndUid),
                    name);
            assertEquals(
                    object(rust, "mutating_webhook_configuration"), token.mutatingWebhookConfiguration().map(this::nameAndUid), name);
            assertEquals(rust.boundObjects(), token.boundObjects(), name);
            assertEquals(rust.number("confirmed"), token.confirmed().number(), name);
            assertEquals(rust.text("issuer"), token.issuer(), name);
            assertEquals(rust.text("issuer_label"), token.issuerLabel(), name);
            assertEquals(rust.texts("audiences"), token.audiences(), name);
            assertEquals(rust.texts("matched_audiences"), token.matchedAudiences(), name);
            assertEquals(rust.time("expires_at"), token.expiresAt().getEpochSecond(), name);
            assertEquals(rust.time("issued_at"), seconds(token.issuedAt()), name);
            assertEquals(rust.time("not_before"), seconds(token.notBefore()), name);
            assertEquals(rust.time("warn_after"), seconds(token.warnAfter()), name);
            assertEquals(Optional.ofNullable(rust.text("jti")), token.jti(), name);
            assertEquals(rust.texts("attested_api_groups"), token.attestedApiGroups(), name);
            assertEquals(rust.text("payload"), token.claimsJson(), name);
            assertEquals(rust.text("subject"), token.claims().get("sub"), name);
            assertEquals(
                    new UserInfo(rust.text("subject"), rust.text("service_account_uid"), rust.texts("groups"), rust.extra()),
                    token.userInfo(),
                    name);
            assertTrue(!token.toString().contains(shown.token()), name);
        }

        private static Optional<List<String>> object(Rust.Verdict rust, String kind) {
            return Optional.ofNullable(rust.text(kind + "_name")).map(text -> List.of(text, Rust.orEmpty(rust.text(kind + "_uid"))));
        }

        private List<String> nameAndUid(BoundObject object) {
            return List.of(object.name(), object.uid());
        }

        private static long seconds(Optional<Instant> time) {
            return time.map(Instant::getEpochSecond).orElse(-1L);
        }
    }
}
