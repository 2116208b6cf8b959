package dev.boundtoken;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class JsonTest {
    @Test
    void readsWhatClaimsCanBe() {
        Map<String, Object> read = Json.object(
                """
                {"text": "a\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\ud83d\\ude00é", "whole": -12, "large": 123456789012345678901,
                 "fraction": 1.5e3, "yes": true, "no": false, "nothing": null, "list": [1, [], {}, "x"], "map": {"": {}}}
                """);
        assertEquals("a\"\\/\b\f\n\r\té\uD83D\uDE00é", read.get("text"));
        assertEquals(-12L, read.get("whole"));
        assertEquals(123456789012345678901.0, read.get("large"));
        assertEquals(1500.0, read.get("fraction"));
        assertEquals(Arrays.asList(true, false, null), Arrays.asList(read.get("yes"), read.get("no"), read.get("nothing")));
        assertEquals(List.of(1L, List.of(), Map.of(), "x"), read.get("list"));
        assertEquals(Map.of("", Map.of()), read.get("map"));
        assertThrows(UnsupportedOperationException.class, () -> read.put("x", 1));
    }

    @Test
    void refusesWhatIsNoJson() {
        for (String text : List.of("", "{", "{\"a\"}", "{\"a\":}", "{\"a\":1", "{\"a\":\"x", "{\"a\":tru}", "{\"a\":[1}")) {
            assertThrows(IllegalStateException.class, () -> Json.object(text), text);
        }
    }

    @Test
    void writesTheOptionsOfACluster() {
        ClusterOptions options = ClusterOptions.DEFAULT
                .context("a\"\\\n")
                .namespaces("demo", "web")
                .nodes(false)
                .deadline(Duration.ofSeconds(5));
        assertEquals(
                "{\"context\":\"a\\\"\\\\\\u000a\",\"namespaces\":[\"demo\",\"web\"],\"nodes\":false,\"deadlineSeconds\":5}",
                options.json());
        assertEquals("{}", ClusterOptions.DEFAULT.json());
    }
}
