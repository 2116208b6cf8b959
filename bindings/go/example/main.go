// The program example is an HTTP service whose callers are pods. It greets every caller with a good token for the audience
// "example". It refuses a caller as soon as its pod is deleted.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log"
	"net"
	"net/http"
	"os/signal"
	"syscall"
	"time"

	"k8s.io/client-go/tools/clientcmd"

	"boundtoken.dev/go"
	"boundtoken.dev/go/cluster"
	"boundtoken.dev/go/httpauth"
)

func main() {
	kubeconfig := flag.String("kubeconfig", "", "kubeconfig `file`; without one, the pod's own configuration")
	address := flag.String("address", "127.0.0.1:8080", "`address` to listen on")
	audience := flag.String("audience", "example", "the `name` of this service in tokens")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	if err := serve(ctx, *kubeconfig, *address, *audience); err != nil {
		log.Fatal(err)
	}
}

func serve(ctx context.Context, kubeconfig, address, audience string) error {
	config, err := clientcmd.BuildConfigFromFlags("", kubeconfig)
	if err != nil {
		return err
	}
	verifier, cluster, err := cluster.NewFromCluster(ctx, config, audience)
	if err != nil {
		return err
	}
	defer cluster.Close()

	mux := http.NewServeMux()
	authenticated := httpauth.Middleware(verifier)
	mux.Handle("GET /{$}", authenticated(http.HandlerFunc(greet)))
	admins := httpauth.Require(boundtoken.AllowServiceAccount("demo", "admin"))
	mux.Handle("GET /admin", authenticated(admins(http.HandlerFunc(greet))))
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) {
		if cluster.IsStale() {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	})

	listener, err := net.Listen("tcp", address)
	if err != nil {
		return err
	}
	fmt.Printf("http://%s\n", listener.Addr())
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second}
	go func() {
		<-ctx.Done()
		server.Close()
	}()
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

func greet(w http.ResponseWriter, r *http.Request) {
	caller, _ := httpauth.CallerFromContext(r.Context())
	from := "no pod"
	if pod, bound := caller.Pod(); bound {
		from = pod.String()
	}
	fmt.Fprintf(w, "hello, %s from %s\n", caller.Subject(), from)
}
