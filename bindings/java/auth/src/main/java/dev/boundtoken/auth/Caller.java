package dev.boundtoken.auth;

import dev.boundtoken.RefusedException;
import dev.boundtoken.VerifiedToken;
import dev.boundtoken.Verifier;
import dev.boundtoken.VerifyOptions;
import java.security.Principal;
import java.util.Objects;
import java.util.Optional;

/**
 * The authenticated caller of a request, for all threads. It is the principal of the request in servlets and JAX-RS, and of the
 * authentication in Spring Security. It keeps the token, to look at it again, and gives it to nobody.
 */
public final class Caller implements Principal {
    private final Verifier verifier;
    private final VerifyOptions options;
    private final String bearer;
    private final VerifiedToken token;

    Caller(Verifier verifier, VerifyOptions options, String bearer, VerifiedToken token) {
        this.verifier = verifier;
        this.options = options;
        this.bearer = bearer;
        this.token = token;
    }

    /**
     * The caller behind the principal of a request.
     *
     * @param principal the principal, or null if there is none
     * @return the caller, empty if the principal is another one
     */
    public static Optional<Caller> of(Principal principal) {
        return principal instanceof Caller caller ? Optional.of(caller) : Optional.empty();
    }

    /**
     * Demands that a request has a caller whom a policy allows.
     *
     * @param principal the principal of the request, or null if there is none
     * @param policy the policy
     * @return the caller
     * @throws RequestRefusedException if there is no caller, or if the policy does not allow it
     */
    public static Caller demand(Principal principal, Policy policy) {
        Caller caller = of(principal).orElseThrow(() -> RefusalLog.refused(RequestRefusedException.unauthenticated()));
        caller.demand(policy);
        return caller;
    }

    /**
     * What the caller's token says.
     *
     * @return the accepted token; it does not contain the token itself
     */
    public VerifiedToken token() {
        return token;
    }

    /**
     * The user name.
     *
     * @return {@code system:serviceaccount:NAMESPACE:NAME}
     */
    @Override
    public String getName() {
        return token.subject();
    }

    /**
     * Holds the caller to one more policy.
     *
     * @param policy the policy
     * @throws RequestRefusedException if the policy does not allow the caller
     */
    public void demand(Policy policy) {
        boolean isAllowed;
        try {
            isAllowed = policy.allows(token);
        } catch (RuntimeException failure) {
            throw RefusalLog.refused(RequestRefusedException.undecided("the policy failed", failure));
        }
        if (!isAllowed) throw RefusalLog.refused(RequestRefusedException.forbidden());
    }

    /**
     * Looks at the caller again, mostly in less than a microsecond. For what takes long, with every message. What cannot be known at
     * the moment ends nothing. A verifier that looks objects up by a function asks it again.
     *
     * @throws RequestRefusedException if the token has expired, its key was withdrawn, or an object that it is bound to was deleted
     */
    public void demandAgain() {
        try {
            verifier.verify(bearer, options);
        } catch (RefusedException refusal) {
            RequestRefusedException refused = RequestRefusedException.of(refusal);
            if (!refused.isTemporary()) throw RefusalLog.refused(refused);
        } catch (RuntimeException failure) {
            throw RefusalLog.refused(RequestRefusedException.undecided("the verifier failed", failure));
        }
    }

    /** Two callers are equal if their tokens say the same. */
    @Override
    public boolean equals(Object other) {
        return other instanceof Caller caller && token.equals(caller.token);
    }

    @Override
    public int hashCode() {
        return Objects.hashCode(token);
    }

    /** Says whose token it is, for logs. */
    @Override
    public String toString() {
        return "Caller[" + token + "]";
    }
}
