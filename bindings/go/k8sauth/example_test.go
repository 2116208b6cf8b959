package k8sauth_test

import (
	"context"
	"fmt"
	"log"
	"net/http/httptest"

	"k8s.io/apiserver/pkg/authentication/authenticator"
	unionauthn "k8s.io/apiserver/pkg/authentication/request/union"
	"k8s.io/apiserver/pkg/authorization/authorizer"
	unionauthz "k8s.io/apiserver/pkg/authorization/union"

	"boundtoken.dev/go"
	"boundtoken.dev/go/internal/tokentest"
	"boundtoken.dev/go/k8sauth"
)

// An aggregated API server authenticates by bound tokens, next to its other authenticators. It denies callers outside of two
// namespaces. What the others may do, other authorizers say.
func Example() {
	issuer := tokentest.New("https://kubernetes.default.svc.cluster.local")
	verifier, err := boundtoken.New(
		boundtoken.WithIssuer(issuer.Name, boundtoken.JWKS(issuer.JWKS())), boundtoken.WithAudience("vault"))
	if err != nil {
		log.Fatal(err)
	}

	// They belong into config.Authentication.Authenticator and config.Authorization.Authorizer.
	authenticates := unionauthn.New(k8sauth.New(verifier))
	policy := boundtoken.AllowNamespaces("demo", "monitoring")
	authorizes, err := unionauthz.New(
		unionauthz.NamedAuthorizer{AuthorizerName: "policy", Authorizer: k8sauth.Authorizer(policy)},
		unionauthz.NamedAuthorizer{AuthorizerName: "others", Authorizer: allowAll})
	if err != nil {
		log.Fatal(err)
	}

	for _, token := range []tokentest.Token{{}, {Namespace: "other"}, {Audiences: []string{"another service"}}} {
		request := httptest.NewRequest("GET", "/apis/example.com/v1/things", nil)
		request.Header.Set("Authorization", "Bearer "+issuer.Issue(token))
		response, authenticated, err := authenticates.AuthenticateRequest(request)
		if !authenticated {
			fmt.Println(err)
			continue
		}
		decision, reason, _ := authorizes.Authorize(context.Background(), authorizer.AttributesRecord{User: response.User})
		fmt.Printf("%s %v %q\n", response.User.GetName(), decision == authorizer.DecisionAllow, reason)
	}
	// Output:
	// system:serviceaccount:demo:app true ""
	// system:serviceaccount:other:app false "the policy does not allow this caller"
	// the token is meant for another audience ("another service"); request a token for this service: `kubectl create token --audience`
}

// An authenticator.Token takes its audiences from the context, as the handlers of k8s.io/apiserver set them.
func ExampleAuthenticator_AuthenticateToken() {
	issuer := tokentest.New("https://kubernetes.default.svc.cluster.local")
	verifier, err := boundtoken.New(
		boundtoken.WithIssuer(issuer.Name, boundtoken.JWKS(issuer.JWKS())), boundtoken.WithAudience("vault"))
	if err != nil {
		log.Fatal(err)
	}
	token := issuer.Issue(tokentest.Token{Audiences: []string{"vault", "metrics"}})
	ctx := authenticator.WithAudiences(context.Background(), authenticator.Audiences{"metrics"})
	response, _, err := k8sauth.New(verifier).AuthenticateToken(ctx, token)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(response.Audiences, response.User.GetGroups())
	// Output:
	// [metrics] [system:serviceaccounts system:serviceaccounts:demo system:authenticated]
}

// allowAll stands for the other authorizers.
var allowAll = authorizer.AuthorizerFunc(func(context.Context, authorizer.Attributes) (authorizer.Decision, string, error) {
	return authorizer.DecisionAllow, "", nil
})
