package boundtoken_test

import (
	"context"
	"errors"
	"expvar"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"boundtoken.dev/go"
	"boundtoken.dev/go/httpauth"
	"boundtoken.dev/go/internal/tokentest"
)

// The examples verify tokens of this issuer.
var exampleIssuer = tokentest.New("https://kubernetes.default.svc.cluster.local")

func Example() {
	jwks := exampleIssuer.JWKS()                    // kubectl get --raw /openid/v1/jwks
	token := exampleIssuer.Issue(tokentest.Token{}) // what a caller sends

	objects := boundtoken.NewObjectStore()
	verifier, err := boundtoken.New(
		boundtoken.WithIssuer("https://kubernetes.default.svc.cluster.local", boundtoken.JWKS(jwks), boundtoken.Objects(objects)),
		boundtoken.WithAudience("vault"),
	)
	if err != nil {
		log.Fatal(err)
	}

	// The objects come from a watch, for instance. Package cluster does all that.
	account := boundtoken.ObjectReference{Kind: boundtoken.KindServiceAccount, Namespace: "demo", Name: "app"}
	pod := boundtoken.ObjectReference{Kind: boundtoken.KindPod, Namespace: "demo", Name: "live"}
	objects.Upsert(boundtoken.Object{ObjectReference: account, UID: "uid-app"}, time.Time{})
	objects.Upsert(boundtoken.Object{ObjectReference: pod, UID: "uid-live"}, time.Time{})

	caller, err := verifier.Verify(context.Background(), token)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(caller.Subject(), caller.Confirmed())

	objects.Delete(pod)
	_, err = verifier.Verify(context.Background(), token)
	fmt.Println(errors.Is(err, boundtoken.ReasonPodNotFound))
	fmt.Println(err)
	// Output:
	// system:serviceaccount:demo:app live
	// true
	// the pod that the token is bound to does not exist (Pod demo/live); use the token of a pod that exists: tokens bound to a deleted pod are void
}

func ExampleRejectedError() {
	verifier, err := boundtoken.New(
		boundtoken.WithIssuer(exampleIssuer.Name, boundtoken.JWKS(exampleIssuer.JWKS())), boundtoken.WithAudience("vault"))
	if err != nil {
		log.Fatal(err)
	}
	_, err = verifier.Verify(context.Background(), "not a token")
	var rejected *boundtoken.RejectedError
	if errors.As(err, &rejected) {
		fmt.Println(rejected.Number(), rejected.Name(), rejected.HTTPStatus())
		fmt.Println(rejected.Challenge())
	}
	// Output:
	// 103 token_part_count 401
	// Bearer error="invalid_token", error_description="the token does not have exactly three parts"
}

func ExampleKeySet_Replace() {
	next := tokentest.New(exampleIssuer.Name)
	keys := boundtoken.JWKS(exampleIssuer.JWKS())
	verifier, err := boundtoken.New(boundtoken.WithIssuer(exampleIssuer.Name, keys), boundtoken.WithAudience("vault"))
	if err != nil {
		log.Fatal(err)
	}
	token := exampleIssuer.Issue(tokentest.Token{})
	if _, err := verifier.Verify(context.Background(), token); err == nil {
		fmt.Println("accepted")
	}
	// When it returns, no token of the old keys is accepted any more.
	if err := keys.Replace(next.JWKS()); err != nil {
		log.Fatal(err)
	}
	_, err = verifier.Verify(context.Background(), token)
	fmt.Println(boundtoken.Rejected(err).Name())
	// Output:
	// accepted
	// key_unknown
}

// A stream that a caller opened ends at the moment at which the caller's pod is deleted.
func ExampleVerifier_UntilRevoked() {
	objects := boundtoken.NewObjectStore()
	account := boundtoken.ObjectReference{Kind: boundtoken.KindServiceAccount, Namespace: "demo", Name: "app"}
	pod := boundtoken.ObjectReference{Kind: boundtoken.KindPod, Namespace: "demo", Name: "live"}
	objects.Upsert(boundtoken.Object{ObjectReference: account, UID: "uid-app"}, time.Time{})
	objects.Upsert(boundtoken.Object{ObjectReference: pod, UID: "uid-live"}, time.Time{})
	verifier, err := boundtoken.New(
		boundtoken.WithIssuer(exampleIssuer.Name, boundtoken.JWKS(exampleIssuer.JWKS()), boundtoken.Objects(objects)),
		boundtoken.WithAudience("vault"))
	if err != nil {
		log.Fatal(err)
	}

	token := exampleIssuer.Issue(tokentest.Token{})
	caller, err := verifier.Verify(context.Background(), token)
	if err != nil {
		log.Fatal(err)
	}
	ctx, cancel := verifier.UntilRevoked(context.Background(), caller, token)
	defer cancel()

	objects.Delete(pod)
	<-ctx.Done()
	fmt.Println(context.Cause(ctx))
	// Output:
	// the pod that the token is bound to does not exist (Pod demo/live); use the token of a pod that exists: tokens bound to a deleted pod are void
}

