package dev.boundtoken;

import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.spec.PKCS8EncodedKeySpec;
import java.time.Instant;
import java.util.Base64;
import java.util.Map;

/** Tokens, keys and objects of a real API server, and tokens that its key signs now. */
public final class Captured {
    public static final String ISSUER = "https://kubernetes.default.svc.cluster.local";
    /** When the captured tokens are valid. */
    public static final Instant NOW = Instant.ofEpochSecond(1_795_522_300);

    public static final VerifyOptions AT_THAT_TIME = VerifyOptions.DEFAULT.now(NOW);
    public static final ObjectReference POD = new ObjectReference(ObjectKind.POD, "demo", "live");
    public static final String POD_UID = "e5bf3f7d-fbca-403d-a58f-f50f44e8da63";
    private static final String FOLDER = "tests/vectors/apiserver-rs256/";
    public static final String JWKS = Repository.read(FOLDER + "jwks.json");
    public static final String TOKEN = (String) Repository.readJson(FOLDER + "tokens.json").get("pod-live");
    private static final PrivateKey KEY = key();

    private Captured() {}

    public static Keys keys() {
        return Keys.fromJwks(JWKS);
    }

    @SuppressWarnings("unchecked")
    public static String objects() {
        return Json.write((Map<String, Object>) Repository.readJson(FOLDER + "objects.json").get("before"));
    }

    public static ObjectStore store() {
        return ObjectStore.fromJson(objects());
    }

    public static Verifier.Builder builder(ObjectStore store) {
        return Verifier.builder().issuer(TrustedIssuer.of(ISSUER, keys(), store)).audience("vault");
    }

    public static Verifier verifier() {
        return builder(store()).build();
    }

    public static Verifier asking(ObjectLookUp lookUp) {
        return Verifier.builder().issuer(TrustedIssuer.of(ISSUER, keys(), lookUp)).audience("vault").build();
    }

    /** A token of the pod that is valid for an hour from now. */
    public static String fresh(String jti) {
        long now = Instant.now().getEpochSecond();
        String[] parts = TOKEN.split("\\.");
        String claims = new String(Base64.getUrlDecoder().decode(parts[1]))
                .replaceAll("\"(nbf|iat)\":\\d+", "\"$1\":" + now)
                .replaceAll("\"exp\":\\d+", "\"exp\":" + (now + 3600))
                .replaceAll("\"jti\":\"[^\"]*\"", "\"jti\":\"" + jti + "\"");
        Base64.Encoder encoder = Base64.getUrlEncoder().withoutPadding();
        String signed = parts[0] + "." + encoder.encodeToString(claims.getBytes());
        try {
            Signature signature = Signature.getInstance("SHA256withRSA");
            signature.initSign(KEY);
            signature.update(signed.getBytes());
            return signed + "." + encoder.encodeToString(signature.sign());
        } catch (GeneralSecurityException failure) {
            throw new AssertionError(failure);
        }
    }

    private static PrivateKey key() {
        String pem = Repository.read(FOLDER + "signing-key.pem").replaceAll("-----[^-]*-----|\\s", "");
        try {
            return KeyFactory.getInstance("RSA").generatePrivate(new PKCS8EncodedKeySpec(Base64.getDecoder().decode(pem)));
        } catch (GeneralSecurityException failure) {
            throw new AssertionError(failure);
        }
    }
}
