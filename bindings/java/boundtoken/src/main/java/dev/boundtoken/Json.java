package dev.boundtoken;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Reads and writes JSON (RFC 8259). What it reads comes from the C library, which has checked it: signed claims, and reports
 * of its own.
 */
final class Json {
    private final String text;
    private int position;

    private Json(String text) {
        this.text = text;
    }

    /** Reads an object. Numbers without fraction and exponent are {@code Long}, if they fit. */
    @SuppressWarnings("unchecked")
    static Map<String, Object> object(String text) {
        return (Map<String, Object>) new Json(text).value();
    }

    /** Writes an object of texts, numbers, truth values and lists of texts. */
    static String write(Map<String, Object> members) {
        StringBuilder json = new StringBuilder();
        writeValue(json, members);
        return json.toString();
    }

    private static void writeValue(StringBuilder json, Object value) {
        switch (value) {
            case Map<?, ?> members -> {
                String before = "{";
                for (Map.Entry<?, ?> member : members.entrySet()) {
                    json.append(before);
                    writeText(json, (String) member.getKey());
                    json.append(':');
                    writeValue(json, member.getValue());
                    before = ",";
                }
                json.append(members.isEmpty() ? "{}" : "}");
            }
            case List<?> elements -> {
                String before = "[";
                for (Object element : elements) {
                    json.append(before);
                    writeValue(json, element);
                    before = ",";
                }
                json.append(elements.isEmpty() ? "[]" : "]");
            }
            case String string -> writeText(json, string);
            default -> json.append(value);
        }
    }

    private static void writeText(StringBuilder json, String string) {
        json.append('"');
        for (int i = 0; i < string.length(); i++) {
            char letter = string.charAt(i);
            if (letter < ' ') {
                json.append(String.format("\\u%04x", (int) letter));
            } else {
                if (letter == '"' || letter == '\\') json.append('\\');
                json.append(letter);
            }
        }
        json.append('"');
    }

    private Object value() {
        return switch (next()) {
            case '{' -> members();
            case '[' -> elements();
            case '"' -> string();
            case 't' -> word("true", true);
            case 'f' -> word("false", false);
            case 'n' -> word("null", null);
            default -> number();
        };
    }

    /** The next letter that is no white space. */
    private char next() {
        while (position < text.length() && " \t\r\n".indexOf(text.charAt(position)) >= 0) position++;
        if (position == text.length()) throw unreadable();
        return text.charAt(position);
    }

    private boolean skip(char letter) {
        if (next() != letter) return false;
        position++;
        return true;
    }

    private void demand(char letter) {
        if (!skip(letter)) throw unreadable();
    }

    private Map<String, Object> members() {
        Map<String, Object> members = new LinkedHashMap<>();
        demand('{');
        if (skip('}')) return Collections.unmodifiableMap(members);
        do {
            next();
            String name = string();
            demand(':');
            members.put(name, value());
        } while (skip(','));
        demand('}');
        return Collections.unmodifiableMap(members);
    }

    private List<Object> elements() {
        List<Object> elements = new ArrayList<>();
        demand('[');
        if (skip(']')) return Collections.unmodifiableList(elements);
        do {
            elements.add(value());
        } while (skip(','));
        demand(']');
        return Collections.unmodifiableList(elements);
    }

    private Object word(String word, Object meaning) {
        if (!text.startsWith(word, position)) throw unreadable();
        position += word.length();
        return meaning;
    }

    private Object number() {
        int start = position;
        while (position < text.length() && "+-.eE0123456789".indexOf(text.charAt(position)) >= 0) position++;
        String number = text.substring(start, position);
        if (number.isEmpty()) throw unreadable();
        try {
            return Long.valueOf(number);
        } catch (NumberFormatException fractionOrLarge) {
            return Double.valueOf(number);
        }
    }

    private String string() {
        demand('"');
        StringBuilder string = new StringBuilder();
        while (true) {
            if (position == text.length()) throw unreadable();
            char letter = text.charAt(position++);
            if (letter == '"') return string.toString();
            string.append(letter == '\\' ? escaped() : letter);
        }
    }

    private char escaped() {
        char letter = text.charAt(position++);
        return switch (letter) {
            case 'b' -> '\b';
            case 'f' -> '\f';
            case 'n' -> '\n';
            case 'r' -> '\r';
            case 't' -> '\t';
            case 'u' -> {
                position += 4;
                yield (char) Integer.parseInt(text, position - 4, position, 16);
            }
            default -> letter;
        };
    }

    /** It says nothing of the text, which may be claims. */
    private static IllegalStateException unreadable() {
        return new IllegalStateException("the native library gave JSON that cannot be read: please report it");
    }
}
