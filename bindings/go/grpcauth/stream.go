package grpcauth

import (
	"context"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"boundtoken.dev/go"
	"boundtoken.dev/go/httpauth"
)

// openStream is a stream without a caller.
type openStream struct {
	grpc.ServerStream
	ctx context.Context
}

// Context returns the context without the token.
func (s *openStream) Context() context.Context { return s.ctx }

// authenticatedStream is a stream that ends with its caller.
type authenticatedStream struct {
	grpc.ServerStream
	// ctx ends when the caller is no longer good, and with the stream.
	ctx           context.Context
	authenticator *httpauth.Authenticator
	values        []string
	// received is the result of a message that is being received.
	received chan error
}

// Context returns the context with the caller. It ends when the caller is no longer good.
func (s *authenticatedStream) Context() context.Context { return s.ctx }

// SendMsg sends a message if the caller is still good.
func (s *authenticatedStream) SendMsg(message any) error {
	if err := s.check(); err != nil {
		return err
	}
	return s.ServerStream.SendMsg(message)
}

// RecvMsg receives a message, and returns it if the caller is still good. It waits no longer than the caller is good.
func (s *authenticatedStream) RecvMsg(message any) error {
	if err := s.end(); err != nil {
		return err
	}
	// Nothing but the end of the whole stream interrupts gRPC, and that is when the handler returns.
	go func() { s.received <- s.ServerStream.RecvMsg(message) }()
	select {
	case err := <-s.received:
		if err != nil {
			return err
		}
		return s.check()
	case <-s.ctx.Done():
		if err := s.end(); err != nil {
			return err
		}
		// The stream is over, and says why.
		return <-s.received
	}
}

// check looks at the caller, as with every message.
func (s *authenticatedStream) check() error {
	if err := s.end(); err != nil {
		return err
	}
	_, refusal := s.authenticator.AuthenticateValues(s.ctx, s.values)
	if refusal == nil || refusal.IsTemporary() {
		return nil
	}
	return status.Error(codeOf(refusal), refusal.Description())
}

// end returns the status of a stream whose caller is no longer good. It returns nil if that is not why it ended, or if it goes on.
func (s *authenticatedStream) end() error {
	if s.ctx.Err() == nil {
		return nil
	}
	if rejected := boundtoken.Rejected(context.Cause(s.ctx)); rejected != nil {
		return status.Error(codes.Unauthenticated, rejected.Description())
	}
	if s.ServerStream.Context().Err() == nil {
		return status.Error(codes.Internal, "the token could not be verified")
	}
	return nil
}
