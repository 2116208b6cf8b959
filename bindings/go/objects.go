package boundtoken

import (
	"context"
	"fmt"
	"time"

	"boundtoken.dev/go/internal/engine"
)

// ObjectKind is the kind of an object that a token can be bound to.
type ObjectKind uint32

var kindNames = map[ObjectKind]string{
	KindServiceAccount:                 "ServiceAccount",
	KindSecret:                         "Secret",
	KindPod:                            "Pod",
	KindNode:                           "Node",
	KindValidatingWebhookConfiguration: "ValidatingWebhookConfiguration",
	KindMutatingWebhookConfiguration:   "MutatingWebhookConfiguration",
}

// String returns the kind as Kubernetes writes it, such as "Pod".
func (k ObjectKind) String() string {
	if name, known := kindNames[k]; known {
		return name
	}
	return fmt.Sprintf("ObjectKind(%d)", uint32(k))
}

// IsNamespaced reports whether objects of this kind have a namespace.
func (k ObjectKind) IsNamespaced() bool {
	return k == KindServiceAccount || k == KindSecret || k == KindPod
}

// ObjectReference names an object.
type ObjectReference struct {
	Kind ObjectKind
	// Namespace is empty for kinds without namespaces.
	Namespace string
	Name      string
}

// String returns a text such as "Pod demo/live" or "Node node-1".
func (r ObjectReference) String() string {
	if r.Namespace == "" {
		return r.Kind.String() + " " + r.Name
	}
	return r.Kind.String() + " " + r.Namespace + "/" + r.Name
}

// Object is an object that a token is bound to: a reference, and the uid of the very object that the token was issued for.
type Object struct {
	ObjectReference
	UID string
}

// Presence says what a source knows of an object.
type Presence uint32

const (
	// Unavailable says that the source cannot tell at the moment. It is not connected, or not up to date.
	Unavailable Presence = iota
	// Present says that the object exists.
	Present
	// Absent says that the object does not exist.
	Absent
	// NotFollowed says that the source can never tell, because it does not follow objects of this kind or in this namespace.
	// The token is refused, even by a verifier that accepts tokens whose objects are unavailable.
	NotFollowed
)

// String returns "unavailable", "present", "absent" or "not followed".
func (p Presence) String() string {
	switch p {
	case Unavailable:
		return "unavailable"
	case Present:
		return "present"
	case Absent:
		return "absent"
	case NotFollowed:
		return "not followed"
	}
	return fmt.Sprintf("Presence(%d)", uint32(p))
}

// ObjectState is what a source knows of an object. The zero value says that it cannot tell.
type ObjectState struct {
	Presence Presence
	// UID is the metadata.uid of an object that is present.
	UID string
	// DeletionTimestamp is the metadata.deletionTimestamp of an object that is being deleted. It is zero otherwise.
	DeletionTimestamp time.Time
}

// Freshness says how well a source keeps up with its cluster.
type Freshness uint32

const (
	// Current says that the answers are up to date.
	Current Freshness = iota
	// Following says that the source follows the cluster by watches, so it may not know a new object yet. If a token was
	// issued within the last minute, and its object is not known, it is refused with [ReasonBoundObjectPending].
	Following
	// Stale says that the source lost touch with the cluster longer ago than allowed. Tokens are refused with
	// [ReasonBoundObjectUnavailable], or accepted with [ConfirmedStale] by a verifier that accepts such tokens.
	Stale
)

// String returns "current", "following" or "stale".
func (f Freshness) String() string {
	switch f {
	case Current:
		return "current"
	case Following:
		return "following"
	case Stale:
		return "stale"
	}
	return fmt.Sprintf("Freshness(%d)", uint32(f))
}

// ObjectSource reports the state of the objects that tokens are bound to. It only reports: the verifier applies the rules.
//
// The verifier calls it for every token, from any goroutine, so it must answer from memory. [ObjectStore] is one.
type ObjectSource interface {
	// State returns what is known of an object.
	State(reference ObjectReference) ObjectState
	// Freshness returns how well the source keeps up with its cluster.
	Freshness() Freshness
}

// DeletionSource is an [ObjectSource] that remembers deletions. A new token of an object that is known to be deleted is then
// refused for good, and not as one whose object may still appear.
type DeletionSource interface {
	// IsDeleted reports whether the object with this uid is known to be deleted.
	IsDeleted(object Object) bool
}

// ChangeSource is an [ObjectSource] that tells of changes. What lasts, such as a stream, then ends at the moment at which its
// caller's pod is deleted: see [Verifier.UntilRevoked]. Other sources are asked every ten seconds.
type ChangeSource interface {
	// OnChange has a function called after every change of an object, until stop is called. The function returns at once, and
	// may be called for nothing, from any goroutine, and a last time while stop is called. Either may be called within a call of
	// the other, so the source holds no lock when it calls the function.
	OnChange(reference ObjectReference, changed func()) (stop func())
}

// ObjectAsker asks a cluster about an object that its source does not know yet.
//
// A verifier asks only about objects of a token whose signature, audience and times are good, and which was issued within the
// last minute.
type ObjectAsker interface {
	// AskObject returns the state of an object as the cluster knows it at this moment. If the cluster cannot be asked, it
	// returns a state that is [Unavailable].
	AskObject(ctx context.Context, object Object) ObjectState
}

// ObjectFunc makes an [ObjectSource] of a function that is always current.
type ObjectFunc func(reference ObjectReference) ObjectState

// State calls the function.
func (f ObjectFunc) State(reference ObjectReference) ObjectState { return f(reference) }

// Freshness returns [Current].
func (f ObjectFunc) Freshness() Freshness { return Current }

// sourceForEngine answers the engine from a source.
type sourceForEngine struct{ source ObjectSource }

func (s sourceForEngine) State(kind uint32, namespace, name string) (engine.State, string, int64, bool) {
	return forEngine(s.source.State(ObjectReference{Kind: ObjectKind(kind), Namespace: namespace, Name: name}))
}

func (s sourceForEngine) Freshness() uint32 { return uint32(s.source.Freshness()) }

func (s sourceForEngine) IsGone(kind uint32, namespace, name, uid string) bool {
	deletions, remembers := s.source.(DeletionSource)
	return remembers && deletions.IsDeleted(objectOf(kind, namespace, name, uid))
}

func objectOf(kind uint32, namespace, name, uid string) Object {
	return Object{ObjectReference{Kind: ObjectKind(kind), Namespace: namespace, Name: name}, uid}
}

func forEngine(state ObjectState) (engine.State, string, int64, bool) {
	switch state.Presence {
	case Present:
		if state.DeletionTimestamp.IsZero() {
			return engine.Present, state.UID, 0, false
		}
		// A time before 1970 counts as 1970. Both are long past.
		return engine.Present, state.UID, max(state.DeletionTimestamp.Unix(), 0), true
	case Absent:
		return engine.Absent, "", 0, false
	case NotFollowed:
		return engine.NotFollowed, "", 0, false
	default:
		return engine.Unavailable, "", 0, false
	}
}
