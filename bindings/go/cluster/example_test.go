package cluster_test

import (
	"context"
	"log"
	"net/http"
	"time"

	"k8s.io/client-go/rest"

	"boundtoken.dev/go"
	"boundtoken.dev/go/cluster"
	"boundtoken.dev/go/httpauth"
)

// A service in a pod trusts its own cluster.
func ExampleNewFromCluster() {
	config, err := rest.InClusterConfig()
	if err != nil {
		log.Fatal(err)
	}
	verifier, cluster, err := cluster.NewFromCluster(context.Background(), config, "vault")
	if err != nil {
		log.Fatal(err)
	}
	defer cluster.Close()
	greet := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		caller, _ := httpauth.CallerFromContext(r.Context())
		log.Print("hello, ", caller.Subject())
	})
	log.Fatal(http.ListenAndServe(":8080", httpauth.Middleware(verifier)(greet)))
}

// A verifier may trust several clusters. Their labels tell them apart, also in policies and metrics.
func ExampleConnect() {
	configs := map[string]*rest.Config{"blue": {Host: "https://blue.example"}, "green": {Host: "https://green.example"}}
	clusters := make(map[string]*cluster.Cluster)
	options := []boundtoken.Option{boundtoken.WithAudience("vault")}
	for label, config := range configs {
		connected, err := cluster.Connect(context.Background(), config,
			cluster.Namespaces("demo"), cluster.MaxKeyAge(time.Hour))
		if err != nil {
			log.Fatal(err)
		}
		defer connected.Close()
		clusters[label] = connected
		options = append(options, connected.Trusted(boundtoken.Label(label)))
	}
	verifier, err := boundtoken.New(options...)
	if err != nil {
		log.Fatal(err)
	}
	http.HandleFunc("GET /metrics", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain; version=0.0.4")
		if err := verifier.Statistics().WritePrometheus(w); err != nil {
			return
		}
		_ = cluster.WritePrometheus(w, clusters)
	})
}
