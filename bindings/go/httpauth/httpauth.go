// Package httpauth authenticates the callers of HTTP services by Kubernetes bound tokens.
//
//	mux.Handle("/", httpauth.Middleware(verifier, httpauth.Policy(boundtoken.AllowNamespaces("demo")))(handler))
//
//	func handle(w http.ResponseWriter, r *http.Request) {
//		caller, _ := httpauth.CallerFromContext(r.Context())
//		fmt.Fprintln(w, "hello,", caller.Subject())
//	}
//
// Requests that do not pass are answered, and do not reach the handler:
//
//	answer  when                                                      headers
//	400     the header with the token is not well-formed, or twice    WWW-Authenticate
//	401     there is no token, or it is refused                       WWW-Authenticate
//	403     the policy does not allow the caller                      WWW-Authenticate
//	503     nobody can decide at the moment                           Retry-After
//
// The body of these answers is empty, and the challenge says no more than RFC 6750 allows. The log has the reason, at most ten
// times a second. A token never appears in it.
package httpauth

import (
	"context"
	"log/slog"
	"net/http"
	"net/textproto"
	"slices"
	"time"

	"boundtoken.dev/go"
	"boundtoken.dev/go/internal/bearer"
)

// Authenticator authenticates requests. [Middleware] is built on it. It is safe for concurrent use.
type Authenticator struct {
	verifier    *boundtoken.Verifier
	header      string
	isOptional  bool
	keepsToken  bool
	endsRevoked bool
	audiences   []string
	policy      boundtoken.Policy
	logger      *slog.Logger
	sample      sample
}

// Option configures an [Authenticator].
type Option func(*Authenticator)

// Header takes the token from this header instead of Authorization. The scheme Bearer may be left out there. If a proxy sets
// the header, callers must not be able to.
func Header(name string) Option {
	return func(a *Authenticator) { a.header = textproto.CanonicalMIMEHeaderKey(name) }
}

// Optional lets requests without a token pass, without a caller. A token that is there must still be good.
func Optional() Option {
	return func(a *Authenticator) { a.isOptional = true }
}

// KeepToken leaves the token in the request, for services that forward it. By default the handler does not see the header.
func KeepToken() Option {
	return func(a *Authenticator) { a.keepsToken = true }
}

// UntilRevoked ends the context of a request when its caller is no longer good: when the token expires, its key is withdrawn, or the
// pod that it is bound to is deleted. It is meant for requests that last, such as WebSockets, server-sent events and long polls.
// [context.Cause] says why: it is a [*boundtoken.RejectedError]. An outage ends no request. See [boundtoken.Verifier.UntilRevoked].
//
// The handler must heed its context. Nothing interrupts it while it reads from or writes to its client.
func UntilRevoked() Option {
	return func(a *Authenticator) { a.endsRevoked = true }
}

// Audiences accepts tokens for these audiences. Those of the verifier do not count.
func Audiences(audiences ...string) Option {
	audiences = slices.Clone(audiences)
	return func(a *Authenticator) { a.audiences = audiences }
}

// Policy lets only those callers pass that the policy allows. Without one, every caller with a good token passes.
func Policy(policy boundtoken.Policy) Option {
	return func(a *Authenticator) { a.policy = policy }
}

// Logger sets where refusals are logged. The default is [slog.Default].
func Logger(logger *slog.Logger) Option {
	return func(a *Authenticator) { a.logger = logger }
}

// New returns an authenticator.
func New(verifier *boundtoken.Verifier, options ...Option) *Authenticator {
	a := &Authenticator{verifier: verifier, header: "Authorization", logger: slog.Default()}
	for _, option := range options {
		option(a)
	}
	return a
}

// Middleware returns middleware that lets only authenticated requests pass. See [New] and [Authenticator.Wrap].
func Middleware(verifier *boundtoken.Verifier, options ...Option) func(http.Handler) http.Handler {
	return New(verifier, options...).Wrap
}

// Wrap returns a handler that gives authenticated requests to another, with the caller in the context and without the token.
// The other requests are answered.
func (a *Authenticator) Wrap(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		caller, refusal := a.Authenticate(r)
		if refusal != nil {
			refusal.Answer(w)
			return
		}
		ctx := r.Context()
		if a.endsRevoked && caller != nil {
			var cancel context.CancelFunc
			ctx, cancel = a.UntilRevoked(ctx, caller, r.Header[a.header])
			defer cancel()
		}
		next.ServeHTTP(w, a.handOver(ctx, r, caller))
	})
}

