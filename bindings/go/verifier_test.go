package boundtoken

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"reflect"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

var ctx = context.Background()

func TestATokenThatIsSeenAgainIsNotVerifiedAgain(t *testing.T) {
	store := NewObjectStore()
	store.Upsert(livePod("1"), time.Time{})
	v, engines := newFake(t, JWKS([]byte("key")), []IssuerOption{Objects(store)})
	token := fakeToken("key", "1")
	first, err := v.Verify(ctx, token)
	if err != nil {
		t.Fatal(err)
	}
	again, err := v.Verify(ctx, strings.Clone(token))
	if err != nil || again != first {
		t.Errorf("another token, or %v", err)
	}
	if asked := (*engines)[0].asked.Load(); asked != 1 {
		t.Errorf("the engine was asked %d times", asked)
	}
	// Other bytes are another token.
	for i := range token {
		other := []byte(token)
		other[i] ^= 1
		v.Verify(ctx, string(other))
	}
	if asked := (*engines)[0].asked.Load(); asked != int64(len(token))+1 {
		t.Errorf("the engine was asked %d times about %d other tokens", asked-1, len(token))
	}
}

// Every way in which a remembered token may be good no longer goes to the engine.
func TestTheFastLineOnlySaysYes(t *testing.T) {
	token := fakeToken("key", "1")
	soon := at(farAway - 10)
	for name, change := range map[string]struct {
		change func(*ObjectStore, []*Feed, *KeySet)
		at     time.Time
		want   error
	}{
		"nothing":                  {nil, soon, nil},
		"the pod is deleted":       {func(s *ObjectStore, _ []*Feed, _ *KeySet) { s.Delete(livePod("").ObjectReference) }, soon, ReasonPodNotFound},
		"the pod is replaced":      {func(s *ObjectStore, _ []*Feed, _ *KeySet) { s.Upsert(livePod("2"), time.Time{}) }, soon, ReasonPodNotFound},
		"the pod is being deleted": {func(s *ObjectStore, _ []*Feed, _ *KeySet) { s.Upsert(livePod("1"), at(farAway-9)) }, soon, nil},
		"the pod's grace is over":  {func(s *ObjectStore, _ []*Feed, _ *KeySet) { s.Upsert(livePod("1"), at(farAway-100)) }, soon, ReasonPodDeleted},
		"all objects are replaced": {func(s *ObjectStore, _ []*Feed, _ *KeySet) { s.Replace(nil) }, soon, ReasonPodNotFound},
		"the feed says deleted":    {func(_ *ObjectStore, f []*Feed, _ *KeySet) { f[0].Delete(livePod("1")) }, soon, ReasonPodNotFound},
		"the source is abandoned":  {func(s *ObjectStore, _ []*Feed, _ *KeySet) { s.Abandon() }, soon, ReasonBoundObjectUnavailable},
		"the key is withdrawn":     {func(_ *ObjectStore, _ []*Feed, k *KeySet) { k.Replace([]byte("other")) }, soon, ReasonKeyUnknown},
		"the keys are too old":     {func(_ *ObjectStore, _ []*Feed, k *KeySet) { k.SetMaxAge(time.Nanosecond) }, soon, ReasonKeysStale},
		"the token expires":        {nil, at(farAway + 5), ReasonExpired},
		"the leeway is used":       {nil, at(farAway + 4), nil},
		"the clock is set back":    {nil, at(farAway - 506), nil},
	} {
		t.Run(name, func(t *testing.T) {
			store, feeds := FollowObjects(time.Hour, Scope{Kind: KindPod})
			feeds[0].Replace([]KnownObject{{Object: livePod("1")}}, time.Now())
			keys := JWKS([]byte("key"))
			v, engines := newFake(t, keys, []IssuerOption{Objects(store)}, WithLeeway(5*time.Second))
			if _, err := v.VerifyAt(ctx, token, soon); err != nil {
				t.Fatal(err)
			}
			if change.change != nil {
				change.change(store, feeds, keys)
			}
			before := (*engines)[0].asked.Load()
			_, err := v.VerifyAt(ctx, token, change.at)
			if !errors.Is(err, change.want) {
				t.Errorf("%v, not %v", err, change.want)
			}
			asked := (*engines)[0].asked.Load() - before
			isFast := name == "nothing" || name == "the leeway is used"
			if (asked == 0) != isFast {
				t.Errorf("the engine was asked %d times", asked)
			}
			if tokens, _ := v.Remembered(); change.want != nil && tokens != 0 {
				t.Error("a refused token is remembered")
			}
		})
	}
}

