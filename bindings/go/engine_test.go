package boundtoken_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"boundtoken.dev/go"
	"boundtoken.dev/go/internal/tokentest"
)

// These tests run the engine itself.

func appAndPod() []boundtoken.KnownObject {
	object := func(kind boundtoken.ObjectKind, name, uid string) boundtoken.KnownObject {
		reference := boundtoken.ObjectReference{Kind: kind, Namespace: "demo", Name: name}
		return boundtoken.KnownObject{Object: boundtoken.Object{ObjectReference: reference, UID: uid}}
	}
	return []boundtoken.KnownObject{
		object(boundtoken.KindServiceAccount, "app", "uid-app"), object(boundtoken.KindPod, "live", "uid-live"),
	}
}

var pod = boundtoken.ObjectReference{Kind: boundtoken.KindPod, Namespace: "demo", Name: "live"}

func TestADeletedPodIsRefusedAtOnce(t *testing.T) {
	issuer := tokentest.New("https://issuer.example")
	store := boundtoken.NewObjectStore()
	store.Replace(appAndPod())
	v, err := boundtoken.New(
		boundtoken.WithIssuer(issuer.Name, boundtoken.JWKS(issuer.JWKS()), boundtoken.Label("blue"), boundtoken.Objects(store)),
		boundtoken.WithAudience("vault"))
	if err != nil {
		t.Fatal(err)
	}
	token := issuer.Issue(tokentest.Token{})
	for range 3 {
		caller, err := v.Verify(t.Context(), token)
		if err != nil || caller.Confirmed() != boundtoken.ConfirmedLive || caller.IssuerLabel() != "blue" {
			t.Fatal(caller, err)
		}
	}
	store.Delete(pod)
	if _, err := v.Verify(t.Context(), token); !errors.Is(err, boundtoken.ReasonPodNotFound) {
		t.Error(err)
	}
}

func TestKeysAreReplacedAndWithdrawn(t *testing.T) {
	old, next := tokentest.New("https://issuer.example"), tokentest.New("https://issuer.example")
	keys := boundtoken.JWKS(old.JWKS())
	v, err := boundtoken.New(boundtoken.WithIssuer(old.Name, keys), boundtoken.WithAudience("vault"))
	if err != nil {
		t.Fatal(err)
	}
	first, second := old.Issue(tokentest.Token{Unbound: true}), next.Issue(tokentest.Token{Unbound: true})
	for step, test := range []struct {
		jwks          []byte
		first, second error
		fails         bool
	}{
		{old.JWKS(), nil, boundtoken.ReasonKeyUnknown, false},
		{tokentest.JWKS(old, next), nil, nil, false},
		{[]byte("{"), nil, nil, true},
		{next.JWKS(), boundtoken.ReasonKeyUnknown, nil, false},
		{[]byte(`{"keys": []}`), boundtoken.ReasonKeyUnknown, boundtoken.ReasonKeyUnknown, false},
		{old.JWKS(), nil, boundtoken.ReasonKeyUnknown, false},
	} {
		if err := keys.Replace(test.jwks); (err != nil) != test.fails {
			t.Errorf("step %d: %v", step, err)
		}
		for token, want := range map[string]error{first: test.first, second: test.second} {
			caller, err := v.Verify(t.Context(), token)
			if !errors.Is(err, want) || err == nil && caller.Confirmed() != boundtoken.ConfirmedNotChecked {
				t.Errorf("step %d: %v, not %v", step, err, want)
			}
		}
	}
}

