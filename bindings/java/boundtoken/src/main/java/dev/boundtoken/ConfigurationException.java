package dev.boundtoken;

/** What a verifier, a key set or a store was given cannot be used. The message says what to give instead. */
public class ConfigurationException extends BoundtokenException {
    private static final long serialVersionUID = 1L;

    ConfigurationException(int number, String code, String message) {
        super(number, code, message);
    }
}
