package grpcauth_test

import (
	"context"
	"fmt"
	"log"
	"net"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"boundtoken.dev/go"
	"boundtoken.dev/go/grpcauth"
	"boundtoken.dev/go/httpauth"
	"boundtoken.dev/go/internal/tokentest"
)

// greeter tells each caller its name, for as long as it is good.
type greeter struct {
	healthpb.UnimplementedHealthServer
	objects *boundtoken.ObjectStore
}

func (g *greeter) Watch(_ *healthpb.HealthCheckRequest, stream grpc.ServerStreamingServer[healthpb.HealthCheckResponse]) error {
	caller, _ := httpauth.CallerFromContext(stream.Context())
	fmt.Println("hello,", caller.Subject())
	g.objects.Delete(caller.ServiceAccount().ObjectReference)
	<-stream.Context().Done()
	fmt.Println("goodbye:", boundtoken.Rejected(context.Cause(stream.Context())).Name())
	return nil
}

// The callers of a service are in one namespace. A stream ends when its caller is no longer good.
func Example() {
	issuer := tokentest.New("https://kubernetes.default.svc.cluster.local")
	objects := boundtoken.NewObjectStore()
	objects.Upsert(boundtoken.Object{
		ObjectReference: boundtoken.ObjectReference{Kind: boundtoken.KindServiceAccount, Namespace: "demo", Name: "app"}, UID: "uid-app",
	}, time.Time{})
	verifier, err := boundtoken.New(
		boundtoken.WithIssuer(issuer.Name, boundtoken.JWKS(issuer.JWKS()), boundtoken.Objects(objects)), boundtoken.WithAudience("vault"))
	if err != nil {
		log.Fatal(err)
	}

	authenticator := grpcauth.New(verifier, httpauth.Policy(boundtoken.AllowNamespaces("demo"))).Open("/grpc.health.v1.Health/Check")
	server := grpc.NewServer(grpc.UnaryInterceptor(authenticator.Unary()), grpc.StreamInterceptor(authenticator.Stream()))
	healthpb.RegisterHealthServer(server, &greeter{objects: objects})

	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	go server.Serve(listener)
	defer server.GracefulStop()

	connection, err := grpc.NewClient(listener.Addr().String(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		log.Fatal(err)
	}
	defer connection.Close()
	token := issuer.Issue(tokentest.Token{Unbound: true})
	ctx := metadata.AppendToOutgoingContext(context.Background(), "authorization", "Bearer "+token)
	stream, err := healthpb.NewHealthClient(connection).Watch(ctx, &healthpb.HealthCheckRequest{})
	if err != nil {
		log.Fatal(err)
	}
	_, err = stream.Recv()
	fmt.Println(status.Code(err), status.Convert(err).Message())
	// Output:
	// hello, system:serviceaccount:demo:app
	// goodbye: service_account_not_found
	// Unauthenticated the service account does not exist
}
