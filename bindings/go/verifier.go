package boundtoken

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"boundtoken.dev/go/internal/cache"
	"boundtoken.dev/go/internal/counter"
	"boundtoken.dev/go/internal/engine"
	"boundtoken.dev/go/internal/record"
)

// statusOK is the status of an accepted token.
const statusOK = 0

// firstReason is the first status that is a reason. Lower ones are mistakes of the program.
const firstReason = 101

// Verifier verifies bound tokens. Make one at start-up with [New], and keep it. Its keys and objects may change at any time.
//
// It is safe for concurrent use. It has no goroutines at rest, and needs no closing.
type Verifier struct {
	engine      judge
	asking      *asking
	revocations *revocations
	issuers     []issuerConfig
	audiences   []string
	waitLimit   time.Duration
	logger      *slog.Logger
	cache       *cache.Cache[*remembered]
	counts      counts
}

// judge is what the engine does. Tests have another.
type judge interface {
	Judge(token []byte, now int64, audiences []string) (engine.Verdict, error)
	ReplaceKeys(issuer int, jwks, pem []byte) ([]string, error)
	Skipped(issuer int) []string
	Generation() uint64
}

// newJudge makes the engine.
type newJudge func(engine.Config) (judge, error)

func newEngine(config engine.Config) (judge, error) { return engine.New(config) }

// New returns a verifier. It needs at least one issuer and one audience.
func New(options ...Option) (*Verifier, error) { return newVerifier(newEngine, options) }

func newVerifier(newJudge newJudge, options []Option) (*Verifier, error) {
	config := config{
		leeway: DefaultLeeway, waitLimit: DefaultWaitLimit, maxTokenSize: DefaultMaxTokenSize,
		cacheEntries: DefaultCacheEntries, cacheBytes: DefaultCacheBytes,
	}
	for _, option := range options {
		option(&config)
	}
	if err := config.check(); err != nil {
		return nil, fmt.Errorf("boundtoken: %w", err)
	}
	if config.logger == nil {
		config.logger = slog.Default()
	}
	v := &Verifier{
		issuers:   config.issuers,
		audiences: config.audiences,
		waitLimit: config.waitLimit,
		logger:    config.logger,
		cache:     cache.New[*remembered](config.cacheEntries, config.cacheBytes),
		counts:    counts{again: counter.New()},
	}
	forEngine := engine.Config{
		Audiences:         config.audiences,
		LeewaySeconds:     uint64(config.leeway / time.Second),
		MaxTokenSize:      config.maxTokenSize,
		AcceptUnavailable: config.acceptUnavailable,
	}
	documents := make([]keyDocument, len(config.issuers))
	for i, issuer := range config.issuers {
		documents[i] = issuer.keys.current()
		trusted := engine.Issuer{Names: issuer.names, Label: issuer.label, JWKS: documents[i].jwks, PEM: documents[i].pem, KeysStale: issuer.keys.IsStale}
		if issuer.source != nil {
			trusted.Objects = sourceForEngine{issuer.source}
		}
		forEngine.Issuers = append(forEngine.Issuers, trusted)
	}
	var err error
	if v.engine, err = newJudge(forEngine); err != nil {
		return nil, fmt.Errorf("boundtoken: %w", err)
	}
	if v.asking, err = newAsking(newJudge, forEngine, config.issuers); err != nil {
		return nil, fmt.Errorf("boundtoken: %w", err)
	}
	v.revocations = newRevocations(newJudge, forEngine, config.issuers)
	for i, issuer := range config.issuers {
		if err := issuer.keys.attach(v, i, documents[i]); err != nil {
			return nil, fmt.Errorf("boundtoken: %w", err)
		}
	}
	return v, nil
}

// Verify verifies a token. The token is bare, without "Bearer" and without white space around it.
//
// The error is a [*RejectedError] if the token is refused. If several things are wrong, it names the first in the API server's
// order: form, signature, issuer, audience, times, service account, secret, pod, node, webhook configurations. Any other error
// says that nothing was decided, and must be treated as a refusal.
//
// Verify waits only if an issuer or a cluster must be asked about what is new: keys when the token names an unknown one, and
// objects when the token is less than a minute old. It gives up when ctx is done or after [WithWaitLimit], and the verdict is
// then what is known.
func (v *Verifier) Verify(ctx context.Context, token string) (*Token, error) {
	now := time.Now()
	return v.verifyFor(ctx, token, nil, now, now)
}

// VerifyFor verifies a token for these audiences instead of those of the verifier, like [Verifier.Verify].
func (v *Verifier) VerifyFor(ctx context.Context, token string, audiences ...string) (*Token, error) {
	now := time.Now()
	if len(audiences) == 0 {
		return nil, errors.New("boundtoken: there is no audience to verify for")
	}
	return v.verifyFor(ctx, token, audiences, now, now)
}

// VerifyAt verifies a token as if it were this time, like [Verifier.Verify]. It is meant for tests. Without audiences, those
// of the verifier count.
func (v *Verifier) VerifyAt(ctx context.Context, token string, at time.Time, audiences ...string) (*Token, error) {
	return v.verifyFor(ctx, token, audiences, at, time.Now())
}

