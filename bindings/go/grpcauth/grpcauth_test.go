package grpcauth_test

import (
	"context"
	"log/slog"
	"net"
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
	"boundtoken.dev/go/internal/tokentest"
)

// service answers SERVING if it knows the caller, and NOT_SERVING otherwise. If it sees the token it answers UNKNOWN.
type service struct {
	healthpb.UnimplementedHealthServer
}

func answer(ctx context.Context) *healthpb.HealthCheckResponse {
	received, _ := metadata.FromIncomingContext(ctx)
	switch caller, known := httpauth.CallerFromContext(ctx); {
	case len(received.Get("authorization")) > 0:
		return &healthpb.HealthCheckResponse{Status: healthpb.HealthCheckResponse_UNKNOWN}
	case known && caller.Subject() == "system:serviceaccount:demo:app":
		return &healthpb.HealthCheckResponse{Status: healthpb.HealthCheckResponse_SERVING}
	default:
		return &healthpb.HealthCheckResponse{Status: healthpb.HealthCheckResponse_NOT_SERVING}
	}
}

func (service) Check(ctx context.Context, _ *healthpb.HealthCheckRequest) (*healthpb.HealthCheckResponse, error) {
	return answer(ctx), nil
}

func (service) Watch(request *healthpb.HealthCheckRequest, stream grpc.ServerStreamingServer[healthpb.HealthCheckResponse]) error {
	for {
		if err := stream.Send(answer(stream.Context())); err != nil || request.Service != "again" {
			return err
		}
		time.Sleep(5 * time.Millisecond)
	}
}

func serve(t *testing.T, authenticator *grpcauth.Authenticator) healthpb.HealthClient {
	t.Helper()
	listener := bufconn.Listen(1 << 16)
	server := grpc.NewServer(grpc.UnaryInterceptor(authenticator.Unary()), grpc.StreamInterceptor(authenticator.Stream()))
	healthpb.RegisterHealthServer(server, service{})
	go server.Serve(listener)
	t.Cleanup(server.Stop)
	connection, err := grpc.NewClient("passthrough:///test", grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return listener.DialContext(ctx) }))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { connection.Close() })
	return healthpb.NewHealthClient(connection)
}

func TestEachCallHasItsCode(t *testing.T) {
	issuer := tokentest.New("https://issuer.example")
	store, feeds := boundtoken.FollowObjects(time.Hour,
		boundtoken.Scope{Kind: boundtoken.KindServiceAccount}, boundtoken.Scope{Kind: boundtoken.KindPod})
	for _, feed := range feeds {
		feed.Replace(nil, time.Now())
	}
	feeds[0].Upsert(boundtoken.Object{
		ObjectReference: boundtoken.ObjectReference{Kind: boundtoken.KindServiceAccount, Namespace: "demo", Name: "app"}, UID: "uid-app",
	}, time.Time{})
	verifier, err := boundtoken.New(
		boundtoken.WithIssuer(issuer.Name, boundtoken.JWKS(issuer.JWKS()), boundtoken.Objects(store)), boundtoken.WithAudience("vault"))
	if err != nil {
		t.Fatal(err)
	}
	quiet := httpauth.Logger(slog.New(slog.DiscardHandler))
	good := issuer.Issue(tokentest.Token{Unbound: true})
	const check, watch = "/grpc.health.v1.Health/Check", "/grpc.health.v1.Health/Watch"
	everybody := grpcauth.New(verifier, quiet)
	for name, test := range map[string]struct {
		authenticator *grpcauth.Authenticator
		values        []string
		code          codes.Code
		answer        healthpb.HealthCheckResponse_ServingStatus
		message       string
	}{
		"good":           {everybody, []string{"Bearer " + good}, codes.OK, healthpb.HealthCheckResponse_SERVING, ""},
		"no token":       {everybody, nil, codes.Unauthenticated, 0, "the request has no token"},
		"another scheme": {everybody, []string{"Basic x"}, codes.Unauthenticated, 0, "the request has no token"},
		"bad":            {everybody, []string{"Bearer x"}, codes.Unauthenticated, 0, "the token does not have exactly three parts"},
		"twice":          {everybody, []string{"Bearer " + good, "Bearer " + good}, codes.Unauthenticated, 0, "the request has more than one header with a token"},
		"too new":        {everybody, []string{"Bearer " + issuer.Issue(tokentest.Token{})}, codes.Unavailable, 0, "the bound object has not been seen yet"},
		"not allowed": {grpcauth.New(verifier, quiet, httpauth.Policy(boundtoken.AllowNamespaces("other"))), []string{"Bearer " + good},
			codes.PermissionDenied, 0, "the policy does not allow this caller"},
		"optional": {grpcauth.New(verifier, quiet, httpauth.Optional()), nil, codes.OK, healthpb.HealthCheckResponse_NOT_SERVING, ""},
		"open":     {everybody.Open(check).Open(watch), []string{"Bearer x"}, codes.OK, healthpb.HealthCheckResponse_NOT_SERVING, ""},
	} {
		t.Run(name, func(t *testing.T) {
			client := serve(t, test.authenticator)
			ctx := t.Context()
			for _, value := range test.values {
				ctx = metadata.AppendToOutgoingContext(ctx, "authorization", value)
			}
			one, err := client.Check(ctx, &healthpb.HealthCheckRequest{})
			if status.Code(err) != test.code || one.GetStatus() != test.answer || status.Convert(err).Message() != test.message {
				t.Errorf("unary: %v %v", one, err)
			}
			stream, err := client.Watch(ctx, &healthpb.HealthCheckRequest{})
			if err != nil {
				t.Fatal(err)
			}
			one, err = stream.Recv()
			if status.Code(err) != test.code || one.GetStatus() != test.answer {
				t.Errorf("stream: %v %v", one, err)
			}
		})
	}
}

func TestAStreamEndsWithItsCaller(t *testing.T) {
	issuer := tokentest.New("https://issuer.example")
	store, feeds := boundtoken.FollowObjects(time.Hour, boundtoken.Scope{Kind: boundtoken.KindServiceAccount})
	account := boundtoken.Object{
		ObjectReference: boundtoken.ObjectReference{Kind: boundtoken.KindServiceAccount, Namespace: "demo", Name: "app"}, UID: "uid-app",
	}
	feeds[0].Replace([]boundtoken.KnownObject{{Object: account}}, time.Now())
	keys := boundtoken.JWKS(issuer.JWKS())
	verifier, err := boundtoken.New(boundtoken.WithIssuer(issuer.Name, keys, boundtoken.Objects(store)), boundtoken.WithAudience("vault"))
	if err != nil {
		t.Fatal(err)
	}
	client := serve(t, grpcauth.New(verifier, httpauth.Logger(slog.New(slog.DiscardHandler))))
	ctx := metadata.AppendToOutgoingContext(t.Context(), "authorization", "Bearer "+issuer.Issue(tokentest.Token{Unbound: true}))
	stream, err := client.Watch(ctx, &healthpb.HealthCheckRequest{Service: "again"})
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if _, err := stream.Recv(); err != nil {
			t.Fatal(err)
		}
	}
	feeds[0].Delete(account)
	for range 1000 {
		if _, err = stream.Recv(); err != nil {
			break
		}
	}
	if status.Code(err) != codes.Unauthenticated || status.Convert(err).Message() != boundtoken.ReasonServiceAccountNotFound.Description() {
		t.Error(err)
	}
}
