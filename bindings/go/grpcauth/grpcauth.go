// Package grpcauth authenticates the callers of gRPC services by Kubernetes bound tokens.
//
//	authenticator := grpcauth.New(verifier, httpauth.Policy(boundtoken.AllowNamespaces("demo")))
//	server := grpc.NewServer(
//		grpc.UnaryInterceptor(authenticator.Unary()),
//		grpc.StreamInterceptor(authenticator.Stream()),
//	)
//
//	func (s *service) Greet(ctx context.Context, request *Request) (*Answer, error) {
//		caller, _ := httpauth.CallerFromContext(ctx)
//		...
//	}
//
// The token is in the metadata "authorization", after the scheme Bearer. Calls that do not pass end with one of these codes:
//
//	code               when
//	Unauthenticated    there is no token, its header is not well-formed, or it is refused
//	PermissionDenied   the policy does not allow the caller
//	Unavailable        nobody can decide at the moment
//	Internal           the verifier failed
//
// A stream ends with Unauthenticated at once when its caller is no longer good: when the token expires, its key is withdrawn, or its
// pod is deleted, even if no message comes or goes. Its context ends then, and a method that waits for a message gets the error. An
// outage ends no stream. See [boundtoken.Verifier.UntilRevoked]. The caller is looked at with every message too, for objects whose
// source tells of no changes, which takes less than a microsecond.
//
// The message says no more than RFC 6750 allows. The log has the reason, at most ten times a second.
package grpcauth

import (
	"context"
	"net/http"
	"strings"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"boundtoken.dev/go"
	"boundtoken.dev/go/httpauth"
)

// header is the metadata that has the token.
const header = "authorization"

// Authenticator authenticates calls. It is safe for concurrent use.
type Authenticator struct {
	authenticator *httpauth.Authenticator
	open          map[string]struct{}
}

// New returns an authenticator. Of the options of httpauth, Header and KeepToken have no effect: the metadata is always
// "authorization", and the handler does not see it.
func New(verifier *boundtoken.Verifier, options ...httpauth.Option) *Authenticator {
	options = append(options[:len(options):len(options)], httpauth.Header(header))
	return &Authenticator{authenticator: httpauth.New(verifier, options...)}
}

// Open returns an authenticator that lets everybody call these methods, such as "/grpc.health.v1.Health/Check". A token is not
// looked at there, and there is no caller.
func (a *Authenticator) Open(methods ...string) *Authenticator {
	opened := *a
	opened.open = make(map[string]struct{}, len(a.open)+len(methods))
	for method := range a.open {
		opened.open[method] = struct{}{}
	}
	for _, method := range methods {
		opened.open[method] = struct{}{}
	}
	return &opened
}

// Unary returns an interceptor for calls with one request and one answer.
func (a *Authenticator) Unary() grpc.UnaryServerInterceptor {
	return func(ctx context.Context, request any, info *grpc.UnaryServerInfo, handler grpc.UnaryHandler) (any, error) {
		ctx, err := a.authenticate(ctx, info.FullMethod)
		if err != nil {
			return nil, err
		}
		return handler(ctx, request)
	}
}

// Stream returns an interceptor for streams. The caller is authenticated when the stream begins, and the stream ends when its caller
// is no longer good.
func (a *Authenticator) Stream() grpc.StreamServerInterceptor {
	return func(service any, stream grpc.ServerStream, info *grpc.StreamServerInfo, handler grpc.StreamHandler) error {
		ctx, err := a.authenticate(stream.Context(), info.FullMethod)
		if err != nil {
			return err
		}
		caller, known := httpauth.CallerFromContext(ctx)
		if !known {
			return handler(service, &openStream{stream, ctx})
		}
		received, _ := metadata.FromIncomingContext(stream.Context())
		values := received.Get(header)
		ctx, cancel := a.authenticator.UntilRevoked(ctx, caller, values)
		defer cancel()
		authenticated := &authenticatedStream{
			ServerStream: stream, ctx: ctx, authenticator: a.authenticator, values: values, received: make(chan error, 1),
		}
		err = handler(service, authenticated)
		if end := authenticated.end(); end != nil {
			return end
		}
		return err
	}
}

// authenticate returns the context for the handler: with the caller, and without the token.
func (a *Authenticator) authenticate(ctx context.Context, method string) (context.Context, error) {
	received, _ := metadata.FromIncomingContext(ctx)
	if _, isOpen := a.open[method]; !isOpen {
		caller, refusal := a.authenticator.AuthenticateValues(ctx, received.Get(header))
		if refusal != nil {
			return nil, status.Error(codeOf(refusal), refusal.Description())
		}
		if caller != nil {
			ctx = httpauth.ContextWithCaller(ctx, caller)
		}
	}
	return metadata.NewIncomingContext(ctx, withoutToken(received)), nil
}

func withoutToken(received metadata.MD) metadata.MD {
	handedOver := make(metadata.MD, len(received))
	for name, values := range received {
		if !strings.EqualFold(name, header) {
			handedOver[name] = values
		}
	}
	return handedOver
}

// codeOf says in gRPC's words what a refusal says in HTTP's.
func codeOf(refusal *httpauth.Refusal) codes.Code {
	switch refusal.Status() {
	case http.StatusForbidden:
		return codes.PermissionDenied
	case http.StatusServiceUnavailable:
		return codes.Unavailable
	case http.StatusInternalServerError:
		return codes.Internal
	default:
		return codes.Unauthenticated
	}
}
