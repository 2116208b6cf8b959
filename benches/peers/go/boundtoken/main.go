// boundtoken for Go: the package as a service uses it, with the objects in a store.
package main

import (
	"context"

	"boundtoken.dev/go"
	"boundtoken/benches/peers/go/protocol"
)

func main() {
	protocol.Serve("boundtoken.dev/go", func(inputs protocol.Inputs, algorithm string, _ any) protocol.Verify {
		objects := boundtoken.NewObjectStore()
		if err := objects.ReplaceJSON(inputs.Read("objects.json")); err != nil {
			panic(err)
		}
		keys := boundtoken.JWKS(inputs.Read(algorithm + "/jwks.json"))
		options := []boundtoken.Option{
			boundtoken.WithIssuer(inputs.Issuer, keys, boundtoken.Objects(objects)),
			boundtoken.WithAudience(inputs.Audience),
		}
		if !inputs.Again {
			options = append(options, boundtoken.WithCache(0, 0))
		}
		verifier, err := boundtoken.New(options...)
		if err != nil {
			panic(err)
		}
		return func(token string) bool {
			_, err := verifier.Verify(context.Background(), token)
			return err == nil
		}
	})
}
