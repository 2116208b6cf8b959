package dev.boundtoken.benches;

import com.auth0.jwt.JWT;
import com.auth0.jwt.JWTVerifier;
import com.auth0.jwt.algorithms.Algorithm;
import com.nimbusds.jose.JWSVerifier;
import com.nimbusds.jose.crypto.RSASSAVerifier;
import com.nimbusds.jose.proc.SecurityContext;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import com.nimbusds.jwt.proc.DefaultJWTClaimsVerifier;
import dev.boundtoken.Verifier;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/**
 * An RS256 token whose signature is checked, with its subject. The other libraries look up no objects. The median counts: the
 * mean has what other programs on the machine do.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
public class First {
    private String token;
    private Verifier ours;
    private JWTVerifier auth0;
    private JWSVerifier nimbusSignature;
    private DefaultJWTClaimsVerifier<SecurityContext> nimbusClaims;

    /** Makes each verifier once. */
    @Setup
    public void prepare() throws Exception {
        Inputs inputs = new Inputs();
        token = inputs.token;
        ours = inputs.verifier(0);
        auth0 = JWT.require(Algorithm.RSA256(inputs.key, null))
                .withIssuer(Inputs.ISSUER)
                .withAnyOfAudience(Inputs.AUDIENCE)
                .withClaimPresence("exp")
                .build();
        nimbusSignature = new RSASSAVerifier(inputs.key);
        JWTClaimsSet exact = new JWTClaimsSet.Builder().issuer(Inputs.ISSUER).build();
        nimbusClaims = new DefaultJWTClaimsVerifier<>(Inputs.AUDIENCE, exact, Set.of("exp"));
    }

    /** With its objects confirmed. */
    @Benchmark
    public String boundtoken() {
        return ours.verify(token).subject();
    }

    /** By java-jwt. */
    @Benchmark
    public String javaJwt() {
        return auth0.verify(token).getSubject();
    }

    /** By nimbus-jose-jwt. */
    @Benchmark
    public String nimbus() throws Exception {
        SignedJWT jwt = SignedJWT.parse(token);
        if (!jwt.verify(nimbusSignature)) throw new IllegalStateException("the signature is good");
        nimbusClaims.verify(jwt.getJWTClaimsSet(), null);
        return jwt.getJWTClaimsSet().getSubject();
    }
}
