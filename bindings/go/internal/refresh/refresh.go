// Package refresh keeps the keys of an issuer current: it loads them from time to time, and at once when a token names an
// unknown key. The caller says where they come from.
package refresh

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"boundtoken.dev/go"
)

const (
	// shortestInterval is between two requests for the keys, always.
	shortestInterval = 10 * time.Second
	// retryInterval is the interval after a failure, and while the issuer publishes no key.
	retryInterval = 30 * time.Second
	// shortestLifetime is what a shorter max-age of the issuer counts as.
	shortestLifetime = 60 * time.Second
	// usualInterval is the interval if the issuer states no max-age, or a longer one. A withdrawn key must not stay in use for
	// longer.
	usualInterval = 300 * time.Second
	// unknownKeyWait is how long a call waits for new keys. Anybody can send a token with an unknown key, so a slow issuer must
	// not delay the service for long.
	unknownKeyWait = 300 * time.Millisecond
	// mostWaiting is how many calls may wait at a time. Further calls do not wait at all.
	mostWaiting = 16

	// LoadTimeout is how long one attempt to load keys may take.
	LoadTimeout = 10 * time.Second
	// MaxDocumentBytes is the size of the largest document.
	MaxDocumentBytes = 1 << 20
	// Accepted is the value of the header Accept for requests for keys. The API server refuses a client that accepts only plain
	// JSON.
	Accepted = "application/jwk-set+json, application/json;q=0.9"
)

// Loaded is a key set that was just loaded.
type Loaded struct {
	JWKS []byte
	// Asked is when the keys were asked for. Their age counts from then.
	Asked time.Time
	// CacheControl is the values of the header Cache-Control.
	CacheControl []string
}

// Load loads a key set.
type Load func(ctx context.Context) (Loaded, error)

// Check says what is wrong with a document that is no key set.
func (l Loaded) Check() error {
	_, err := l.isEmpty()
	return err
}

func (l Loaded) isEmpty() (bool, error) {
	var document struct {
		Keys *[]json.RawMessage `json:"keys"`
	}
	if json.Unmarshal(l.JWKS, &document) != nil || document.Keys == nil {
		return false, errors.New("the answer is not a JSON Web Key Set")
	}
	return len(*document.Keys) == 0, nil
}

// lifetime returns the value of max-age (RFC 9111 section 5.2.2.1), within bounds.
func (l Loaded) lifetime() time.Duration {
	for _, directive := range strings.Split(strings.Join(l.CacheControl, ","), ",") {
		name, value, _ := strings.Cut(directive, "=")
		seconds, err := strconv.ParseUint(strings.Trim(strings.TrimSpace(value), `"`), 10, 31)
		if err == nil && strings.EqualFold(strings.TrimSpace(name), "max-age") {
			return min(max(time.Duration(seconds)*time.Second, shortestLifetime), usualInterval)
		}
	}
	return usualInterval
}

// Refresher keeps a key set current until it is closed.
type Refresher struct {
	keys   *boundtoken.KeySet
	load   Load
	maxAge time.Duration
	logger *slog.Logger
	missed chan struct{}
	places chan struct{}
	cancel context.CancelFunc
	done   chan struct{}

	mutex sync.Mutex
	// began is when the last attempt that has ended began.
	began    time.Time
	loadedAt time.Time
	failure  error
	// ended is closed when the next attempt has ended.
	ended chan struct{}
}

// Start makes a key set of keys that were just loaded, and keeps it current. maxAge is how old the keys may become, or 0.
func Start(first Loaded, load Load, maxAge time.Duration, logger *slog.Logger) *Refresher {
	ctx, cancel := context.WithCancel(context.Background())
	r := &Refresher{
		keys: boundtoken.JWKS(first.JWKS), load: load, maxAge: maxAge, logger: logger, missed: make(chan struct{}, 1),
		places: make(chan struct{}, mostWaiting), cancel: cancel, done: make(chan struct{}),
		began: first.Asked, loadedAt: first.Asked, ended: make(chan struct{}),
	}
	r.keys.SetMaxAge(maxAge)
	// It has this document, so nothing is replaced but its age.
	_ = r.keys.ReplaceAsOf(first.JWKS, first.Asked)
	r.keys.OnUnknownKey(r.Refresh)
	go r.run(ctx, r.due(first.Asked, first.lifetime()))
	return r
}

// Keys returns the key set.
func (r *Refresher) Keys() *boundtoken.KeySet { return r.keys }

// Status returns when the keys were last loaded, and why the last attempt failed, if it did.
func (r *Refresher) Status() (loadedAt time.Time, failure error) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	return r.loadedAt, r.failure
}

