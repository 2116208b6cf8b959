/**
 * An interceptor for servers of grpc-java that authenticates callers by Kubernetes bound tokens.
 *
 * <p>{@link dev.boundtoken.grpc.BoundTokenInterceptor} is the only class.
 */
package dev.boundtoken.grpc;
