// Package discovery keeps the keys of an OpenID Connect issuer current over HTTPS, without access to a cluster.
//
//	issuer, err := discovery.New(ctx, "https://oidc.example.com/id/1")
//	if err != nil { ... }
//	defer issuer.Close()
//	verifier, err := boundtoken.New(issuer.Trusted(), boundtoken.WithAudience("vault"))
//
// It knows nothing about objects. Without [boundtoken.Objects], tokens are accepted as [boundtoken.ConfirmedNotChecked], and
// the token of a deleted pod is accepted until it expires.
//
// # How keys are refreshed
//
// Keys are reloaded within five minutes, at random moments, or sooner if the issuer's Cache-Control says so. When a token names
// an unknown key, they are reloaded at once, but never twice within ten seconds. Few calls wait for that, and each for 300
// milliseconds at most. If loading fails, the last good keys stay in use, for as long as [MaxKeyAge] allows. A key set without a key
// withdraws all keys.
//
// # Network access
//
// Every URL must be https, including the one in the discovery document and the targets of redirects. At most three redirects
// are followed. An answer may have 1 MiB and take ten seconds. The server's certificate is checked by the http.Client.
package discovery

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"boundtoken.dev/go"
	"boundtoken.dev/go/internal/refresh"
)

// connectTimeout is how long [New] takes at most if its context has no deadline.
const connectTimeout = 30 * time.Second

const mostRedirects = 3

// longestURL is the length of the longest URL that is requested.
const longestURL = 2048

// Discovery is the keys of one issuer, which a goroutine refreshes until it is closed. It is safe for concurrent use.
type Discovery struct {
	issuer   string
	document string
	given    string
	client   *http.Client
	// ownTransport is nil if the client is the caller's.
	ownTransport *http.Transport
	maxKeyAge    time.Duration
	logger       *slog.Logger
	refresh      *refresh.Refresher

	mutex sync.Mutex
	// found is the URL of the keys in the discovery document, if the keys were last loaded from there.
	found string
}

// Option configures a [Discovery].
type Option func(*Discovery)

// HTTPClient sets the client that requests are made with: its certificate authorities and its proxy count. Redirects are
// limited all the same. The default is a client of its own, with the settings of [http.DefaultTransport].
func HTTPClient(client *http.Client) Option {
	return func(d *Discovery) {
		copied := *client
		d.client = &copied
	}
}

// JWKSURI sets where the keys are. The discovery document is not read then.
func JWKSURI(uri string) Option {
	return func(d *Discovery) { d.given = uri }
}

// MaxKeyAge sets how old the keys may become while they cannot be reloaded. By default there is no limit. Verifiers refuse tokens
// under older keys with [boundtoken.ReasonKeysStale]: see [boundtoken.KeySet.SetMaxAge].
//
// The age counts from the last request for keys that was answered. An attacker who blocks access to the keys keeps a withdrawn key
// in use: this limits for how long. Keys are reloaded within half of this time, but not twice within ten seconds. A limit below one
// minute refuses good tokens when the issuer fails for a moment.
func MaxKeyAge(age time.Duration) Option {
	return func(d *Discovery) { d.maxKeyAge = age }
}

// Logger sets where failures to refresh the keys are logged. The default is [slog.Default].
func Logger(logger *slog.Logger) Option {
	return func(d *Discovery) { d.logger = logger }
}

// New loads the keys of an issuer, and starts to refresh them. issuer is the issuer's name exactly as in the claim iss: an
// https URL without a query or fragment. An issuer that is busy or cannot be reached is asked again until ctx is done, or for
// 30 seconds if ctx has no deadline.
func New(ctx context.Context, issuer string, options ...Option) (*Discovery, error) {
	d := &Discovery{issuer: issuer, logger: slog.Default()}
	for _, option := range options {
		option(d)
	}
	if err := d.configure(); err != nil {
		return nil, fmt.Errorf("boundtoken: %w", err)
	}
	if _, limited := ctx.Deadline(); !limited {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, connectTimeout)
		defer cancel()
	}
	first, err := d.loadFirst(ctx)
	if err != nil {
		return nil, fmt.Errorf("boundtoken: the keys of the issuer %q: %w", issuer, err)
	}
	d.refresh = refresh.Start(first, d.load, d.maxKeyAge, d.logger.With("issuer", issuer))
	return d, nil
}

