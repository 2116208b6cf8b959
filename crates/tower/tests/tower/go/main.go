// A client by gRPC for Go: it watches a health service as a caller whose pod is deleted meanwhile.
//
// Arguments: the address, and the token or "-". It prints the code of each call and of the end of the stream.
package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	health "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
)

func main() {
	address, token := os.Args[1], os.Args[2]
	connection, err := grpc.NewClient(address, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	client := health.NewHealthClient(connection)
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if token != "-" {
		ctx = metadata.AppendToOutgoingContext(ctx, "authorization", "Bearer "+token)
	}
	answer, err := client.Check(ctx, &health.HealthCheckRequest{})
	fmt.Println("check", status.Code(err), status.Convert(err).Message(), answer.GetStatus())
	if err != nil {
		return
	}
	stream, err := client.Watch(ctx, &health.HealthCheckRequest{})
	if err == nil {
		for err == nil {
			var update *health.HealthCheckResponse
			if update, err = stream.Recv(); err == nil {
				fmt.Println("update", update.GetStatus())
			}
		}
	}
	fmt.Println("end", status.Code(err), status.Convert(err).Message())
}