// Package expvar shows the numbers as JSON, and WritePrometheus writes them for Prometheus.
func ExampleVerifier_Statistics() {
	verifier, err := boundtoken.New(
		boundtoken.WithIssuer(exampleIssuer.Name, boundtoken.JWKS(exampleIssuer.JWKS())), boundtoken.WithAudience("vault"))
	if err != nil {
		log.Fatal(err)
	}
	expvar.Publish("boundtoken", expvar.Func(func() any { return verifier.Statistics() }))

	token := exampleIssuer.Issue(tokentest.Token{})
	for range 3 {
		if _, err := verifier.Verify(context.Background(), token); err != nil {
			log.Fatal(err)
		}
	}
	_, err = verifier.Verify(context.Background(), "not a token")
	fmt.Println(err != nil)

	statistics := verifier.Statistics()
	fmt.Println(statistics.AcceptedFirst, statistics.AcceptedAgain, statistics.Refused[boundtoken.ReasonTokenPartCount])
	// Output:
	// true
	// 1 2 1
}

func ExampleFollowObjects() {
	objects, feeds := boundtoken.FollowObjects(150*time.Second, boundtoken.Scope{Kind: boundtoken.KindPod, Namespace: "demo"})
	pods := feeds[0]
	fmt.Println(objects.Freshness())

	// A watch begins with a list.
	pod := boundtoken.Object{
		ObjectReference: boundtoken.ObjectReference{Kind: boundtoken.KindPod, Namespace: "demo", Name: "live"}, UID: "uid-live",
	}
	asked := time.Now()
	pods.Replace([]boundtoken.KnownObject{{Object: pod}}, asked)
	fmt.Println(objects.Freshness(), objects.State(pod.ObjectReference).Presence)

	// Then come the events. Each proves that the watch is up to date, and so does a bookmark.
	pods.Delete(pod)
	pods.Prove(time.Now())
	fmt.Println(objects.State(pod.ObjectReference).Presence, objects.IsDeleted(pod))
	// Output:
	// stale
	// following present
	// absent true
}

func ExamplePolicy() {
	verifier, err := boundtoken.New(
		boundtoken.WithIssuer(exampleIssuer.Name, boundtoken.JWKS(exampleIssuer.JWKS())), boundtoken.WithAudience("vault"))
	if err != nil {
		log.Fatal(err)
	}
	policy := boundtoken.AnyOf(
		boundtoken.AllowServiceAccount("demo", "app"),
		boundtoken.AllOf(boundtoken.AllowNamespaces("monitoring"), boundtoken.AllowConfirmedLive()),
	)
	handler := httpauth.Middleware(verifier, httpauth.Policy(policy))(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		caller, _ := httpauth.CallerFromContext(r.Context())
		fmt.Fprint(w, "hello, ", caller.Subject())
	}))

	for _, account := range []string{"app", "other"} {
		request := httptest.NewRequest("GET", "/", nil)
		request.Header.Set("Authorization", "Bearer "+exampleIssuer.Issue(tokentest.Token{ServiceAccount: account}))
		answer := httptest.NewRecorder()
		handler.ServeHTTP(answer, request)
		fmt.Println(answer.Code, answer.Body)
	}
	// Output:
	// 200 hello, system:serviceaccount:demo:app
	// 403
}

// The code of the README is that of programs that are compiled.
func TestTheCodeOfTheREADMEIsCompiled(t *testing.T) {
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	var compiled []string
	for _, pattern := range []string{"*_test.go", "*/*_test.go", "example/*.go"} {
		paths, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range paths {
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			compiled = append(compiled, withoutIndent(string(text)))
		}
	}
	blocks := strings.Split(string(readme), "```go\n")[1:]
	if len(blocks) == 0 {
		t.Error("the README has no code")
	}
	for _, block := range blocks {
		block, _, _ = strings.Cut(block, "```")
		found := false
		for _, text := range compiled {
			found = found || strings.Contains(text, withoutIndent(block))
		}
		if !found {
			t.Errorf("no program has this code of the README:\n%s", block)
		}
	}
}

func withoutIndent(text string) string {
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		lines[i] = strings.TrimSpace(line)
	}
	return strings.Join(lines, "\n")
}