func (d *Discovery) configure() error {
	if d.client == nil {
		d.ownTransport = &http.Transport{}
		if usual, isUsual := http.DefaultTransport.(*http.Transport); isUsual {
			d.ownTransport = usual.Clone()
		}
		d.client = &http.Client{Transport: d.ownTransport}
	}
	if d.maxKeyAge < 0 {
		return fmt.Errorf("the age limit of keys is negative: %v", d.maxKeyAge)
	}
	if strings.ContainsAny(d.issuer, "?#") {
		return fmt.Errorf("the issuer %q has a query or a fragment", d.issuer)
	}
	if err := checkURL(d.issuer); err != nil {
		return fmt.Errorf("the issuer %w", err)
	}
	if d.given != "" {
		if err := checkURL(d.given); err != nil {
			return fmt.Errorf("the URL of the keys %w", err)
		}
	}
	d.document = strings.TrimSuffix(d.issuer, "/") + "/.well-known/openid-configuration"
	d.client.Jar = nil
	d.client.CheckRedirect = func(request *http.Request, earlier []*http.Request) error {
		if len(earlier) > mostRedirects {
			return redirectError{fmt.Errorf("more than %d redirects", mostRedirects)}
		}
		if err := checkURL(request.URL.String()); err != nil {
			return redirectError{fmt.Errorf("a redirect to a URL that %w", err)}
		}
		request.Header.Del("Referer")
		return nil
	}
	return nil
}

// checkURL accepts only https URLs that every parser reads in the same way. The error says what is wrong with the URL.
func checkURL(text string) error {
	if len(text) > longestURL {
		return errors.New("is longer than 2,048 characters")
	}
	for _, letter := range []byte(text) {
		isAlphanumeric := 'a' <= letter && letter <= 'z' || 'A' <= letter && letter <= 'Z' || '0' <= letter && letter <= '9'
		if !isAlphanumeric && !strings.ContainsRune("-._~:/?#[]@!$&'()*+,;=%", rune(letter)) {
			return errors.New("has characters that a URL cannot have")
		}
	}
	parsed, err := url.Parse(text)
	if err != nil || !strings.HasPrefix(text, "https://") || parsed.Host == "" {
		return errors.New("is not an https URL")
	}
	if parsed.User != nil {
		return errors.New("has a user or a password")
	}
	return nil
}

// Issuer returns the issuer's name.
func (d *Discovery) Issuer() string { return d.issuer }

// Keys returns the keys, for [boundtoken.WithIssuer].
func (d *Discovery) Keys() *boundtoken.KeySet { return d.refresh.Keys() }

// Trusted trusts the issuer: it is [boundtoken.WithIssuer] with the issuer's name and keys.
func (d *Discovery) Trusted(options ...boundtoken.IssuerOption) boundtoken.Option {
	return boundtoken.WithIssuer(d.issuer, d.Keys(), options...)
}

// Status returns when the keys were last loaded, and why the last attempt failed, if it did. It is meant for metrics and
// probes.
func (d *Discovery) Status() (loadedAt time.Time, failure error) { return d.refresh.Status() }

// IsStale reports whether the keys are older than [MaxKeyAge] allows, so that tokens are refused. It is meant for readiness probes.
func (d *Discovery) IsStale() bool { return d.Keys().IsStale() }

// Close ends the refresh. Verifiers keep the last keys, for as long as [MaxKeyAge] allows.
func (d *Discovery) Close() {
	d.refresh.Close()
	if d.ownTransport != nil {
		d.ownTransport.CloseIdleConnections()
	}
}

// transientError is an error that another attempt may not meet.
type transientError struct{ error }

func (e transientError) Unwrap() error { return e.error }

