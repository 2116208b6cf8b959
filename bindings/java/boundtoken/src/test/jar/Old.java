/** Meets the library with a version of Java that is too old. */
class Old {
    public static void main(String[] arguments) throws Exception {
        Class.forName("dev.boundtoken.Verifier");
    }
}
