package boundtoken

import (
	"sync/atomic"
	"time"
)

// Scope says which objects one watch follows: those of one kind, in one namespace or in the whole cluster.
type Scope struct {
	Kind ObjectKind
	// Namespace is empty for the whole cluster.
	Namespace string
}

func (s Scope) covers(reference ObjectReference) bool {
	return s.Kind == reference.Kind && (s.Namespace == "" || s.Namespace == reference.Namespace)
}

// following is the scopes that a store follows, and how old its knowledge of each is.
type following struct {
	feeds        []*Feed
	maxStaleness time.Duration
	start        time.Time
	isAbandoned  atomic.Bool
}

// Feed is the connection from one watch to an [ObjectStore] that follows a cluster. Any goroutine may use it, but a watch
// reports its events in order.
//
// A watch begins with a list, see [Feed.Replace]. In between come events. Whatever shows that the watch is up to date is a
// proof, see [Feed.Prove].
type Feed struct {
	scope     Scope
	store     *ObjectStore
	following *following
	// isProven is false before the first list: nothing is known then.
	isProven atomic.Bool
	// The latest time as of which the knowledge is known to be complete, in nanoseconds after the start, by the monotonic
	// clock and by the wall clock. The one stands still while the machine sleeps, and the other may be set.
	monotonic, wall atomic.Int64
}

// FollowObjects returns a store that follows a cluster by watches, and one feed for each scope, in the same order.
//
// The store is [Stale] until every feed has had its first list, and whenever a feed has proven nothing for longer than
// maxStaleness. Otherwise it is [Following]. Objects outside all scopes are [NotFollowed].
func FollowObjects(maxStaleness time.Duration, scopes ...Scope) (*ObjectStore, []*Feed) {
	store := NewObjectStore()
	store.following = &following{maxStaleness: maxStaleness, start: time.Now()}
	for _, scope := range scopes {
		store.following.feeds = append(store.following.feeds, &Feed{scope: scope, store: store, following: store.following})
	}
	return store, store.following.feeds
}

// Abandon declares that nothing feeds the store any more. If it follows a cluster, it is [Stale] from now on, whatever its
// feeds say later.
func (s *ObjectStore) Abandon() {
	if s.following != nil {
		s.following.isAbandoned.Store(true)
	}
}

func (f *following) covers(reference ObjectReference) bool {
	for _, feed := range f.feeds {
		if feed.scope.covers(reference) {
			return true
		}
	}
	return false
}

func (f *following) isStale(now time.Time) bool {
	for _, feed := range f.feeds {
		if feed.isStaleAt(now) {
			return true
		}
	}
	return f.isAbandoned.Load()
}

// since returns how long after the start a time is, by the monotonic clock and by the wall clock.
func (f *following) since(at time.Time) (monotonic, wall time.Duration) {
	return at.Sub(f.start), time.Duration(at.UnixNano() - f.start.UnixNano())
}

// Scope returns what the watch follows.
func (f *Feed) Scope() Scope { return f.scope }

// Upsert adds or replaces an object: the events ADDED and MODIFIED. deletionTimestamp is zero if the object is not being
// deleted. An object outside the scope is ignored.
func (f *Feed) Upsert(object Object, deletionTimestamp time.Time) {
	if f.scope.covers(object.ObjectReference) {
		f.store.Upsert(object, deletionTimestamp)
	}
}

// Delete removes an object: the event DELETED. The store remembers for a while that the object with this uid is gone.
func (f *Feed) Delete(object Object) {
	if !f.scope.covers(object.ObjectReference) {
		return
	}
	f.store.change(func() {
		// The store may have had another object of this name, or none.
		f.store.rememberDeletion(object.UID)
		if !f.store.remove(object.ObjectReference) {
			f.store.waiting.wake(object.ObjectReference)
		}
	}).call()
}

// Replace replaces all objects of the scope by a list. asked is when the list was asked for: it is complete as of then.
func (f *Feed) Replace(objects []KnownObject, asked time.Time) {
	woken := f.store.change(func() { f.store.replace(objects, f.scope.covers) })
	f.Prove(asked)
	// They find the store up to date.
	woken.call()
}

// Prove records that the watch has received everything up to this moment. Call it after an event or a bookmark, with a time
// of [time.Now].
func (f *Feed) Prove(at time.Time) {
	monotonic, wall := f.following.since(at)
	raise(&f.monotonic, int64(monotonic))
	raise(&f.wall, int64(wall))
	f.isProven.Store(true)
}

// Age returns the time since the last proof, or since the store was made.
func (f *Feed) Age() time.Duration { return f.ageAt(time.Now()) }

// IsStale reports whether the knowledge is older than the store allows.
func (f *Feed) IsStale() bool {
	return f.following.isAbandoned.Load() || f.isStaleAt(time.Now())
}

// Len returns the number of objects in the scope. It looks at every object of the store.
func (f *Feed) Len() int {
	f.store.mutex.RLock()
	defer f.store.mutex.RUnlock()
	count := 0
	for reference := range f.store.objects {
		if f.scope.covers(reference) {
			count++
		}
	}
	return count
}

func (f *Feed) ageAt(now time.Time) time.Duration {
	monotonic, wall := f.following.since(now)
	return max(monotonic-time.Duration(f.monotonic.Load()), wall-time.Duration(f.wall.Load()))
}

func (f *Feed) isStaleAt(now time.Time) bool {
	return !f.isProven.Load() || f.ageAt(now) > f.following.maxStaleness
}

// raise sets a number to another if that is larger.
func raise(number *atomic.Int64, to int64) {
	for {
		now := number.Load()
		if now >= to || number.CompareAndSwap(now, to) {
			return
		}
	}
}
