package boundtoken

import (
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"boundtoken.dev/go/internal/engine"
)

const (
	// DefaultLeeway is how far the clocks of issuer and verifier may differ, as in the API server.
	DefaultLeeway = engine.DefaultLeewaySeconds * time.Second
	// DefaultWaitLimit is how long a verification waits for issuers and clusters at most.
	DefaultWaitLimit = 5 * time.Second
	// DefaultCacheEntries is how many accepted tokens a verifier remembers.
	DefaultCacheEntries = 10_000
	// DefaultCacheBytes is how much memory the tokens that a verifier remembers take at most, to about a tenth.
	DefaultCacheBytes = 32 << 20
	// DefaultMaxTokenSize is the size of the largest token that is looked at, in bytes.
	DefaultMaxTokenSize = engine.DefaultMaxTokenSize
)

// Option configures a verifier.
type Option func(*config)

type config struct {
	issuers           []issuerConfig
	audiences         []string
	leeway            time.Duration
	waitLimit         time.Duration
	maxTokenSize      int
	acceptUnavailable bool
	cacheEntries      int
	cacheBytes        int
	logger            *slog.Logger
	failures          []error
}

type issuerConfig struct {
	names  []string
	label  string
	keys   *KeySet
	source ObjectSource
	asker  ObjectAsker
}

func (i issuerConfig) effectiveLabel() string {
	if i.label != "" {
		return i.label
	}
	return i.names[0]
}

// WithIssuer trusts an issuer: its name exactly as in the claim iss, and its keys. A verifier needs at least one.
//
// Without [Objects], nobody looks whether the objects of a token exist. Tokens are then accepted as [ConfirmedNotChecked], and
// the token of a deleted pod is accepted until it expires.
func WithIssuer(name string, keys *KeySet, options ...IssuerOption) Option {
	return func(c *config) {
		issuer := issuerConfig{names: []string{name}, keys: keys}
		for _, option := range options {
			option(&issuer)
		}
		if keys == nil {
			c.failures = append(c.failures, fmt.Errorf("the issuer %q has no key set", name))
			return
		}
		c.issuers = append(c.issuers, issuer)
	}
}

// IssuerOption configures a trusted issuer.
type IssuerOption func(*issuerConfig)

// Label sets the label of an issuer. It tells the clusters apart if several write the same iss. By default it is the name.
func Label(label string) IssuerOption {
	return func(i *issuerConfig) { i.label = label }
}

// OtherNames adds names that the issuer writes into the claim iss as well, such as before it was renamed.
func OtherNames(names ...string) IssuerOption {
	return func(i *issuerConfig) { i.names = append(i.names, names...) }
}

// Objects sets where the verifier looks for the objects that tokens are bound to: an [ObjectStore], or any [ObjectSource].
func Objects(source ObjectSource) IssuerOption {
	return func(i *issuerConfig) { i.source = source }
}

// AskObjects sets who is asked about an object that the source does not know yet. [Verifier.Verify] then waits for the answer.
func AskObjects(asker ObjectAsker) IssuerOption {
	return func(i *issuerConfig) { i.asker = asker }
}

// WithAudience accepts tokens for these audiences. A verifier needs at least one. A token must name one of them.
func WithAudience(audiences ...string) Option {
	audiences = slices.Clone(audiences)
	return func(c *config) { c.audiences = append(c.audiences, audiences...) }
}

// WithLeeway allows for clocks that differ, by at most one hour. The default is [DefaultLeeway]. It is rounded down to seconds.
func WithLeeway(leeway time.Duration) Option {
	return func(c *config) { c.leeway = leeway }
}

// WithMaxTokenSize sets the size of the largest token that is looked at, in bytes: 1 to 1,048,576. The default is
// [DefaultMaxTokenSize].
func WithMaxTokenSize(bytes int) Option {
	return func(c *config) { c.maxTokenSize = bytes }
}

// WithCache sets how many accepted tokens are remembered, and how many bytes they take at most. The defaults are
// [DefaultCacheEntries] and [DefaultCacheBytes]. If either is 0, no token is remembered.
//
// Only accepted tokens are remembered, so refused ones can crowd out none. What is remembered is that the signature is good:
// times, keys and bound objects are looked at each time. The table itself takes 16 to 32 bytes for each entry in addition, and
// tokens of more than 4 KiB are not remembered.
func WithCache(entries, bytes int) Option {
	return func(c *config) { c.cacheEntries, c.cacheBytes = entries, bytes }
}

// WithWaitLimit sets how long a verification waits at most if an issuer or a cluster must be asked. The default is
// [DefaultWaitLimit]. The context of the call may be shorter.
func WithWaitLimit(limit time.Duration) Option {
	return func(c *config) { c.waitLimit = limit }
}

// OnUnavailable says what a verifier does with a token whose objects it cannot look up.
type OnUnavailable bool

const (
	// Refuse refuses it, with [ReasonBoundObjectUnavailable]. It is the default.
	Refuse OnUnavailable = false
	// Accept accepts it, as [ConfirmedUnavailable] or [ConfirmedStale]. A token with an object that is known to be gone is
	// still refused.
	Accept OnUnavailable = true
)

// WithUnavailable sets what the verifier does with a token whose objects it cannot look up.
func WithUnavailable(what OnUnavailable) Option {
	return func(c *config) { c.acceptUnavailable = bool(what) }
}

// WithLogger sets where the verifier reports what operators should know: keys that cannot be used, and failures of the engine. The
// default is [slog.Default]. Refused tokens are not logged here: they are the return values of Verify.
func WithLogger(logger *slog.Logger) Option {
	return func(c *config) { c.logger = logger }
}

func (c *config) check() error {
	failures := slices.Clone(c.failures)
	if c.leeway < 0 {
		failures = append(failures, fmt.Errorf("the leeway is negative: %v", c.leeway))
	}
	if c.maxTokenSize <= 0 {
		failures = append(failures, fmt.Errorf("the token size limit is out of range: %d", c.maxTokenSize))
	}
	if c.cacheEntries < 0 || c.cacheBytes < 0 {
		failures = append(failures, errors.New("the limits of the cache are negative"))
	}
	return errors.Join(failures...)
}
