package dev.boundtoken;

/** What this library throws. No message ever contains a token, a signature or key material. */
public class BoundtokenException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** The stable number. */
    private final int number;
    /** The stable name. */
    private final String code;

    BoundtokenException(int number, String code, String message) {
        this(number, code, message, true);
    }

    BoundtokenException(int number, String code, String message, boolean hasStackTrace) {
        super(message, null, hasStackTrace, hasStackTrace);
        this.number = number;
        this.code = code;
    }

    /**
     * The stable number of what went wrong, the same in every language.
     *
     * @return from 1 on for mistakes of the program, from 101 on for refused tokens
     */
    public int number() {
        return number;
    }

    /**
     * The stable name of what went wrong, for logs and metrics.
     *
     * @return such as {@code pod_not_found}
     */
    public String code() {
        return code;
    }
}
