package boundtoken

import (
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"
)

// mostDeletions is how many deletions a store remembers.
const mostDeletions = 4096

// ObjectStore has the objects of a cluster in memory, with what tokens need: kind, namespace, name, uid, deletionTimestamp.
//
// There are two kinds of stores. [NewObjectStore] makes one that is always current: an object that is not in it does not
// exist. [FollowObjects] makes one that watches fill.
//
// It is safe for concurrent use. A change has an effect on every verification that begins after it.
type ObjectStore struct {
	following *following

	mutex   sync.RWMutex
	objects map[ObjectReference]*storedObject
	deleted map[string]struct{}
	waiting waiting
}

// KnownObject is an object as a store knows it.
type KnownObject struct {
	Object
	// DeletionTimestamp is the metadata.deletionTimestamp of an object that is being deleted. It is zero otherwise.
	DeletionTimestamp time.Time
}

// storedObject is one state of an object. It is immutable, but for the mark that it is the latest.
type storedObject struct {
	uid      string
	deletion time.Time
	// isLive is true while this is the latest state, and the object is not being deleted. Remembered tokens look at it.
	isLive atomic.Bool
}

var (
	_ ObjectSource   = (*ObjectStore)(nil)
	_ DeletionSource = (*ObjectStore)(nil)
	_ ChangeSource   = (*ObjectStore)(nil)
)

// NewObjectStore returns an empty store that is always current.
func NewObjectStore() *ObjectStore {
	return &ObjectStore{objects: make(map[ObjectReference]*storedObject), deleted: make(map[string]struct{})}
}

// State returns the state of an object.
func (s *ObjectStore) State(reference ObjectReference) ObjectState {
	if stored := s.find(reference); stored != nil {
		return ObjectState{Presence: Present, UID: stored.uid, DeletionTimestamp: stored.deletion}
	}
	if s.following != nil && !s.following.covers(reference) {
		return ObjectState{Presence: NotFollowed}
	}
	return ObjectState{Presence: Absent}
}

// Freshness returns how well the store keeps up with its cluster. It is [Current] unless the store follows one.
func (s *ObjectStore) Freshness() Freshness { return s.freshnessAt(time.Now()) }

func (s *ObjectStore) freshnessAt(now time.Time) Freshness {
	switch {
	case s.following == nil:
		return Current
	case s.following.isStale(now):
		return Stale
	default:
		return Following
	}
}

// IsDeleted reports whether the deletion of this very object was seen. The store remembers the latest 4,096 deletions at
// most.
func (s *ObjectStore) IsDeleted(object Object) bool {
	s.mutex.RLock()
	defer s.mutex.RUnlock()
	_, deleted := s.deleted[object.UID]
	return deleted
}

// Upsert adds or replaces an object. deletionTimestamp is zero if it is not being deleted.
func (s *ObjectStore) Upsert(object Object, deletionTimestamp time.Time) {
	s.change(func() { s.put(object, deletionTimestamp) }).call()
}

// Delete removes an object. It reports whether the object was there. The store remembers its uid for a while.
func (s *ObjectStore) Delete(reference ObjectReference) bool {
	var was bool
	s.change(func() { was = s.remove(reference) }).call()
	return was
}

// Replace replaces all objects at once. No verification sees a part of the old objects and a part of the new ones missing.
func (s *ObjectStore) Replace(objects []KnownObject) {
	s.change(func() { s.replace(objects, func(ObjectReference) bool { return true }) }).call()
}

// Len returns the number of objects.
func (s *ObjectStore) Len() int {
	s.mutex.RLock()
	defer s.mutex.RUnlock()
	return len(s.objects)
}

// String returns how many objects there are.
func (s *ObjectStore) String() string {
	return fmt.Sprintf("ObjectStore{objects: %d, freshness: %v}", s.Len(), s.Freshness())
}

// GoString returns what String returns.
func (s *ObjectStore) GoString() string { return s.String() }

func (s *ObjectStore) find(reference ObjectReference) *storedObject {
	s.mutex.RLock()
	stored := s.objects[reference]
	s.mutex.RUnlock()
	return stored
}

// change changes the store. It returns whom to call, once all is changed and no lock is held.
func (s *ObjectStore) change(change func()) woken {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	change()
	return s.waiting.take()
}

