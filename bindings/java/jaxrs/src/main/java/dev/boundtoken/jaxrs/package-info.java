/**
 * A feature for JAX-RS that authenticates callers by Kubernetes bound tokens.
 *
 * <p>A {@link dev.boundtoken.jaxrs.BoundTokenFeature} stands before the service. The caller is the principal of the security
 * context. A {@link dev.boundtoken.jaxrs.RequireFilter} holds single resources to a policy of their own.
 */
package dev.boundtoken.jaxrs;
