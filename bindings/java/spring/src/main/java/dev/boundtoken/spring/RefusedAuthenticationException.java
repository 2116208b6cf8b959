package dev.boundtoken.spring;

import dev.boundtoken.auth.RequestRefusedException;
import org.springframework.security.core.AuthenticationException;

/** A request was refused, as Spring Security says it. */
public final class RefusedAuthenticationException extends AuthenticationException {
    private static final long serialVersionUID = 1L;

    /** Why, and how to answer. */
    private final RequestRefusedException refusal;

    RefusedAuthenticationException(RequestRefusedException refusal) {
        super(refusal.getMessage(), refusal);
        this.refusal = refusal;
    }

    /**
     * Why, and how to answer.
     *
     * @return the refusal
     */
    public RequestRefusedException refusal() {
        return refusal;
    }

    /** Leaves the stack trace out: anybody can send bad requests. */
    @Override
    public Throwable fillInStackTrace() {
        return this;
    }
}
