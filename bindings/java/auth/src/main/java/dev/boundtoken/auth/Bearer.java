package dev.boundtoken.auth;

import java.util.List;
import java.util.Optional;

/** Finds the token of a request. */
final class Bearer {
    private static final String SCHEME = "bearer";

    private Bearer() {}

    /**
     * The token in the values of a header: {@code Bearer TOKEN} (RFC 6750 section 2.1). In {@code Authorization} other schemes are not
     * about tokens. A header that is for tokens alone may leave the scheme out.
     */
    static Optional<String> tokenOf(List<String> values, boolean isForTokensAlone) {
        if (values.isEmpty()) return Optional.empty();
        // Two readers could take different tokens.
        if (values.size() > 1) throw RequestRefusedException.invalidRequest("the request has more than one header with a token");
        String value = values.getFirst();
        String token = afterScheme(value);
        if (token == null) {
            if (!isForTokensAlone) return Optional.empty();
            token = value;
        }
        if (token.isEmpty()) throw RequestRefusedException.invalidRequest("no token follows the scheme Bearer");
        return Optional.of(token);
    }

    /** Refuses a header with text behind a token that was refused. No token that is accepted has white space in it. */
    static void demandOneWord(String token) {
        if (token.indexOf(' ') < 0 && token.indexOf('\t') < 0) return;
        throw RequestRefusedException.invalidRequest("the header has text behind the token");
    }

    /** What follows the scheme and at least one space, or nothing if the scheme is all there is. Null for other schemes. */
    private static String afterScheme(String value) {
        if (value.length() < SCHEME.length() || !isScheme(value)) return null;
        if (value.length() == SCHEME.length()) return "";
        return value.charAt(SCHEME.length()) == ' ' ? trim(value.substring(SCHEME.length())) : null;
    }

    /** Compares letters of ASCII alone: elsewhere a Kelvin sign is a K. */
    private static boolean isScheme(String value) {
        for (int i = 0; i < SCHEME.length(); i++) {
            char letter = value.charAt(i);
            if (letter != SCHEME.charAt(i) && letter != SCHEME.charAt(i) - ('a' - 'A')) return false;
        }
        return true;
    }

    /** {@link String#trim} would drop other control characters, too. */
    private static String trim(String text) {
        int start = 0;
        int end = text.length();
        while (start < end && isWhiteSpace(text.charAt(start))) start++;
        while (start < end && isWhiteSpace(text.charAt(end - 1))) end--;
        return text.substring(start, end);
    }

    private static boolean isWhiteSpace(char letter) {
        return switch (letter) {
            case ' ', '\t', '\n', '\f', '\r' -> true;
            default -> false;
        };
    }
}
