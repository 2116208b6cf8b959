// go-oidc: a verifier with a static key set, which fetches nothing, and claims decoded into a struct.
package main

import (
	"context"
	"crypto"

	"boundtoken/benches/peers/go/protocol"

	"github.com/coreos/go-oidc/v3/oidc"
)

func main() {
	protocol.Serve("github.com/coreos/go-oidc/v3", func(inputs protocol.Inputs, algorithm string, key any) protocol.Verify {
		keys := &oidc.StaticKeySet{PublicKeys: []crypto.PublicKey{key}}
		config := &oidc.Config{ClientID: inputs.Audience, SupportedSigningAlgs: []string{algorithm}}
		verifier := oidc.NewVerifier(inputs.Issuer, keys, config)
		ctx := context.Background()
		return func(token string) bool {
			verified, err := verifier.Verify(ctx, token)
			if err != nil {
				return false
			}
			var claims protocol.Claims
			return verified.Claims(&claims) == nil
		}
	})
}
