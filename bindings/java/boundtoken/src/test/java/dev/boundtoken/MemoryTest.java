package dev.boundtoken;

import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Memory is stable. BOUNDTOKEN_VERIFICATIONS says over how many verifications: 10 million in `make test-java-memory`. */
class MemoryTest {
    private static final int ROUNDS = 10;
    private static final int VERIFICATIONS =
            Integer.parseInt(System.getenv().getOrDefault("BOUNDTOKEN_VERIFICATIONS", "200000"));

    @Test
    void isStableOverManyVerifications() throws Exception {
        String token = Captured.fresh("memory");
        try (Verifier remembering = Captured.verifier();
                Verifier forgetting = Captured.builder(Captured.store()).cachedTokens(0).build();
                Verifier asking = Captured.asking(object -> ObjectAnswer.absent())) {
            for (int round = 0; round < 3; round++) round(remembering, forgetting, asking, token);
            double before = residentMebibytes();
            for (int round = 3; round < ROUNDS; round++) round(remembering, forgetting, asking, token);
            double after = residentMebibytes();
            System.out.printf("memory: %d verifications, %.1f MiB, then %.1f MiB%n", VERIFICATIONS, before, after);
            assertTrue(after - before < 24, before + " MiB became " + after + " MiB");
        }
    }

    /** Most are seen again. Some are refused, take a signature check, are for other audiences, or call Java. */
    private static void round(Verifier remembering, Verifier forgetting, Verifier asking, String token) throws Exception {
        VerifyOptions forVault = VerifyOptions.DEFAULT.audiences("vault");
        for (int one = 0; one < VERIFICATIONS / ROUNDS; one++) {
            switch (one % 1000) {
                case 0 -> assertInstanceOf(Verdict.Accepted.class, forgetting.decide(token));
                case 1 -> assertInstanceOf(Verdict.Refused.class, asking.decide(token));
                case 2 -> {
                    try (CheckedToken checked = remembering.check(token, VerifyOptions.DEFAULT)) {
                        List<ObjectAnswer> answers = checked.boundObjects().stream().map(object -> ObjectAnswer.absent()).toList();
                        assertInstanceOf(RefusedException.class, thrown(() -> remembering.confirm(checked, answers, forVault)));
                    }
                }
                case 3 -> assertInstanceOf(Verdict.Accepted.class, remembering.decideOnline(token, forVault).get());
                case 4, 5, 6, 7, 8, 9 -> assertInstanceOf(Verdict.Refused.class, remembering.decide(token + "x"));
                case 10, 11, 12, 13, 14, 15 -> assertInstanceOf(Verdict.Accepted.class, remembering.decide(token, forVault));
                default -> assertTrue(remembering.verify(token).subject().startsWith("system:"));
            }
        }
    }

    private static Throwable thrown(Runnable call) {
        try {
            call.run();
            return null;
        } catch (RuntimeException exception) {
            return exception;
        }
    }

    /** The heap has a fixed size in these tests, and is touched at the start. So what grows is native. */
    private static double residentMebibytes() throws IOException {
        for (int round = 0; round < 3; round++) System.gc();
        for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
            if (line.startsWith("VmRSS:")) return Integer.parseInt(line.replaceAll("\\D", "")) / 1024.0;
        }
        throw new AssertionError("/proc/self/status has no VmRSS");
    }
}
