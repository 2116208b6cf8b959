package dev.boundtoken;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.io.StringWriter;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The code of the README and of the descriptions is compiled. */
class DocumentationTest {
    private static final Pattern BLOCK = Pattern.compile("```java\n(.*?)```|<pre>\\{@code\n(.*?)\\}</pre>", Pattern.DOTALL);
    private static final Path SOURCES = Repository.ROOT.resolve("bindings/java/boundtoken/src/main/java/dev/boundtoken");

    /** What the parts that are no program stand in. */
    private static final String AROUND = """
            import dev.boundtoken.*;
            import java.nio.file.Path;
            import java.time.Duration;
            import java.util.*;

            abstract class Part%d {
                String jwks, newJwks, kubectlOutput, token, name;
                Map<ObjectReference, String> index;
                abstract ObjectAnswer askDatabase(ObjectReference object);
                abstract void alarm(ClusterChange change);
                abstract void serve(VerifiedToken caller);
                abstract void answer(int status, String challenge);

                void part(%s) throws Exception {
            %s
                }
            }
            """;

    @TempDir
    Path classes;

    @Test
    void everyBlockCompiles() throws IOException {
        StringBuilder text = new StringBuilder(Repository.read("bindings/java/README.md"));
        try (Stream<Path> sources = Files.list(SOURCES)) {
            for (Path source : sources.sorted().toList()) text.append(Files.readString(source).replaceAll("(?m)^ +\\* ?", ""));
        }
        List<String> blocks = BLOCK.matcher(text)
                .results()
                .map(block -> block.group(1) != null ? block.group(1) : block.group(2))
                .toList();
        assertEquals(9, blocks.size());
        for (int number = 0; number < blocks.size(); number++) {
            String block = blocks.get(number);
            String program = block.startsWith("import") ? block : AROUND.formatted(number, parameters(block), block);
            assertEquals("", complaints(program), program);
        }
    }

    /** What a part uses and does not declare. */
    private static String parameters(String block) {
        return Stream.of("Verifier verifier", "Keys keys")
                .filter(parameter -> !block.contains(parameter + " ="))
                .reduce((left, right) -> left + ", " + right)
                .orElse("");
    }

    private String complaints(String program) {
        String name = program.replaceAll("(?s).*?\n(abstract )?class (\\w+).*", "$2");
        JavaFileObject source = new SimpleJavaFileObject(URI.create("string:///" + name + ".java"), JavaFileObject.Kind.SOURCE) {
            @Override
            public CharSequence getCharContent(boolean ignoreEncodingErrors) {
                return program;
            }
        };
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        StringWriter output = new StringWriter();
        String library = Repository.ROOT.resolve("bindings/java/boundtoken/target/classes").toString();
        List<String> options = List.of("--release", "22", "-Xlint:all", "-cp", library, "-d", classes.toString());
        boolean isCompiled = compiler.getTask(output, null, null, options, null, List.of(source)).call();
        return isCompiled ? "" : output.toString();
    }
}
