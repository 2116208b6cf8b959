//go:build go1.25

package boundtoken

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"boundtoken.dev/go/internal/leaktest"
	"boundtoken.dev/go/internal/tokentest"
)

// lasting is a caller whose token lasts until something happens to it.
type lasting struct {
	*testing.T
	issuer   *tokentest.Issuer
	keys     *KeySet
	store    *ObjectStore
	pods     *Feed
	accounts *Feed
	verifier *Verifier
	token    string
	caller   *Token
	ctx      context.Context
	cancel   context.CancelFunc
}

var exampleAccount = Object{ObjectReference{KindServiceAccount, "demo", "app"}, "uid-app"}

const lifetime = 3 * time.Hour

func newLasting(t *testing.T, options ...Option) *lasting {
	t.Helper()
	l := &lasting{T: t, issuer: tokentest.New("https://issuer.example")}
	l.keys = JWKS(l.issuer.JWKS())
	store, feeds := FollowObjects(150*time.Second, Scope{Kind: KindPod}, Scope{Kind: KindServiceAccount})
	l.store, l.pods, l.accounts = store, feeds[0], feeds[1]
	l.pods.Replace([]KnownObject{{Object: livePod("uid-live")}}, time.Now())
	l.accounts.Replace([]KnownObject{{Object: exampleAccount}}, time.Now())
	l.begin(store, tokentest.Token{Lifetime: lifetime}, options...)
	return l
}

func (l *lasting) begin(source ObjectSource, token tokentest.Token, options ...Option) {
	l.Helper()
	options = append([]Option{WithIssuer(l.issuer.Name, l.keys, Objects(source)), WithAudience("vault")}, options...)
	var err error
	if l.verifier, err = New(options...); err != nil {
		l.Fatal(err)
	}
	l.token = l.issuer.Issue(token)
	if l.caller, err = l.verifier.Verify(context.Background(), l.token); err != nil {
		l.Fatal(err)
	}
	l.ctx, l.cancel = l.verifier.UntilRevoked(context.Background(), l.caller, l.token)
	l.goesOn("the beginning")
}

// pass lets time pass, in which the watches prove that they are up to date.
func (l *lasting) pass(duration time.Duration, feeds ...*Feed) {
	for end := time.Now().Add(duration); time.Now().Before(end); {
		time.Sleep(min(time.Minute, time.Until(end)))
		for _, feed := range feeds {
			feed.Prove(time.Now())
		}
	}
}

func (l *lasting) goesOn(when string) {
	l.Helper()
	synctest.Wait()
	if l.ctx.Err() != nil {
		l.Fatalf("%s: it ended: %v", when, context.Cause(l.ctx))
	}
}

// ended expects the end at this moment, and that nobody waits any more.
func (l *lasting) ended(want Reason) {
	l.Helper()
	synctest.Wait()
	if cause := context.Cause(l.ctx); !errors.Is(cause, want) || l.ctx.Err() != context.Canceled {
		l.Errorf("%v, not %v", cause, want)
	}
	l.nobodyWaits()
}

func (l *lasting) nobodyWaits() {
	l.Helper()
	if objects, contexts := l.waiting(); objects+contexts != 0 {
		l.Errorf("%d objects and %d contexts are left", objects, contexts)
	}
}

// waiting returns how many objects and how many contexts are waited for.
func (l *lasting) waiting() (objects, contexts int) {
	l.store.mutex.Lock()
	defer l.store.mutex.Unlock()
	l.verifier.revocations.mutex.Lock()
	defer l.verifier.revocations.mutex.Unlock()
	return len(l.store.waiting.by), len(l.verifier.revocations.open)
}

