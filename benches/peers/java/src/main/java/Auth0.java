import com.auth0.jwt.JWT;
import com.auth0.jwt.JWTVerifier;
import com.auth0.jwt.algorithms.Algorithm;
import com.auth0.jwt.exceptions.JWTVerificationException;
import java.security.interfaces.ECPublicKey;
import java.security.interfaces.RSAPublicKey;

/** Auth0's java-jwt: a verifier that is made once. It has no EdDSA. */
final class Auth0 {
    public static void main(String[] arguments) throws Exception {
        Protocol.serve(arguments, Protocol.version(JWT.class), (inputs, name) -> {
            Algorithm algorithm = switch (name) {
                case "RS256" -> Algorithm.RSA256((RSAPublicKey) inputs.key(name, "RSA"), null);
                case "ES256" -> Algorithm.ECDSA256((ECPublicKey) inputs.key(name, "EC"), null);
                default -> null;
            };
            if (algorithm == null) {
                return null;
            }
            JWTVerifier verifier = JWT.require(algorithm)
                .withIssuer(inputs.issuer)
                .withAnyOfAudience(inputs.audience)
                .withClaimPresence("exp")
                .build();
            return token -> {
                try {
                    return verifier.verify(token) != null;
                } catch (JWTVerificationException refused) {
                    return false;
                }
            };
        });
    }
}
