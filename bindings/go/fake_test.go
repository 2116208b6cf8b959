package boundtoken

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"boundtoken.dev/go/internal/engine"
	"boundtoken.dev/go/internal/record"
	"boundtoken.dev/go/internal/record/recordtest"
)

// fakeEngine judges tokens of the form KEY.POD-UID.ANYTHING: the key must be the issuer's document, and the pod demo/live must
// have that uid. It stands in for the engine where a test needs to see what it is asked.
type fakeEngine struct {
	config engine.Config
	mutex  sync.Mutex
	keys   [][]byte
	asked  atomic.Int64
	// expiresAt is the expiry of every token.
	expiresAt int64
	issuedAt  int64
	// generation counts the replacements of keys.
	generation atomic.Uint64
}

// farAway is the expiry of the tokens of these tests. It lies a little ahead.
var farAway = time.Now().Unix() + 100

func (f *fakeEngine) Judge(token []byte, now int64, audiences []string) (engine.Verdict, error) {
	f.asked.Add(1)
	generation := f.generation.Load()
	record, err := f.verify(token, now, audiences)
	leeway := int64(f.config.LeewaySeconds)
	return engine.Verdict{
		Record: record, From: f.expiresAt - 500 - leeway, Until: f.expiresAt + leeway, Generation: generation,
	}, err
}

func (f *fakeEngine) Generation() uint64 { return f.generation.Load() }

func (f *fakeEngine) Skipped(int) []string { return nil }

func (f *fakeEngine) verify(token []byte, now int64, audiences []string) ([]byte, error) {
	parts := strings.Split(string(token), ".")
	if string(token) == "trap" {
		return nil, errors.New("unreachable executed")
	}
	if len(parts) != 3 {
		return refused(ReasonTokenPartCount), nil
	}
	f.mutex.Lock()
	known := bytes.Equal(f.keys[0], []byte(parts[0]))
	f.mutex.Unlock()
	if !known {
		return refused(ReasonKeyUnknown), nil
	}
	if len(audiences) > 0 && audiences[0] != "vault" && audiences[0] != "api" {
		return refused(ReasonAudienceMismatch), nil
	}
	if now >= f.expiresAt+int64(f.config.LeewaySeconds) {
		return refused(ReasonExpired), nil
	}
	if f.config.Issuers[0].KeysStale() && !f.config.AcceptUnavailable {
		return refused(ReasonKeysStale), nil
	}
	confirmed := uint32(ConfirmedNotChecked)
	if source := f.config.Issuers[0].Objects; source != nil {
		confirmed = uint32(ConfirmedLive)
		freshness := source.Freshness()
		if freshness == uint32(Stale) {
			return refused(ReasonBoundObjectUnavailable), nil
		}
		state, uid, deletion, deleting := source.State(uint32(KindPod), "demo", "live")
		switch {
		case state == engine.Present && uid == parts[1]:
			if deleting && deletion+60 <= now {
				return refused(ReasonPodDeleted), nil
			}
		case state == engine.Unavailable:
			return refused(ReasonBoundObjectUnavailable), nil
		case state == engine.NotFollowed:
			return refused(ReasonBoundObjectNotFollowed), nil
		case freshness == uint32(Following) && f.issuedAt+60 >= now && !source.IsGone(uint32(KindPod), "demo", "live", parts[1]):
			return refused(ReasonBoundObjectPending), nil
		default:
			return refused(ReasonPodNotFound), nil
		}
	}
	builder := recordtest.Accepted(confirmed, f.expiresAt).
		Text(record.PodUID, parts[1]).
		Text(record.IssuerLabel, f.config.Issuers[0].Names[0]).
		Objects(recordtest.Object{Kind: uint32(KindPod), Namespace: "demo", Name: "live", UID: parts[1]})
	if len(audiences) > 0 {
		builder.Texts(record.MatchedAudiences, audiences[0])
	}
	return builder.Bytes(), nil
}

func (f *fakeEngine) ReplaceKeys(issuer int, jwks, pem []byte) ([]string, error) {
	if string(jwks) == "unreadable" {
		return nil, errors.New("the key set could not be read")
	}
	f.mutex.Lock()
	defer f.mutex.Unlock()
	f.keys[issuer] = bytes.Clone(jwks)
	f.generation.Add(1)
	return nil, nil
}

func refused(reason Reason) []byte {
	return recordtest.Refused(reason.Number(), uint32(reason.HTTPStatus()), reason.Name(),
		reason.Description()+" (detail); "+reason.Remedy(), "Bearer error=\"invalid_token\"").Bytes()
}

// fakes are the engines of a verifier: the first is the one that every token goes to.
type fakes []*fakeEngine

func (f *fakes) make(config engine.Config) (judge, error) {
	if len(config.Issuers) == 0 {
		return nil, errors.New("no issuer")
	}
	fake := &fakeEngine{config: config, expiresAt: farAway}
	for _, issuer := range config.Issuers {
		fake.keys = append(fake.keys, issuer.JWKS)
	}
	*f = append(*f, fake)
	return fake, nil
}

// newFake returns a verifier with a fake engine. It trusts one issuer with the key "key".
func newFake(t testing.TB, keys *KeySet, issuerOptions []IssuerOption, options ...Option) (*Verifier, *fakes) {
	t.Helper()
	made := &fakes{}
	options = append([]Option{WithIssuer("https://issuer.example", keys, issuerOptions...), WithAudience("vault")}, options...)
	verifier, err := newVerifier(made.make, options)
	if err != nil {
		t.Fatal(err)
	}
	return verifier, made
}

func livePod(uid string) Object {
	return Object{ObjectReference{KindPod, "demo", "live"}, uid}
}

// fakeToken is about as long as a real one.
func fakeToken(key, uid string) string {
	return fmt.Sprintf("%s.%s.%s%s%s", key, uid, strings.Repeat("s", 1000), key, uid)
}

func at(seconds int64) time.Time { return time.Unix(seconds, 0) }
