// Package engine runs the verifier of the Rust library, translated to Go, with the cryptography of Go.
//
// The translated code is in the package wasm. It judges one token at a time, so an Engine has a pool of instances. What an instance
// imports is in host.go: signatures, SHA-256, random numbers, and what has become of bound objects. No rule for tokens stands in this
// package.
//
// # For whoever keeps accepted tokens
//
// A [Verdict] says what it takes to accept the same bytes again without asking the engine. All of this must hold:
//
//   - the verdict accepted the token for the same audiences, and its record says confirmed live (1) or not checked (2);
//   - the time is at least From and less than Until;
//   - [Engine.Generation] is that of the verdict: no keys of any issuer were replaced since;
//   - the keys of the issuer are not stale: look before you look at the generation, or new keys vouch for the age of old ones;
//   - if the issuer has an [ObjectSource]: its Freshness is not stale, and it says of every bound object in the record that it is present,
//     with the uid in the record, and not being deleted.
//
// Whenever one does not hold, ask the engine: it finds out what is wrong.
package engine

import (
	"fmt"
	"math"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"

	"boundtoken.dev/go/internal/wasm"
)

const (
	// DefaultLeewaySeconds is how far the clocks of issuer and verifier may differ, as in the API server.
	DefaultLeewaySeconds = 60
	// DefaultMaxTokenSize is the size of the largest token that is looked at, in bytes.
	DefaultMaxTokenSize = 16 * 1024
)

// Config describes a verifier.
type Config struct {
	Issuers   []Issuer
	Audiences []string
	// LeewaySeconds is taken as it is: see DefaultLeewaySeconds.
	LeewaySeconds uint64
	// MaxTokenSize is the size of the largest token in bytes. 0 means DefaultMaxTokenSize.
	MaxTokenSize int
	// AcceptUnavailable accepts tokens whose objects cannot be looked up, and says so in the record.
	AcceptUnavailable bool
}

// Issuer is an issuer whose tokens are accepted.
type Issuer struct {
	// Names are what the issuer writes into iss. There is at least one.
	Names []string
	// Label is the caller's own name for the issuer. Empty means the first of Names.
	Label string
	// JWKS and PEM hold the keys. Either may be empty.
	JWKS, PEM []byte
	// KeysStale tells whether the keys are older than allowed. Tokens of an issuer with such keys are refused (keys_stale), or accepted as
	// stale with AcceptUnavailable. It is asked from many goroutines, in every verification. nil: keys may have any age.
	KeysStale func() bool
	// Objects says what has become of bound objects. nil: they are not checked.
	Objects ObjectSource
}

// State is what a source knows of an object.
type State uint32

// The states of an object.
const (
	// Present: the object exists.
	Present State = iota
	// Absent: the object does not exist.
	Absent
	// Unavailable: the source cannot tell at the moment.
	Unavailable
	// NotFollowed: the source can never tell.
	NotFollowed
)

// How well a source keeps up with its cluster.
const (
	Current uint32 = iota
	Following
	Stale
)

// Object is an object that a token is bound to. The numbers of kinds are those of the record.
type Object struct {
	Kind                 uint32
	Namespace, Name, UID string
}

// ObjectSource says what has become of objects. It is asked from many goroutines, during verifications. It must answer from memory, and
// must not call the engine.
type ObjectSource interface {
	// State tells of an object. The uid and the deletion, in Unix seconds, are only looked at if it is present.
	State(kind uint32, namespace, name string) (state State, uid string, deletionTimestamp int64, deleting bool)
	// Freshness is Current, Following or Stale.
	Freshness() uint32
	// IsGone tells whether the object with this uid is known to be deleted.
	IsGone(kind uint32, namespace, name, uid string) bool
}

// Verdict is what comes of one verification.
type Verdict struct {
	// Record is the record, as include/boundtoken.h describes it: boundtoken_record.
	Record []byte
	// Issuer is the place of the token's issuer in the configuration. This and what follows is 0 for a refusal.
	Issuer int
	// From is the first second at which the token's times hold, leeway included. Until is the first one after it at which they do not.
	From, Until int64
	// Generation is that of the keys by which the token was judged.
	Generation uint64
}

// Accepted tells whether the token was accepted.
func (v Verdict) Accepted() bool {
	return len(v.Record) >= recordHeader && uint32At(v.Record, recordVersion) != 0 && uint32At(v.Record, recordStatus) == 0
}

// TrapError says that the translated code failed, or a source of objects panicked. Nothing was decided. The instance is not used again.
type TrapError struct {
	// Value is what was recovered.
	Value any
}

func (e *TrapError) Error() string {
	return fmt.Sprintf("the verifier failed, and decided nothing: %v: this is a fault of boundtoken or of a source of objects", e.Value)
}

