package boundtoken

import (
	"errors"
	"log/slog"

	"boundtoken.dev/go/internal/record"
)

// RejectedError says why a token is refused. Every other error of a verifier means that nothing was decided. Both refuse the
// request.
//
// It never contains the token. Its text is for the log: it may tell more than a client should learn. What a client may learn
// is in [RejectedError.Challenge].
type RejectedError struct {
	// Reason is why the token is refused.
	Reason    Reason
	message   string
	challenge string
}

// Rejected returns the refusal in an error of a verifier. It returns nil if there is none.
func Rejected(err error) *RejectedError {
	var rejected *RejectedError
	if errors.As(err, &rejected) {
		return rejected
	}
	return nil
}

func rejectedBy(r record.Record) *RejectedError {
	return &RejectedError{
		Reason:    Reason(r.Status()),
		message:   r.Text(record.Message),
		challenge: r.Text(record.WWWAuthenticate),
	}
}

// Number returns the stable number of the reason.
func (e *RejectedError) Number() uint32 { return e.Reason.Number() }

// Name returns the stable name of the reason.
func (e *RejectedError) Name() string { return e.Reason.Name() }

// Description says what is wrong, as one phrase.
func (e *RejectedError) Description() string { return e.Reason.Description() }

// Remedy says what to do.
func (e *RejectedError) Remedy() string { return e.Reason.Remedy() }

// HTTPStatus returns the status of an HTTP answer: 401, or 503 if the same token may be accepted soon.
func (e *RejectedError) HTTPStatus() int { return e.Reason.HTTPStatus() }

// IsTemporary reports whether the same token may be accepted soon.
func (e *RejectedError) IsTemporary() bool { return e.Reason.IsTemporary() }

// Challenge returns the value of the header WWW-Authenticate (RFC 6750 section 3).
func (e *RejectedError) Challenge() string { return e.challenge }

// Error says what is wrong with this token, and what to do.
func (e *RejectedError) Error() string {
	if e.message == "" {
		return e.Reason.Error()
	}
	return e.message
}

// Unwrap returns the reason, for [errors.Is].
func (e *RejectedError) Unwrap() error { return e.Reason }

// LogValue shows the reason and the text.
func (e *RejectedError) LogValue() slog.Value {
	return slog.GroupValue(slog.String("reason", e.Name()), slog.String("message", e.Error()))
}
