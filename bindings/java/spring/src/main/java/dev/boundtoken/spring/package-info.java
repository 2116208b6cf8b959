/**
 * Authenticates callers in Spring Security by Kubernetes bound tokens.
 *
 * <p>A {@link dev.boundtoken.spring.BoundTokenConfigurer} adds what a filter chain needs. The caller is the principal of the
 * {@link dev.boundtoken.spring.BoundTokenAuthentication}.
 */
package dev.boundtoken.spring;
