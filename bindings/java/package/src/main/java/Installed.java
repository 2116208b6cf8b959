import dev.boundtoken.BuildInfo;
import dev.boundtoken.Keys;
import dev.boundtoken.TrustedIssuer;
import dev.boundtoken.VerifiedToken;
import dev.boundtoken.Verifier;
import dev.boundtoken.VerifyOptions;
import dev.boundtoken.auth.Authenticator;
import dev.boundtoken.auth.RequestRefusedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Verifies a captured token. The argument is the folder that it is in. */
class Installed {
    public static void main(String[] arguments) throws Exception {
        Path folder = Path.of(arguments[0]);
        Matcher token = Pattern.compile("\"pod-live\": *\"([^\"]*)\"").matcher(Files.readString(folder.resolve("tokens.json")));
        if (!token.find()) throw new AssertionError("there is no token pod-live");
        try (Keys keys = Keys.fromJwks(Files.readString(folder.resolve("jwks.json")));
                Verifier verifier = Verifier.builder()
                        .issuer(TrustedIssuer.withoutObjects("https://kubernetes.default.svc.cluster.local", keys))
                        .audience("vault")
                        .build()) {
            VerifyOptions options = VerifyOptions.DEFAULT.now(Instant.ofEpochSecond(1_795_522_300));
            VerifiedToken caller = verifier.verify(token.group(1), options);
            if (!caller.subject().equals("system:serviceaccount:demo:app")) throw new AssertionError(caller);
            try {
                Authenticator.of(verifier).authenticate(List.of("Bearer x"));
                throw new AssertionError("not refused");
            } catch (RequestRefusedException refusal) {
                if (refusal.status() != 401) throw refusal;
            }
            System.out.println(caller + ", " + BuildInfo.current());
        }
    }
}
