package httpauth_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"boundtoken.dev/go"
	"boundtoken.dev/go/httpauth"
	"boundtoken.dev/go/internal/tokentest"
)

type fixture struct {
	issuer   *tokentest.Issuer
	store    *boundtoken.ObjectStore
	feeds    []*boundtoken.Feed
	verifier *boundtoken.Verifier
	log      *bytes.Buffer
}

func newFixture(t *testing.T) *fixture {
	t.Helper()
	f := &fixture{issuer: tokentest.New("https://issuer.example"), log: &bytes.Buffer{}}
	f.store, f.feeds = boundtoken.FollowObjects(time.Hour,
		boundtoken.Scope{Kind: boundtoken.KindServiceAccount}, boundtoken.Scope{Kind: boundtoken.KindPod})
	object := func(kind boundtoken.ObjectKind, name, uid string) boundtoken.KnownObject {
		reference := boundtoken.ObjectReference{Kind: kind, Namespace: "demo", Name: name}
		return boundtoken.KnownObject{Object: boundtoken.Object{ObjectReference: reference, UID: uid}}
	}
	f.feeds[0].Replace([]boundtoken.KnownObject{object(boundtoken.KindServiceAccount, "app", "uid-app")}, time.Now())
	f.feeds[1].Replace([]boundtoken.KnownObject{object(boundtoken.KindPod, "live", "uid-live")}, time.Now())
	var err error
	f.verifier, err = boundtoken.New(
		boundtoken.WithIssuer(f.issuer.Name, boundtoken.JWKS(f.issuer.JWKS()), boundtoken.Objects(f.store)),
		boundtoken.WithAudience("vault"))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// serve answers a request with the subject of its caller, and the headers that the handler sees.
func (f *fixture) serve(r *http.Request, options ...httpauth.Option) *httptest.ResponseRecorder {
	options = append([]httpauth.Option{httpauth.Logger(slog.New(slog.NewTextHandler(f.log, nil)))}, options...)
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		subject := "nobody"
		if caller, known := httpauth.CallerFromContext(r.Context()); known {
			subject = caller.Subject()
		}
		fmt.Fprintf(w, "%s %d", subject, len(r.Header["Authorization"])+len(r.Header["X-Token"]))
	})
	w := httptest.NewRecorder()
	httpauth.Middleware(f.verifier, options...)(handler).ServeHTTP(w, r)
	return w
}

func request(values ...string) *http.Request {
	r := httptest.NewRequest("GET", "/", nil)
	for _, value := range values {
		r.Header.Add("Authorization", value)
	}
	return r
}

