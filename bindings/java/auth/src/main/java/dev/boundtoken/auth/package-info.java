/**
 * Authenticates the callers of services by Kubernetes bound tokens.
 *
 * <p>An {@link dev.boundtoken.auth.Authenticator} verifies the bearer token of each request in memory. There is a module for
 * each kind of service, which is built on it. Requests that do not pass are answered, and do not reach the service:
 *
 * <table>
 * <caption>Answers</caption>
 * <tr><th>HTTP</th><th>gRPC</th><th>when</th><th>header</th></tr>
 * <tr><td>400</td><td>UNAUTHENTICATED</td><td>the header with the token is not well-formed, or twice</td>
 *     <td>WWW-Authenticate</td></tr>
 * <tr><td>401</td><td>UNAUTHENTICATED</td><td>there is no token, or it is refused</td><td>WWW-Authenticate</td></tr>
 * <tr><td>403</td><td>PERMISSION_DENIED</td><td>the policy does not allow the caller</td><td>WWW-Authenticate</td></tr>
 * <tr><td>503</td><td>UNAVAILABLE</td><td>nobody can decide at the moment</td><td>Retry-After</td></tr>
 * <tr><td>500</td><td>INTERNAL</td><td>the verifier was closed, or the policy failed</td><td></td></tr>
 * </table>
 */
package dev.boundtoken.auth;
