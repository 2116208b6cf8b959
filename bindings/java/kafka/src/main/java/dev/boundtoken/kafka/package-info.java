/**
 * Authenticates clients of Kafka brokers by Kubernetes bound tokens, through SASL/OAUTHBEARER.
 *
 * <p>{@link dev.boundtoken.kafka.BoundTokenValidatorCallbackHandler} is named in the configuration of a broker.
 */
package dev.boundtoken.kafka;
