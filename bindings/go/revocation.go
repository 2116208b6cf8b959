package boundtoken

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"boundtoken.dev/go/internal/engine"
)

const (
	// askAgain is when to look again where nobody says that something has changed.
	askAgain = 10 * time.Second
	// longestSleep is the longest time between two looks at the clock. A timer notices neither that the clock was set nor that the
	// machine slept.
	longestSleep = 10 * time.Minute
)

// UntilRevoked returns a context that ends when an accepted token is no longer good. It is meant for what outlives a request: a
// stream, a WebSocket, server-sent events. caller is the accepted token, and token is its text, for the audiences that it was
// accepted for, or none if those were the verifier's. Call the function when it is over, or have ctx end.
//
// [context.Cause] then returns a [*RejectedError], which says why the verifier would refuse the token now:
//
//   - It has expired. The leeway counts, so that is 60 seconds after the claim exp by default.
//   - Its key was withdrawn.
//   - An object that it is bound to was deleted, or replaced by another of its name. While an object is being deleted but still
//     there, that counts 60 seconds after its deletionTimestamp, as for the API server.
//
// Any other cause says that nothing could be decided, because a source of objects panicked.
//
// An outage ends nothing. While the objects or the keys are stale, tokens are refused, but the context goes on: nothing is known
// against the caller. What was seen counts all the same, and what was missed counts as soon as the source is up to date again.
//
// With an [ObjectStore], or another [ChangeSource], the context ends at the moment of the change. Other sources are asked every ten
// seconds, and so are objects that are being deleted, or that the source has not seen yet. While nothing happens it costs no
// goroutine and no time.
func (v *Verifier) UntilRevoked(
	ctx context.Context, caller *Token, token string, audiences ...string,
) (context.Context, context.CancelFunc) {
	lasting, cancel := context.WithCancelCause(ctx)
	r := &revocation{verifier: v, objects: caller.BoundObjects(), token: token, cancel: cancel}
	if len(audiences) > 0 {
		r.audiences = slices.Clone(audiences)
	}
	label, name := caller.IssuerLabel(), caller.Issuer()
	place := slices.IndexFunc(v.issuers, func(issuer issuerConfig) bool {
		return issuer.effectiveLabel() == label && slices.Contains(issuer.names, name)
	})
	if place < 0 {
		cancel(&RejectedError{Reason: ReasonVerifierMismatch})
		return lasting, func() {}
	}
	r.source = v.issuers[place].source
	// First wait, then look. So no change goes unnoticed in between.
	v.revocations.add(r)
	if changes, tells := r.source.(ChangeSource); tells {
		r.isTold = true
		for _, object := range r.objects {
			r.stops = append(r.stops, changes.OnChange(object.ObjectReference, r.wake))
		}
	}
	forget := context.AfterFunc(lasting, r.release)
	r.wake()
	return lasting, func() {
		if forget() {
			r.release()
		}
		cancel(nil)
	}
}

// revocation is a context that ends with its token.
type revocation struct {
	verifier  *Verifier
	token     string
	audiences []string
	objects   []Object
	cancel    context.CancelCauseFunc
	// source is nil if the objects are not checked. isTold is true if it tells of changes.
	source ObjectSource
	isTold bool
	stops  []func()
	// isQueued belongs to the revocations.
	isQueued bool

	mutex  sync.Mutex
	timer  *time.Timer
	isOver bool
}

// wake has somebody look whether the token is still good.
func (r *revocation) wake() { r.verifier.revocations.wake(r) }

// release ends the waiting.
func (r *revocation) release() {
	r.mutex.Lock()
	r.isOver = true
	if r.timer != nil {
		r.timer.Stop()
	}
	r.mutex.Unlock()
	for _, stop := range r.stops {
		stop()
	}
	r.verifier.revocations.remove(r)
}

// sleep has somebody look again after a while, if nothing happens before.
func (r *revocation) sleep(duration time.Duration) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	switch {
	case r.isOver:
	case r.timer == nil:
		r.timer = time.AfterFunc(duration, r.wake)
	default:
		r.timer.Reset(duration)
	}
}

// look ends the context if the token is no longer good. Only one goroutine at a time looks.
func (r *revocation) look() {
	defer func() {
		// A source that panics must not end the program: nobody else is here to recover.
		if value := recover(); value != nil {
			r.fail(fmt.Errorf("boundtoken: %w", &engine.TrapError{Value: value}))
		}
	}()
	now := time.Now()
	if known := r.verifier.recall(r.verifier.hash(r.token, r.audiences), r.token, r.audiences, now, now); known != nil {
		r.sleepUntil(known.until, now)
		return
	}
	verdict, err := r.verifier.revocations.judge(r, now)
	if err != nil {
		r.fail(err)
		return
	}
	switch status := verdict.record.Status(); {
	case status == statusOK && (r.source == nil || areLive(r.source, r.objects)):
		r.sleepUntil(verdict.Until, now)
	case status == statusOK || Reason(status).IsTemporary():
		r.sleep(askAgain)
	default:
		r.cancel(rejectedBy(verdict.record))
	}
}

// fail ends the context because nothing was decided.
func (r *revocation) fail(err error) {
	r.verifier.logger.Error("boundtoken: nothing was decided about a token that lasts, which ends it", "error", err)
	r.cancel(err)
}

// sleepUntil sleeps until time alone may end the token, in Unix seconds.
func (r *revocation) sleepUntil(seconds int64, now time.Time) {
	longest := longestSleep
	if r.source != nil && !r.isTold {
		longest = askAgain
	}
	r.sleep(min(max(time.Unix(seconds, 0).Sub(now), time.Second), longest))
}