// Engine verifies tokens. It is safe for concurrent use.
type Engine struct {
	sources      []ObjectSource
	issuers      []*issuer
	audiences    []string
	leeway       uint64
	maxTokenSize int
	unavailable  bool
	keys         keyCache
	generation   atomic.Uint64

	// Whoever has a slot has an instance. Whoever has all slots may replace keys.
	slots chan struct{}
	// One at a time takes all slots.
	replacing sync.Mutex

	mutex sync.Mutex
	// Instances that nobody uses. The last one used is the first to be used again.
	idle []*instance
	// Set by tests: called by a verification before it runs.
	beforeVerify func(*instance)
}

type issuer struct {
	// nil: never.
	stale     func() bool
	names     []string
	label     string
	jwks, pem []byte
	skipped   []string
}

// New builds an engine. The error is that of the Rust library.
func New(config Config) (*Engine, error) {
	e := &Engine{
		audiences:    slices.Clone(config.Audiences),
		leeway:       config.LeewaySeconds,
		maxTokenSize: config.MaxTokenSize,
		unavailable:  config.AcceptUnavailable,
		// Verifications compute, and wait for nothing. So as many as there are processors keep them busy, and memory is bounded.
		slots: make(chan struct{}, 2*runtime.GOMAXPROCS(0)),
	}
	if e.maxTokenSize == 0 {
		e.maxTokenSize = DefaultMaxTokenSize
	}
	if e.maxTokenSize < 0 || e.maxTokenSize > math.MaxInt32 {
		// Just as far out of range.
		e.maxTokenSize = math.MaxInt32
	}
	for _, of := range config.Issuers {
		e.sources = append(e.sources, of.Objects)
		e.issuers = append(e.issuers, &issuer{
			stale: of.KeysStale,
			names: slices.Clone(of.Names),
			label: of.Label,
			jwks:  slices.Clone(of.JWKS),
			pem:   slices.Clone(of.PEM),
		})
	}
	instance, skipped, err := e.newInstance()
	if err != nil {
		return nil, err
	}
	for place := range e.issuers {
		e.issuers[place].skipped = skipped[place]
	}
	e.idle = append(e.idle, instance)
	return e, nil
}

// Skipped returns why keys of an issuer were skipped, a text for each.
func (e *Engine) Skipped(issuer int) []string {
	e.replacing.Lock()
	defer e.replacing.Unlock()
	return slices.Clone(e.issuers[issuer].skipped)
}

// Generation returns a number that changes whenever keys of any issuer were replaced.
func (e *Engine) Generation() uint64 {
	return e.generation.Load()
}

// Verify verifies a token at a time, and returns the record of the verdict. The error is a *TrapError.
//
// With nil for audiences, the token must name one of the engine's, else one of these. An empty list matches no token.
func (e *Engine) Verify(token []byte, now int64, audiences []string) ([]byte, error) {
	verdict, err := e.Judge(token, now, audiences)
	return verdict.Record, err
}

// Judge does what Verify does, and says how long the verdict holds.
func (e *Engine) Judge(token []byte, now int64, audiences []string) (verdict Verdict, err error) {
	e.slots <- struct{}{}
	defer func() { <-e.slots }()
	instance := e.take()
	if instance == nil {
		if instance, _, err = e.newInstance(); err != nil {
			return Verdict{}, err
		}
	}
	if err = instance.run(func() { verdict = instance.judge(token, now, audiences) }); err != nil {
		return Verdict{}, err
	}
	e.put(instance)
	return verdict, nil
}

// ReplaceKeys replaces the keys of an issuer, and returns why some were skipped. On an error the issuer keeps its keys.
//
// It waits for verifications that are under way. When it returns, every instance has the new keys: no verdict by the old ones follows.
func (e *Engine) ReplaceKeys(issuer int, jwks, pem []byte) ([]string, error) {
	e.replacing.Lock()
	defer e.replacing.Unlock()
	if issuer < 0 || issuer >= len(e.issuers) {
		return nil, fmt.Errorf("there is no issuer %d", issuer)
	}
	for range cap(e.slots) {
		e.slots <- struct{}{}
	}
	defer func() {
		for range cap(e.slots) {
			<-e.slots
		}
	}()
	first := e.take()
	if first == nil {
		var err error
		if first, _, err = e.newInstance(); err != nil {
			return nil, err
		}
	}
	skipped, err := first.replaceKeys(issuer, jwks, pem)
	if err != nil {
		if first.usable {
			e.put(first)
		}
		return nil, err
	}
	of := e.issuers[issuer]
	of.jwks, of.pem, of.skipped = slices.Clone(jwks), slices.Clone(pem), skipped
	e.generation.Add(1)
	replaced := []*instance{first}
	for other := e.take(); other != nil; other = e.take() {
		// What one instance takes, all do. One that does not is not used again.
		if _, err := other.replaceKeys(issuer, jwks, pem); err == nil {
			replaced = append(replaced, other)
		}
	}
	for _, instance := range replaced {
		e.put(instance)
	}
	return slices.Clone(skipped), nil
}