func TestWhatLastsEndsWithItsToken(t *testing.T) {
	for name, test := range map[string]func(*lasting){
		"the pod is deleted": func(l *lasting) {
			l.pods.Delete(livePod("uid-live"))
			l.ended(ReasonPodNotFound)
		},
		"the pod is replaced": func(l *lasting) {
			l.pass(time.Hour, l.pods, l.accounts)
			l.pods.Upsert(livePod("uid-2"), time.Time{})
			l.ended(ReasonPodUIDMismatch)
		},
		"a list lacks the pod": func(l *lasting) {
			l.pods.Replace(nil, time.Now())
			l.ended(ReasonPodNotFound)
		},
		"the service account is deleted": func(l *lasting) {
			l.store.Delete(exampleAccount.ObjectReference)
			l.ended(ReasonServiceAccountNotFound)
		},
		"another pod is deleted": func(l *lasting) {
			other := Object{ObjectReference{KindPod, "demo", "other"}, "uid-other"}
			l.pods.Upsert(other, time.Time{})
			l.pods.Delete(other)
			l.goesOn("now")
		},
		"the key is withdrawn": func(l *lasting) {
			l.pass(time.Hour, l.pods, l.accounts)
			l.keys.Replace(tokentest.New("other").JWKS())
			l.ended(ReasonKeyUnknown)
		},
		"a key is added": func(l *lasting) {
			for range 3 {
				l.keys.Replace(tokentest.JWKS(l.issuer, tokentest.New("other")))
				l.goesOn("now")
			}
			l.pods.Delete(livePod("uid-live"))
			l.ended(ReasonPodNotFound)
		},
		"the token expires": func(l *lasting) {
			l.pass(lifetime+DefaultLeeway-time.Second, l.pods, l.accounts)
			l.goesOn("the leeway counts")
			time.Sleep(time.Second)
			l.ended(ReasonExpired)
		},
		"the token expires in an outage": func(l *lasting) {
			time.Sleep(lifetime + DefaultLeeway - time.Second)
			l.goesOn("the leeway counts")
			time.Sleep(time.Second)
			l.ended(ReasonExpired)
		},
		"the deletion takes long": func(l *lasting) {
			l.pass(time.Hour, l.pods, l.accounts)
			l.pods.Upsert(livePod("uid-live"), time.Now().Add(time.Minute))
			l.pass(2*time.Minute-time.Second, l.pods, l.accounts)
			l.goesOn("the grace")
			l.pass(11*time.Second, l.pods, l.accounts)
			l.ended(ReasonPodDeleted)
		},
		"the deletion ends soon": func(l *lasting) {
			l.pods.Upsert(livePod("uid-live"), time.Now().Add(time.Minute))
			l.pass(30*time.Second, l.pods, l.accounts)
			l.goesOn("the grace")
			l.pods.Delete(livePod("uid-live"))
			l.ended(ReasonPodNotFound)
		},
		"an outage": func(l *lasting) {
			time.Sleep(time.Hour)
			if _, err := l.verifier.Verify(context.Background(), l.token); !errors.Is(err, ReasonBoundObjectUnavailable) {
				l.Error(err)
			}
			l.goesOn("a stale store")
			l.store.Abandon()
			time.Sleep(time.Hour)
			l.goesOn("an abandoned store")
		},
		"a deletion in an outage": func(l *lasting) {
			time.Sleep(time.Hour)
			l.accounts.Prove(time.Now())
			l.goesOn("it was missed")
			l.pods.Replace(nil, time.Now())
			l.ended(ReasonPodNotFound)
		},
		"a replacement in an outage": func(l *lasting) {
			time.Sleep(time.Hour)
			l.accounts.Prove(time.Now())
			l.pods.Replace([]KnownObject{{Object: livePod("uid-2")}}, time.Now())
			l.ended(ReasonPodUIDMismatch)
		},
		"a deletion that a stale store sees": func(l *lasting) {
			l.pass(time.Hour, l.pods)
			l.goesOn("nothing was heard of service accounts")
			l.pods.Delete(livePod("uid-live"))
			l.ended(ReasonPodNotFound)
		},
		"a stale store sees another pod of the name": func(l *lasting) {
			l.pass(time.Hour, l.pods)
			l.pods.Upsert(livePod("uid-2"), time.Time{})
			l.goesOn("the store may be behind")
			l.accounts.Prove(time.Now())
			time.Sleep(askAgain)
			l.ended(ReasonPodUIDMismatch)
		},
		"keys are too old": func(l *lasting) {
			l.keys.SetMaxAge(time.Minute)
			l.pass(time.Hour, l.pods, l.accounts)
			if _, err := l.verifier.Verify(context.Background(), l.token); !errors.Is(err, ReasonKeysStale) {
				l.Error(err)
			}
			l.goesOn("old keys")
			l.pods.Delete(livePod("uid-live"))
			l.ended(ReasonPodNotFound)
		},
		"the caller is done": func(l *lasting) {
			l.cancel()
			synctest.Wait()
			if l.ctx.Err() != context.Canceled || context.Cause(l.ctx) != context.Canceled {
				l.Error(context.Cause(l.ctx))
			}
			l.nobodyWaits()
		},
	} {
		for _, what := range []OnUnavailable{Refuse, Accept} {
			t.Run(fmt.Sprintf("%s/%v", name, what), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					l := newLasting(t, WithUnavailable(what))
					if what == Accept && (name == "an outage" || name == "keys are too old") {
						// It refuses nothing then.
						return
					}
					test(l)
					l.cancel()
				})
			})
		}
	}
}

