/**
 * Verifies Kubernetes bound service account tokens inside the service that receives them. It gives the answer of the
 * API server's TokenReview without the call.
 *
 * <p>Begin with {@link dev.boundtoken.Verifier} and {@link dev.boundtoken.Cluster}. The rules are those of the native
 * library, which comes in the jar for Linux. The system property {@code boundtoken.library} names another one to load:
 * a path, or a name that the system's loader finds, such as {@code libboundtoken.so.1}.
 *
 * <p>Unless a description says otherwise, no parameter and no result is {@code null}: a {@code null} argument throws a
 * {@link java.lang.NullPointerException}. All classes but the builder may be used by any number of threads at once. What
 * the native library logs goes to the {@link java.lang.System.Logger} named {@code dev.boundtoken}. No text, log line or
 * exception ever contains a token.
 */
package dev.boundtoken;
