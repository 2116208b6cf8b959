import dev.boundtoken.BuildInfo;
import dev.boundtoken.Keys;
import dev.boundtoken.ObjectStore;
import dev.boundtoken.TrustedIssuer;
import dev.boundtoken.Verdict;
import dev.boundtoken.Verifier;
import java.nio.file.Files;
import java.nio.file.Path;

/** boundtoken for Java: the library as a service uses it, with the objects in a store. */
final class Ours {
    public static void main(String[] arguments) throws Exception {
        boolean isAgain = arguments[1].equals("again");
        ObjectStore objects = ObjectStore.fromJson(Files.readString(Path.of(arguments[0], "objects.json")));
        Protocol.serve(arguments, BuildInfo.current().version(), (inputs, algorithm) -> {
            // The tokens name the keys of the key set.
            Keys keys = Keys.fromJwks(Files.readString(inputs.folder.resolve(algorithm).resolve("jwks.json")));
            Verifier.Builder builder =
                Verifier.builder().issuer(TrustedIssuer.of(inputs.issuer, keys, objects)).audience(inputs.audience);
            Verifier verifier = isAgain ? builder.build() : builder.cachedTokens(0).build();
            return token -> verifier.decide(token) instanceof Verdict.Accepted;
        });
    }
}
