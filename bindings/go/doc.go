// Package boundtoken verifies Kubernetes bound service-account tokens inside the service that receives them.
//
// It gives the answer of the API server's TokenReview without the call: it checks signature, issuer, audience and times, and
// whether the service account, pod, secret and node that the token is bound to still exist. A token that was seen before
// takes less than a microsecond, its pod confirmed each time.
//
//	keys := boundtoken.JWKS(jwks) // kubectl get --raw /openid/v1/jwks
//	objects := boundtoken.NewObjectStore()
//	verifier, err := boundtoken.New(
//		boundtoken.WithIssuer("https://kubernetes.default.svc.cluster.local", keys, boundtoken.Objects(objects)),
//		boundtoken.WithAudience("vault"),
//	)
//	...
//	caller, err := verifier.Verify(ctx, token)
//	if errors.Is(err, boundtoken.ReasonExpired) { ... }
//
// Every rule is the one of the Rust library, which is compiled to WebAssembly and translated to Go. There is no cgo, no
// interpreter, and no dependency outside the standard library. Signatures are checked by Go's own crypto packages.
//
// # Where things are
//
//   - [Verifier] verifies tokens. [Token] is an accepted one, and [RejectedError] says why a token is refused.
//   - [KeySet] is the keys of an issuer. They can be replaced at any time. Package discovery keeps them current over HTTPS.
//   - [ObjectStore] has the objects that tokens are bound to. Any [ObjectSource] can take its place. The module
//     boundtoken.dev/go/cluster follows a cluster by client-go.
//   - [Policy] says which callers are allowed. Package httpauth is middleware for net/http. The modules
//     boundtoken.dev/go/grpcauth and boundtoken.dev/go/k8sauth are for gRPC and for aggregated API servers.
//
// # Secrets
//
// Nothing in this module logs a token or writes one into an error. The verifier keeps accepted tokens in memory.
package boundtoken