func TestMistakesOfTheConfigurationAreReported(t *testing.T) {
	issuer := tokentest.New("https://issuer.example")
	keys := boundtoken.JWKS(issuer.JWKS())
	for name, options := range map[string][]boundtoken.Option{
		"nothing":         nil,
		"no audience":     {boundtoken.WithIssuer(issuer.Name, keys)},
		"no issuer":       {boundtoken.WithAudience("vault")},
		"no keys":         {boundtoken.WithIssuer(issuer.Name, boundtoken.JWKS(nil)), boundtoken.WithAudience("vault")},
		"unreadable keys": {boundtoken.WithIssuer(issuer.Name, boundtoken.JWKS([]byte("{"))), boundtoken.WithAudience("vault")},
		"no PEM":          {boundtoken.WithIssuer(issuer.Name, boundtoken.PEM([]byte("{"))), boundtoken.WithAudience("vault")},
		"a long leeway":   {boundtoken.WithIssuer(issuer.Name, keys), boundtoken.WithAudience("vault"), boundtoken.WithLeeway(2 * time.Hour)},
		"a huge token":    {boundtoken.WithIssuer(issuer.Name, keys), boundtoken.WithAudience("vault"), boundtoken.WithMaxTokenSize(1 << 30)},
	} {
		v, err := boundtoken.New(options...)
		if err == nil || v != nil {
			t.Errorf("%s was accepted", name)
		}
		t.Log(err)
	}
}

// Verifications go on while keys are replaced, pods go and come, and all instances are in use.
func TestSixtyFourGoroutines(t *testing.T) {
	a, b := tokentest.New("https://issuer.example"), tokentest.New("https://issuer.example")
	keys := boundtoken.JWKS(a.JWKS())
	store, feeds := boundtoken.FollowObjects(time.Hour,
		boundtoken.Scope{Kind: boundtoken.KindPod}, boundtoken.Scope{Kind: boundtoken.KindServiceAccount})
	for _, feed := range feeds {
		feed.Replace(appAndPod(), time.Now())
	}
	v, err := boundtoken.New(
		boundtoken.WithIssuer(a.Name, keys, boundtoken.Objects(store)), boundtoken.WithAudience("vault"), boundtoken.WithCache(30, 1<<20))
	if err != nil {
		t.Fatal(err)
	}
	issued := time.Now().Add(-10 * time.Minute)
	var tokens [2][]string
	for i := range 10 {
		for of, issuer := range []*tokentest.Issuer{a, b} {
			uid := fmt.Sprintf("uid-%d", i%2)
			tokens[of] = append(tokens[of], issuer.Issue(tokentest.Token{PodUID: uid, IssuedAt: issued}))
		}
	}
	var workers, changes sync.WaitGroup
	stop := make(chan struct{})
	changes.Add(1)
	go func() {
		defer changes.Done()
		for round := 0; ; round++ {
			select {
			case <-stop:
				return
			default:
			}
			issuer, gone := []*tokentest.Issuer{a, b}[round%2], tokens[1-round%2]
			if err := keys.Replace(issuer.JWKS()); err != nil {
				t.Error(err)
			}
			// The call has returned: nothing of the other key is accepted any more.
			for _, token := range gone {
				if _, err := v.Verify(t.Context(), token); !errors.Is(err, boundtoken.ReasonKeyUnknown) {
					t.Errorf("a token of a withdrawn key: %v", err)
				}
			}
			uid := fmt.Sprintf("uid-%d", round%2)
			feeds[0].Upsert(boundtoken.Object{ObjectReference: pod, UID: uid}, time.Time{})
		}
	}()
	for worker := range 64 {
		workers.Add(1)
		go func() {
			defer workers.Done()
			for i := range 40 {
				token := tokens[(worker+i)%2][(worker*7+i)%10]
				caller, err := v.Verify(t.Context(), token)
				switch {
				case err == nil && caller.Subject() != "system:serviceaccount:demo:app":
					t.Error(caller)
				case err != nil && !errors.Is(err, boundtoken.ReasonKeyUnknown) && !errors.Is(err, boundtoken.ReasonPodUIDMismatch):
					t.Error(err)
				}
			}
		}()
	}
	workers.Wait()
	close(stop)
	changes.Wait()
}

type askFunc func(boundtoken.Object) boundtoken.ObjectState

func (f askFunc) AskObject(_ context.Context, object boundtoken.Object) boundtoken.ObjectState {
	return f(object)
}