// OnChange has a function called after each change of an object: when another takes its place, when its deletion begins, and when
// it is gone. See [ChangeSource].
func (s *ObjectStore) OnChange(reference ObjectReference, changed func()) (stop func()) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	one := s.waiting.add(reference, changed)
	return func() {
		s.mutex.Lock()
		defer s.mutex.Unlock()
		s.waiting.remove(one)
	}
}

// put adds or replaces an object. The caller holds the mutex.
func (s *ObjectStore) put(object Object, deletion time.Time) {
	if before := s.objects[object.ObjectReference]; before != nil {
		if before.uid == object.UID && before.deletion.Equal(deletion) {
			return
		}
		before.isLive.Store(false)
	}
	s.waiting.wake(object.ObjectReference)
	stored := &storedObject{uid: object.UID, deletion: deletion}
	stored.isLive.Store(deletion.IsZero())
	s.objects[object.ObjectReference] = stored
}

// remove removes an object. The caller holds the mutex.
func (s *ObjectStore) remove(reference ObjectReference) bool {
	stored := s.objects[reference]
	if stored == nil {
		return false
	}
	s.rememberDeletion(stored.uid)
	s.waiting.wake(reference)
	stored.isLive.Store(false)
	delete(s.objects, reference)
	return true
}

// rememberDeletion remembers a uid, which is never used twice. To forget is harmless: the object then counts as one that may
// still appear. The caller holds the mutex.
func (s *ObjectStore) rememberDeletion(uid string) {
	if len(s.deleted) >= mostDeletions {
		clear(s.deleted)
	}
	s.deleted[uid] = struct{}{}
}

// replace replaces the objects for which isMeant is true. The caller holds the mutex.
func (s *ObjectStore) replace(objects []KnownObject, isMeant func(ObjectReference) bool) {
	listed := make(map[ObjectReference]struct{}, len(objects))
	for _, object := range objects {
		if isMeant(object.ObjectReference) {
			listed[object.ObjectReference] = struct{}{}
			s.put(object.Object, object.DeletionTimestamp)
		}
	}
	for reference := range s.objects {
		if _, stays := listed[reference]; !stays && isMeant(reference) {
			s.remove(reference)
		}
	}
}

// ReplaceJSON replaces all objects by those of a list, as `kubectl get serviceaccounts,secrets,pods,nodes -A -o json` writes
// it. Objects of kinds that no token is bound to are left out. After an error nothing has changed.
func (s *ObjectStore) ReplaceJSON(list []byte) error {
	objects, err := ParseObjects(list)
	if err != nil {
		return err
	}
	s.Replace(objects)
	return nil
}

// ParseObjects reads a list of objects, as `kubectl get serviceaccounts,secrets,pods,nodes -A -o json` writes it, or a single
// object. Objects of kinds that no token is bound to are left out.
func ParseObjects(list []byte) ([]KnownObject, error) {
	type item struct {
		Kind     string `json:"kind"`
		Metadata struct {
			Namespace         string     `json:"namespace"`
			Name              string     `json:"name"`
			UID               string     `json:"uid"`
			DeletionTimestamp *time.Time `json:"deletionTimestamp"`
		} `json:"metadata"`
	}
	var document struct {
		item
		Items *[]item `json:"items"`
	}
	if err := json.Unmarshal(list, &document); err != nil {
		return nil, fmt.Errorf("boundtoken: the objects could not be read: %w", err)
	}
	var items []item
	switch {
	case document.Items != nil:
		items = *document.Items
	case document.Kind != "":
		items = []item{document.item}
	default:
		return nil, errors.New("boundtoken: the objects could not be read: neither a list nor an object")
	}
	kinds := make(map[string]ObjectKind, len(kindNames))
	for kind, name := range kindNames {
		kinds[name] = kind
	}
	objects := make([]KnownObject, 0, len(items))
	for _, item := range items {
		kind, known := kinds[item.Kind]
		if !known {
			continue
		}
		object := KnownObject{Object: Object{
			ObjectReference: ObjectReference{Kind: kind, Namespace: item.Metadata.Namespace, Name: item.Metadata.Name},
			UID:             item.Metadata.UID,
		}}
		if object.Name == "" || object.UID == "" || (object.Namespace == "") == kind.IsNamespaced() {
			return nil, fmt.Errorf("boundtoken: an object of the list is incomplete: %s", object.ObjectReference)
		}
		if deletion := item.Metadata.DeletionTimestamp; deletion != nil {
			object.DeletionTimestamp = *deletion
		}
		objects = append(objects, object)
	}
	return objects, nil
}
