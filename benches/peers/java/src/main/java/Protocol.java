import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyFactory;
import java.security.PublicKey;
import java.security.spec.X509EncodedKeySpec;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;

/** Answers the questions that driver/program.rs describes. */
final class Protocol {
    /** Makes a verifier with the key of an algorithm, or null if it is not supported. */
    interface Load {
        Predicate<String> load(Protocol inputs, String algorithm) throws Exception;
    }

    final Path folder;
    final String issuer;
    final String audience;

    private Protocol(Path folder) throws IOException {
        this.folder = folder;
        issuer = Files.readString(folder.resolve("issuer"));
        audience = Files.readString(folder.resolve("audience"));
    }

    PublicKey key(String algorithm, String family) throws Exception {
        String pem = Files.readString(folder.resolve(algorithm).resolve("public.pem"));
        byte[] der = Base64.getMimeDecoder().decode(pem.replaceAll("-----[A-Z ]+-----", ""));
        return KeyFactory.getInstance(family).generatePublic(new X509EncodedKeySpec(der));
    }

    /** Answers until the input ends. */
    static void serve(String[] arguments, String version, Load load) throws Exception {
        Protocol inputs = new Protocol(Path.of(arguments[0]));
        System.out.println(version + "\tJava " + Runtime.version().feature() + " (" + System.getProperty("java.vm.name") + ")");
        Map<String, Predicate<String>> verifiers = new HashMap<>();
        Map<Path, List<String>> files = new HashMap<>();
        BufferedReader lines = new BufferedReader(new InputStreamReader(System.in));
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            String[] words = line.split(" ");
            if (!verifiers.containsKey(words[1])) {
                verifiers.put(words[1], load.load(inputs, words[1]));
            }
            Predicate<String> verifier = verifiers.get(words[1]);
            if (verifier == null) {
                System.out.println("unsupported");
                continue;
            }
            Path path = inputs.folder.resolve(words[1]).resolve(words[2]);
            if (!files.containsKey(path)) {
                files.put(path, Files.readAllLines(path));
            }
            System.out.println(run(verifier, files.get(path), Long.parseLong(words[3])));
        }
    }

    private static String run(Predicate<String> verifier, List<String> tokens, long count) {
        long start = System.nanoTime();
        long accepted = 0;
        for (int next = 0; count > 0; count--) {
            if (verifier.test(tokens.get(next))) {
                accepted++;
            }
            next = next + 1 == tokens.size() ? 0 : next + 1;
        }
        return (System.nanoTime() - start) + " " + accepted;
    }

    /** The version of the artifact that a class is from: its file is named after it. */
    static String version(Class<?> of) {
        String jar = Path.of(of.getProtectionDomain().getCodeSource().getLocation().getPath()).getFileName().toString();
        return jar.replaceAll("^.*-([0-9][^-]*)\\.jar$", "$1");
    }
}
