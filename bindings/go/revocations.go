package boundtoken

import (
	"sync"
	"time"

	"boundtoken.dev/go/internal/engine"
)

// revocations are the contexts of a verifier that end with their tokens. A goroutine runs only while it looks at some of them.
type revocations struct {
	newJudge newJudge
	config   engine.Config
	issuers  []issuerConfig
	sources  []*knownSource

	mutex sync.Mutex
	// engine is nil until somebody needs it.
	engine    judge
	open      map[*revocation]struct{}
	queue     []*revocation
	isLooking bool
}

// newRevocations prepares an engine of its own, for which what is only unknown says nothing against a token.
func newRevocations(newJudge newJudge, config engine.Config, issuers []issuerConfig) *revocations {
	r := &revocations{newJudge: newJudge, config: config, issuers: issuers, open: make(map[*revocation]struct{})}
	r.config.AcceptUnavailable = true
	r.config.Issuers = append([]engine.Issuer(nil), config.Issuers...)
	for i, issuer := range issuers {
		r.config.Issuers[i].KeysStale = nil
		if issuer.source != nil {
			source := &knownSource{sourceForEngine: sourceForEngine{issuer.source}}
			r.sources = append(r.sources, source)
			r.config.Issuers[i].Objects = source
		}
	}
	return r
}

func (r *revocations) add(one *revocation) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	r.open[one] = struct{}{}
}

func (r *revocations) remove(one *revocation) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	delete(r.open, one)
}

// wake has a token looked at, soon and on another goroutine.
func (r *revocations) wake(one *revocation) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	r.enqueue(one)
}

// wakeAll has all tokens looked at.
func (r *revocations) wakeAll() {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	for one := range r.open {
		r.enqueue(one)
	}
}

// enqueue does nothing for what is over. The caller holds the mutex.
func (r *revocations) enqueue(one *revocation) {
	if _, isOpen := r.open[one]; !isOpen || one.isQueued {
		return
	}
	one.isQueued = true
	r.queue = append(r.queue, one)
	if !r.isLooking {
		r.isLooking = true
		go r.look()
	}
}

// look looks at tokens until none is left.
func (r *revocations) look() {
	for one := r.next(); one != nil; one = r.next() {
		one.look()
	}
}

func (r *revocations) next() *revocation {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	if len(r.queue) == 0 {
		r.queue, r.isLooking = nil, false
		return nil
	}
	one := r.queue[0]
	r.queue[0] = nil
	r.queue = r.queue[1:]
	// What changes from now on is looked at once more.
	one.isQueued = false
	return one
}

// judge judges a token by what is known for sure. Only one goroutine at a time calls it.
func (r *revocations) judge(one *revocation, now time.Time) (verdict, error) {
	engine, err := r.ready()
	if err != nil {
		return verdict{}, err
	}
	for _, source := range r.sources {
		source.freshness, source.objects = source.source.Freshness(), one.objects
	}
	return ask(engine, question{token: []byte(one.token), now: max(now.Unix(), 0), audiences: one.audiences})
}

// ready returns the engine, with the current keys.
func (r *revocations) ready() (judge, error) {
	r.mutex.Lock()
	ready := r.engine
	r.mutex.Unlock()
	if ready != nil {
		return ready, nil
	}
	documents := make([]keyDocument, len(r.issuers))
	for i, issuer := range r.issuers {
		documents[i] = issuer.keys.current()
		r.config.Issuers[i].JWKS, r.config.Issuers[i].PEM = documents[i].jwks, documents[i].pem
	}
	made, err := r.newJudge(r.config)
	if err != nil {
		return nil, err
	}
	// From now on, keys are replaced in it.
	r.use(made)
	for i, issuer := range r.issuers {
		if err := issuer.keys.bringTo(made, i, documents[i]); err != nil {
			r.use(nil)
			return nil, err
		}
	}
	return made, nil
}

func (r *revocations) use(engine judge) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	r.engine = engine
}

func (r *revocations) replaceKeys(issuer int, document keyDocument) error {
	r.mutex.Lock()
	engine := r.engine
	r.mutex.Unlock()
	if engine == nil {
		return nil
	}
	_, err := engine.ReplaceKeys(issuer, document.jwks, document.pem)
	return err
}

// knownSource tells only what is known for sure about the objects of one token. The rest is unavailable.
type knownSource struct {
	sourceForEngine
	freshness Freshness
	objects   []Object
}

func (s *knownSource) isStale() bool { return s.freshness != Current && s.freshness != Following }

// Freshness returns [Following] for a stale source: what it does not know is not told.
func (s *knownSource) Freshness() uint32 {
	if s.isStale() {
		return uint32(Following)
	}
	return uint32(s.freshness)
}

func (s *knownSource) State(kind uint32, namespace, name string) (engine.State, string, int64, bool) {
	reference := ObjectReference{Kind: ObjectKind(kind), Namespace: namespace, Name: name}
	state := s.source.State(reference)
	if state.Presence == NotFollowed || s.isStale() && !s.isKnown(reference, state) {
		state = ObjectState{}
	}
	return forEngine(state)
}

// isKnown reports whether a stale source has seen this. It may not know an object yet, unless it saw it go.
func (s *knownSource) isKnown(reference ObjectReference, state ObjectState) bool {
	for _, object := range s.objects {
		if object.ObjectReference == reference {
			return state.Presence == Present && state.UID == object.UID ||
				s.IsGone(uint32(object.Kind), object.Namespace, object.Name, object.UID)
		}
	}
	return false
}
