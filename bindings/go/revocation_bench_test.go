//go:build go1.25

package boundtoken

import (
	"context"
	"runtime"
	"testing"
	"time"

	"boundtoken.dev/go/internal/tokentest"
)

// What it costs to wait for the end of a token: to begin and to leave, and the memory of one who waits, next to its token.
func BenchmarkUntilRevoked(b *testing.B) {
	issuer := tokentest.New("https://issuer.example")
	store := NewObjectStore()
	store.Upsert(exampleAccount, time.Time{})
	store.Upsert(livePod("uid-live"), time.Time{})
	v, err := New(WithIssuer(issuer.Name, JWKS(issuer.JWKS()), Objects(store)), WithAudience("vault"))
	if err != nil {
		b.Fatal(err)
	}
	token := issuer.Issue(tokentest.Token{})
	caller, err := v.Verify(context.Background(), token)
	if err != nil {
		b.Fatal(err)
	}
	b.Run("begin and leave", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			_, cancel := v.UntilRevoked(context.Background(), caller, token)
			cancel()
		}
	})
	b.Run("wait", func(b *testing.B) {
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		parent, cancel := context.WithCancel(context.Background())
		defer cancel()
		for range b.N {
			_, leave := v.UntilRevoked(parent, caller, token)
			defer leave()
		}
		runtime.GC()
		runtime.ReadMemStats(&after)
		b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/float64(b.N), "B/waiting")
	})
}
