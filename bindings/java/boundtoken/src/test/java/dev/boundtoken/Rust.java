package dev.boundtoken;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What the Rust library says of the captured tokens: what crates/testing/examples/verdicts.rs prints. */
final class Rust {
    private Rust() {}

    /** Tokens of one issuer. */
    record Folder(String name, List<String> issuers, String jwks, List<Case> cases) {}

    /** A token, and what Rust says of it. */
    record Case(String name, String token, long now, List<String> audiences, List<Map<String, Object>> objects, Verdict verdict) {}

    /** A record, read by the offsets of bindings/abi.json. */
    record Verdict(ByteBuffer record) {
        private static final Map<String, Integer> OFFSETS = offsets();

        int number(String member) {
            return record.getInt(OFFSETS.get(member));
        }

        long time(String member) {
            return record.getLong(OFFSETS.get(member));
        }

        /** Null if it is absent. */
        String text(String member) {
            return text(OFFSETS.get(member));
        }

        private String text(int offset) {
            int start = record.getInt(offset);
            if (start == 0) return null;
            byte[] bytes = new byte[record.getInt(offset + 4)];
            record.get(start, bytes);
            return new String(bytes, StandardCharsets.UTF_8);
        }

        List<String> texts(String member) {
            List<String> texts = new ArrayList<>();
            for (int place : places(member, 8)) texts.add(orEmpty(text(place)));
            return texts;
        }

        Map<String, List<String>> extra() {
            Map<String, List<String>> extra = new LinkedHashMap<>();
            for (int place : places("extra", 16)) {
                extra.computeIfAbsent(text(place), key -> new ArrayList<>()).add(orEmpty(text(place + 8)));
            }
            return extra;
        }

        List<BoundObject> boundObjects() {
            List<BoundObject> objects = new ArrayList<>();
            for (int place : places("bound_objects", 32)) {
                ObjectKind kind = ObjectKind.of(record.getInt(place));
                objects.add(new BoundObject(kind, orEmpty(text(place + 8)), text(place + 16), orEmpty(text(place + 24))));
            }
            return objects;
        }

        private List<Integer> places(String member, int size) {
            List<Integer> places = new ArrayList<>();
            int start = record.getInt(OFFSETS.get(member));
            for (int i = 0; i < record.getInt(OFFSETS.get(member) + 4); i++) places.add(start + i * size);
            return places;
        }

        private static Map<String, Integer> offsets() {
            Map<String, Integer> offsets = new LinkedHashMap<>();
            for (Object struct : (List<?>) Repository.readJson("bindings/abi.json").get("structs")) {
                if (!((Map<?, ?>) struct).get("name").equals("boundtoken_record")) continue;
                for (Object member : (List<?>) ((Map<?, ?>) struct).get("members")) {
                    Object offset = ((Map<?, ?>) ((Map<?, ?>) member).get("offset")).get("64");
                    offsets.put((String) ((Map<?, ?>) member).get("name"), ((Long) offset).intValue());
                }
            }
            return offsets;
        }
    }

    static String orEmpty(String text) {
        return text == null ? "" : text;
    }

    @SuppressWarnings("unchecked")
    static List<Folder> folders() {
        String file = System.getProperty("boundtoken.verdicts");
        if (file == null) return Repository.notTested("the vectors in Java", "run make test-java");
        List<Folder> folders = new ArrayList<>();
        try {
            for (String line : Files.readAllLines(Path.of(file))) {
                // Others are notes about keys that were skipped.
                if (!line.startsWith("{")) continue;
                Map<String, Object> read = Json.object(line);
                if (read.containsKey("folder")) {
                    folders.add(new Folder(
                            (String) read.get("folder"), (List<String>) read.get("issuers"), (String) read.get("jwks"), new ArrayList<>()));
                    continue;
                }
                ByteBuffer record = ByteBuffer.wrap(Base64.getDecoder().decode((String) read.get("record")));
                folders.getLast().cases().add(new Case(
                        (String) read.get("name"),
                        (String) read.get("token"),
                        (long) read.get("now"),
                        (List<String>) read.get("audiences"),
                        (List<Map<String, Object>>) read.get("objects"),
                        new Verdict(record.order(ByteOrder.LITTLE_ENDIAN))));
            }
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
        return folders;
    }
}
