package cluster

import (
	"context"
	"log/slog"
	"sync"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/metadata"

	"boundtoken.dev/go"
)

const (
	// mostRequests is how many requests may be in flight at a time.
	mostRequests = 8
	// questionTimeout is how long one question may take, including the wait for its turn.
	questionTimeout = 5 * time.Second
	// remembered is how long the answer "there is no such object" is remembered.
	remembered = 10 * time.Second
	// mostRemembered is how many such answers are remembered.
	mostRemembered = 1024
)

// asker asks the API server about objects that the watches have not reported yet.
type asker struct {
	client metadata.Interface
	logger *slog.Logger
	turns  chan struct{}

	mutex sync.Mutex
	// absent is the objects that did not exist, and when that was.
	absent map[boundtoken.Object]time.Time
}

func newAsker(client metadata.Interface, logger *slog.Logger) *asker {
	return &asker{
		client: client, logger: logger, turns: make(chan struct{}, mostRequests),
		absent: make(map[boundtoken.Object]time.Time),
	}
}

func (a *asker) AskObject(ctx context.Context, object boundtoken.Object) boundtoken.ObjectState {
	if a.isRemembered(object) {
		return boundtoken.ObjectState{Presence: boundtoken.Absent}
	}
	ctx, cancel := context.WithTimeout(ctx, questionTimeout)
	defer cancel()
	state, err := a.request(ctx, object.ObjectReference)
	if err != nil {
		a.logger.Warn("boundtoken: the API server could not be asked", "object", object.ObjectReference.String(), "error", err)
		return boundtoken.ObjectState{}
	}
	if state.Presence == boundtoken.Absent || state.UID != object.UID {
		a.remember(object)
	}
	return state
}

func (a *asker) request(ctx context.Context, reference boundtoken.ObjectReference) (boundtoken.ObjectState, error) {
	select {
	case a.turns <- struct{}{}:
		defer func() { <-a.turns }()
	case <-ctx.Done():
		return boundtoken.ObjectState{}, ctx.Err()
	}
	found, err := resourceOf(a.client, reference.Kind, reference.Namespace).Get(ctx, reference.Name, metav1.GetOptions{})
	switch {
	case apierrors.IsNotFound(err):
		return boundtoken.ObjectState{Presence: boundtoken.Absent}, nil
	case err != nil:
		return boundtoken.ObjectState{}, err
	case found.UID == "":
		return boundtoken.ObjectState{}, errIncomplete
	}
	state := boundtoken.ObjectState{Presence: boundtoken.Present, UID: string(found.UID)}
	if found.DeletionTimestamp != nil {
		state.DeletionTimestamp = found.DeletionTimestamp.Time
	}
	return state, nil
}

func (a *asker) isRemembered(object boundtoken.Object) bool {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	since, known := a.absent[object]
	return known && time.Since(since) < remembered
}

// remember forgets everything when the memory is full. Only tokens with a good signature get this far, so an attacker cannot
// fill it.
func (a *asker) remember(object boundtoken.Object) {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	if len(a.absent) >= mostRemembered {
		for object, since := range a.absent {
			if time.Since(since) >= remembered {
				delete(a.absent, object)
			}
		}
	}
	if len(a.absent) >= mostRemembered {
		clear(a.absent)
	}
	a.absent[object] = time.Now()
}
