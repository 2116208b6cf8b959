package dev.boundtoken;

/** Connecting to a cluster failed. The message says which step failed and what to do. */
public class ClusterException extends BoundtokenException {
    private static final long serialVersionUID = 1L;

    ClusterException(int number, String code, String message) {
        super(number, code, message);
    }
}