func TestAnySourceIsAskedEachTime(t *testing.T) {
	var state atomic.Pointer[ObjectState]
	state.Store(&ObjectState{Presence: Present, UID: "1"})
	source := ObjectFunc(func(reference ObjectReference) ObjectState {
		if reference != livePod("").ObjectReference {
			t.Errorf("asked about %v", reference)
		}
		return *state.Load()
	})
	v, engines := newFake(t, JWKS([]byte("key")), []IssuerOption{Objects(source)})
	token := fakeToken("key", "1")
	for range 3 {
		if _, err := v.Verify(ctx, token); err != nil {
			t.Fatal(err)
		}
	}
	if asked := (*engines)[0].asked.Load(); asked != 1 {
		t.Errorf("the engine was asked %d times", asked)
	}
	for _, changed := range []struct {
		state ObjectState
		want  Reason
	}{
		{ObjectState{}, ReasonBoundObjectUnavailable},
		{ObjectState{Presence: Absent}, ReasonPodNotFound},
		{ObjectState{Presence: NotFollowed}, ReasonBoundObjectNotFollowed},
		{ObjectState{Presence: Present, UID: "2"}, ReasonPodNotFound},
		{ObjectState{Presence: Present, UID: "1", DeletionTimestamp: time.Unix(-5, 0)}, ReasonPodDeleted},
	} {
		state.Store(&changed.state)
		if _, err := v.Verify(ctx, token); !errors.Is(err, changed.want) {
			t.Errorf("%+v: %v", changed.state, err)
		}
	}
}

func TestAudiencesAreQuestionsOfTheirOwn(t *testing.T) {
	v, engines := newFake(t, JWKS([]byte("key")), nil)
	token := fakeToken("key", "1")
	for range 2 {
		own, err := v.Verify(ctx, token)
		if err != nil || !reflect.DeepEqual(own.MatchedAudiences(), []string{"vault"}) {
			t.Errorf("%v %v", own, err)
		}
		other, err := v.VerifyFor(ctx, token, "api")
		if err != nil || !reflect.DeepEqual(other.MatchedAudiences(), []string{"api"}) {
			t.Errorf("%v %v", other, err)
		}
		if _, err := v.VerifyFor(ctx, token, "nobody"); !errors.Is(err, ReasonAudienceMismatch) {
			t.Errorf("%v", err)
		}
	}
	if asked := (*engines)[0].asked.Load(); asked != 4 {
		t.Errorf("the engine was asked %d times", asked)
	}
	if _, err := v.VerifyFor(ctx, token); err == nil || Rejected(err) != nil {
		t.Errorf("no audience: %v", err)
	}
}

func TestAFloodOfRefusedTokensEvictsNothing(t *testing.T) {
	v, engines := newFake(t, JWKS([]byte("key")), nil, WithCache(10, 1<<20))
	token := fakeToken("key", "1")
	v.Verify(ctx, token)
	for i := range 1000 {
		if _, err := v.Verify(ctx, fakeToken("bad", fmt.Sprint(i))); !errors.Is(err, ReasonKeyUnknown) {
			t.Fatal(err)
		}
	}
	if tokens, _ := v.Remembered(); tokens != 1 {
		t.Errorf("%d tokens are remembered", tokens)
	}
	before := (*engines)[0].asked.Load()
	if _, err := v.Verify(ctx, token); err != nil || (*engines)[0].asked.Load() != before {
		t.Errorf("the token was forgotten: %v", err)
	}
}

func TestWithoutACacheEveryTokenIsVerified(t *testing.T) {
	v, engines := newFake(t, JWKS([]byte("key")), nil, WithCache(0, 0))
	for range 3 {
		if _, err := v.Verify(ctx, fakeToken("key", "1")); err != nil {
			t.Fatal(err)
		}
		if _, err := v.VerifyFor(ctx, fakeToken("key", "1"), "api"); err != nil {
			t.Fatal(err)
		}
	}
	if asked := (*engines)[0].asked.Load(); asked != 6 {
		t.Errorf("the engine was asked %d times", asked)
	}
	if tokens, bytes := v.Remembered(); tokens != 0 || bytes != 0 {
		t.Errorf("%d tokens of %d bytes", tokens, bytes)
	}
}

