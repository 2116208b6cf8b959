package dev.boundtoken.benches;

import dev.boundtoken.Keys;
import dev.boundtoken.ObjectStore;
import dev.boundtoken.TrustedIssuer;
import dev.boundtoken.Verifier;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.file.Files;
import java.nio.file.Path;

/** The row of Java in `make bench-bindings`: see benches/bindings/run.sh. The argument is the folder of a demo. */
public final class Bindings {
    private static long letters;

    private Bindings() {}

    /**
     * Answers until the input ends.
     *
     * @param arguments the folder
     * @throws IOException if it cannot be read
     */
    public static void main(String[] arguments) throws IOException {
        Path folder = Path.of(arguments[0]);
        String token = Files.readString(folder.resolve("token")).strip();
        Verifier remembering = verifier(folder, 10_000);
        Verifier forgetting = verifier(folder, 0);
        BufferedReader lines = new BufferedReader(new InputStreamReader(System.in));
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            String[] words = line.split(" ");
            long count = Long.parseLong(words[1]);
            System.out.println(switch (words[0]) {
                case "again" -> measured(words[0], remembering, token, count);
                case "first" -> measured(words[0], forgetting, token, count);
                default -> "{}";
            });
        }
    }

    private static Verifier verifier(Path folder, int cachedTokens) throws IOException {
        Keys keys = Keys.fromJwks(Files.readString(folder.resolve("jwks.json")));
        ObjectStore objects = ObjectStore.fromJson(Files.readString(folder.resolve("objects.json")));
        return Verifier.builder()
                .issuer(TrustedIssuer.of(Files.readString(folder.resolve("issuer")).strip(), keys, objects))
                .audience(Files.readString(folder.resolve("audience")).strip())
                .cachedTokens(cachedTokens)
                .build();
    }

    private static String measured(String name, Verifier used, String token, long count) {
        long start = System.nanoTime();
        for (long turn = 0; turn < count; turn++) letters += used.verify(token).subject().length();
        long taken = System.nanoTime() - start;
        return "{\"language\": \"Java\", \"case\": \"%s\", \"count\": %d, \"nanoseconds\": %d, \"letters\": %d}"
                .formatted(name, count, taken, letters);
    }
}
