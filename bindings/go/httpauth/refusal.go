package httpauth

import (
	"fmt"
	"log/slog"
	"net/http"

	"boundtoken.dev/go"
	"boundtoken.dev/go/internal/bearer"
)

// Refusal is why a request was refused, and how to answer it. It is an error, and wraps the one of the verifier.
//
// It never contains a token. Its text is for the log of the service.
type Refusal struct {
	name      string
	status    int
	challenge string
	message   string
	cause     error
}

var (
	unauthenticated = &Refusal{
		name: "unauthenticated", status: http.StatusUnauthorized, challenge: "Bearer", message: "the request has no token",
	}
	forbidden = &Refusal{
		name: "forbidden", status: http.StatusForbidden, challenge: `Bearer error="insufficient_scope"`,
		message: "the policy does not allow this caller",
	}
)

func invalidRequest(problem bearer.Problem) *Refusal {
	description := problem.Description()
	return &Refusal{
		name: "invalid_request", status: http.StatusBadRequest, message: description,
		challenge: fmt.Sprintf(`Bearer error="invalid_request", error_description="%s"`, description),
	}
}

// rejected is the refusal for an error of a verifier.
func rejected(err error) *Refusal {
	rejected := boundtoken.Rejected(err)
	if rejected == nil {
		return &Refusal{name: "undecided", status: http.StatusInternalServerError, message: err.Error(), cause: err}
	}
	refusal := &Refusal{name: rejected.Name(), status: rejected.HTTPStatus(), message: rejected.Error(), cause: err}
	// Another token would not help if nobody can decide.
	if !refusal.IsTemporary() {
		refusal.challenge = rejected.Challenge()
	}
	return refusal
}

// Status returns the status of the answer: 400, 401, 403 or 503, and 500 if the verifier failed.
func (r *Refusal) Status() int { return r.status }

// Name returns the stable name, for logs and metrics: the name of the reason, or "unauthenticated", "invalid_request",
// "forbidden", "undecided".
func (r *Refusal) Name() string { return r.name }

// Challenge returns the value of the header WWW-Authenticate (RFC 6750 section 3). It is empty where another token would not
// help.
func (r *Refusal) Challenge() string { return r.challenge }

// IsTemporary reports whether the same request may succeed a moment later.
func (r *Refusal) IsTemporary() bool { return r.status == http.StatusServiceUnavailable }

// Description says what the caller may learn in words: no more than the challenge says.
func (r *Refusal) Description() string {
	if rejected := boundtoken.Rejected(r.cause); rejected != nil {
		return rejected.Description()
	}
	if r.cause != nil {
		return "the token could not be verified"
	}
	return r.message
}

// Answer writes the answer: status, headers, and an empty body.
func (r *Refusal) Answer(w http.ResponseWriter) {
	if r.challenge != "" {
		w.Header().Set("WWW-Authenticate", r.challenge)
	}
	if r.IsTemporary() {
		w.Header().Set("Retry-After", "1")
	}
	w.WriteHeader(r.status)
}

// Error says what is wrong, and what to do. It is for the log.
func (r *Refusal) Error() string { return r.message }

// Unwrap returns the error of the verifier.
func (r *Refusal) Unwrap() error { return r.cause }

// LogValue shows the reason and the text.
func (r *Refusal) LogValue() slog.Value {
	return slog.GroupValue(slog.String("reason", r.name), slog.Int("status", r.status), slog.String("message", r.message))
}
