package boundtoken

import (
	"slices"
	"time"

	"boundtoken.dev/go/internal/cache"
)

// remembered is an accepted token, for when it is seen again. It only ever says yes: what it cannot say yes to is left to the
// engine.
type remembered struct {
	token *Token
	// audiences is what the token was verified for. It is empty if that were the audiences of the verifier.
	audiences []string
	// keys is the key set of the issuer. generation is that of the keys that vouched for the token.
	keys       *KeySet
	generation uint64
	// The engine says that the token's times hold from a second on, and until before another.
	from, until int64

	// store is where the objects are. If it is nil, source is asked. If that is nil too, the objects are not checked.
	store   *ObjectStore
	states  []*storedObject
	source  ObjectSource
	objects []Object
}

// hash returns the hash under which a token is remembered, or 0 if it is not.
func (v *Verifier) hash(token string, audiences []string) uint64 {
	switch {
	case v.cache == nil || len(token) > cache.LargestToken:
		return 0
	case len(audiences) == 0:
		return v.cache.Hash(token)
	default:
		return v.cache.HashWith(token, audiences)
	}
}

// recall returns what is remembered of a token, if it is still good for sure. It returns nil otherwise. at is the
// time for which the token is verified, and now is the time of the clock.
func (v *Verifier) recall(hash uint64, token string, audiences []string, at, now time.Time) *remembered {
	if hash == 0 {
		return nil
	}
	entry := v.cache.Get(hash, token)
	// The age of the keys comes before the generation: if keys are replaced in between, new ones may count as old, but never old ones
	// as new.
	if entry == nil || entry.Value.keys.isStaleAt(now) ||
		!entry.Value.isGood(v.engine.Generation(), audiences, at.Unix(), now) {
		return nil
	}
	entry.MarkUsed()
	return entry.Value
}

func (r *remembered) isGood(generation uint64, audiences []string, at int64, now time.Time) bool {
	return r.generation == generation && r.from <= at && at < r.until &&
		slices.Equal(r.audiences, audiences) && r.isLive(now)
}

// isLive reports whether the source is up to date, and every object has the uid of the token and is not being deleted.
func (r *remembered) isLive(now time.Time) bool {
	if r.store != nil {
		for _, state := range r.states {
			if !state.isLive.Load() {
				return false
			}
		}
		return r.store.freshnessAt(now) != Stale
	}
	return r.source == nil || r.isLiveBySource()
}

func (r *remembered) isLiveBySource() bool {
	// A freshness that is not known here says nothing good.
	if freshness := r.source.Freshness(); freshness != Current && freshness != Following {
		return false
	}
	return areLive(r.source, r.objects)
}

// areLive reports whether a source, fresh or not, says that every object has its uid and is not being deleted.
func areLive(source ObjectSource, objects []Object) bool {
	for _, object := range objects {
		state := source.State(object.ObjectReference)
		if state.Presence != Present || state.UID != object.UID || !state.DeletionTimestamp.IsZero() {
			return false
		}
	}
	return true
}

// remember remembers an accepted token, if it can be judged again here.
func (v *Verifier) remember(hash uint64, token string, audiences []string, accepted *Token, verdict verdict, now time.Time) {
	if v.cache == nil || hash == 0 {
		return
	}
	issuer := v.issuers[verdict.Issuer]
	value := &remembered{
		token:      accepted,
		audiences:  slices.Clone(audiences),
		keys:       issuer.keys,
		generation: verdict.Generation,
		from:       verdict.From,
		until:      verdict.Until,
	}
	source := issuer.source
	switch confirmed := accepted.Confirmed(); {
	case confirmed == ConfirmedNotChecked && source == nil:
	case confirmed == ConfirmedLive && source != nil:
		if !value.watch(source, accepted.BoundObjects()) || !value.isLive(now) {
			return
		}
	default:
		return
	}
	size := accepted.record.Size()
	for _, audience := range audiences {
		size += len(audience) + 16
	}
	for _, object := range value.objects {
		size += len(object.Namespace) + len(object.Name) + len(object.UID) + 64
	}
	v.cache.Add(hash, token, value, size)
}

// watch finds the objects of the token. It reports false if the source does not have one of them as the token names it.
func (r *remembered) watch(source ObjectSource, objects []Object) bool {
	store, isStore := source.(*ObjectStore)
	if !isStore {
		r.source, r.objects = source, objects
		return true
	}
	r.store = store
	for _, object := range objects {
		state := store.find(object.ObjectReference)
		if state == nil || state.uid != object.UID {
			return false
		}
		r.states = append(r.states, state)
	}
	return true
}

// forget forgets a token that is refused now.
func (v *Verifier) forget(hash uint64, token string) {
	if v.cache == nil || hash == 0 {
		return
	}
	if entry := v.cache.Get(hash, token); entry != nil {
		v.cache.Remove(entry)
	}
}