func TestTheClusterIsAskedAboutWhatIsNew(t *testing.T) {
	issuer := tokentest.New("https://issuer.example")
	store, feeds := boundtoken.FollowObjects(time.Hour,
		boundtoken.Scope{Kind: boundtoken.KindPod}, boundtoken.Scope{Kind: boundtoken.KindServiceAccount})
	for _, feed := range feeds {
		feed.Replace(nil, time.Now())
	}
	asked, answer := 0, boundtoken.ObjectState{}
	ask := askFunc(func(object boundtoken.Object) boundtoken.ObjectState {
		asked++
		if object.Kind == boundtoken.KindServiceAccount {
			return boundtoken.ObjectState{Presence: boundtoken.Present, UID: "uid-app"}
		}
		return answer
	})
	v, err := boundtoken.New(
		boundtoken.WithIssuer(issuer.Name, boundtoken.JWKS(issuer.JWKS()), boundtoken.Objects(store), boundtoken.AskObjects(ask)),
		boundtoken.WithAudience("vault"))
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		answer boundtoken.ObjectState
		want   error
	}{
		{boundtoken.ObjectState{Presence: boundtoken.Present, UID: "uid-live"}, nil},
		{boundtoken.ObjectState{Presence: boundtoken.Present, UID: "another"}, boundtoken.ReasonPodUIDMismatch},
		{boundtoken.ObjectState{Presence: boundtoken.Absent}, boundtoken.ReasonPodNotFound},
		{boundtoken.ObjectState{}, boundtoken.ReasonBoundObjectUnavailable},
	} {
		asked, answer = 0, test.answer
		_, err := v.Verify(t.Context(), issuer.Issue(tokentest.Token{}))
		if !errors.Is(err, test.want) || asked != 2 {
			t.Errorf("%+v: %v, asked %d times", test.answer, err, asked)
		}
	}
	asked = 0
	if _, err := v.Verify(t.Context(), issuer.Issue(tokentest.Token{IssuedAt: time.Now().Add(-5 * time.Minute)})); !errors.Is(err, boundtoken.ReasonServiceAccountNotFound) || asked != 0 {
		t.Errorf("an old token: %v, asked %d times", err, asked)
	}
}

func TestATokenThatIsSeenAgainAllocatesNothing(t *testing.T) {
	issuer := tokentest.New("https://issuer.example")
	store := boundtoken.NewObjectStore()
	store.Replace(appAndPod())
	v, err := boundtoken.New(
		boundtoken.WithIssuer(issuer.Name, boundtoken.JWKS(issuer.JWKS()), boundtoken.Objects(store)), boundtoken.WithAudience("vault"))
	if err != nil {
		t.Fatal(err)
	}
	token := issuer.Issue(tokentest.Token{})
	allocations := testing.AllocsPerRun(100, func() {
		if _, err := v.Verify(t.Context(), token); err != nil {
			t.Fatal(err)
		}
	})
	if allocations != 0 {
		t.Errorf("%v allocations", allocations)
	}
}

func TestKeysThatCannotBeUsedAreReported(t *testing.T) {
	issuer := tokentest.New("https://issuer.example")
	jwks := bytes.Replace(issuer.JWKS(), []byte(`{"keys":[`), []byte(`{"keys":[{"kty":"oct","kid":"symmetric","k":"AAAA"},`), 1)
	keys := boundtoken.JWKS(jwks)
	var log bytes.Buffer
	_, err := boundtoken.New(boundtoken.WithIssuer(issuer.Name, keys), boundtoken.WithAudience("vault"),
		boundtoken.WithLogger(slog.New(slog.NewTextHandler(&log, nil))))
	if err != nil {
		t.Fatal(err)
	}
	if len(keys.Skipped()) != 1 || !strings.Contains(log.String(), "symmetric") {
		t.Error(keys.Skipped(), log.String())
	}
	if err := keys.Replace(issuer.JWKS()); err != nil || len(keys.Skipped()) != 0 {
		t.Error(err, keys.Skipped())
	}
}

// The real thing, with a token of an API server.
func BenchmarkEngine(b *testing.B) {
	folder := readFolder(b, vectorPaths(b)[0])[0]
	var live vector
	for _, c := range folder.cases {
		if c.name == "before/pod-live|vault" {
			live = c
		}
	}
	run := func(name string, options ...boundtoken.Option) {
		v := folder.verifier(b, live.objects, append(options, boundtoken.WithAudience("vault"))...)
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := v.VerifyAt(b.Context(), live.token, live.now); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	run("first", boundtoken.WithCache(0, 0))
	run("again")
}
