//go:build go1.25

package boundtoken

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"boundtoken.dev/go/internal/tokentest"
)

// Tokens that are seen for the first time, tokens that are seen again, and tokens about whose object a cluster is asked: all are
// refused while the keys are too old, and accepted otherwise.
func TestKeysOlderThanAllowedVouchForNothing(t *testing.T) {
	for _, what := range []OnUnavailable{Refuse, Accept} {
		synctest.Test(t, func(t *testing.T) {
			issuer := tokentest.New("https://issuer.example")
			keys := JWKS(issuer.JWKS())
			store, feeds := FollowObjects(1000*time.Hour, Scope{Kind: KindPod}, Scope{Kind: KindServiceAccount})
			account := Object{ObjectReference{KindServiceAccount, "demo", "app"}, "uid-app"}
			feeds[0].Replace([]KnownObject{{Object: livePod("uid-live")}}, time.Now())
			feeds[1].Replace([]KnownObject{{Object: account}}, time.Now())
			asker := askerFunc(func(_ context.Context, object Object) ObjectState {
				return ObjectState{Presence: Present, UID: object.UID}
			})
			v, err := New(WithIssuer(issuer.Name, keys, Objects(store), AskObjects(asker)), WithAudience("vault"), WithUnavailable(what))
			if err != nil {
				t.Fatal(err)
			}
			again := issuer.Issue(tokentest.Token{Lifetime: 1000 * time.Hour})
			if _, err := v.Verify(ctx, again); err != nil {
				t.Fatal(err)
			}
			check := func(stale bool) {
				t.Helper()
				first := issuer.Issue(tokentest.Token{})
				asked := issuer.Issue(tokentest.Token{Pod: "new", PodUID: "uid-new"})
				for name, token := range map[string]string{"again": again, "first": first, "asked": asked} {
					caller, err := v.Verify(ctx, token)
					switch {
					case stale && what == Refuse:
						if !errors.Is(err, ReasonKeysStale) || Rejected(err).HTTPStatus() != 503 {
							t.Errorf("%s: %v", name, err)
						}
					case err != nil:
						t.Errorf("%s: %v", name, err)
					case stale && caller.Confirmed() != ConfirmedStale, !stale && caller.Confirmed() != ConfirmedLive:
						t.Errorf("%s: %v", name, caller.Confirmed())
					}
				}
				if keys.IsStale() != stale {
					t.Error("it is", keys.IsStale())
				}
			}
			time.Sleep(100 * time.Hour)
			check(false)
			keys.SetMaxAge(time.Hour)
			check(true)
			keys.SetMaxAge(0)
			check(false)
			keys.SetMaxAge(time.Hour)
			if err := keys.Replace(issuer.JWKS()); err != nil {
				t.Fatal(err)
			}
			check(false)
			time.Sleep(time.Hour)
			check(false)
			time.Sleep(time.Nanosecond)
			check(true)
			if err := keys.Replace([]byte("unreadable")); err == nil {
				t.Error("it was read")
			}
			check(true)
			// The age counts from the question.
			if err := keys.ReplaceAsOf(issuer.JWKS(), time.Now().Add(-time.Hour-1)); err != nil {
				t.Fatal(err)
			}
			check(true)
			if err := keys.ReplaceAsOf(tokentest.JWKS(issuer, tokentest.New("other")), time.Now().Add(-time.Hour)); err != nil {
				t.Fatal(err)
			}
			check(false)
		})
	}
}

func TestTheLargerOfTwoClocksCounts(t *testing.T) {
	now := time.Now()
	for name, test := range map[string]struct{ since, now time.Time }{
		"both":                      {now, now.Add(time.Hour)},
		"the monotonic clock stood": {now.Round(0), now.Add(time.Hour).Round(0)},
	} {
		if age := elapsed(test.since, test.now); age != time.Hour {
			t.Errorf("%s: %v", name, age)
		}
	}
	if age := elapsed(now, now.Add(-time.Hour)); age != -time.Hour {
		t.Errorf("set back: %v", age)
	}
	var never KeySet
	if never.IsStale() {
		t.Error("there is no limit")
	}
	if never.SetMaxAge(time.Hour); !never.IsStale() {
		t.Error("nobody ever confirmed them")
	}
}
