//go:build go1.25

package refresh

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"boundtoken.dev/go"
	"boundtoken.dev/go/internal/tokentest"
)

// issuer is an issuer whose key changes.
type issuer struct {
	mutex  sync.Mutex
	answer Loaded
	err    error
	loads  atomic.Int64
	slow   time.Duration
}

func (i *issuer) load(ctx context.Context) (Loaded, error) {
	i.loads.Add(1)
	asked := time.Now()
	if !Sleep(ctx, i.slow) {
		return Loaded{}, ctx.Err()
	}
	i.mutex.Lock()
	defer i.mutex.Unlock()
	answer := i.answer
	answer.Asked = asked
	return answer, i.err
}

func (i *issuer) set(jwks []byte, err error) {
	i.mutex.Lock()
	defer i.mutex.Unlock()
	i.answer, i.err = Loaded{JWKS: jwks}, err
}

func verifierOf(t *testing.T, name string, r *Refresher) *boundtoken.Verifier {
	t.Helper()
	v, err := boundtoken.New(boundtoken.WithIssuer(name, r.Keys()), boundtoken.WithAudience("vault"))
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func start(i *issuer, jwks []byte) *Refresher { return startWithLimit(i, jwks, 0) }

func startWithLimit(i *issuer, jwks []byte, maxAge time.Duration) *Refresher {
	i.set(jwks, nil)
	return Start(Loaded{JWKS: jwks, Asked: time.Now()}, i.load, maxAge, slog.New(slog.DiscardHandler))
}

func TestAnUnknownKeyIsLoadedAtOnceAndNeverTwiceInTenSeconds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		old, next, unknown := tokentest.New("https://a.example"), tokentest.New("https://a.example"), tokentest.New("https://a.example")
		i := &issuer{}
		r := start(i, old.JWKS())
		defer r.Close()
		v := verifierOf(t, old.Name, r)
		time.Sleep(20 * time.Second)
		i.set(tokentest.JWKS(old, next), nil)
		if _, err := v.Verify(t.Context(), next.Issue(tokentest.Token{Unbound: true})); err != nil {
			t.Error(err)
		}
		for range 100 {
			time.Sleep(50 * time.Millisecond)
			if _, err := v.Verify(t.Context(), unknown.Issue(tokentest.Token{Unbound: true})); !errors.Is(err, boundtoken.ReasonKeyUnknown) {
				t.Error(err)
			}
		}
		if loads := i.loads.Load(); loads != 1 {
			t.Errorf("%d loads", loads)
		}
		time.Sleep(10 * time.Second)
		for range 100 {
			v.Verify(t.Context(), unknown.Issue(tokentest.Token{Unbound: true}))
		}
		if loads := i.loads.Load(); loads != 2 {
			t.Errorf("%d loads", loads)
		}
	})
}

func TestASlowIssuerDelaysFewCallsAndNotForLong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		old, unknown := tokentest.New("https://a.example"), tokentest.New("https://a.example")
		i := &issuer{slow: 9 * time.Second}
		r := start(i, old.JWKS())
		defer r.Close()
		v := verifierOf(t, old.Name, r)
		time.Sleep(20 * time.Second)
		var group sync.WaitGroup
		var waited atomic.Int64
		for range 100 {
			group.Add(1)
			go func() {
				defer group.Done()
				began := time.Now()
				v.Verify(t.Context(), unknown.Issue(tokentest.Token{Unbound: true}))
				if time.Since(began) > 0 {
					waited.Add(1)
				}
				if time.Since(began) > unknownKeyWait {
					t.Errorf("a call took %v", time.Since(began))
				}
			}()
		}
		group.Wait()
		if waited.Load() > mostWaiting || waited.Load() == 0 {
			t.Errorf("%d calls waited", waited.Load())
		}
	})
}

func TestKeysAreReloadedWithinFiveMinutesAndKeptAfterFailures(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		old, next := tokentest.New("https://a.example"), tokentest.New("https://a.example")
		i := &issuer{}
		r := start(i, old.JWKS())
		defer r.Close()
		v := verifierOf(t, old.Name, r)
		accepts := func(of *tokentest.Issuer) bool {
			_, err := v.Verify(t.Context(), of.Issue(tokentest.Token{Unbound: true}))
			return err == nil
		}
		i.set(nil, errors.New("unreachable"))
		time.Sleep(5 * time.Minute)
		if _, failure := r.Status(); failure == nil || !accepts(old) {
			t.Error("a failure is shown, and the last good keys stay")
		}
		i.set([]byte("<html>"), nil)
		time.Sleep(time.Minute)
		if _, failure := r.Status(); failure == nil || !accepts(old) {
			t.Error("a page that is no key set is a failure")
		}
		i.set(next.JWKS(), nil)
		time.Sleep(time.Minute)
		if _, failure := r.Status(); failure != nil || accepts(old) || !accepts(next) {
			t.Error("the keys were not replaced", failure)
		}
		i.set([]byte(`{"keys": []}`), nil)
		time.Sleep(5 * time.Minute)
		if accepts(next) {
			t.Error("the keys were not withdrawn")
		}
		before := i.loads.Load()
		time.Sleep(time.Minute)
		if loads := i.loads.Load() - before; loads < 2 || loads > 6 {
			t.Errorf("%d loads in a minute without a key", loads)
		}
	})
}

