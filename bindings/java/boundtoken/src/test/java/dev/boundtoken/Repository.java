package dev.boundtoken;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Assumptions;

/** The repository that these tests stand in. */
final class Repository {
    static final Path ROOT = Path.of(System.getProperty("boundtoken.repository")).toAbsolutePath().normalize();

    private Repository() {}

    static String read(String file) {
        try {
            return Files.readString(ROOT.resolve(file));
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    static Map<String, Object> readJson(String file) {
        return Json.object(read(file));
    }

    /** Skips a test, and notes it for the end of `make test`. With BOUNDTOKEN_SKIP_NOTHING=1 it fails instead. */
    static <T> T notTested(String what, String remedy) {
        if ("1".equals(System.getenv("BOUNDTOKEN_SKIP_NOTHING"))) Assertions.fail(what + " could not be tested: " + remedy);
        String note = "NOT TESTED: " + what + "; " + remedy;
        String notes = System.getenv("BOUNDTOKEN_NOT_TESTED");
        System.err.println(note);
        try {
            if (notes != null) Files.writeString(Path.of(notes), note + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
        return Assumptions.abort(note);
    }
}
