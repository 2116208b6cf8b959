package dev.boundtoken;

/**
 * A token was refused. The message says what was wrong with it and what to do. That belongs in the server's log. A
 * client gets the {@link #challenge}.
 *
 * <p>It has no stack trace: anybody can send bad tokens, so a refusal must be cheap.
 */
public final class RefusedException extends BoundtokenException {
    private static final long serialVersionUID = 1L;

    /** The status of an HTTP answer. */
    private final int httpStatus;
    /** What the answer says to the client. */
    private final String challenge;

    RefusedException(int number, String code, String message, int httpStatus, String challenge) {
        super(number, code, message, false);
        this.httpStatus = httpStatus;
        this.challenge = challenge;
    }

    /**
     * Why the token was refused.
     *
     * @return the reason, {@link Reason#OTHER} if the native library is newer than this one
     */
    public Reason reason() {
        return Reason.of(number());
    }

    /**
     * What to do about it.
     *
     * @return one phrase
     */
    public String remedy() {
        return reason().remedy();
    }

    /**
     * The status of an HTTP answer that refuses the request.
     *
     * @return 503 if the same token may be accepted soon, 500 for mistakes of the program, else 401
     */
    public int httpStatus() {
        return httpStatus;
    }

    /**
     * The value of the header {@code WWW-Authenticate} for the answer (RFC 6750 section 3).
     *
     * @return such as {@code Bearer error="invalid_token"}, empty if the token is not to blame
     */
    public String challenge() {
        return challenge;
    }
}
