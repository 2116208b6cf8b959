import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSVerifier;
import com.nimbusds.jose.crypto.ECDSAVerifier;
import com.nimbusds.jose.crypto.Ed25519Verifier;
import com.nimbusds.jose.crypto.RSASSAVerifier;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.proc.SecurityContext;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import com.nimbusds.jwt.proc.DefaultJWTClaimsVerifier;
import java.security.interfaces.ECPublicKey;
import java.security.interfaces.RSAPublicKey;
import java.util.Set;

/** nimbus-jose-jwt: verifiers that are made once, rather than one for each token as its DefaultJWTProcessor makes. */
final class Nimbus {
    public static void main(String[] arguments) throws Exception {
        Protocol.serve(arguments, Protocol.version(SignedJWT.class), (inputs, algorithm) -> {
            JWSVerifier verifier = switch (algorithm) {
                case "RS256" -> new RSASSAVerifier((RSAPublicKey) inputs.key(algorithm, "RSA"));
                case "ES256" -> new ECDSAVerifier((ECPublicKey) inputs.key(algorithm, "EC"));
                default -> new Ed25519Verifier(
                    JWKSet.load(inputs.folder.resolve(algorithm).resolve("jwks.json").toFile()).getKeys().get(0).toOctetKeyPair());
            };
            JWSAlgorithm expected = JWSAlgorithm.parse(algorithm);
            JWTClaimsSet exact = new JWTClaimsSet.Builder().issuer(inputs.issuer).build();
            var rules = new DefaultJWTClaimsVerifier<SecurityContext>(inputs.audience, exact, Set.of("exp"));
            return token -> {
                try {
                    SignedJWT jwt = SignedJWT.parse(token);
                    if (!expected.equals(jwt.getHeader().getAlgorithm()) || !jwt.verify(verifier)) {
                        return false;
                    }
                    rules.verify(jwt.getJWTClaimsSet(), null);
                    return true;
                } catch (Exception refused) {
                    return false;
                }
            };
        });
    }
}
