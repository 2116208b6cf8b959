package dev.boundtoken.auth;

import dev.boundtoken.RefusedException;
import java.util.Map;
import java.util.Optional;

/**
 * A request was refused. It says how to answer it. The message belongs in the server's log. A caller learns no more than
 * {@link #status}, {@link #headers} and {@link #description}.
 *
 * <p>It never contains a token. Its cause is the {@link RefusedException}, if the token was refused. It has no stack trace: anybody
 * can send bad requests, so a refusal must be cheap.
 */
public final class RequestRefusedException extends RuntimeException {
    private static final long serialVersionUID = 1L;
    private static final int UNAVAILABLE = 503;

    /** Its stable name. */
    private final String code;

    /** The status of the HTTP answer. */
    private final int status;

    /** What the caller may learn in words. */
    private final String description;

    /** The value of {@code WWW-Authenticate}. Null if there is none. */
    private final String challenge;

    private RequestRefusedException(
            String code, int status, String description, String challenge, String message, Throwable cause) {
        super(message, cause, false, false);
        this.code = code;
        this.status = status;
        this.description = description;
        this.challenge = challenge;
    }

    static RequestRefusedException unauthenticated() {
        String description = "the request has no token";
        return new RequestRefusedException("unauthenticated", 401, description, "Bearer", description, null);
    }

    static RequestRefusedException invalidRequest(String description) {
        String challenge = "Bearer error=\"invalid_request\", error_description=\"" + description + "\"";
        return new RequestRefusedException("invalid_request", 400, description, challenge, description, null);
    }

    static RequestRefusedException forbidden() {
        String description = "the policy does not allow this caller";
        return new RequestRefusedException(
                "forbidden", 403, description, "Bearer error=\"insufficient_scope\"", description, null);
    }

    /** Nothing was decided, because something failed. The message says what, for the log. */
    static RequestRefusedException undecided(String message, Throwable cause) {
        return new RequestRefusedException(
                "undecided", 500, "the caller could not be authenticated", null, message, cause);
    }

    /** Nothing was decided, because the service ends. */
    static RequestRefusedException interrupted() {
        return new RequestRefusedException(
                "undecided", UNAVAILABLE, "the caller cannot be authenticated at the moment", null,
                "the thread was interrupted while a cluster was asked", null);
    }

    static RequestRefusedException of(RefusedException refusal) {
        // Another token would not help if nobody can decide.
        boolean isToBlame = refusal.httpStatus() != UNAVAILABLE && !refusal.challenge().isEmpty();
        return new RequestRefusedException(
                refusal.code(),
                refusal.httpStatus(),
                refusal.reason().description(),
                isToBlame ? refusal.challenge() : null,
                refusal.getMessage(),
                refusal);
    }

    /**
     * The stable name, for logs and metrics.
     *
     * @return the code of the token's {@link dev.boundtoken.Reason}, or {@code unauthenticated}, {@code invalid_request},
     *     {@code forbidden}, {@code undecided}
     */
    public String code() {
        return code;
    }

    /**
     * The status of the HTTP answer.
     *
     * @return 400, 401, 403 or 503, and 500 if the verifier or the policy failed
     */
    public int status() {
        return status;
    }

    /**
     * What the caller may learn in words.
     *
     * @return one phrase, without details of the token
     */
    public String description() {
        return description;
    }

    /**
     * The value of {@code WWW-Authenticate} (RFC 6750 section 3).
     *
     * @return the challenge, empty where another token would not help
     */
    public Optional<String> challenge() {
        return Optional.ofNullable(challenge);
    }

    /**
     * Whether the same request may succeed a moment later.
     *
     * @return true for the status 503
     */
    public boolean isTemporary() {
        return status == UNAVAILABLE;
    }

    /**
     * The headers of the HTTP answer.
     *
     * @return {@code WWW-Authenticate}, or {@code Retry-After}, or none
     */
    public Map<String, String> headers() {
        if (isTemporary()) return Map.of("Retry-After", "1");
        return challenge == null ? Map.of() : Map.of("WWW-Authenticate", challenge);
    }
}