// handOver returns the request for the handler.
func (a *Authenticator) handOver(ctx context.Context, r *http.Request, caller *boundtoken.Token) *http.Request {
	if caller != nil {
		ctx = ContextWithCaller(ctx, caller)
	}
	handedOver := r.WithContext(ctx)
	if !a.keepsToken {
		// A handler must not change the request that it was given.
		handedOver.Header = make(http.Header, len(r.Header))
		for name, values := range r.Header {
			if textproto.CanonicalMIMEHeaderKey(name) != a.header {
				handedOver.Header[name] = values
			}
		}
	}
	return handedOver
}

// Authenticate authenticates the caller of a request. It does not change the request.
//
// It returns neither a caller nor a refusal if the request has no token and may pass without: because tokens are optional, or
// because it is a CORS preflight, in which browsers send none. A policy is not asked then. A refusal has been logged.
func (a *Authenticator) Authenticate(r *http.Request) (*boundtoken.Token, *Refusal) {
	caller, refusal := a.authenticate(r.Context(), r.Header[a.header], a.isOptional || isPreflight(r))
	if refusal != nil {
		a.logRefusal(r.Context(), refusal)
	}
	return caller, refusal
}

// AuthenticateValues authenticates a caller by the values of the header, for what is not net/http. It returns neither a caller
// nor a refusal if there is no token and tokens are optional. A refusal has been logged.
func (a *Authenticator) AuthenticateValues(ctx context.Context, values []string) (*boundtoken.Token, *Refusal) {
	caller, refusal := a.authenticate(ctx, values, a.isOptional)
	if refusal != nil {
		a.logRefusal(ctx, refusal)
	}
	return caller, refusal
}

// UntilRevoked returns a context that ends when a caller, whose token came in these values of the header, is no longer good. Call
// the function when it is over. See [boundtoken.Verifier.UntilRevoked].
func (a *Authenticator) UntilRevoked(
	ctx context.Context, caller *boundtoken.Token, values []string,
) (context.Context, context.CancelFunc) {
	token, _ := bearer.Token(values, a.header != "Authorization")
	return a.verifier.UntilRevoked(ctx, caller, token, a.audiences...)
}

func (a *Authenticator) authenticate(ctx context.Context, values []string, maybeNone bool) (*boundtoken.Token, *Refusal) {
	token, problem := bearer.Token(values, a.header != "Authorization")
	switch {
	case problem != 0:
		return nil, invalidRequest(problem)
	case token == "" && maybeNone:
		return nil, nil
	case token == "":
		return nil, unauthenticated
	}
	caller, err := a.verify(ctx, token)
	if err != nil {
		if problem := bearer.OfRefused(token); problem != 0 {
			return nil, invalidRequest(problem)
		}
		return nil, rejected(err)
	}
	if a.policy != nil && !a.policy(caller) {
		return nil, forbidden
	}
	return caller, nil
}

func (a *Authenticator) verify(ctx context.Context, token string) (*boundtoken.Token, error) {
	if a.audiences == nil {
		return a.verifier.Verify(ctx, token)
	}
	return a.verifier.VerifyFor(ctx, token, a.audiences...)
}

func (a *Authenticator) logRefusal(ctx context.Context, refusal *Refusal) {
	suppressed, logged := a.sample.take(time.Now().Unix())
	if !logged {
		return
	}
	level := slog.LevelInfo
	if refusal.IsTemporary() || refusal.Status() == http.StatusInternalServerError {
		level = slog.LevelWarn
	}
	a.logger.LogAttrs(ctx, level, "boundtoken: refused a request", slog.String("reason", refusal.Name()),
		slog.Int("status", refusal.Status()), slog.Int64("suppressed", suppressed), slog.String("cause", refusal.Error()))
}

// isPreflight reports whether this is a preflight request of a browser (Fetch standard, section 3.3.2).
func isPreflight(r *http.Request) bool {
	return r.Method == http.MethodOptions && r.Header["Origin"] != nil && r.Header["Access-Control-Request-Method"] != nil
}

// Require returns middleware that lets only those callers pass that the policy allows. It belongs behind [Middleware], for
// routes that need more than others. Requests without a caller are answered with 401.
func Require(policy boundtoken.Policy) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			caller, known := CallerFromContext(r.Context())
			switch {
			case !known:
				unauthenticated.Answer(w)
			case !policy(caller):
				forbidden.Answer(w)
			default:
				next.ServeHTTP(w, r)
			}
		})
	}
}

type callerKey struct{}

// ContextWithCaller returns a context with a caller, for tests of handlers.
func ContextWithCaller(ctx context.Context, caller *boundtoken.Token) context.Context {
	return context.WithValue(ctx, callerKey{}, caller)
}

// CallerFromContext returns the caller of the request that the context belongs to. It reports false if there is none.
func CallerFromContext(ctx context.Context) (*boundtoken.Token, bool) {
	caller, known := ctx.Value(callerKey{}).(*boundtoken.Token)
	return caller, known
}
