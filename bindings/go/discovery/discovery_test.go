package discovery_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"boundtoken.dev/go"
	"boundtoken.dev/go/discovery"
	"boundtoken.dev/go/internal/tokentest"
)

// publish serves an issuer. The handler may be nil.
func publish(t *testing.T, change http.HandlerFunc) (*httptest.Server, *tokentest.Issuer) {
	t.Helper()
	var issuer *tokentest.Issuer
	mux := http.NewServeMux()
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if change != nil {
			change(w, r)
			if w.Header().Get("X-Done") != "" {
				return
			}
		}
		mux.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	issuer = tokentest.New(server.URL + "/id/1")
	mux.HandleFunc("GET /id/1/.well-known/openid-configuration", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, `{"issuer": %q, "jwks_uri": %q}`, issuer.Name, server.URL+"/keys")
	})
	mux.HandleFunc("GET /keys", func(w http.ResponseWriter, r *http.Request) {
		if !strings.Contains(r.Header.Get("Accept"), "application/jwk-set+json") {
			w.WriteHeader(http.StatusNotAcceptable)
		}
		w.Write(issuer.JWKS())
	})
	return server, issuer
}

func done(w http.ResponseWriter) http.ResponseWriter { w.Header().Set("X-Done", "1"); return w }

func connect(server *httptest.Server, issuer string, options ...discovery.Option) (*discovery.Discovery, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	quiet := discovery.Logger(slog.New(slog.DiscardHandler))
	return discovery.New(ctx, issuer, append([]discovery.Option{discovery.HTTPClient(server.Client()), quiet}, options...)...)
}

func TestKeysAreFoundAndTokensVerified(t *testing.T) {
	server, issuer := publish(t, nil)
	for _, options := range [][]discovery.Option{nil, {discovery.JWKSURI(server.URL + "/keys")}} {
		found, err := connect(server, issuer.Name, options...)
		if err != nil {
			t.Fatal(err)
		}
		v, err := boundtoken.New(found.Trusted(boundtoken.Label("blue")), boundtoken.WithAudience("vault"))
		if err != nil {
			t.Fatal(err)
		}
		caller, err := v.Verify(t.Context(), issuer.Issue(tokentest.Token{}))
		if err != nil || caller.IssuerLabel() != "blue" || caller.Confirmed() != boundtoken.ConfirmedNotChecked {
			t.Error(caller, err)
		}
		if loadedAt, failure := found.Status(); time.Since(loadedAt) > time.Minute || failure != nil || found.Issuer() != issuer.Name {
			t.Error(loadedAt, failure)
		}
		found.Close()
		// The last keys stay.
		if _, err := v.Verify(t.Context(), issuer.Issue(tokentest.Token{})); err != nil {
			t.Error(err)
		}
		other := tokentest.New(issuer.Name)
		if _, err := v.Verify(t.Context(), other.Issue(tokentest.Token{})); !errors.Is(err, boundtoken.ReasonKeyUnknown) {
			t.Error(err)
		}
	}
}

func TestABusyIssuerIsAskedAgain(t *testing.T) {
	var asked atomic.Int64
	server, issuer := publish(t, func(w http.ResponseWriter, r *http.Request) {
		if asked.Add(1) == 1 {
			done(w).WriteHeader(http.StatusServiceUnavailable)
		}
	})
	found, err := connect(server, issuer.Name)
	if err != nil {
		t.Fatal(err)
	}
	found.Close()
}

func TestWhatIsWrongIsSaid(t *testing.T) {
	plain := httptest.NewServer(http.NotFoundHandler())
	defer plain.Close()
	for name, test := range map[string]struct {
		change http.HandlerFunc
		words  string
	}{
		"nothing there": {func(w http.ResponseWriter, r *http.Request) { done(w).WriteHeader(404) }, "404"},
		"a page":        {func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(done(w), "<html>") }, "it must be a JSON object"},
		"another issuer": {func(w http.ResponseWriter, r *http.Request) {
			fmt.Fprint(done(w), `{"issuer": "https://x", "jwks_uri": "https://x"}`)
		}, "it belongs to the issuer"},
		"plain http": {func(w http.ResponseWriter, r *http.Request) { http.Redirect(done(w), r, plain.URL, http.StatusFound) }, "a redirect to a URL that is not an https URL"},
		"a circle":   {func(w http.ResponseWriter, r *http.Request) { http.Redirect(done(w), r, r.URL.Path, http.StatusFound) }, "more than 3 redirects"},
		"a flood":    {func(w http.ResponseWriter, r *http.Request) { done(w).Write(make([]byte, 2<<20)) }, "longer than"},
		"a key set of no use": {func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/keys" {
				fmt.Fprint(done(w), `{}`)
			}
		}, "not a JSON Web Key Set"},
	} {
		t.Run(name, func(t *testing.T) {
			server, issuer := publish(t, test.change)
			_, err := connect(server, issuer.Name)
			if err == nil || !strings.Contains(err.Error(), test.words) {
				t.Error(err)
			}
		})
	}
	server, _ := publish(t, nil)
	for issuer, words := range map[string]string{
		"http://issuer.example":                "is not an https URL",
		"https:///a":                           "is not an https URL",
		"https://issuer.example?a":             "has a query",
		"https://issuer.example#a":             "has a query",
		"https://a@issuer.example":             "has a user",
		"https://issuer.example/\\a":           "has characters",
		"https://" + strings.Repeat("a", 3000): "is longer",
		"":                                     "is not an https URL",
	} {
		if _, err := connect(server, issuer); err == nil || !strings.Contains(err.Error(), words) {
			t.Errorf("%s: %v", issuer, err)
		}
	}
	if _, err := connect(server, "https://issuer.example", discovery.JWKSURI("http://a")); err == nil {
		t.Error("a plain http URL of the keys was taken")
	}
}

func TestClosedDiscoveriesLeaveNothingRunning(t *testing.T) {
	server, issuer := publish(t, nil)
	before := runtime.NumGoroutine()
	for range 20 {
		found, err := connect(server, issuer.Name)
		if err != nil {
			t.Fatal(err)
		}
		found.Close()
	}
	server.CloseClientConnections()
	for range 200 {
		if runtime.NumGoroutine() <= before {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Errorf("%d goroutines before, and %d after", before, runtime.NumGoroutine())
}

func TestKeysMayBecomeNoOlderThanAllowed(t *testing.T) {
	server, issuer := publish(t, nil)
	for limit, want := range map[time.Duration]error{0: nil, time.Hour: nil, time.Nanosecond: boundtoken.ReasonKeysStale} {
		found, err := connect(server, issuer.Name, discovery.MaxKeyAge(limit))
		if err != nil {
			t.Fatal(err)
		}
		defer found.Close()
		v, err := boundtoken.New(found.Trusted(), boundtoken.WithAudience("vault"))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := v.Verify(t.Context(), issuer.Issue(tokentest.Token{})); !errors.Is(err, want) || found.IsStale() != (want != nil) {
			t.Error(limit, err)
		}
	}
	if _, err := connect(server, issuer.Name, discovery.MaxKeyAge(-1)); err == nil || !strings.Contains(err.Error(), "negative") {
		t.Error(err)
	}
}
