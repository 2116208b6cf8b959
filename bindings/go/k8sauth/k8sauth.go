// Package k8sauth authenticates the callers of servers that are built on k8s.io/apiserver, without TokenReview.
//
//	config.Authentication.Authenticator = unionauthn.New(k8sauth.New(verifier), config.Authentication.Authenticator)
//	config.Authorization.Authorizer, err = unionauthz.New(
//		unionauthz.NamedAuthorizer{AuthorizerName: "policy", Authorizer: k8sauth.Authorizer(policy)},
//		unionauthz.NamedAuthorizer{AuthorizerName: "delegated", Authorizer: config.Authorization.Authorizer})
//
// The first authenticator of a union that knows a caller decides. A token that this one refuses is left to those behind it: with
// TokenReview among them, they decide about a deleted pod's token.
//
// An [Authenticator] is an authenticator.Token and an authenticator.Request. The user is the one of a TokenReview: name, uid,
// groups and extra.
//
// The server answers 401 to whoever is not authenticated, whatever the reason, and 403 to whoever the [Authorizer] denies. A
// service that should answer 503 while nobody can decide is better served by package httpauth. So is the metrics server of
// controller-runtime, whose option FilterProvider takes the middleware:
//
//	FilterProvider: func(*rest.Config, *http.Client) (metricsserver.Filter, error) {
//		authenticated := httpauth.Middleware(verifier, httpauth.Policy(policy))
//		return func(_ logr.Logger, metrics http.Handler) (http.Handler, error) { return authenticated(metrics), nil }, nil
//	}
package k8sauth

import (
	"context"
	"errors"
	"net/http"

	"k8s.io/apiserver/pkg/authentication/authenticator"
	"k8s.io/apiserver/pkg/authentication/user"
	"k8s.io/apiserver/pkg/authorization/authorizer"

	"boundtoken.dev/go"
	"boundtoken.dev/go/internal/bearer"
)

// Authenticator authenticates by bound tokens. It is safe for concurrent use.
type Authenticator struct{ verifier *boundtoken.Verifier }

var (
	_ authenticator.Token   = (*Authenticator)(nil)
	_ authenticator.Request = (*Authenticator)(nil)
)

// New returns an authenticator.
func New(verifier *boundtoken.Verifier) *Authenticator { return &Authenticator{verifier} }

// AuthenticateToken authenticates by a token. If the context has audiences (authenticator.WithAudiences), the token must name one
// of them. Otherwise those of the verifier count.
func (a *Authenticator) AuthenticateToken(ctx context.Context, token string) (*authenticator.Response, bool, error) {
	var caller *boundtoken.Token
	var err error
	if audiences, limited := authenticator.AudiencesFrom(ctx); limited {
		caller, err = a.verifier.VerifyFor(ctx, token, audiences...)
	} else {
		caller, err = a.verifier.Verify(ctx, token)
	}
	if err != nil {
		return nil, false, err
	}
	return &authenticator.Response{Audiences: caller.MatchedAudiences(), User: userOf(caller)}, true, nil
}

// AuthenticateRequest authenticates by the header Authorization. It removes the header from a request that it authenticates. A
// request without a token is left to other authenticators.
func (a *Authenticator) AuthenticateRequest(r *http.Request) (*authenticator.Response, bool, error) {
	token, problem := bearer.Token(r.Header["Authorization"], false)
	if problem != 0 {
		return nil, false, errors.New(problem.Description())
	}
	if token == "" {
		return nil, false, nil
	}
	response, authenticated, err := a.AuthenticateToken(r.Context(), token)
	if err != nil {
		if problem := bearer.OfRefused(token); problem != 0 {
			err = errors.New(problem.Description())
		}
		return nil, false, err
	}
	r.Header.Del("Authorization")
	return response, authenticated, nil
}

// callerInfo is a user who knows its token.
type callerInfo struct {
	user.DefaultInfo
	caller *boundtoken.Token
}

func userOf(caller *boundtoken.Token) user.Info {
	info := caller.UserInfo()
	return &callerInfo{
		DefaultInfo: user.DefaultInfo{Name: info.Username, UID: info.UID, Groups: info.Groups, Extra: info.Extra},
		caller:      caller,
	}
}

// CallerOf returns the accepted token of a user. It reports false if another authenticator authenticated the user.
func CallerOf(info user.Info) (*boundtoken.Token, bool) {
	known, isCaller := info.(*callerInfo)
	if !isCaller {
		return nil, false
	}
	return known.caller, true
}

// Authorizer returns an authorizer that denies those callers that the policy does not allow. About all others, and about users of
// other authenticators, it has no opinion: other authorizers decide.
func Authorizer(policy boundtoken.Policy) authorizer.Authorizer {
	return authorizer.AuthorizerFunc(func(_ context.Context, attributes authorizer.Attributes) (authorizer.Decision, string, error) {
		if caller, known := CallerOf(attributes.GetUser()); known && !policy(caller) {
			return authorizer.DecisionDeny, "the policy does not allow this caller", nil
		}
		return authorizer.DecisionNoOpinion, "", nil
	})
}
