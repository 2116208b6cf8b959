package boundtoken

import (
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"sync"
	"testing"
)

func TestEveryVerdictIsCountedOnce(t *testing.T) {
	v, _ := newFake(t, JWKS([]byte("key")), nil)
	if s := v.Statistics(); !reflect.DeepEqual(s, Statistics{Refused: map[Reason]uint64{}}) {
		t.Errorf("%+v", s)
	}
	var group sync.WaitGroup
	v.Verify(ctx, fakeToken("key", "1"))
	for range 10 {
		group.Add(1)
		go func() {
			defer group.Done()
			for range 10 {
				v.Verify(ctx, fakeToken("key", "1"))
			}
			v.Verify(ctx, "trap")
			v.Verify(ctx, "x")
			v.Verify(ctx, fakeToken("other", "1"))
			v.VerifyFor(ctx, fakeToken("key", "1"), "nobody")
			v.VerifyAt(ctx, fakeToken("key", "1"), at(farAway+100))
		}()
	}
	group.Wait()
	v.VerifyFor(ctx, fakeToken("key", "1"), "api")
	v.VerifyFor(ctx, fakeToken("key", "1"), "api")
	_, bytes := v.Remembered()
	s := v.Statistics()
	// A token that is refused is forgotten, so that it may be first more than once.
	if s.AcceptedFirst+s.AcceptedAgain != 103 || s.AcceptedFirst < 2 || s.AcceptedAgain < 1 {
		t.Errorf("%d first and %d again", s.AcceptedFirst, s.AcceptedAgain)
	}
	s.AcceptedFirst, s.AcceptedAgain = 2, 101
	want := Statistics{
		AcceptedFirst: 2, AcceptedAgain: 101, Undecided: 10, RememberedTokens: s.RememberedTokens, RememberedBytes: bytes,
		Refused: map[Reason]uint64{ReasonTokenPartCount: 10, ReasonKeyUnknown: 10, ReasonAudienceMismatch: 10, ReasonExpired: 10},
	}
	if !reflect.DeepEqual(s, want) {
		t.Errorf("%+v", s)
	}
	s.RememberedTokens, s.RememberedBytes = 2, 3000
	text, err := json.Marshal(s)
	if err != nil || string(text) != `{"acceptedFirst":2,"acceptedAgain":101,"refused":{"audience_mismatch":10,"expired":10,`+
		`"key_unknown":10,"token_part_count":10},"undecided":10,"rememberedTokens":2,"rememberedBytes":3000}` {
		t.Errorf("%s %v", text, err)
	}
	var metrics strings.Builder
	if err := s.WritePrometheus(&metrics); err != nil {
		t.Fatal(err)
	}
	const values = `boundtoken_tokens_first_total 2
boundtoken_tokens_again_total 101
boundtoken_tokens_refused_total{family="form"} 10
boundtoken_tokens_refused_total{family="header"} 0
boundtoken_tokens_refused_total{family="key"} 10
boundtoken_tokens_refused_total{family="claims"} 20
boundtoken_tokens_refused_total{family="objects"} 0
boundtoken_tokens_undecided_total 10
boundtoken_tokens_remembered 2
boundtoken_tokens_remembered_bytes 3000
`
	var lines []string
	for _, line := range strings.SplitAfter(metrics.String(), "\n") {
		if !strings.HasPrefix(line, "#") {
			lines = append(lines, line)
		}
	}
	if strings.Join(lines, "") != values {
		t.Error(metrics.String())
	}
	if err := s.WritePrometheus(broken{}); !errors.Is(err, errors.ErrUnsupported) {
		t.Error(err)
	}
}

type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, errors.ErrUnsupported }

// Every reason has a place.
func TestEveryReasonIsCounted(t *testing.T) {
	var c counts
	for _, reason := range Reasons() {
		c.count(nil, &RejectedError{Reason: reason})
		if int(reason) >= len(c.refused) || c.refused[reason].Load() != 1 {
			t.Error(reason)
		}
	}
	c.count(nil, &RejectedError{Reason: 1 << 31})
	if c.undecided.Load() != 1 {
		t.Error("a reason of the future was lost")
	}
}
