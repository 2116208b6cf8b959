package boundtoken

import (
	"fmt"
	"sync"
	"testing"
	"time"
)

func TestAStoreKnowsTheLatestState(t *testing.T) {
	store := NewObjectStore()
	pod := livePod("1")
	if state := store.State(pod.ObjectReference); state.Presence != Absent || store.Freshness() != Current {
		t.Errorf("%+v %v", state, store.Freshness())
	}
	deletion := at(1000)
	store.Upsert(pod, deletion)
	if state := store.State(pod.ObjectReference); state != (ObjectState{Present, "1", deletion}) {
		t.Errorf("%+v", state)
	}
	if !store.Delete(pod.ObjectReference) || store.Delete(pod.ObjectReference) || !store.IsDeleted(pod) || store.IsDeleted(livePod("2")) {
		t.Error("the deletion was not taken, or not remembered")
	}
	store.Replace([]KnownObject{{Object: livePod("2")}})
	store.Replace([]KnownObject{{Object: livePod("3")}})
	if state := store.State(pod.ObjectReference); state.UID != "3" || store.Len() != 1 {
		t.Errorf("%+v", state)
	}
}

func TestAStoreThatFollowsIsStaleUntilEveryFeedHasListed(t *testing.T) {
	store, feeds := FollowObjects(time.Hour, Scope{KindPod, "a"}, Scope{KindPod, "b"})
	object := func(namespace, name, uid string) Object {
		return Object{ObjectReference{KindPod, namespace, name}, uid}
	}
	feeds[0].Upsert(object("a", "old", "1"), time.Time{})
	feeds[0].Upsert(object("b", "other", "1"), time.Time{})
	feeds[1].Upsert(object("b", "other", "1"), time.Time{})
	feeds[0].Replace([]KnownObject{{Object: object("a", "both", "1")}}, time.Now())
	if store.Freshness() != Stale || feeds[0].IsStale() || !feeds[1].IsStale() {
		t.Error("nothing was listed in b")
	}
	if feeds[0].Len() != 1 || feeds[1].Len() != 1 || store.Len() != 2 {
		t.Errorf("%d and %d objects", feeds[0].Len(), feeds[1].Len())
	}
	feeds[1].Prove(time.Now())
	if store.Freshness() != Following || feeds[1].Age() > time.Minute {
		t.Error("every feed was listed")
	}
	if state := store.State(ObjectReference{KindPod, "a", "old"}); state.Presence != Absent {
		t.Errorf("%+v", state)
	}
	if state := store.State(ObjectReference{KindPod, "c", "old"}); state.Presence != NotFollowed {
		t.Errorf("%+v", state)
	}
	if !store.IsDeleted(object("a", "old", "1")) {
		t.Error("a list that does not have an object any more deletes it")
	}
	store.Abandon()
	feeds[0].Prove(time.Now())
	if store.Freshness() != Stale || !feeds[0].IsStale() {
		t.Error("an abandoned store is not stale")
	}
}

func TestKnowledgeGrowsOldByEitherClock(t *testing.T) {
	store, feeds := FollowObjects(time.Hour, Scope{Kind: KindPod})
	start := store.following.start
	feeds[0].Prove(start)
	wallOnly := func(d time.Duration) time.Time { return start.Round(0).Add(d) }
	for _, test := range []struct {
		now  time.Time
		want Freshness
	}{
		{start, Following},
		{start.Add(time.Hour), Following},
		{start.Add(time.Hour + 1), Stale},
		{wallOnly(2 * time.Hour), Stale},
		{wallOnly(-2 * time.Hour), Following},
	} {
		if got := store.freshnessAt(test.now); got != test.want {
			t.Errorf("after %v: %v", test.now.Sub(start), got)
		}
	}
	// One clock that stood still, or was set, does not hide what the other says.
	for _, proven := range []struct{ monotonic, wall time.Duration }{{2 * time.Hour, 0}, {0, 2 * time.Hour}} {
		other, feeds := FollowObjects(time.Hour, Scope{Kind: KindPod})
		feeds[0].Prove(other.following.start)
		feeds[0].monotonic.Store(int64(proven.monotonic))
		feeds[0].wall.Store(int64(proven.wall))
		if got := other.freshnessAt(other.following.start.Add(2 * time.Hour)); got != Stale {
			t.Errorf("%+v: %v", proven, got)
		}
	}
	// An older proof takes nothing back.
	feeds[0].Prove(start.Add(time.Hour))
	feeds[0].Prove(start)
	if got := store.freshnessAt(start.Add(2 * time.Hour)); got != Following {
		t.Error(got)
	}
}

func TestDeletionsTakeABoundedPlace(t *testing.T) {
	store, feeds := FollowObjects(time.Hour, Scope{Kind: KindPod})
	for i := range 3 * mostDeletions {
		pod := livePod(fmt.Sprint(i))
		feeds[0].Delete(pod)
		if !store.IsDeleted(pod) || len(store.deleted) > mostDeletions {
			t.Fatal(i, len(store.deleted))
		}
	}
}

func TestAReplacementIsAtomic(t *testing.T) {
	store := NewObjectStore()
	list := func(round int) []KnownObject {
		var objects []KnownObject
		for i := range 20 {
			uid := fmt.Sprint(round)
			objects = append(objects, KnownObject{Object: Object{ObjectReference{KindPod, "demo", fmt.Sprint(i)}, uid}})
		}
		return objects
	}
	store.Replace(list(0))
	var group sync.WaitGroup
	done := make(chan struct{})
	for range 4 {
		group.Add(1)
		go func() {
			defer group.Done()
			for {
				select {
				case <-done:
					return
				default:
					if state := store.State(ObjectReference{KindPod, "demo", "7"}); state.Presence != Present {
						t.Error("an object was missing in between")
						return
					}
				}
			}
		}()
	}
	for round := range 200 {
		store.Replace(list(round))
	}
	close(done)
	group.Wait()
}

func TestObjectsAreReadFromAList(t *testing.T) {
	store := NewObjectStore()
	err := store.ReplaceJSON([]byte(`{"kind": "List", "items": [
		{"kind": "Pod", "metadata": {"namespace": "demo", "name": "live", "uid": "1", "deletionTimestamp": "2026-11-24T12:11:18Z"}},
		{"kind": "Node", "metadata": {"name": "node-1", "uid": "2"}},
		{"kind": "ConfigMap", "metadata": {"namespace": "demo", "name": "other", "uid": "3"}}
	]}`))
	if err != nil || store.Len() != 2 {
		t.Fatal(err, store)
	}
	if state := store.State(livePod("").ObjectReference); state.UID != "1" || state.DeletionTimestamp.Unix() != 1795522278 {
		t.Errorf("%+v", state)
	}
	if objects, err := ParseObjects([]byte(`{"kind": "Node", "metadata": {"name": "node-1", "uid": "2"}}`)); err != nil || len(objects) != 1 {
		t.Error(objects, err)
	}
	for _, list := range []string{
		``, `[]`, `{}`, `{"items": 1}`,
		`{"items": [{"kind": "Pod", "metadata": {"name": "live", "uid": "1"}}]}`,
		`{"items": [{"kind": "Pod", "metadata": {"namespace": "demo", "name": "live"}}]}`,
		`{"items": [{"kind": "Node", "metadata": {"namespace": "demo", "name": "node-1", "uid": "2"}}]}`,
	} {
		if err := store.ReplaceJSON([]byte(list)); err == nil || store.Len() != 2 {
			t.Errorf("%s: %v", list, err)
		}
	}
}