func TestAnOutageEndsNothingForAVerifierThatAcceptsThen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLasting(t, WithUnavailable(Accept))
		l.keys.SetMaxAge(time.Minute)
		l.accounts.Replace(nil, time.Now().Add(-time.Hour))
		l.ended(ReasonServiceAccountNotFound)
		l = newLasting(t, WithUnavailable(Accept))
		l.keys.SetMaxAge(time.Minute)
		l.pass(time.Hour)
		if caller, err := l.verifier.Verify(context.Background(), l.token); err != nil || caller.Confirmed() != ConfirmedStale {
			t.Error(caller, err)
		}
		l.goesOn("old keys and a stale store")
		l.cancel()
	})
}

func TestASourceThatTellsNothingIsAskedEveryTenSeconds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := &lasting{T: t, issuer: tokentest.New("https://issuer.example"), store: NewObjectStore()}
		l.keys = JWKS(l.issuer.JWKS())
		var mutex sync.Mutex
		state := ObjectState{Presence: Present}
		set := func(to ObjectState) { mutex.Lock(); defer mutex.Unlock(); state = to }
		l.begin(ObjectFunc(func(reference ObjectReference) ObjectState {
			mutex.Lock()
			defer mutex.Unlock()
			answer := state
			if answer.UID == "" {
				answer.UID = "uid-" + reference.Name
			}
			return answer
		}), tokentest.Token{Lifetime: lifetime})
		time.Sleep(time.Hour + time.Second)
		for _, unknown := range []ObjectState{{}, {Presence: NotFollowed}} {
			set(unknown)
			time.Sleep(time.Hour)
			l.goesOn(unknown.Presence.String())
		}
		set(ObjectState{Presence: Absent})
		time.Sleep(askAgain)
		l.ended(ReasonServiceAccountNotFound)
	})
}

func TestANewObjectHasAMinuteToAppear(t *testing.T) {
	for _, appears := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			l := newLasting(t)
			l.cancel()
			asker := askerFunc(func(_ context.Context, object Object) ObjectState {
				return ObjectState{Presence: Present, UID: object.UID}
			})
			pod := Object{ObjectReference{KindPod, "demo", "new"}, "uid-new"}
			v, err := New(WithIssuer(l.issuer.Name, l.keys, Objects(l.store), AskObjects(asker)), WithAudience("vault"))
			if err != nil {
				t.Fatal(err)
			}
			l.verifier, l.token = v, l.issuer.Issue(tokentest.Token{Pod: pod.Name, PodUID: pod.UID})
			caller, err := v.Verify(t.Context(), l.token)
			if err != nil {
				t.Fatal(err)
			}
			l.ctx, l.cancel = v.UntilRevoked(context.Background(), caller, l.token)
			l.pass(30*time.Second, l.pods, l.accounts)
			l.goesOn("a lagging watch")
			if appears {
				l.pods.Upsert(pod, time.Time{})
				l.pass(30*time.Minute, l.pods, l.accounts)
				l.goesOn("it appeared")
				l.cancel()
				return
			}
			l.pass(41*time.Second, l.pods, l.accounts)
			l.ended(ReasonPodNotFound)
		})
	}
}

func TestWhatNeverWasGoodEndsAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLasting(t)
		l.cancel()
		// Another token than that of the caller, another audience, another verifier.
		l.ctx, l.cancel = l.verifier.UntilRevoked(context.Background(), l.caller, "x")
		l.ended(ReasonTokenPartCount)
		l.ctx, l.cancel = l.verifier.UntilRevoked(context.Background(), l.caller, l.token, "other")
		l.ended(ReasonAudienceMismatch)
		other, err := New(WithIssuer("https://other.example", l.keys), WithAudience("vault"))
		if err != nil {
			t.Fatal(err)
		}
		l.ctx, l.cancel = other.UntilRevoked(context.Background(), l.caller, l.token)
		l.ended(ReasonVerifierMismatch)
		l.cancel()
		// A context that is done.
		done, cancel := context.WithCancelCause(context.Background())
		cancel(errors.ErrUnsupported)
		l.ctx, l.cancel = l.verifier.UntilRevoked(done, l.caller, l.token)
		synctest.Wait()
		if context.Cause(l.ctx) != errors.ErrUnsupported {
			t.Error(context.Cause(l.ctx))
		}
		l.nobodyWaits()
	})
}

// A source that panics ends what lasts, and not the program.
func TestASourceThatPanicsEndsWhatLasts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := &lasting{T: t, issuer: tokentest.New("https://issuer.example"), store: NewObjectStore()}
		l.keys = JWKS(l.issuer.JWKS())
		var panics atomic.Bool
		source := ObjectFunc(func(reference ObjectReference) ObjectState {
			if panics.Load() {
				panic("of the test")
			}
			return ObjectState{Presence: Present, UID: "uid-" + reference.Name}
		})
		l.begin(source, tokentest.Token{}, WithCache(0, 0), WithLogger(slog.New(slog.DiscardHandler)))
		time.Sleep(time.Minute)
		l.goesOn("a good source")
		panics.Store(true)
		time.Sleep(askAgain)
		synctest.Wait()
		if cause := context.Cause(l.ctx); cause == nil || Rejected(cause) != nil {
			t.Error(cause)
		}
		l.nobodyWaits()
	})
}

