package dev.boundtoken;

import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;

/** Loads the C library, once and for good. */
final class NativeLibrary {
    /** The system property that names a library to load in place of the one in the jar. */
    static final String PROPERTY = "boundtoken.library";

    private static final SymbolLookup SYMBOLS = load();

    private NativeLibrary() {}

    static MemorySegment symbol(String name) {
        return SYMBOLS.find(name).orElseThrow(() -> new UnsatisfiedLinkError("the native library has no function " + name
                + ": load version " + Abi.VERSION + " or a later one, see the system property " + PROPERTY));
    }

    /** The memory that the C library lends at an address. */
    @SuppressWarnings("restricted")
    static MemorySegment lent(MemorySegment address, long bytes) {
        return address.reinterpret(bytes);
    }

    private static SymbolLookup load() {
        String named = System.getProperty(PROPERTY, "");
        if (!named.isEmpty()) return open(named);
        String resource = "native/" + platform() + "/libboundtoken.so";
        try (InputStream library = NativeLibrary.class.getResourceAsStream(resource)) {
            if (library == null) {
                throw new UnsatisfiedLinkError("the jar has no native library for " + platform()
                        + ": install the C library, and name it with -D" + PROPERTY + "=PATH");
            }
            return extract(library);
        } catch (IOException failure) {
            throw unusable("cannot write the native library to " + System.getProperty("java.io.tmpdir")
                    + ": name an installed one with -D" + PROPERTY + "=PATH", failure);
        }
    }

    /** Only this user can read or change the folder. The files are not needed once the library is mapped. */
    private static SymbolLookup extract(InputStream library) throws IOException {
        Path folder = Files.createTempDirectory("boundtoken");
        Path file = folder.resolve("libboundtoken.so");
        try {
            Files.copy(library, file);
            return open(file.toString());
        } finally {
            Files.deleteIfExists(file);
            Files.delete(folder);
        }
    }

    @SuppressWarnings("restricted")
    private static SymbolLookup open(String library) {
        try {
            return SymbolLookup.libraryLookup(library, Arena.global());
        } catch (IllegalArgumentException failure) {
            throw unusable("cannot load the native library " + library
                    + ": name a file, or a name that the system's loader finds, with -D" + PROPERTY, failure);
        }
    }

    private static UnsatisfiedLinkError unusable(String message, Exception cause) {
        UnsatisfiedLinkError error = new UnsatisfiedLinkError(message);
        error.initCause(cause);
        return error;
    }

    private static String platform() {
        String system = System.getProperty("os.name").toLowerCase(Locale.ROOT);
        String architecture = switch (System.getProperty("os.arch")) {
            case "amd64" -> "x86_64";
            case String other -> other;
        };
        return system.replace(' ', '-') + "-" + architecture;
    }
}
