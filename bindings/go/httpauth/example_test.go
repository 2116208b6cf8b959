package httpauth_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"time"

	"boundtoken.dev/go"
	"boundtoken.dev/go/httpauth"
	"boundtoken.dev/go/internal/tokentest"
)

// The examples verify tokens of this issuer.
var exampleIssuer = tokentest.New("https://kubernetes.default.svc.cluster.local")

// exampleObjects has the pod demo/live of the service account demo/app.
func exampleObjects() *boundtoken.ObjectStore {
	objects := boundtoken.NewObjectStore()
	objects.Upsert(boundtoken.Object{
		ObjectReference: boundtoken.ObjectReference{Kind: boundtoken.KindServiceAccount, Namespace: "demo", Name: "app"}, UID: "uid-app",
	}, time.Time{})
	objects.Upsert(examplePod, time.Time{})
	return objects
}

var examplePod = boundtoken.Object{
	ObjectReference: boundtoken.ObjectReference{Kind: boundtoken.KindPod, Namespace: "demo", Name: "live"}, UID: "uid-live",
}

func exampleVerifier(objects *boundtoken.ObjectStore) *boundtoken.Verifier {
	verifier, err := boundtoken.New(
		boundtoken.WithIssuer(exampleIssuer.Name, boundtoken.JWKS(exampleIssuer.JWKS()), boundtoken.Objects(objects)),
		boundtoken.WithAudience("vault", "vault-admin"))
	if err != nil {
		log.Fatal(err)
	}
	return verifier
}

func exampleRequest(path string, token tokentest.Token) *http.Request {
	request := httptest.NewRequest("GET", path, nil)
	request.Header.Set("Authorization", "Bearer "+exampleIssuer.Issue(token))
	return request
}

// Every caller of the service is in one of two namespaces. Some routes need more: a service account, or a token for an audience
// of its own.
func ExampleMiddleware() {
	verifier := exampleVerifier(exampleObjects())
	greet := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		caller, _ := httpauth.CallerFromContext(r.Context())
		fmt.Fprint(w, "hello, ", caller.Subject())
	})

	admins := httpauth.Require(boundtoken.AllOf(
		boundtoken.AllowServiceAccount("demo", "admin"), boundtoken.AllowAudiences("vault-admin")))
	mux := http.NewServeMux()
	mux.Handle("GET /{$}", greet)
	mux.Handle("GET /admin", admins(greet))
	service := httpauth.Middleware(verifier, httpauth.Policy(boundtoken.AllowNamespaces("demo", "monitoring")))(mux)

	for _, request := range []*http.Request{
		exampleRequest("/", tokentest.Token{}),
		exampleRequest("/admin", tokentest.Token{}),
		exampleRequest("/", tokentest.Token{Audiences: []string{"another service"}}),
		httptest.NewRequest("GET", "/", nil),
	} {
		answer := httptest.NewRecorder()
		service.ServeHTTP(answer, request)
		fmt.Println(answer.Code, answer.Body.String()+answer.Header().Get("WWW-Authenticate"))
	}
	// Output:
	// 200 hello, system:serviceaccount:demo:app
	// 403 Bearer error="insufficient_scope"
	// 401 Bearer error="invalid_token", error_description="the token is meant for another audience"
	// 401 Bearer
}

// A stream of events ends at the moment at which the pod of its caller is deleted.
func ExampleUntilRevoked() {
	objects := exampleObjects()
	events := func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		fmt.Fprintln(w, "data: hello")
		objects.Delete(examplePod.ObjectReference)
		select {
		case <-time.After(time.Minute):
			fmt.Fprintln(w, "data: news")
		case <-r.Context().Done():
			why := context.Cause(r.Context())
			fmt.Fprintln(w, "data: goodbye:", boundtoken.Rejected(why).Description())
		}
	}
	service := httpauth.Middleware(exampleVerifier(objects), httpauth.UntilRevoked())(http.HandlerFunc(events))

	answer := httptest.NewRecorder()
	service.ServeHTTP(answer, exampleRequest("/", tokentest.Token{}))
	fmt.Print(answer.Body)
	// Output:
	// data: hello
	// data: goodbye: the pod that the token is bound to does not exist
}

// A refusal is an error, for what is not net/http.
func ExampleAuthenticator_AuthenticateValues() {
	authenticator := httpauth.New(exampleVerifier(exampleObjects()))
	_, refusal := authenticator.AuthenticateValues(context.Background(), []string{"Bearer x"})
	fmt.Println(refusal.Status(), refusal.Name(), errors.Is(refusal, boundtoken.ReasonTokenPartCount))
	// Output:
	// 401 token_part_count true
}