func TestAStoreTellsOfEveryChangeOfAnObjectAfterIt(t *testing.T) {
	pod, other := livePod("1"), Object{ObjectReference{KindPod, "demo", "other"}, "3"}
	store, feeds := FollowObjects(time.Hour, Scope{Kind: KindPod}, Scope{Kind: KindNode})
	told := 0
	// It may call the store, and stop itself.
	var stop func()
	stop = store.OnChange(pod.ObjectReference, func() {
		told++
		store.State(pod.ObjectReference)
		if told == 100 {
			stop()
		}
	})
	for name, test := range map[string]struct {
		change func()
		tells  bool
	}{
		"another object":                          {func() { feeds[0].Upsert(other, time.Time{}) }, false},
		"another scope":                           {func() { feeds[1].Replace(nil, time.Now()) }, false},
		"one that is not there":                   {func() { store.Delete(pod.ObjectReference) }, false},
		"its deletion, which the store never had": {func() { feeds[0].Delete(pod) }, true},
		"all its life": {func() {
			before := told
			for i, step := range []func(){
				func() { feeds[0].Upsert(pod, time.Time{}) },
				func() { store.Upsert(pod, time.Now()) },
				func() { store.Upsert(livePod("2"), time.Time{}) },
				func() { feeds[0].Replace([]KnownObject{{Object: pod}}, time.Now()) },
				func() { store.Replace(nil) },
			} {
				if step(); told != before+i+1 {
					t.Errorf("step %d: told %d times", i, told-before)
				}
			}
		}, true},
	} {
		before := told
		if test.change(); (told > before) != test.tells {
			t.Errorf("%s: told %d times", name, told-before)
		}
	}
	feeds[0].Upsert(pod, time.Time{})
	before := told
	feeds[0].Upsert(pod, time.Time{})
	if told != before {
		t.Error("nothing changed")
	}
	told = 99
	feeds[0].Delete(pod)
	feeds[0].Upsert(pod, time.Time{})
	if told != 100 || len(store.waiting.by) != 0 {
		t.Errorf("told %d times", told)
	}
}

// Many begin and end while objects and keys come and go. Everybody whose pod goes is told, and nothing is left.
func TestManyThatLastEndAndLeaveNothing(t *testing.T) {
	issuer := tokentest.New("https://issuer.example")
	keys := JWKS(issuer.JWKS())
	store := NewObjectStore()
	store.Upsert(exampleAccount, time.Time{})
	v, err := New(WithIssuer(issuer.Name, keys, Objects(store)), WithAudience("vault"))
	if err != nil {
		t.Fatal(err)
	}
	before := runtime.NumGoroutine()
	const pods, each = 16, 50
	var group sync.WaitGroup
	for pod := range pods {
		name := fmt.Sprintf("pod-%d", pod)
		object := Object{ObjectReference{KindPod, "demo", name}, "uid-" + name}
		token := issuer.Issue(tokentest.Token{Pod: name, PodUID: object.UID})
		store.Upsert(object, time.Time{})
		group.Add(1)
		go func() {
			defer group.Done()
			caller, err := v.Verify(context.Background(), token)
			if err != nil {
				t.Error(err)
				return
			}
			var waiting []context.Context
			for i := range each {
				ctx, cancel := v.UntilRevoked(context.Background(), caller, token)
				switch i % 3 {
				case 0:
					cancel()
				default:
					defer cancel()
					waiting = append(waiting, ctx)
				}
			}
			keys.Replace(tokentest.JWKS(issuer, tokentest.New("other")))
			store.Delete(object.ObjectReference)
			for _, ctx := range waiting {
				<-ctx.Done()
				if cause := context.Cause(ctx); !errors.Is(cause, ReasonPodNotFound) {
					t.Error(cause)
				}
			}
		}()
	}
	group.Wait()
	// What rests takes no goroutine.
	pod := livePod("uid-live")
	store.Upsert(pod, time.Time{})
	token := issuer.Issue(tokentest.Token{})
	caller, err := v.Verify(context.Background(), token)
	if err != nil {
		t.Fatal(err)
	}
	parent, cancel := context.WithCancel(context.Background())
	for range 1000 {
		v.UntilRevoked(parent, caller, token)
	}
	leaktest.Check(t, before)
	cancel()
	leaktest.Check(t, before)
	// The last goroutine that leaves may be as many as there were before.
	l := &lasting{T: t, store: store, verifier: v}
	for range 300 {
		if objects, contexts := l.waiting(); objects+contexts == 0 {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	l.nobodyWaits()
}
