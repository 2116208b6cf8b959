package discovery_test

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"time"

	"boundtoken.dev/go"
	"boundtoken.dev/go/discovery"
	"boundtoken.dev/go/internal/tokentest"
)

// The keys of an issuer are found and kept current. If they cannot be reloaded for an hour, its tokens are refused.
func Example() {
	published, issuer := examplePublished()
	defer published.Close()

	found, err := discovery.New(context.Background(), issuer.Name,
		discovery.HTTPClient(published.Client()), discovery.MaxKeyAge(time.Hour))
	if err != nil {
		log.Fatal(err)
	}
	defer found.Close()
	verifier, err := boundtoken.New(found.Trusted(), boundtoken.WithAudience("vault"))
	if err != nil {
		log.Fatal(err)
	}
	caller, err := verifier.Verify(context.Background(), issuer.Issue(tokentest.Token{}))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(caller.Subject(), caller.Confirmed(), found.IsStale())
	// Output: system:serviceaccount:demo:app notChecked false
}

// examplePublished serves the two documents of an issuer.
func examplePublished() (*httptest.Server, *tokentest.Issuer) {
	mux := http.NewServeMux()
	server := httptest.NewTLSServer(mux)
	issuer := tokentest.New(server.URL)
	mux.HandleFunc("GET /.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintf(w, `{"issuer": %q, "jwks_uri": %q}`, issuer.Name, server.URL+"/keys")
	})
	mux.HandleFunc("GET /keys", func(w http.ResponseWriter, _ *http.Request) { w.Write(issuer.JWKS()) })
	return server, issuer
}
