/**
 * Filters for servlets that authenticate callers by Kubernetes bound tokens.
 *
 * <p>A {@link dev.boundtoken.servlet.BoundTokenFilter} stands before the service. The caller is the principal of the request. A
 * {@link dev.boundtoken.servlet.RequireFilter} holds single routes to a policy of their own.
 */
package dev.boundtoken.servlet;