func TestEachRequestHasItsAnswer(t *testing.T) {
	f := newFixture(t)
	token := f.issuer.Issue(tokentest.Token{})
	other := f.issuer.Issue(tokentest.Token{Audiences: []string{"other"}})
	newPod := f.issuer.Issue(tokentest.Token{Pod: "new"})
	preflight := httptest.NewRequest("OPTIONS", "/", nil)
	preflight.Header.Set("Origin", "https://example.com")
	withToken := preflight.Clone(t.Context())
	preflight.Header.Set("Access-Control-Request-Method", "POST")
	withToken.Header.Set("Access-Control-Request-Method", "POST")
	withToken.Header.Set("Authorization", "Bearer x")
	const app = "system:serviceaccount:demo:app"
	for name, test := range map[string]struct {
		request   *http.Request
		options   []httpauth.Option
		status    int
		body      string
		challenge string
	}{
		"good":                   {request("Bearer " + token), nil, 200, app + " 0", ""},
		"the scheme's case":      {request("bEARER  " + token), nil, 200, app + " 0", ""},
		"kept":                   {request("Bearer " + token), []httpauth.Option{httpauth.KeepToken()}, 200, app + " 1", ""},
		"no token":               {request(), nil, 401, "", "Bearer"},
		"another scheme":         {request("Basic eDp5"), nil, 401, "", "Bearer"},
		"optional":               {request(), []httpauth.Option{httpauth.Optional()}, 200, "nobody 0", ""},
		"optional and bad":       {request("Bearer x"), []httpauth.Option{httpauth.Optional()}, 401, "", `Bearer error="invalid_token", error_description="the token does not have exactly three parts"`},
		"preflight":              {preflight, nil, 200, "nobody 0", ""},
		"preflight with a token": {withToken, nil, 401, "", `Bearer error="invalid_token", error_description="the token does not have exactly three parts"`},
		"twice":                  {request("Bearer "+token, "Bearer "+token), nil, 400, "", `Bearer error="invalid_request", error_description="the request has more than one header with a token"`},
		"nothing behind Bearer":  {request("Bearer"), nil, 400, "", `Bearer error="invalid_request", error_description="no token follows the scheme Bearer"`},
		"two tokens":             {request("Bearer " + token + " " + token), nil, 400, "", `Bearer error="invalid_request", error_description="the header has text behind the token"`},
		"another audience":       {request("Bearer " + other), nil, 401, "", `Bearer error="invalid_token", error_description="the token is meant for another audience"`},
		"for another audience":   {request("Bearer " + other), []httpauth.Option{httpauth.Audiences("other")}, 200, app + " 0", ""},
		"for that one alone":     {request("Bearer " + token), []httpauth.Option{httpauth.Audiences("other")}, 401, "", `Bearer error="invalid_token", error_description="the token is meant for another audience"`},
		"too new":                {request("Bearer " + newPod), nil, 503, "", ""},
		"allowed":                {request("Bearer " + token), []httpauth.Option{httpauth.Policy(boundtoken.AllowNamespaces("demo"))}, 200, app + " 0", ""},
		"not allowed":            {request("Bearer " + token), []httpauth.Option{httpauth.Policy(boundtoken.AllowNamespaces("other"))}, 403, "", `Bearer error="insufficient_scope"`},
		"another header":         {withHeader("x-token", token), []httpauth.Option{httpauth.Header("X-Token")}, 200, app + " 0", ""},
		"another header's lack":  {request("Bearer " + token), []httpauth.Option{httpauth.Header("X-Token")}, 401, "", "Bearer"},
	} {
		t.Run(name, func(t *testing.T) {
			before := test.request.Header.Clone()
			answer := f.serve(test.request, test.options...)
			if answer.Code != test.status || answer.Body.String() != test.body {
				t.Errorf("%d %q", answer.Code, answer.Body)
			}
			if challenge := answer.Header().Get("WWW-Authenticate"); challenge != test.challenge {
				t.Errorf("the challenge is %q", challenge)
			}
			if retry := answer.Header().Get("Retry-After"); (retry == "1") != (test.status == 503) {
				t.Errorf("retry after %q", retry)
			}
			if fmt.Sprint(before) != fmt.Sprint(test.request.Header) {
				t.Error("the request was changed")
			}
		})
	}
	if text := f.log.String(); strings.Contains(text, token[len(token)-30:]) || !strings.Contains(text, "reason=audience_mismatch") || !strings.Contains(text, "level=WARN") {
		t.Error("the log shows a token, or not the reason")
	}
}

func withHeader(name, value string) *http.Request {
	r := httptest.NewRequest("GET", "/", nil)
	r.Header.Set(name, value)
	return r
}

func TestACallerIsRefusedWhenItsPodIsGone(t *testing.T) {
	f := newFixture(t)
	r := request("Bearer " + f.issuer.Issue(tokentest.Token{}))
	if answer := f.serve(r); answer.Code != 200 {
		t.Fatal(answer.Code)
	}
	f.feeds[1].Delete(boundtoken.Object{
		ObjectReference: boundtoken.ObjectReference{Kind: boundtoken.KindPod, Namespace: "demo", Name: "live"}, UID: "uid-live",
	})
	if answer := f.serve(r); answer.Code != 401 || !strings.Contains(f.log.String(), "reason=pod_not_found") {
		t.Error(answer.Code, f.log)
	}
	f.store.Abandon()
	if answer := f.serve(r); answer.Code != 503 {
		t.Error(answer.Code)
	}
}