// Close ends the refresh, and waits until it has ended. The keys stay as they are.
func (r *Refresher) Close() {
	r.cancel()
	<-r.done
}

// Refresh has the keys loaded, unless that was just done. It waits until they are loaded, but no longer than a fraction of a
// second, and not at all if many calls wait already. The keys are loaded anyway.
func (r *Refresher) Refresh(ctx context.Context) {
	r.mutex.Lock()
	began, ended := r.began, r.ended
	r.mutex.Unlock()
	if time.Since(began) < shortestInterval {
		return
	}
	select {
	case r.missed <- struct{}{}:
	default:
	}
	select {
	case r.places <- struct{}{}:
		defer func() { <-r.places }()
	default:
		return
	}
	wait := time.NewTimer(unknownKeyWait)
	defer wait.Stop()
	select {
	case <-ended:
	case <-wait.C:
	case <-ctx.Done():
	case <-r.done:
	}
}

func (r *Refresher) run(ctx context.Context, due time.Time) {
	defer close(r.done)
	for {
		if !r.wait(ctx, due) {
			return
		}
		// This attempt serves every key that was missed so far, so no second one should follow for them.
		select {
		case <-r.missed:
		default:
		}
		began := time.Now()
		due = r.due(began, r.attempt(ctx, began))
	}
}

// due returns when the keys are loaded next. Keys with an age limit are reloaded within half of it.
func (r *Refresher) due(began time.Time, interval time.Duration) time.Time {
	due := time.Now().Add(jittered(interval))
	if r.maxAge == 0 {
		return due
	}
	renewal := began.Add(max(jittered(min(r.maxAge/2, usualInterval)), shortestInterval))
	if renewal.Before(due) {
		return renewal
	}
	return due
}

// wait waits until the keys are due, or a key is missed. It reports false when the refresher is closed.
func (r *Refresher) wait(ctx context.Context, due time.Time) bool {
	timer := time.NewTimer(time.Until(due))
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	case <-r.missed:
	}
	r.mutex.Lock()
	earliest := r.began.Add(shortestInterval)
	r.mutex.Unlock()
	if earliest.Before(due) {
		due = earliest
	}
	return Sleep(ctx, time.Until(due))
}

// attempt loads the keys once. It returns the time until the next attempt.
func (r *Refresher) attempt(ctx context.Context, began time.Time) time.Duration {
	interval, err := r.replace(ctx)
	if ctx.Err() != nil {
		return 0
	}
	if err != nil {
		r.logger.Warn("boundtoken: the keys were not refreshed", "error", err)
		interval = retryInterval
	}
	r.mutex.Lock()
	defer r.mutex.Unlock()
	r.began, r.failure = began, err
	if err == nil {
		r.loadedAt = began
	}
	close(r.ended)
	r.ended = make(chan struct{})
	return interval
}

func (r *Refresher) replace(ctx context.Context) (time.Duration, error) {
	ctx, cancel := context.WithTimeout(ctx, LoadTimeout)
	defer cancel()
	loaded, err := r.load(ctx)
	if err != nil {
		return 0, err
	}
	isEmpty, err := loaded.isEmpty()
	if err != nil {
		return 0, err
	}
	if err := r.keys.ReplaceAsOf(loaded.JWKS, loaded.Asked); err != nil {
		return 0, err
	}
	if isEmpty {
		r.logger.Error("boundtoken: the issuer publishes no key: all its tokens are refused until it does")
		return retryInterval, nil
	}
	return loaded.lifetime(), nil
}

// jittered returns a random duration between half of this one and the whole, so that not everybody asks at once.
func jittered(duration time.Duration) time.Duration {
	return duration - rand.N(duration/2+1)
}

// Sleep waits. It reports false if ctx is done before.
func Sleep(ctx context.Context, duration time.Duration) bool {
	timer := time.NewTimer(duration)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// Backoff is a wait that doubles from a quarter of a second to ten seconds.
type Backoff struct{ next time.Duration }

// Wait waits, and reports false if ctx is done before.
func (b *Backoff) Wait(ctx context.Context) bool {
	if b.next == 0 {
		b.next = 250 * time.Millisecond
	}
	wait := jittered(b.next)
	b.next = min(2*b.next, 10*time.Second)
	return Sleep(ctx, wait)
}

// IsTransient reports whether a request that was answered with this status may succeed later.
func IsTransient(status int) bool {
	return status == http.StatusTooManyRequests || status == http.StatusRequestTimeout || status >= 500
}
