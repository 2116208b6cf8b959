package grpcauth_test

import (
	"context"
	"log/slog"
	"net"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/grpc/test/bufconn"

	"boundtoken.dev/go"
	"boundtoken.dev/go/grpcauth"
	"boundtoken.dev/go/httpauth"
	"boundtoken.dev/go/internal/leaktest"
	"boundtoken.dev/go/internal/tokentest"
)

var account = boundtoken.Object{
	ObjectReference: boundtoken.ObjectReference{Kind: boundtoken.KindServiceAccount, Namespace: "demo", Name: "app"}, UID: "uid-app",
}

// failing is a store that panics at times.
type failing struct {
	*boundtoken.ObjectStore
	fails atomic.Bool
}

func (f *failing) State(reference boundtoken.ObjectReference) boundtoken.ObjectState {
	if f.fails.Load() {
		panic("of the test")
	}
	return f.ObjectStore.State(reference)
}

// chat is a server with one method, which streams both ways.
type chat struct {
	*testing.T
	issuer *tokentest.Issuer
	source *failing
	feed   *boundtoken.Feed
	// seen is what the method returned.
	seen       chan error
	connection *grpc.ClientConn
}

func newChat(t *testing.T, method func(grpc.ServerStream) error) *chat {
	t.Helper()
	c := &chat{T: t, issuer: tokentest.New("https://issuer.example"), seen: make(chan error, 1)}
	store, feeds := boundtoken.FollowObjects(time.Hour, boundtoken.Scope{Kind: boundtoken.KindServiceAccount})
	feeds[0].Replace([]boundtoken.KnownObject{{Object: account}}, time.Now())
	c.source, c.feed = &failing{ObjectStore: store}, feeds[0]
	quiet := slog.New(slog.DiscardHandler)
	verifier, err := boundtoken.New(boundtoken.WithLogger(quiet), boundtoken.WithAudience("vault"),
		boundtoken.WithIssuer(c.issuer.Name, boundtoken.JWKS(c.issuer.JWKS()), boundtoken.Objects(c.source)))
	if err != nil {
		t.Fatal(err)
	}
	listener := bufconn.Listen(1 << 16)
	server := grpc.NewServer(grpc.StreamInterceptor(grpcauth.New(verifier, httpauth.Logger(quiet)).Stream()))
	server.RegisterService(&grpc.ServiceDesc{ServiceName: "test.Chat", HandlerType: (*any)(nil), Streams: []grpc.StreamDesc{{
		StreamName: "Chat", ServerStreams: true, ClientStreams: true,
		Handler: func(_ any, stream grpc.ServerStream) error {
			err := method(stream)
			c.seen <- err
			return err
		},
	}}}, nil)
	go server.Serve(listener)
	t.Cleanup(server.Stop)
	c.connection, err = grpc.NewClient("passthrough:///test", grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return listener.DialContext(ctx) }))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.connection.Close() })
	return c
}

func (c *chat) begin(ctx context.Context) grpc.ClientStream {
	c.Helper()
	ctx = metadata.AppendToOutgoingContext(ctx, "authorization", "Bearer "+c.issuer.Issue(tokentest.Token{Unbound: true}))
	stream, err := c.connection.NewStream(ctx, &grpc.StreamDesc{ServerStreams: true, ClientStreams: true}, "/test.Chat/Chat")
	if err != nil {
		c.Fatal(err)
	}
	return stream
}

// say sends a message and expects one.
func (c *chat) say(stream grpc.ClientStream) {
	c.Helper()
	if err := stream.SendMsg(&healthpb.HealthCheckRequest{}); err != nil {
		c.Fatal(err)
	}
	if err := stream.RecvMsg(&healthpb.HealthCheckResponse{}); err != nil {
		c.Fatal(err)
	}
}

// ends expects the end of the stream, without a message that would cause it.
func (c *chat) ends(stream grpc.ClientStream, code codes.Code, message string) {
	c.Helper()
	err := stream.RecvMsg(&healthpb.HealthCheckResponse{})
	if status.Code(err) != code || status.Convert(err).Message() != message {
		c.Error(err)
	}
}

func echo(stream grpc.ServerStream) error {
	for {
		if err := stream.RecvMsg(&healthpb.HealthCheckRequest{}); err != nil {
			return err
		}
		if err := stream.SendMsg(&healthpb.HealthCheckResponse{}); err != nil {
			return err
		}
	}
}

func TestAnIdleStreamEndsAtOnceWithItsCaller(t *testing.T) {
	for name, method := range map[string]func(grpc.ServerStream) error{
		"waits for a message": echo,
		"does not give up": func(stream grpc.ServerStream) error {
			for range 100 {
				echo(stream)
			}
			return nil
		},
		"waits for the end": func(stream grpc.ServerStream) error {
			stream.RecvMsg(&healthpb.HealthCheckRequest{})
			stream.SendMsg(&healthpb.HealthCheckResponse{})
			<-stream.Context().Done()
			return nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			c := newChat(t, method)
			stream := c.begin(t.Context())
			c.say(stream)
			before := time.Now()
			c.feed.Delete(account)
			c.ends(stream, codes.Unauthenticated, boundtoken.ReasonServiceAccountNotFound.Description())
			if <-c.seen; time.Since(before) > 5*time.Second {
				t.Error("it took", time.Since(before))
			}
		})
	}
}

func TestAnOutageEndsNoStream(t *testing.T) {
	c := newChat(t, echo)
	stream := c.begin(t.Context())
	c.say(stream)
	c.source.Abandon()
	for range 3 {
		c.say(stream)
	}
	// What a lost source has seen counts.
	c.feed.Delete(account)
	c.ends(stream, codes.Unauthenticated, boundtoken.ReasonServiceAccountNotFound.Description())
}

func TestAStreamAboutWhichNothingCanBeDecidedEnds(t *testing.T) {
	c := newChat(t, echo)
	stream := c.begin(t.Context())
	c.say(stream)
	c.source.fails.Store(true)
	c.feed.Upsert(account, time.Now().Add(time.Hour))
	c.ends(stream, codes.Internal, "the token could not be verified")
}

func TestStreamsLeaveNoGoroutines(t *testing.T) {
	c := newChat(t, echo)
	c.say(c.begin(t.Context()))
	before := runtime.NumGoroutine()
	for range 50 {
		ctx, cancel := context.WithCancel(t.Context())
		stream := c.begin(ctx)
		c.say(stream)
		// The client goes away, and what the method sees is what gRPC says.
		cancel()
		if err := <-c.seen; status.Code(err) != codes.Canceled {
			t.Error(err)
		}
		stream = c.begin(t.Context())
		c.say(stream)
		if err := stream.CloseSend(); err != nil {
			t.Error(err)
		}
		<-c.seen
		stream.RecvMsg(&healthpb.HealthCheckResponse{})
	}
	leaktest.Check(t, before)
}
