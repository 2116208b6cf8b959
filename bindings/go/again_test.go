package boundtoken

import (
	"testing"
	"time"

	"boundtoken.dev/go/internal/engine"
	"boundtoken.dev/go/internal/record/recordtest"
)

// sourceOf is a source with one state and one freshness.
type sourceOf struct {
	state     ObjectState
	freshness Freshness
}

func (s sourceOf) State(ObjectReference) ObjectState { return s.state }
func (s sourceOf) Freshness() Freshness              { return s.freshness }

func TestEachConditionAloneDecidesWhetherATokenIsStillGood(t *testing.T) {
	live := ObjectState{Presence: Present, UID: "1"}
	good := func() *remembered {
		return &remembered{
			audiences: []string{"vault"}, generation: 3, from: 100, until: 200,
			source: sourceOf{live, Following}, objects: []Object{livePod("1")},
		}
	}
	audiences := []string{"vault"}
	if !good().isGood(3, audiences, 100, time.Now()) || !good().isGood(3, audiences, 199, time.Now()) {
		t.Error("a good token is not good")
	}
	for name, is := range map[string]bool{
		"newer keys":       good().isGood(4, audiences, 150, time.Now()),
		"older keys":       good().isGood(2, audiences, 150, time.Now()),
		"too early":        good().isGood(3, audiences, 99, time.Now()),
		"too late":         good().isGood(3, audiences, 200, time.Now()),
		"another audience": good().isGood(3, []string{"api"}, 150, time.Now()),
		"no audience":      good().isGood(3, nil, 150, time.Now()),
	} {
		if is {
			t.Errorf("%s: good", name)
		}
	}
	for name, source := range map[string]sourceOf{
		"stale":             {live, Stale},
		"unknown freshness": {live, 7},
		"unavailable":       {ObjectState{UID: "1"}, Following},
		"absent":            {ObjectState{Presence: Absent, UID: "1"}, Following},
		"not followed":      {ObjectState{Presence: NotFollowed, UID: "1"}, Following},
		"another uid":       {ObjectState{Presence: Present, UID: "2"}, Following},
		"being deleted":     {ObjectState{Presence: Present, UID: "1", DeletionTimestamp: time.Now().Add(time.Hour)}, Following},
	} {
		value := good()
		value.source = source
		if value.isGood(3, audiences, 150, time.Now()) {
			t.Errorf("%s: good", name)
		}
	}
}

func TestOnlyWhatWasConfirmedIsRemembered(t *testing.T) {
	deleting := livePod("1")
	for name, test := range map[string]struct {
		confirmed Confirmed
		prepare   func(*ObjectStore)
		want      int
	}{
		"live":            {ConfirmedLive, func(s *ObjectStore) { s.Upsert(livePod("1"), time.Time{}) }, 1},
		"unavailable":     {ConfirmedUnavailable, func(s *ObjectStore) { s.Upsert(livePod("1"), time.Time{}) }, 0},
		"stale":           {ConfirmedStale, func(s *ObjectStore) { s.Upsert(livePod("1"), time.Time{}) }, 0},
		"not checked":     {ConfirmedNotChecked, func(s *ObjectStore) { s.Upsert(livePod("1"), time.Time{}) }, 0},
		"unknown":         {99, func(s *ObjectStore) { s.Upsert(livePod("1"), time.Time{}) }, 0},
		"not there":       {ConfirmedLive, func(*ObjectStore) {}, 0},
		"another by now":  {ConfirmedLive, func(s *ObjectStore) { s.Upsert(livePod("2"), time.Time{}) }, 0},
		"being deleted":   {ConfirmedLive, func(s *ObjectStore) { s.Upsert(deleting, time.Now().Add(time.Hour)) }, 0},
		"gone since then": {ConfirmedLive, func(s *ObjectStore) { s.Upsert(livePod("1"), time.Time{}); s.Delete(deleting.ObjectReference) }, 0},
	} {
		store := NewObjectStore()
		test.prepare(store)
		v, _ := newFake(t, JWKS([]byte("key")), []IssuerOption{Objects(store)})
		accepted := tokenOf(t, recordtest.Accepted(uint32(test.confirmed), farAway).
			Objects(recordtest.Object{Kind: uint32(KindPod), Namespace: "demo", Name: "live", UID: "1"}))
		v.remember(1, "token", nil, accepted, verdict{Verdict: engine.Verdict{Until: farAway}}, time.Now())
		if tokens, _ := v.Remembered(); tokens != test.want {
			t.Errorf("%s: %d tokens", name, tokens)
		}
	}
	// Without a source, live would be a lie.
	v, _ := newFake(t, JWKS([]byte("key")), nil)
	for _, confirmed := range []Confirmed{ConfirmedLive, ConfirmedStale, ConfirmedUnavailable} {
		v.remember(1, "token", nil, tokenOf(t, recordtest.Accepted(uint32(confirmed), farAway)), verdict{}, time.Now())
	}
	if tokens, _ := v.Remembered(); tokens != 0 {
		t.Errorf("%d tokens", tokens)
	}
}