func (v *Verifier) verifyFor(ctx context.Context, token string, audiences []string, at, now time.Time) (*Token, error) {
	hash := v.hash(token, audiences)
	if known := v.recall(hash, token, audiences, at, now); known != nil {
		v.counts.again.Add()
		return known.token, nil
	}
	return v.counts.count(v.verify(ctx, token, audiences, at, now, hash))
}

// verify has the engine verify a token.
func (v *Verifier) verify(
	ctx context.Context, token string, audiences []string, at, now time.Time, hash uint64,
) (*Token, error) {
	question := question{token: []byte(token), now: max(at.Unix(), 0), audiences: audiences}
	verdict, err := ask(v.engine, question)
	if err == nil && (lacksKeys(verdict) || isPending(verdict)) {
		verdict, err = v.verifyFurther(ctx, question, verdict)
	}
	if err != nil {
		v.logger.ErrorContext(ctx, "boundtoken: nothing was decided about a token", "error", err)
		return nil, err
	}
	if status := verdict.record.Status(); status != statusOK {
		v.forget(hash, token)
		if status < firstReason {
			return nil, fmt.Errorf("boundtoken: the engine failed with the status %d", status)
		}
		return nil, rejectedBy(verdict.record)
	}
	accepted := &Token{record: verdict.record}
	v.remember(hash, token, audiences, accepted, verdict, now)
	return accepted, nil
}

// verifyFurther asks issuers and clusters, if there are any, about what may have changed the verdict.
func (v *Verifier) verifyFurther(ctx context.Context, question question, verdict verdict) (verdict, error) {
	ctx, cancel := context.WithTimeout(ctx, v.waitLimit)
	defer cancel()
	question.asked = time.Now()
	var err error
	if lacksKeys(verdict) && v.refreshKeys(ctx) {
		verdict, err = ask(v.engine, question.later())
	}
	if err == nil && isPending(verdict) && v.asking != nil {
		verdict, err = v.asking.verify(ctx, question, verdict)
	}
	return verdict, err
}

// question is what the engine is asked.
type question struct {
	token     []byte
	now       int64
	audiences []string
	// asked is when the waiting began.
	asked time.Time
}

// later returns the question as of now. The token may have expired while somebody was asked.
func (q question) later() question {
	q.now += int64(time.Since(q.asked) / time.Second)
	return q
}

// verdict is what the engine says.
type verdict struct {
	engine.Verdict
	record record.Record
}

func ask(judge judge, question question) (verdict, error) {
	said, err := judge.Judge(question.token, question.now, question.audiences)
	if err != nil {
		return verdict{}, fmt.Errorf("boundtoken: %w", err)
	}
	record, err := record.Parse(said.Record)
	if err != nil {
		return verdict{}, fmt.Errorf("boundtoken: the engine failed: %w", err)
	}
	return verdict{Verdict: said, record: record}, nil
}

func lacksKeys(verdict verdict) bool {
	reason := Reason(verdict.record.Status())
	return reason == ReasonKeyUnknown || reason == ReasonKeysStale
}

func isPending(verdict verdict) bool {
	return Reason(verdict.record.Status()) == ReasonBoundObjectPending
}

// refreshKeys asks every issuer for newer keys, and reports whether there was anybody to ask. A token does not say whose key
// it names.
func (v *Verifier) refreshKeys(ctx context.Context) bool {
	var group sync.WaitGroup
	asked := false
	for _, issuer := range v.issuers {
		if refresh := issuer.keys.refresher(); refresh != nil {
			asked = true
			group.Add(1)
			go func() {
				defer group.Done()
				refresh(ctx)
			}()
		}
	}
	group.Wait()
	return asked
}

// replaceKeys replaces the keys of an issuer everywhere. What is remembered is void by the generation of the engine.
func (v *Verifier) replaceKeys(issuer int, document keyDocument) ([]string, error) {
	skipped, err := v.engine.ReplaceKeys(issuer, document.jwks, document.pem)
	if err != nil {
		return nil, err
	}
	if v.asking != nil {
		if err := v.asking.replaceKeys(issuer, document); err != nil {
			return nil, err
		}
	}
	if err := v.revocations.replaceKeys(issuer, document); err != nil {
		return nil, err
	}
	v.revocations.wakeAll()
	return skipped, nil
}

func (v *Verifier) reportSkipped(issuer int, skipped []string) {
	for _, why := range skipped {
		v.logger.Warn("boundtoken: a key of the issuer is not used", "issuer", v.issuers[issuer].names[0], "cause", why)
	}
}

// Remembered returns how many accepted tokens the verifier remembers, and about how many bytes they take.
func (v *Verifier) Remembered() (tokens, bytes int) { return v.cache.Content() }

// Audiences returns the audiences that the verifier accepts.
func (v *Verifier) Audiences() []string { return append([]string(nil), v.audiences...) }

// String returns how many issuers the verifier trusts, and how many tokens it remembers.
func (v *Verifier) String() string {
	tokens, _ := v.Remembered()
	return fmt.Sprintf("Verifier{issuers: %d, audiences: %q, remembered: %d}", len(v.issuers), v.audiences, tokens)
}

// GoString returns what String returns.
func (v *Verifier) GoString() string { return v.String() }