// Without a limit keys may have any age. With one, tokens are refused once nobody has confirmed the keys for so long, and accepted
// again when somebody does.
func TestKeysThatNobodyConfirmsBecomeTooOld(t *testing.T) {
	for _, limited := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			limit := time.Duration(0)
			if limited {
				limit = time.Hour
			}
			of, i := tokentest.New("https://a.example"), &issuer{}
			r := startWithLimit(i, of.JWKS(), limit)
			defer r.Close()
			v := verifierOf(t, of.Name, r)
			token := of.Issue(tokentest.Token{Unbound: true, Lifetime: 100 * time.Hour})
			verdict := func() error {
				_, err := v.Verify(t.Context(), token)
				return err
			}
			time.Sleep(10 * time.Hour)
			if err := verdict(); err != nil {
				t.Error("keys that do not change are confirmed all the same:", err)
			}
			i.set(nil, errors.New("unreachable"))
			time.Sleep(50 * time.Minute)
			if err := verdict(); err != nil {
				t.Error("an outage that is shorter:", err)
			}
			time.Sleep(11 * time.Minute)
			if err := verdict(); limited != errors.Is(err, boundtoken.ReasonKeysStale) || limited != r.Keys().IsStale() {
				t.Error("an outage that is longer:", err)
			}
			// A token that finds the keys too old has them loaded at once.
			i.set(of.JWKS(), nil)
			time.Sleep(shortestInterval)
			if err := verdict(); err != nil {
				t.Error("the issuer is back:", err)
			}
			r.Close()
			time.Sleep(2 * time.Hour)
			if err := verdict(); limited != errors.Is(err, boundtoken.ReasonKeysStale) {
				t.Error("nobody refreshes the keys any more:", err)
			}
		})
	}
}

func TestTheAgeOfKeysCountsFromTheQuestion(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		i := &issuer{slow: 9 * time.Second}
		r := startWithLimit(i, tokentest.New("https://a.example").JWKS(), 8*time.Second)
		defer r.Close()
		if r.Keys().IsStale() {
			t.Error("stale at the beginning")
		}
		time.Sleep(time.Minute)
		if loadedAt, failure := r.Status(); i.loads.Load() == 0 || failure != nil || time.Since(loadedAt) > time.Minute || !r.Keys().IsStale() {
			t.Error("keys whose answer takes nine seconds are never younger than eight", loadedAt, failure)
		}
	})
}

func TestKeysWithAnAgeLimitAreReloadedWithinHalfOfIt(t *testing.T) {
	for limit, between := range map[time.Duration][2]time.Duration{
		time.Minute:     {15 * time.Second, 30 * time.Second},
		time.Second:     {shortestInterval, shortestInterval},
		100 * time.Hour: {usualInterval / 2, usualInterval},
	} {
		synctest.Test(t, func(t *testing.T) {
			i := &issuer{}
			r := startWithLimit(i, tokentest.New("https://a.example").JWKS(), limit)
			defer r.Close()
			time.Sleep(5000 * time.Second)
			loads, most, least := i.loads.Load(), 5000*time.Second/between[0], 5000*time.Second/between[1]
			if loads < int64(least)-1 || loads > int64(most)+1 {
				t.Errorf("%d loads with the limit %v", loads, limit)
			}
		})
	}
}

func TestCloseEndsARunningLoad(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		i := &issuer{slow: time.Hour}
		r := start(i, tokentest.New("https://a.example").JWKS())
		time.Sleep(5*time.Minute + time.Second)
		began := time.Now()
		r.Close()
		r.Close()
		if time.Since(began) != 0 || i.loads.Load() == 0 {
			t.Errorf("closing took %v, after %d loads", time.Since(began), i.loads.Load())
		}
		r.Refresh(t.Context())
	})
}

func TestTheIssuersMaxAgeCountsWithinBounds(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"":                          usualInterval,
		"no-cache":                  usualInterval,
		"max-age=120":               120 * time.Second,
		"public, MAX-AGE=\"120\"":   120 * time.Second,
		"max-age=1":                 shortestLifetime,
		"max-age=999999":            usualInterval,
		"max-age=x":                 usualInterval,
		"max-age=99999999999999999": usualInterval,
		"s-maxage=1, max-age = 90":  90 * time.Second,
	} {
		if got := (Loaded{CacheControl: []string{text}}).lifetime(); got != want {
			t.Errorf("%q: %v", text, got)
		}
	}
}
