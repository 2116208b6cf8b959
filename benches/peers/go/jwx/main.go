// lestrrat-go/jwx: the key is given directly instead of looked up in a set, which is its faster mode.
package main

import (
	"boundtoken/benches/peers/go/protocol"

	"github.com/lestrrat-go/jwx/v3/jwa"
	"github.com/lestrrat-go/jwx/v3/jwt"
)

func main() {
	protocol.Serve("github.com/lestrrat-go/jwx/v3", func(inputs protocol.Inputs, name string, key any) protocol.Verify {
		algorithm, known := jwa.LookupSignatureAlgorithm(name)
		if !known {
			return nil
		}
		options := []jwt.ParseOption{
			jwt.WithKey(algorithm, key),
			jwt.WithValidate(true),
			jwt.WithIssuer(inputs.Issuer),
			jwt.WithAudience(inputs.Audience),
		}
		return func(token string) bool {
			_, err := jwt.ParseString(token, options...)
			return err == nil
		}
	})
}
