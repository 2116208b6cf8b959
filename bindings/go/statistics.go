package boundtoken

import (
	"io"
	"sync/atomic"

	"boundtoken.dev/go/internal/counter"
	"boundtoken.dev/go/internal/exposition"
)

// Statistics is what a verifier has decided since it was made, and what it remembers. It is a copy: ask for another one to see
// newer numbers. It is written as JSON with the names of reasons, for package expvar for instance.
type Statistics struct {
	// AcceptedFirst is the number of tokens that were accepted after their signature was checked.
	AcceptedFirst uint64 `json:"acceptedFirst"`
	// AcceptedAgain is the number of tokens that were accepted because they had been accepted before.
	AcceptedAgain uint64 `json:"acceptedAgain"`
	// Refused is the number of refused tokens by their reason. A reason that did not occur is not in it.
	Refused map[Reason]uint64 `json:"refused"`
	// Undecided is the number of errors that said that nothing was decided.
	Undecided uint64 `json:"undecided"`
	// RememberedTokens is how many tokens are remembered now, and RememberedBytes is about how much memory they take.
	RememberedTokens int `json:"rememberedTokens"`
	RememberedBytes  int `json:"rememberedBytes"`
}

// Statistics returns the numbers so far. It takes microseconds.
func (v *Verifier) Statistics() Statistics {
	s := Statistics{
		AcceptedFirst: v.counts.first.Load(),
		AcceptedAgain: v.counts.again.Load(),
		Refused:       make(map[Reason]uint64),
		Undecided:     v.counts.undecided.Load(),
	}
	for reason := range v.counts.refused {
		if count := v.counts.refused[reason].Load(); count > 0 {
			s.Refused[Reason(reason)] = count
		}
	}
	s.RememberedTokens, s.RememberedBytes = v.Remembered()
	return s
}

// metricFamilies are the values of the label family: the hundreds of the reasons, from 100 on.
var metricFamilies = [...]string{"form", "header", "key", "claims", "objects"}

// WritePrometheus writes the numbers in the text format of Prometheus, for a handler of /metrics. The names are those of the other
// languages of boundtoken:
//
//	boundtoken_tokens_first_total        accepted tokens whose signature was checked
//	boundtoken_tokens_again_total        accepted tokens that were seen before
//	boundtoken_tokens_refused_total      refused tokens, by family: form, header, key, claims, objects
//	boundtoken_tokens_undecided_total    tokens about which nothing was decided (in Go alone)
//	boundtoken_tokens_remembered         tokens in the cache
//	boundtoken_tokens_remembered_bytes   memory that they take
func (s Statistics) WritePrometheus(w io.Writer) error {
	var refused [len(metricFamilies)]uint64
	for reason, count := range s.Refused {
		if family := int(reason)/100 - 1; family >= 0 && family < len(refused) {
			refused[family] += count
		}
	}
	var text exposition.Text
	text.Counter("boundtoken_tokens_first_total", "accepted tokens whose signature was checked")
	text.Value(float64(s.AcceptedFirst))
	text.Counter("boundtoken_tokens_again_total", "accepted tokens that were seen before")
	text.Value(float64(s.AcceptedAgain))
	text.Counter("boundtoken_tokens_refused_total", "refused tokens, by family of reasons")
	for family, name := range metricFamilies {
		text.Value(float64(refused[family]), "family", name)
	}
	text.Counter("boundtoken_tokens_undecided_total", "tokens about which nothing was decided")
	text.Value(float64(s.Undecided))
	text.Gauge("boundtoken_tokens_remembered", "tokens in the cache")
	text.Value(float64(s.RememberedTokens))
	text.Gauge("boundtoken_tokens_remembered_bytes", "memory that the tokens in the cache take")
	text.Value(float64(s.RememberedBytes))
	_, err := text.WriteTo(w)
	return err
}

// counts counts the verdicts of a verifier.
type counts struct {
	// Tokens that are seen again are many, and take little time.
	again            *counter.Counter
	first, undecided atomic.Uint64
	// refused is by the number of the reason.
	refused [600]atomic.Uint64
}

// count counts a verdict of the engine, and returns it.
func (c *counts) count(accepted *Token, err error) (*Token, error) {
	rejected := Rejected(err)
	switch {
	case err == nil:
		c.first.Add(1)
	case rejected != nil && int(rejected.Reason) < len(c.refused):
		c.refused[rejected.Reason].Add(1)
	default:
		c.undecided.Add(1)
	}
	return accepted, err
}
