package dev.boundtoken;

import java.util.Objects;

/**
 * What a verifier says of a token.
 *
 * <pre>{@code
 * switch (verifier.decide(token)) {
 *     case Verdict.Accepted(var caller) -> serve(caller);
 *     case Verdict.Refused(var refusal) -> answer(refusal.httpStatus(), refusal.challenge());
 * }
 * }</pre>
 */
public sealed interface Verdict {
    /**
     * The token is accepted.
     *
     * @param token what it says
     */
    record Accepted(VerifiedToken token) implements Verdict {
        /** Takes what the token says. */
        public Accepted {
            Objects.requireNonNull(token, "token");
        }
    }

    /**
     * The token is refused.
     *
     * @param refusal why, and what to do
     */
    record Refused(RefusedException refusal) implements Verdict {
        /** Takes the reason. */
        public Refused {
            Objects.requireNonNull(refusal, "refusal");
        }
    }
}
