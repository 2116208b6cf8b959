package dev.boundtoken;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.lang.reflect.Field;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Enumerations and layouts are those of the C ABI. */
class AbiTest {
    private static final Map<String, Object> ABI = Repository.readJson("bindings/abi.json");

    @SuppressWarnings("unchecked")
    private static List<Map<String, Object>> list(Map<String, Object> of, String name) {
        return (List<Map<String, Object>>) of.get(name);
    }

    @Test
    void everyReasonIsThere() {
        Set<Integer> numbers = new HashSet<>();
        for (Map<String, Object> status : list(ABI, "statuses")) {
            if (!status.get("kind").equals("reason")) continue;
            int number = ((Long) status.get("number")).intValue();
            Reason reason = Reason.of(number);
            assertEquals(status.get("name"), reason.code());
            assertEquals(status.get("description"), reason.description());
            assertEquals(status.get("remedy"), reason.remedy());
            assertEquals(status.get("httpStatus"), (long) reason.httpStatus());
            assertEquals(Boolean.TRUE.equals(status.get("stricter")), reason.isStricter(), reason.code());
            assertEquals(number, reason.number());
            numbers.add(number);
        }
        assertEquals(numbers.size() + 1, Reason.values().length, "each, and OTHER");
        assertEquals(Reason.OTHER, Reason.of(599));
    }

    @Test
    void enumerationsHaveTheNumbersOfC() {
        Map<String, Map<String, Integer>> ours = Map.of(
                "boundtoken_object_kind", numbers(ObjectKind.values()),
                "boundtoken_on_unavailable", numbers(OnUnavailable.values()),
                "boundtoken_confirmed", numbers(Confirmed.values()),
                "boundtoken_change", numbers(Change.values()));
        for (Map<String, Object> enumeration : list(ABI, "enumerations")) {
            String prefix = ((String) enumeration.get("name")).toUpperCase(Locale.ROOT) + "_";
            Map<String, Integer> numbers = ours.get(enumeration.get("name"));
            if (numbers == null) continue;
            long named = 0;
            for (Map<String, Object> value : list(enumeration, "values")) {
                String name = ((String) value.get("name")).substring(prefix.length());
                if (name.equals("NONE")) continue;
                assertEquals(value.get("value"), (long) numbers.get(name), name);
                named++;
            }
            assertEquals(named, numbers.size());
        }
        assertThrows(IllegalStateException.class, () -> ObjectKind.of(99));
        assertThrows(IllegalStateException.class, () -> Confirmed.of(0), "none is not confirmed");
    }

    private static Map<String, Integer> numbers(Enum<?>[] values) {
        return Arrays.stream(values)
                .collect(java.util.stream.Collectors.toMap(Enum::name, value -> switch (value) {
                    case ObjectKind kind -> kind.number();
                    case OnUnavailable choice -> choice.number();
                    case Confirmed confirmed -> confirmed.number();
                    case Change change -> change.number();
                    default -> throw new AssertionError(value);
                }));
    }

    @Test
    void layoutsHaveTheOffsetsOfC() throws ReflectiveOperationException {
        int checked = 0;
        for (Map<String, Object> struct : list(ABI, "structs")) {
            String name = ((String) struct.get("name")).substring("boundtoken_".length());
            for (Class<?> layout : Abi.class.getDeclaredClasses()) {
                if (!layout.getSimpleName().equalsIgnoreCase(name.replace("_", ""))) continue;
                assertEquals(in64Bits(struct.get("size")), number(layout, "BYTES"));
                for (Map<String, Object> member : list(struct, "members")) {
                    String constant = ((String) member.get("name")).toUpperCase(Locale.ROOT);
                    assertEquals(in64Bits(member.get("offset")), number(layout, constant), name + "." + constant);
                    checked++;
                }
            }
        }
        assertEquals(true, checked > 100, checked + " members were checked");
    }

    private static long in64Bits(Object sizes) {
        return (long) ((Map<?, ?>) sizes).get("64");
    }

    private static long number(Class<?> layout, String constant) throws ReflectiveOperationException {
        Field field = layout.getDeclaredField(constant);
        field.setAccessible(true);
        return field.getInt(null);
    }

    @Test
    void theLibraryIsOfThisVersion() {
        assertEquals(Abi.VERSION, BuildInfo.current().version());
        assertEquals(ABI.get("version"), Abi.VERSION);
        assertEquals(true, BuildInfo.current().features().contains("kubernetes"));
    }
}
