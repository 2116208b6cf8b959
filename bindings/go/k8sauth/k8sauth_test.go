package k8sauth_test

import (
	"errors"
	"net/http/httptest"
	"reflect"
	"testing"

	"k8s.io/apiserver/pkg/authentication/authenticator"
	"k8s.io/apiserver/pkg/authentication/user"
	"k8s.io/apiserver/pkg/authorization/authorizer"

	"boundtoken.dev/go"
	"boundtoken.dev/go/internal/tokentest"
	"boundtoken.dev/go/k8sauth"
)

func fixture(t *testing.T) (*k8sauth.Authenticator, string) {
	t.Helper()
	issuer := tokentest.New("https://issuer.example")
	verifier, err := boundtoken.New(
		boundtoken.WithIssuer(issuer.Name, boundtoken.JWKS(issuer.JWKS())), boundtoken.WithAudience("vault"))
	if err != nil {
		t.Fatal(err)
	}
	return k8sauth.New(verifier), issuer.Issue(tokentest.Token{Audiences: []string{"vault", "api"}})
}

func TestTokensAreAuthenticatedForTheirAudiences(t *testing.T) {
	a, token := fixture(t)
	response, authenticated, err := a.AuthenticateToken(t.Context(), token)
	if err != nil || !authenticated || !reflect.DeepEqual(response.Audiences, authenticator.Audiences{"vault"}) {
		t.Fatal(response, err)
	}
	info := response.User
	if info.GetName() != "system:serviceaccount:demo:app" || info.GetUID() != "uid-app" || len(info.GetGroups()) != 3 ||
		info.GetExtra()["authentication.kubernetes.io/pod-name"][0] != "live" {
		t.Errorf("%+v", info)
	}
	ctx := authenticator.WithAudiences(t.Context(), authenticator.Audiences{"other", "api"})
	response, _, err = a.AuthenticateToken(ctx, token)
	if err != nil || !reflect.DeepEqual(response.Audiences, authenticator.Audiences{"api"}) {
		t.Error(response, err)
	}
	for _, audiences := range []authenticator.Audiences{{"other"}, {}} {
		ctx = authenticator.WithAudiences(t.Context(), audiences)
		if response, authenticated, err := a.AuthenticateToken(ctx, token); err == nil || authenticated || response != nil {
			t.Error(audiences, response)
		}
	}
}

func TestRequestsAreAuthenticatedByOneHeader(t *testing.T) {
	a, token := fixture(t)
	for name, test := range map[string]struct {
		values        []string
		authenticated bool
		fails         bool
	}{
		"good":           {[]string{"Bearer " + token}, true, false},
		"no token":       {nil, false, false},
		"another scheme": {[]string{"Basic x"}, false, false},
		"twice":          {[]string{"Bearer " + token, "Bearer " + token}, false, true},
		"two tokens":     {[]string{"Bearer " + token + " " + token}, false, true},
		"nothing":        {[]string{"Bearer"}, false, true},
		"bad":            {[]string{"Bearer x"}, false, true},
	} {
		r := httptest.NewRequest("GET", "/", nil)
		for _, value := range test.values {
			r.Header.Add("Authorization", value)
		}
		response, authenticated, err := a.AuthenticateRequest(r)
		if authenticated != test.authenticated || (err != nil) != test.fails || (response != nil) != test.authenticated {
			t.Errorf("%s: %v %v", name, authenticated, err)
		}
		if isThere := r.Header.Get("Authorization") != ""; isThere == test.authenticated && test.values != nil {
			t.Errorf("%s: the header is there: %v", name, isThere)
		}
	}
	r := httptest.NewRequest("GET", "/", nil)
	r.Header.Set("Authorization", "Bearer x")
	if _, _, err := a.AuthenticateRequest(r); !errors.Is(err, boundtoken.ReasonTokenPartCount) {
		t.Error(err)
	}
}

func TestPoliciesDenyAndHaveNoOtherOpinion(t *testing.T) {
	a, token := fixture(t)
	response, _, err := a.AuthenticateToken(t.Context(), token)
	if err != nil {
		t.Fatal(err)
	}
	if caller, known := k8sauth.CallerOf(response.User); !known || caller.Namespace() != "demo" {
		t.Error(caller)
	}
	for _, test := range []struct {
		info user.Info
		in   string
		want authorizer.Decision
	}{
		{response.User, "demo", authorizer.DecisionNoOpinion},
		{response.User, "other", authorizer.DecisionDeny},
		{&user.DefaultInfo{Name: "admin"}, "other", authorizer.DecisionNoOpinion},
		{nil, "other", authorizer.DecisionNoOpinion},
	} {
		policy := k8sauth.Authorizer(boundtoken.AllowNamespaces(test.in))
		decision, _, err := policy.Authorize(t.Context(), authorizer.AttributesRecord{User: test.info})
		if decision != test.want || err != nil {
			t.Error(test.in, decision, err)
		}
	}
}