// A request that lasts ends with its caller, if it is to. An outage ends none.
func TestARequestThatLastsEndsWithItsCaller(t *testing.T) {
	pod := boundtoken.Object{
		ObjectReference: boundtoken.ObjectReference{Kind: boundtoken.KindPod, Namespace: "demo", Name: "live"}, UID: "uid-live",
	}
	for name, test := range map[string]struct {
		options []httpauth.Option
		token   tokentest.Token
		happens func(*fixture)
		want    error
	}{
		"the pod is deleted":          {[]httpauth.Option{httpauth.UntilRevoked()}, tokentest.Token{}, func(f *fixture) { f.feeds[1].Delete(pod) }, boundtoken.ReasonPodNotFound},
		"without the option":          {nil, tokentest.Token{}, func(f *fixture) { f.feeds[1].Delete(pod) }, nil},
		"an outage":                   {[]httpauth.Option{httpauth.UntilRevoked()}, tokentest.Token{}, func(f *fixture) { f.store.Abandon() }, nil},
		"another audience":            {[]httpauth.Option{httpauth.UntilRevoked(), httpauth.Audiences("other")}, tokentest.Token{Audiences: []string{"other"}}, func(f *fixture) { f.feeds[1].Delete(pod) }, boundtoken.ReasonPodNotFound},
		"another audience, an outage": {[]httpauth.Option{httpauth.UntilRevoked(), httpauth.Audiences("other")}, tokentest.Token{Audiences: []string{"other"}}, func(f *fixture) { f.store.Abandon() }, nil},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t)
			// Long enough for nothing to happen, or for what must happen.
			patience := 100 * time.Millisecond
			if test.want != nil {
				patience = 10 * time.Second
			}
			began, ended := make(chan struct{}), make(chan error)
			handler := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				close(began)
				select {
				case <-r.Context().Done():
					ended <- context.Cause(r.Context())
				case <-time.After(patience):
					ended <- nil
				}
			})
			go httpauth.Middleware(f.verifier, test.options...)(handler).ServeHTTP(httptest.NewRecorder(), request("Bearer "+f.issuer.Issue(test.token)))
			<-began
			test.happens(f)
			if cause := <-ended; !errors.Is(cause, test.want) {
				t.Error(cause)
			}
		})
	}
	// Who has no caller has nobody to lose.
	f := newFixture(t)
	if answer := f.serve(request(), httpauth.Optional(), httpauth.UntilRevoked()); answer.Code != 200 {
		t.Error(answer.Code)
	}
}

func TestRefusalsAreErrors(t *testing.T) {
	f := newFixture(t)
	authenticator := httpauth.New(f.verifier, httpauth.Logger(slog.New(slog.DiscardHandler)))
	_, refusal := authenticator.Authenticate(request("Bearer x"))
	if !errors.Is(refusal, boundtoken.ReasonTokenPartCount) || refusal.Name() != "token_part_count" || refusal.Description() != boundtoken.ReasonTokenPartCount.Description() {
		t.Errorf("%+v", refusal)
	}
	caller, refusal := authenticator.AuthenticateValues(t.Context(), []string{"Bearer " + f.issuer.Issue(tokentest.Token{})})
	if refusal != nil || caller.Namespace() != "demo" {
		t.Error(refusal)
	}
	if _, refusal := authenticator.AuthenticateValues(t.Context(), nil); refusal.Name() != "unauthenticated" || refusal.Description() == "" {
		t.Error(refusal)
	}
}

func TestRoutesMayNeedMore(t *testing.T) {
	f := newFixture(t)
	caller, err := f.verifier.Verify(t.Context(), f.issuer.Issue(tokentest.Token{}))
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		context context.Context
		policy  boundtoken.Policy
		status  int
	}{
		{t.Context(), boundtoken.AllowNamespaces("demo"), 401},
		{httpauth.ContextWithCaller(t.Context(), caller), boundtoken.AllowNamespaces("demo"), 200},
		{httpauth.ContextWithCaller(t.Context(), caller), boundtoken.AllowNamespaces("other"), 403},
	} {
		w := httptest.NewRecorder()
		handler := http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})
		httpauth.Require(test.policy)(handler).ServeHTTP(w, request().WithContext(test.context))
		if w.Code != test.status {
			t.Errorf("%d, not %d", w.Code, test.status)
		}
	}
}

func TestAFloodIsSampled(t *testing.T) {
	f := newFixture(t)
	for range 1000 {
		f.serve(request())
	}
	authenticator := httpauth.New(f.verifier, httpauth.Logger(slog.New(slog.NewTextHandler(f.log, nil))))
	f.log.Reset()
	for range 1000 {
		authenticator.Authenticate(request())
	}
	if lines := strings.Count(f.log.String(), "\n"); lines < 10 || lines > 30 {
		t.Errorf("%d lines", lines)
	}
}

func BenchmarkMiddleware(b *testing.B) {
	f := newFixture(&testing.T{})
	handler := httpauth.Middleware(f.verifier)(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	r := request("Bearer " + f.issuer.Issue(tokentest.Token{}))
	w := httptest.NewRecorder()
	b.ReportAllocs()
	for b.Loop() {
		handler.ServeHTTP(w, r)
	}
}
