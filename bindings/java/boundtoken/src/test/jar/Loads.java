import dev.boundtoken.BuildInfo;

/** Loads the native library of the jar. */
class Loads {
    public static void main(String[] arguments) {
        System.out.println(BuildInfo.current());
    }
}
