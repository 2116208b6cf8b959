/**
 * Verifies Kubernetes bound service account tokens inside the service that receives them.
 *
 * <p>Run Java with {@code --enable-native-access=dev.boundtoken} if this is a named module, and with
 * {@code --enable-native-access=ALL-UNNAMED} if it is on the class path.
 */
module dev.boundtoken {
    exports dev.boundtoken;
}
