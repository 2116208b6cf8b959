// boundtoken for Go: the package as a service uses it, with the objects in a store.
package main

import (
	"context"
	"encoding/json"
	"time"

	"boundtoken.dev/go"
	"boundtoken/benches/peers/go/protocol"
)

func main() {
	protocol.Serve("boundtoken.dev/go", func(inputs protocol.Inputs, algorithm string, _ any) protocol.Verify {
		keys := boundtoken.JWKS(inputs.Read(algorithm + "/jwks.json"))
		options := []boundtoken.Option{
			boundtoken.WithIssuer(inputs.Issuer, keys, boundtoken.Objects(objects(inputs.Read("objects.json")))),
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

// objects reads the objects in the form in which the Rust library reads them: lists by resource.
func objects(document []byte) *boundtoken.ObjectStore {
	var lists map[string][]struct {
		Metadata struct{ Namespace, Name, UID string }
	}
	if err := json.Unmarshal(document, &lists); err != nil {
		panic(err)
	}
	store := boundtoken.NewObjectStore()
	for resource, kind := range map[string]boundtoken.ObjectKind{
		"serviceaccounts": boundtoken.KindServiceAccount,
		"pods":            boundtoken.KindPod,
		"nodes":           boundtoken.KindNode,
	} {
		for _, object := range lists[resource] {
			reference := boundtoken.ObjectReference{Kind: kind, Namespace: object.Metadata.Namespace, Name: object.Metadata.Name}
			store.Upsert(boundtoken.Object{ObjectReference: reference, UID: object.Metadata.UID}, time.Time{})
		}
	}
	return store
}
