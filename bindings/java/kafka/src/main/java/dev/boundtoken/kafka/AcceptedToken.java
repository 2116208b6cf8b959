package dev.boundtoken.kafka;

import dev.boundtoken.VerifiedToken;
import java.time.Instant;
import java.util.Set;
import org.apache.kafka.common.security.oauthbearer.OAuthBearerToken;

/** An accepted token as a broker knows it. Kafka demands that it has the token itself. */
record AcceptedToken(String value, VerifiedToken token) implements OAuthBearerToken {
    @Override
    public String principalName() {
        return token.subject();
    }

    @Override
    public Set<String> scope() {
        return Set.of();
    }

    @Override
    public long lifetimeMs() {
        return token.expiresAt().toEpochMilli();
    }

    @Override
    public Long startTimeMs() {
        return token.issuedAt().map(Instant::toEpochMilli).orElse(null);
    }

    /** Does not show the token. */
    @Override
    public String toString() {
        return "AcceptedToken[" + token + "]";
    }
}
