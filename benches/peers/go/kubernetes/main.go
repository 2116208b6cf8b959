// The API server's own authenticator of service-account tokens, and its token cache with the API server's lifetime.
// The objects come from listers, as in the API server, so nothing goes over a network.
package main

import (
	"context"
	"encoding/json"
	"time"

	"boundtoken/benches/peers/go/protocol"

	core "k8s.io/api/core/v1"
	"k8s.io/apiserver/pkg/authentication/authenticator"
	tokencache "k8s.io/apiserver/pkg/authentication/token/cache"
	listers "k8s.io/client-go/listers/core/v1"
	"k8s.io/client-go/tools/cache"
	"k8s.io/kubernetes/pkg/serviceaccount"
)

// The API server's TokenSuccessCacheTTL.
const remembered = 10 * time.Second

func main() {
	protocol.Serve("k8s.io/kubernetes", func(inputs protocol.Inputs, algorithm string, key any) protocol.Verify {
		if algorithm == "EdDSA" {
			return nil // the API server reads no such keys
		}
		keys, err := serviceaccount.StaticPublicKeysGetter([]any{key})
		if err != nil {
			panic(err)
		}
		audiences := authenticator.Audiences{inputs.Audience}
		validator := serviceaccount.NewValidator(read(inputs))
		tokens := serviceaccount.JWTTokenAuthenticator([]string{inputs.Issuer}, keys, audiences, validator)
		if inputs.Again {
			tokens = tokencache.New(tokens, true, remembered, 0)
		}
		ctx := authenticator.WithAudiences(context.Background(), audiences)
		return func(token string) bool {
			_, accepted, err := tokens.AuthenticateToken(ctx, token)
			return accepted && err == nil
		}
	})
}

// objects are what tokens are bound to.
type objects struct {
	accounts listers.ServiceAccountLister
	pods     listers.PodLister
	secrets  listers.SecretLister
	nodes    listers.NodeLister
}

func read(inputs protocol.Inputs) objects {
	index := func() cache.Indexer {
		byNamespace := cache.Indexers{cache.NamespaceIndex: cache.MetaNamespaceIndexFunc}
		return cache.NewIndexer(cache.MetaNamespaceKeyFunc, byNamespace)
	}
	accounts, pods, secrets, nodes := index(), index(), index(), index()
	var list struct{ Items []json.RawMessage }
	decode(inputs.Read("objects.json"), &list)
	for _, item := range list.Items {
		var kind struct{ Kind string }
		decode(item, &kind)
		switch kind.Kind {
		case "ServiceAccount":
			add(accounts, item, &core.ServiceAccount{})
		case "Pod":
			add(pods, item, &core.Pod{})
		case "Node":
			add(nodes, item, &core.Node{})
		}
	}
	return objects{
		listers.NewServiceAccountLister(accounts), listers.NewPodLister(pods),
		listers.NewSecretLister(secrets), listers.NewNodeLister(nodes),
	}
}

func add(indexer cache.Indexer, item json.RawMessage, object any) {
	decode(item, object)
	if err := indexer.Add(object); err != nil {
		panic(err)
	}
}

func decode(data []byte, value any) {
	if err := json.Unmarshal(data, value); err != nil {
		panic(err)
	}
}

func (o objects) GetServiceAccount(_ context.Context, namespace, name string) (*core.ServiceAccount, error) {
	return o.accounts.ServiceAccounts(namespace).Get(name)
}

func (o objects) GetPod(_ context.Context, namespace, name string) (*core.Pod, error) {
	return o.pods.Pods(namespace).Get(name)
}

func (o objects) GetSecret(_ context.Context, namespace, name string) (*core.Secret, error) {
	return o.secrets.Secrets(namespace).Get(name)
}

func (o objects) GetNode(_ context.Context, name string) (*core.Node, error) {
	return o.nodes.Get(name)
}