func TestReplacedKeysReachEveryVerifierBeforeTheCallReturns(t *testing.T) {
	keys := JWKS([]byte("old"))
	store, feeds := FollowObjects(time.Hour, Scope{Kind: KindPod})
	feeds[0].Replace([]KnownObject{{Object: livePod("1")}}, time.Now())
	a, _ := newFake(t, keys, []IssuerOption{Objects(store), AskObjects(askerFunc(nil))})
	b, _ := newFake(t, keys, nil)
	for round := range 20 {
		key, next := fmt.Sprintf("key %d", round), fmt.Sprintf("key %d", round+1)
		if err := keys.Replace([]byte(key)); err != nil {
			t.Fatal(err)
		}
		for _, v := range []*Verifier{a, b} {
			if _, err := v.Verify(ctx, fakeToken(key, "1")); err != nil {
				t.Fatalf("round %d: %v", round, err)
			}
			if _, err := v.Verify(ctx, fakeToken(next, "1")); !errors.Is(err, ReasonKeyUnknown) {
				t.Fatalf("round %d: %v", round, err)
			}
		}
	}
	if err := keys.Replace([]byte("unreadable")); err == nil {
		t.Error("an unreadable key set was taken")
	}
	if _, err := b.Verify(ctx, fakeToken("key 19", "1")); err != nil {
		t.Errorf("after an unreadable key set: %v", err)
	}
}

func TestKeySetsDoNotKeepVerifiersAlive(t *testing.T) {
	keys := JWKS([]byte("key"))
	for range 10 {
		newFake(t, keys, nil)
	}
	for range 10 {
		runtime.GC()
	}
	if err := keys.Replace([]byte("other")); err != nil {
		t.Fatal(err)
	}
	if keys.String() != "KeySet{verifiers: 0}" {
		t.Error(keys)
	}
}

func TestAnUnknownKeyIsAskedFor(t *testing.T) {
	keys := JWKS([]byte("old"))
	asked := 0
	keys.OnUnknownKey(func(context.Context) {
		asked++
		keys.Replace([]byte("new"))
	})
	v, _ := newFake(t, keys, nil)
	if _, err := v.Verify(ctx, fakeToken("new", "1")); err != nil || asked != 1 {
		t.Errorf("%v, asked %d times", err, asked)
	}
	if _, err := v.Verify(ctx, fakeToken("unknown", "1")); !errors.Is(err, ReasonKeyUnknown) || asked != 2 {
		t.Errorf("%v, asked %d times", err, asked)
	}
	if tokens, _ := v.Remembered(); tokens != 1 {
		t.Errorf("%d tokens are remembered", tokens)
	}
}

type askerFunc func(context.Context, Object) ObjectState

func (f askerFunc) AskObject(ctx context.Context, object Object) ObjectState { return f(ctx, object) }

func TestANewObjectIsAskedFor(t *testing.T) {
	for name, test := range map[string]struct {
		answer ObjectState
		known  func(*ObjectStore, []*Feed)
		want   error
		asked  int
	}{
		"it exists":                 {ObjectState{Presence: Present, UID: "1"}, nil, nil, 1},
		"it does not exist":         {ObjectState{Presence: Absent}, nil, ReasonPodNotFound, 1},
		"another exists":            {ObjectState{Presence: Present, UID: "2"}, nil, ReasonPodNotFound, 1},
		"nobody can say":            {ObjectState{}, nil, ReasonBoundObjectUnavailable, 1},
		"it is known":               {ObjectState{Presence: Absent}, func(_ *ObjectStore, f []*Feed) { f[0].Upsert(livePod("1"), time.Time{}) }, nil, 0},
		"its deletion was seen":     {ObjectState{Presence: Present, UID: "1"}, func(_ *ObjectStore, f []*Feed) { f[0].Delete(livePod("1")) }, ReasonPodNotFound, 0},
		"the cluster is lost":       {ObjectState{Presence: Present, UID: "1"}, func(s *ObjectStore, _ []*Feed) { s.Abandon() }, ReasonBoundObjectUnavailable, 0},
		"another took its name":     {ObjectState{Presence: Present, UID: "1"}, func(_ *ObjectStore, f []*Feed) { f[0].Upsert(livePod("2"), time.Time{}) }, nil, 1},
		"it was deleted long ago":   {ObjectState{Presence: Present, UID: "1", DeletionTimestamp: at(1)}, nil, ReasonPodDeleted, 1},
		"it is about to be deleted": {ObjectState{Presence: Present, UID: "1", DeletionTimestamp: at(farAway)}, nil, nil, 1},
	} {
		t.Run(name, func(t *testing.T) {
			store, feeds := FollowObjects(time.Hour, Scope{Kind: KindPod})
			feeds[0].Replace(nil, time.Now())
			if test.known != nil {
				test.known(store, feeds)
			}
			asked := 0
			asker := askerFunc(func(_ context.Context, object Object) ObjectState {
				asked++
				if object != livePod("1") {
					t.Errorf("asked about %v", object)
				}
				return test.answer
			})
			v, engines := newFake(t, JWKS([]byte("key")), []IssuerOption{Objects(store), AskObjects(asker)})
			for _, engine := range *engines {
				engine.issuedAt = time.Now().Unix()
			}
			_, err := v.Verify(ctx, fakeToken("key", "1"))
			if !errors.Is(err, test.want) {
				t.Errorf("%v, not %v", err, test.want)
			}
			if asked != test.asked {
				t.Errorf("asked %d times", asked)
			}
			if tokens, _ := v.Remembered(); tokens != 0 && name != "it is known" {
				t.Error("a token whose object is not known is remembered")
			}
		})
	}
}

