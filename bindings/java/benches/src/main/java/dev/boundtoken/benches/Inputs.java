package dev.boundtoken.benches;

import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.crypto.RSASSASigner;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.util.JSONObjectUtils;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import dev.boundtoken.Keys;
import dev.boundtoken.ObjectStore;
import dev.boundtoken.TrustedIssuer;
import dev.boundtoken.Verifier;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyFactory;
import java.security.interfaces.RSAPublicKey;
import java.security.spec.PKCS8EncodedKeySpec;
import java.time.Instant;
import java.util.Base64;
import java.util.Date;

/** A token of a pod, as a real API server issues it, which is signed now. And who can verify it. */
final class Inputs {
    static final String ISSUER = "https://kubernetes.default.svc.cluster.local";
    static final String AUDIENCE = "vault";

    final String token;
    final RSAPublicKey key;
    private final String jwks;
    private final String objects;

    Inputs() throws Exception {
        Path folder = Path.of(System.getProperty("boundtoken.repository")).resolve("tests/vectors/apiserver-rs256");
        jwks = Files.readString(folder.resolve("jwks.json"));
        objects = JSONObjectUtils.toJSONString(
                JSONObjectUtils.getJSONObject(JSONObjectUtils.parse(Files.readString(folder.resolve("objects.json"))), "before"));
        SignedJWT captured =
                SignedJWT.parse((String) JSONObjectUtils.parse(Files.readString(folder.resolve("tokens.json"))).get("pod-live"));
        key = JWKSet.parse(jwks).getKeyByKeyId(captured.getHeader().getKeyID()).toRSAKey().toRSAPublicKey();
        Instant now = Instant.now();
        JWTClaimsSet claims = new JWTClaimsSet.Builder(captured.getJWTClaimsSet())
                .issueTime(Date.from(now))
                .notBeforeTime(Date.from(now))
                .expirationTime(Date.from(now.plusSeconds(36_000)))
                .build();
        String pem = Files.readString(folder.resolve("signing-key.pem")).replaceAll("-----[^-]*-----|\\s", "");
        SignedJWT signed = new SignedJWT(JWSHeader.parse(captured.getHeader().toJSONObject()), claims);
        signed.sign(new RSASSASigner(
                KeyFactory.getInstance("RSA").generatePrivate(new PKCS8EncodedKeySpec(Base64.getDecoder().decode(pem)))));
        token = signed.serialize();
    }

    Verifier verifier(int cachedTokens) {
        TrustedIssuer issuer = TrustedIssuer.of(ISSUER, Keys.fromJwks(jwks), ObjectStore.fromJson(objects));
        return Verifier.builder().issuer(issuer).audience(AUDIENCE).cachedTokens(cachedTokens).build();
    }
}