// take returns an instance that nobody uses, or nil.
func (e *Engine) take() *instance {
	e.mutex.Lock()
	defer e.mutex.Unlock()
	last := len(e.idle) - 1
	if last < 0 {
		return nil
	}
	instance := e.idle[last]
	e.idle[last] = nil
	e.idle = e.idle[:last]
	return instance
}

func (e *Engine) put(instance *instance) {
	e.mutex.Lock()
	defer e.mutex.Unlock()
	e.idle = append(e.idle, instance)
}

// An instance of the translated code, with a memory of its own.
type instance struct {
	engine *Engine
	module *wasm.Module
	memory *[]byte
	// No call trapped.
	usable bool
}

func (e *Engine) newInstance() (*instance, [][]string, error) {
	i := &instance{engine: e, usable: true}
	var skipped [][]string
	var refused error
	err := i.run(func() {
		i.module = wasm.New(i)
		i.memory = i.module.Xmemory().Slice()
		description := e.description()
		i.write(description)
		status := i.module.Xbuild(int32(len(description)))
		output := reader(i.output())
		if status != 0 {
			refused = fmt.Errorf("%s", output)
			return
		}
		for range e.issuers {
			skipped = append(skipped, output.texts())
		}
	})
	if err == nil {
		err = refused
	}
	if err != nil {
		return nil, nil, err
	}
	return i, skipped, nil
}

// run calls the translated code. After a trap, the instance is not used again.
func (i *instance) run(call func()) (err error) {
	i.usable = false
	defer func() {
		// A goroutine that ends here (runtime.Goexit) recovers nothing, and returns nothing either.
		if value := recover(); value != nil {
			err = &TrapError{value}
		}
	}()
	call()
	i.usable = true
	return nil
}

// The size of the facts before a record, and places in a record.
const (
	facts         = 24
	recordVersion = 0
	recordStatus  = 4
	recordHeader  = 296
)

func (i *instance) judge(token []byte, now int64, audiences []string) Verdict {
	if hook := i.engine.beforeVerify; hook != nil {
		hook(i)
	}
	count := int32(-1)
	var named writer
	if audiences != nil {
		count = int32(len(audiences))
		for _, audience := range audiences {
			named.text(audience)
		}
	}
	size := 0
	// A token that is too large is refused by its size.
	if len(token) <= i.engine.maxTokenSize {
		size = len(token) + len(named)
		to := i.input(size)
		copy(to, token)
		copy(to[len(token):], named)
	}
	// Nobody replaces keys as long as this goroutine has a slot.
	generation := i.engine.generation.Load()
	status := i.module.Xverify(int32(min(len(token), math.MaxInt32)), count, int32(size), max(now, 0))
	output := i.output()
	verdict := Verdict{Record: slices.Clone(output[facts:])}
	// The guest's status for a mistake of this package.
	const mistake = math.MaxUint32
	if recorded := uint32At(verdict.Record, recordStatus); recorded != uint32(status) || recorded == mistake {
		panic("the call was broken")
	}
	if verdict.Accepted() {
		verdict.Issuer = int(uint32At(output, 0))
		verdict.From = int64At(output, 8)
		verdict.Until = int64At(output, 16)
		verdict.Generation = generation
		_ = i.engine.issuers[verdict.Issuer]
	}
	return verdict
}

func (i *instance) replaceKeys(issuer int, jwks, pem []byte) (skipped []string, err error) {
	var refused error
	err = i.run(func() {
		var documents writer
		documents.bytes(jwks)
		documents.bytes(pem)
		i.write(documents)
		status := i.module.Xreplace_keys(int32(issuer), int32(len(documents)))
		output := reader(i.output())
		if status != 0 {
			refused = fmt.Errorf("%s", output)
			return
		}
		skipped = output.texts()
	})
	if err == nil {
		err = refused
	}
	return skipped, err
}

// input returns the place of the arguments of the next call.
func (i *instance) input(size int) []byte {
	return i.bytes(i.module.Xinput(int32(size)), int32(size))
}

func (i *instance) write(arguments []byte) {
	copy(i.input(len(arguments)), arguments)
}

func (i *instance) output() []byte {
	return i.bytes(i.module.Xoutput(), i.module.Xoutput_size())
}

// bytes returns a piece of the memory, which grows: no piece may be kept for longer than a call.
func (i *instance) bytes(start, size int32) []byte {
	from, to := uint64(uint32(start)), uint64(uint32(start))+uint64(uint32(size))
	return (*i.memory)[from:to:to]
}

// description writes the description of the verifier, as the documentation of the guest says.
func (e *Engine) description() []byte {
	var to writer
	to.long(e.leeway)
	to.number(uint32(e.maxTokenSize))
	to.truth(e.unavailable)
	to.texts(e.audiences)
	to.number(uint32(len(e.issuers)))
	for place, issuer := range e.issuers {
		to.truth(e.sources[place] != nil)
		to.text(issuer.label)
		to.texts(issuer.names)
		to.bytes(issuer.jwks)
		to.bytes(issuer.pem)
	}
	return to
}