func TestAQuestionEndsWithItsContext(t *testing.T) {
	store, feeds := FollowObjects(time.Hour, Scope{Kind: KindPod})
	feeds[0].Replace(nil, time.Now())
	asker := askerFunc(func(ctx context.Context, _ Object) ObjectState {
		<-ctx.Done()
		return ObjectState{}
	})
	v, engines := newFake(t, JWKS([]byte("key")), []IssuerOption{Objects(store), AskObjects(asker)})
	(*engines)[0].issuedAt, (*engines)[1].issuedAt = time.Now().Unix(), time.Now().Unix()
	short, cancel := context.WithTimeout(ctx, 10*time.Millisecond)
	defer cancel()
	if _, err := v.Verify(short, fakeToken("key", "1")); !errors.Is(err, ReasonBoundObjectPending) {
		t.Error(err)
	}
}

func TestATokenMayExpireWhileSomebodyIsAsked(t *testing.T) {
	keys := JWKS([]byte("old"))
	keys.OnUnknownKey(func(context.Context) {
		time.Sleep(1100 * time.Millisecond)
		keys.Replace([]byte("new"))
	})
	v, _ := newFake(t, keys, nil, WithLeeway(0))
	if _, err := v.VerifyAt(ctx, fakeToken("new", "1"), at(farAway-1)); !errors.Is(err, ReasonExpired) {
		t.Error(err)
	}
}

func TestATrapIsAnErrorAndNoVerdict(t *testing.T) {
	var log bytes.Buffer
	v, _ := newFake(t, JWKS([]byte("key")), nil, WithLogger(slog.New(slog.NewTextHandler(&log, nil))))
	token, err := v.Verify(ctx, "trap")
	if token != nil || err == nil || Rejected(err) != nil {
		t.Errorf("%v %v", token, err)
	}
	if !strings.Contains(log.String(), "unreachable executed") {
		t.Errorf("the log says %q", log.String())
	}
}

func TestMistakesAreReported(t *testing.T) {
	keys := JWKS([]byte("key"))
	for name, options := range map[string][]Option{
		"no issuer":         {WithAudience("vault")},
		"no key set":        {WithIssuer("https://issuer.example", nil)},
		"a negative leeway": {WithIssuer("https://issuer.example", keys), WithLeeway(-time.Second)},
		"no token size":     {WithIssuer("https://issuer.example", keys), WithMaxTokenSize(0)},
		"a negative cache":  {WithIssuer("https://issuer.example", keys), WithCache(-1, 5)},
	} {
		if _, err := newVerifier((&fakes{}).make, options); err == nil {
			t.Errorf("%s was accepted", name)
		}
	}
}

func TestErrorsSayWhatIsWrong(t *testing.T) {
	v, _ := newFake(t, JWKS([]byte("key")), nil)
	_, err := v.Verify(ctx, fakeToken("secret-part", "1"))
	if !errors.Is(err, ReasonKeyUnknown) || errors.Is(err, ReasonExpired) {
		t.Errorf("%v", err)
	}
	var rejected *RejectedError
	if !errors.As(err, &rejected) {
		t.Fatal("no RejectedError")
	}
	if rejected.Number() != 302 || rejected.Name() != "key_unknown" || rejected.HTTPStatus() != 401 || rejected.IsTemporary() ||
		rejected.Challenge() != `Bearer error="invalid_token"` || rejected.Remedy() == "" ||
		!strings.Contains(rejected.Error(), "(detail)") {
		t.Errorf("%+v", rejected)
	}
	var reason Reason
	if !errors.As(err, &reason) || reason != ReasonKeyUnknown {
		t.Errorf("%v", reason)
	}
	if !ReasonBoundObjectPending.IsTemporary() || ReasonBoundObjectPending.Family() != "bound_objects" {
		t.Errorf("%v", ReasonBoundObjectPending)
	}
	if unknown := Reason(999); unknown.Name() != "reason_999" || unknown.HTTPStatus() != 401 || unknown.Error() == "" || unknown.Family() != "" {
		t.Errorf("%v", unknown)
	}
	if len(Reasons()) != len(reasons) || Reasons()[0] != ReasonTokenEmpty {
		t.Errorf("%d reasons", len(Reasons()))
	}
}