// redirectError is an error of a redirect that must not be followed.
type redirectError struct{ error }

func (d *Discovery) loadFirst(ctx context.Context) (refresh.Loaded, error) {
	var backoff refresh.Backoff
	for {
		attempt, cancel := context.WithTimeout(ctx, refresh.LoadTimeout)
		loaded, err := d.load(attempt)
		cancel()
		if err == nil {
			err = loaded.Check()
		}
		var transient transientError
		if err == nil || !errors.As(err, &transient) || !backoff.Wait(ctx) {
			return loaded, err
		}
	}
}

// load loads the keys from the URL that the document named before. It reads the document the first time and after a failure:
// the keys may have moved.
func (d *Discovery) load(ctx context.Context) (refresh.Loaded, error) {
	from := d.given
	if from == "" {
		var err error
		if from, err = d.location(ctx); err != nil {
			return refresh.Loaded{}, fmt.Errorf("%s: %w", d.document, err)
		}
	}
	asked := time.Now()
	body, header, err := d.get(ctx, from, refresh.Accepted)
	if err != nil {
		return refresh.Loaded{}, fmt.Errorf("%s: %w", from, err)
	}
	loaded := refresh.Loaded{JWKS: body, Asked: asked, CacheControl: header.Values("Cache-Control")}
	if err := loaded.Check(); err != nil {
		return refresh.Loaded{}, fmt.Errorf("%s: %w", from, err)
	}
	d.mutex.Lock()
	d.found = from
	d.mutex.Unlock()
	return loaded, nil
}

// location returns the URL of the keys.
func (d *Discovery) location(ctx context.Context) (string, error) {
	d.mutex.Lock()
	found := d.found
	d.found = ""
	d.mutex.Unlock()
	if found != "" {
		return found, nil
	}
	body, _, err := d.get(ctx, d.document, "application/json")
	if err != nil {
		return "", err
	}
	return locationIn(body, d.issuer)
}

// locationIn returns the URL of the keys in a discovery document, which must be this issuer's (OpenID Connect Discovery 1.0
// section 4.3).
func locationIn(body []byte, issuer string) (string, error) {
	var document struct {
		Issuer  *string `json:"issuer"`
		JWKSURI *string `json:"jwks_uri"`
	}
	if json.Unmarshal(body, &document) != nil || document.Issuer == nil || document.JWKSURI == nil {
		return "", errors.New("it must be a JSON object with an `issuer` and a `jwks_uri`")
	}
	if *document.Issuer != issuer {
		return "", fmt.Errorf("it belongs to the issuer %.200q", *document.Issuer)
	}
	if err := checkURL(*document.JWKSURI); err != nil {
		return "", fmt.Errorf("its `jwks_uri` %w", err)
	}
	return *document.JWKSURI, nil
}

func (d *Discovery) get(ctx context.Context, from, accept string) ([]byte, http.Header, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, from, nil)
	if err != nil {
		return nil, nil, err
	}
	request.Header.Set("Accept", accept)
	request.Header.Set("User-Agent", "boundtoken-go")
	response, err := d.client.Do(request)
	if err != nil {
		var failure *url.Error
		if errors.As(err, &failure) {
			err = failure.Err
		}
		var redirect redirectError
		if errors.As(err, &redirect) {
			return nil, nil, err
		}
		return nil, nil, transientError{err}
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		err := fmt.Errorf("the server answers %s", response.Status)
		if refresh.IsTransient(response.StatusCode) {
			err = transientError{err}
		}
		return nil, nil, err
	}
	body, err := io.ReadAll(io.LimitReader(response.Body, refresh.MaxDocumentBytes+1))
	switch {
	case err != nil:
		return nil, nil, transientError{err}
	case len(body) > refresh.MaxDocumentBytes:
		return nil, nil, fmt.Errorf("the answer is longer than %d bytes", refresh.MaxDocumentBytes)
	}
	return body, response.Header, nil
}

// String returns the issuer's name.
func (d *Discovery) String() string { return fmt.Sprintf("Discovery{issuer: %q}", d.issuer) }
