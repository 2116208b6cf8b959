package cluster

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"k8s.io/client-go/rest"

	"boundtoken.dev/go/internal/refresh"
)

// api reads the API server's two documents: the issuer's name and the key set.
type api struct {
	client *http.Client
	base   *url.URL
}

// transientError is an error that another attempt may not meet.
type transientError struct{ error }

func (e transientError) Unwrap() error { return e.error }

func newAPI(config *rest.Config) (*api, error) {
	client, err := rest.HTTPClientFor(config)
	if err != nil {
		return nil, err
	}
	base, _, err := rest.DefaultServerUrlFor(config)
	if err != nil {
		return nil, err
	}
	return &api{client, base}, nil
}

// issuer returns the issuer's name from the discovery document. It is the only member that every managed cluster provides.
func (a *api) issuer(ctx context.Context) (string, error) {
	body, _, err := a.get(ctx, "/.well-known/openid-configuration", "application/json")
	if err != nil {
		return "", err
	}
	var document struct {
		Issuer string `json:"issuer"`
	}
	if json.Unmarshal(body, &document) != nil || document.Issuer == "" {
		return "", errors.New("the answer is not a discovery document with an issuer")
	}
	return document.Issuer, nil
}

// keys loads the keys from the API server itself. In many managed clusters the published jwks_uri cannot be reached.
func (a *api) keys(ctx context.Context) (refresh.Loaded, error) {
	asked := time.Now()
	body, header, err := a.get(ctx, "/openid/v1/jwks", refresh.Accepted)
	if err != nil {
		return refresh.Loaded{}, err
	}
	loaded := refresh.Loaded{JWKS: body, Asked: asked, CacheControl: header.Values("Cache-Control")}
	return loaded, loaded.Check()
}

func (a *api) get(ctx context.Context, path, accept string) ([]byte, http.Header, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, a.base.JoinPath(path).String(), nil)
	if err != nil {
		return nil, nil, err
	}
	request.Header.Set("Accept", accept)
	response, err := a.client.Do(request)
	if err != nil {
		return nil, nil, transientError{err}
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, refresh.MaxDocumentBytes+1))
	switch {
	case response.StatusCode != http.StatusOK:
		err := fmt.Errorf("%s: the API server answers %s", path, response.Status)
		if refresh.IsTransient(response.StatusCode) {
			err = transientError{err}
		}
		return nil, nil, err
	case err != nil:
		return nil, nil, transientError{err}
	case len(body) > refresh.MaxDocumentBytes:
		return nil, nil, fmt.Errorf("%s: the answer is longer than %d bytes", path, refresh.MaxDocumentBytes)
	}
	return body, response.Header, nil
}
