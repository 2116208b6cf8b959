package boundtoken

import (
	"sync/atomic"
	"time"
)

// keyAge says how old the keys of a set are, and how old they may become.
type keyAge struct {
	// limit is in nanoseconds. 0 means any age.
	limit atomic.Int64
	// asOf is when the keys were last known to be current. Without one, they never were.
	asOf atomic.Pointer[time.Time]
}

// SetMaxAge sets how old the keys may become. 0, which is the default, removes the limit. It may change at any time.
//
// The age counts from [JWKS] or [PEM], or from the last replacement, also by the same document. It includes the time that the
// machine sleeps. Tokens under older keys are refused with [ReasonKeysStale], whether they were seen before or not. A verifier
// that accepts tokens whose objects are unavailable (see [WithUnavailable]) accepts them, with [ConfirmedStale] instead of
// [ConfirmedLive].
//
// Without a limit, a verifier whose keys are no longer refreshed trusts keys that the issuer has withdrawn.
func (k *KeySet) SetMaxAge(age time.Duration) { k.age.limit.Store(int64(age)) }

// IsStale reports whether the keys are older than [KeySet.SetMaxAge] allows.
func (k *KeySet) IsStale() bool {
	// Reads no clock if there is no limit.
	return k.age.limit.Load() != 0 && k.isStaleAt(time.Now())
}

func (k *KeySet) isStaleAt(now time.Time) bool {
	limit := time.Duration(k.age.limit.Load())
	if limit == 0 {
		return false
	}
	asOf := k.age.asOf.Load()
	return asOf == nil || elapsed(*asOf, now) > limit
}

// elapsed returns the time between two times. The monotonic clock stands still while the machine sleeps, and the wall clock may
// be set. The larger value counts.
func elapsed(since, now time.Time) time.Duration {
	return max(now.Sub(since), time.Duration(now.UnixNano()-since.UnixNano()))
}