func TestNothingShowsAToken(t *testing.T) {
	store := NewObjectStore()
	store.Upsert(livePod("1"), time.Time{})
	keys := JWKS([]byte("key"))
	var log bytes.Buffer
	logger := slog.New(slog.NewJSONHandler(&log, nil))
	v, _ := newFake(t, keys, []IssuerOption{Objects(store)}, WithLogger(logger))
	const secret = "SECRETSIGNATURE"
	token, err := v.Verify(ctx, "key.1."+secret)
	if err != nil {
		t.Fatal(err)
	}
	_, refusal := v.Verify(ctx, "bad.1."+secret)
	if refusal == nil {
		t.Fatal("accepted")
	}
	for _, value := range []any{v, token, *token, refusal, Rejected(refusal), *Rejected(refusal), keys, store, ReasonExpired} {
		for _, form := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
			if shown := fmt.Sprintf(form, value); strings.Contains(shown, secret) || strings.Contains(shown, fmt.Sprintf("%x", secret)) {
				t.Errorf("%s of %T shows the token", form, value)
			}
		}
		logger.Info("value", "value", value)
		written, _ := json.Marshal(value)
		if bytes.Contains(written, []byte(secret)) {
			t.Errorf("the JSON of %T shows the token", value)
		}
	}
	if strings.Contains(log.String(), secret) {
		t.Error("the log shows the token")
	}
}

func TestManyGoroutinesWhileKeysAndObjectsChange(t *testing.T) {
	store, feeds := FollowObjects(time.Hour, Scope{Kind: KindPod})
	feeds[0].Replace([]KnownObject{{Object: livePod("1")}}, time.Now())
	keys := JWKS([]byte("key"))
	v, _ := newFake(t, keys, []IssuerOption{Objects(store)}, WithCache(20, 1<<20))
	stop := make(chan struct{})
	var changes, workers sync.WaitGroup
	changes.Add(1)
	go func() {
		defer changes.Done()
		for i := 0; ; i++ {
			select {
			case <-stop:
				return
			default:
			}
			keys.Replace([]byte([]string{"key", "other"}[i%2]))
			feeds[0].Upsert(livePod(fmt.Sprint(i%3)), time.Time{})
			feeds[0].Prove(time.Now())
			runtime.Gosched()
		}
	}()
	var accepted atomic.Int64
	for range 64 {
		workers.Add(1)
		go func() {
			defer workers.Done()
			for i := range 300 {
				uid := fmt.Sprint(i % 3)
				token, err := v.Verify(ctx, fakeToken("key", uid))
				switch {
				case err == nil:
					accepted.Add(1)
					if pod, _ := token.Pod(); pod.UID != uid {
						t.Errorf("the token of the pod %s says %s", uid, pod.UID)
					}
				case !errors.Is(err, ReasonKeyUnknown) && !errors.Is(err, ReasonPodNotFound) && !errors.Is(err, ReasonBoundObjectPending):
					t.Error(err)
				}
			}
		}()
	}
	workers.Wait()
	close(stop)
	changes.Wait()
	t.Logf("%d accepted", accepted.Load())
}

func BenchmarkVerifyAgain(b *testing.B) {
	store, feeds := FollowObjects(time.Hour, Scope{Kind: KindPod}, Scope{Kind: KindServiceAccount}, Scope{Kind: KindNode})
	for _, feed := range feeds {
		feed.Replace(nil, time.Now())
	}
	feeds[0].Upsert(livePod("1"), time.Time{})
	v, engines := newFake(b, JWKS([]byte("key")), []IssuerOption{Objects(store)})
	token := fakeToken("key", "1")
	v.Verify(ctx, token)
	b.Run("one", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := v.Verify(ctx, token); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("parallel", func(b *testing.B) {
		b.ReportAllocs()
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				v.Verify(ctx, token)
			}
		})
	})
	if asked := (*engines)[0].asked.Load(); asked != 1 {
		b.Errorf("the engine was asked %d times", asked)
	}
}
