// Package cluster follows a Kubernetes cluster by client-go: the keys of its issuer, and the objects that tokens are bound to.
//
//	config, err := rest.InClusterConfig()
//	...
//	verifier, cluster, err := cluster.NewFromCluster(ctx, config, "vault")
//	if err != nil { ... }
//	defer cluster.Close()
//
// It reads only the metadata of objects. It lists and watches as client-go's metadata informers do, but keeps only namespace,
// name, uid and deletionTimestamp of each object.
//
// # How current it is
//
// The API server confirms an idle watch once a minute. Objects that nothing was heard of for longer than 150 seconds count as
// [boundtoken.Stale]: tokens are refused with [boundtoken.ReasonBoundObjectUnavailable] until the watch is back. When a token is
// less than a minute old and its object has not been seen yet, the API server is asked: at most eight questions at a time, each
// for five seconds at most. That an object does not exist is remembered for ten seconds.
//
// # Permissions
//
// The identity needs get, list and watch for serviceaccounts, pods and nodes (and for secrets and webhook configurations, if they
// are followed), and get for /.well-known/openid-configuration and /openid/v1/jwks, which the ClusterRole
// system:service-account-issuer-discovery allows.
package cluster

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"k8s.io/client-go/metadata"
	"k8s.io/client-go/rest"

	"boundtoken.dev/go"
	"boundtoken.dev/go/internal/refresh"
)

const (
	// DefaultMaxStaleness is two and a half bookmarks.
	DefaultMaxStaleness = 150 * time.Second
	// defaultDeadline is how long [Connect] takes at most if its context has no deadline.
	defaultDeadline = 30 * time.Second
)

// Cluster is a connection to a cluster, which goroutines keep current until it is closed. It is safe for concurrent use.
type Cluster struct {
	issuer  string
	client  metadata.Interface
	api     *api
	refresh *refresh.Refresher
	objects *boundtoken.ObjectStore
	watches []*follower
	asker   *asker
	logger  *slog.Logger
	cancel  context.CancelFunc
	running sync.WaitGroup
}

type settings struct {
	issuer       string
	namespaces   []string
	secrets      bool
	nodes        bool
	webhooks     bool
	maxStaleness time.Duration
	maxKeyAge    time.Duration
	logger       *slog.Logger
}

// Option configures a [Cluster].
type Option func(*settings)

// Issuer sets the name of the issuer. By default the cluster's discovery document says it.
func Issuer(name string) Option { return func(s *settings) { s.issuer = name } }

// Namespaces follows only the objects of these namespaces. Tokens of others are refused, because their objects cannot be looked
// up. By default the whole cluster is followed.
func Namespaces(names ...string) Option {
	return func(s *settings) { s.namespaces = append(s.namespaces, names...) }
}

// Secrets follows secrets too. Only their metadata is read, but Kubernetes has no permission for metadata alone. Otherwise tokens
// that are bound to secrets are refused. Pods use no such tokens.
func Secrets() Option { return func(s *settings) { s.secrets = true } }

// WithoutNodes does not follow nodes. Only tokens that are bound directly to a node need them.
func WithoutNodes() Option { return func(s *settings) { s.nodes = false } }

// WebhookConfigurations follows validating and mutating webhook configurations too. Admission webhooks need it, for tokens of
// Kubernetes 1.37 (KEP-6060).
func WebhookConfigurations() Option { return func(s *settings) { s.webhooks = true } }

// MaxStaleness sets how old the known state of objects may become. The default is [DefaultMaxStaleness]. The API server confirms
// an idle watch only once a minute, so a limit below that refuses good tokens.
func MaxStaleness(age time.Duration) Option { return func(s *settings) { s.maxStaleness = age } }

// MaxKeyAge sets how old the keys may become while they cannot be reloaded. By default there is no limit. Verifiers refuse tokens
// under older keys with [boundtoken.ReasonKeysStale]: see [boundtoken.KeySet.SetMaxAge].
//
// The age counts from the last request for keys that was answered. An attacker who blocks access to the keys keeps a withdrawn key
// in use: this limits for how long. Keys are reloaded within half of this time, but not twice within ten seconds. A limit below one
// minute refuses good tokens when the API server fails for a moment.
func MaxKeyAge(age time.Duration) Option { return func(s *settings) { s.maxKeyAge = age } }

// Logger sets where lost connections are logged. The default is [slog.Default].
func Logger(logger *slog.Logger) Option { return func(s *settings) { s.logger = logger } }

// NewFromCluster connects to a cluster, and returns a verifier of its tokens for these audiences. [Connect] and [Cluster.Trusted]
// have more settings.
func NewFromCluster(ctx context.Context, config *rest.Config, audiences ...string) (*boundtoken.Verifier, *Cluster, error) {
	cluster, err := Connect(ctx, config)
	if err != nil {
		return nil, nil, err
	}
	verifier, err := boundtoken.New(cluster.Trusted(), boundtoken.WithAudience(audiences...))
	if err != nil {
		cluster.Close()
		return nil, nil, err
	}
	return verifier, cluster, nil
}

// Connect connects to a cluster. It returns once the keys are loaded and every watch has listed its objects. An API server that
// is busy is asked again until ctx is done, or for 30 seconds if ctx has no deadline. ctx is not used after that.
func Connect(ctx context.Context, config *rest.Config, options ...Option) (*Cluster, error) {
	settings := settings{nodes: true, maxStaleness: DefaultMaxStaleness, logger: slog.Default()}
	for _, option := range options {
		option(&settings)
	}
	if _, limited := ctx.Deadline(); !limited {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, defaultDeadline)
		defer cancel()
	}
	cluster, err := connect(ctx, config, settings)
	if err != nil {
		return nil, fmt.Errorf("boundtoken: the cluster %s: %w", config.Host, err)
	}
	return cluster, nil
}

func connect(ctx context.Context, config *rest.Config, settings settings) (*Cluster, error) {
	if settings.maxKeyAge < 0 {
		return nil, fmt.Errorf("the age limit of keys is negative: %v", settings.maxKeyAge)
	}
	config = rest.CopyConfig(config)
	// Watches stay open, and the number of questions is bounded in another way.
	config.Timeout, config.QPS, config.RateLimiter = 0, -1, nil
	api, err := newAPI(config)
	if err != nil {
		return nil, err
	}
	client, err := metadata.NewForConfigAndClient(metadata.ConfigFor(config), api.client)
	if err != nil {
		return nil, err
	}
	c := &Cluster{issuer: settings.issuer, client: client, api: api, logger: settings.logger}
	if c.issuer == "" {
		if err := persist(ctx, func(ctx context.Context) (err error) {
			c.issuer, err = api.issuer(ctx)
			return err
		}); err != nil {
			return nil, fmt.Errorf("its issuer: %w", err)
		}
	}
	var first refresh.Loaded
	if err := persist(ctx, func(ctx context.Context) (err error) {
		first, err = api.keys(ctx)
		return err
	}); err != nil {
		return nil, fmt.Errorf("its keys: %w", err)
	}
	c.follow(settings)
	c.refresh = refresh.Start(first, api.keys, settings.maxKeyAge, settings.logger.With("issuer", c.issuer))
	for _, watch := range c.watches {
		if err := watch.waitUntilInStep(ctx); err != nil {
			c.Close()
			return nil, err
		}
	}
	return c, nil
}

// persist repeats an attempt until it succeeds, fails for good, or ctx is done.
func persist(ctx context.Context, attempt func(context.Context) error) error {
	var backoff refresh.Backoff
	for {
		limited, cancel := context.WithTimeout(ctx, refresh.LoadTimeout)
		err := attempt(limited)
		cancel()
		var transient transientError
		if err == nil || !errors.As(err, &transient) || !backoff.Wait(ctx) {
			return err
		}
	}
}

// follow starts a watch for every kind and namespace.
func (c *Cluster) follow(settings settings) {
	var feeds []*boundtoken.Feed
	c.objects, feeds = boundtoken.FollowObjects(settings.maxStaleness, settings.scopes()...)
	c.asker = newAsker(c.client, c.logger)
	ctx, cancel := context.WithCancel(context.Background())
	c.cancel = cancel
	for _, feed := range feeds {
		watch := newFollower(c.client, feed, settings.maxStaleness, c.logger)
		c.watches = append(c.watches, watch)
		c.running.Add(1)
		go func() {
			defer c.running.Done()
			watch.run(ctx)
		}()
	}
}

func (s settings) scopes() []boundtoken.Scope {
	namespaced := []boundtoken.ObjectKind{boundtoken.KindServiceAccount, boundtoken.KindPod}
	if s.secrets {
		namespaced = append(namespaced, boundtoken.KindSecret)
	}
	var scopes []boundtoken.Scope
	for _, kind := range namespaced {
		if len(s.namespaces) == 0 {
			scopes = append(scopes, boundtoken.Scope{Kind: kind})
		}
		for _, namespace := range s.namespaces {
			scopes = append(scopes, boundtoken.Scope{Kind: kind, Namespace: namespace})
		}
	}
	if s.nodes {
		scopes = append(scopes, boundtoken.Scope{Kind: boundtoken.KindNode})
	}
	if s.webhooks {
		scopes = append(scopes, boundtoken.Scope{Kind: boundtoken.KindValidatingWebhookConfiguration},
			boundtoken.Scope{Kind: boundtoken.KindMutatingWebhookConfiguration})
	}
	return scopes
}

// Issuer returns the issuer's name.
func (c *Cluster) Issuer() string { return c.issuer }

// Keys returns the keys of the issuer.
func (c *Cluster) Keys() *boundtoken.KeySet { return c.refresh.Keys() }

// Objects returns the objects of the cluster.
func (c *Cluster) Objects() *boundtoken.ObjectStore { return c.objects }

// AskObject asks the API server about an object. See [boundtoken.AskObjects].
func (c *Cluster) AskObject(ctx context.Context, object boundtoken.Object) boundtoken.ObjectState {
	return c.asker.AskObject(ctx, object)
}

// Trusted trusts the cluster: it is [boundtoken.WithIssuer] with its issuer, keys and objects. A verifier may trust several
// clusters.
func (c *Cluster) Trusted(options ...boundtoken.IssuerOption) boundtoken.Option {
	own := []boundtoken.IssuerOption{boundtoken.Objects(c.objects), boundtoken.AskObjects(c)}
	return boundtoken.WithIssuer(c.issuer, c.Keys(), append(own, options...)...)
}

// IsStale reports whether tokens are refused because some objects were not heard of for longer than [MaxStaleness] allows, or
// because the keys are older than [MaxKeyAge] allows. It is meant for readiness probes.
func (c *Cluster) IsStale() bool {
	return c.objects.Freshness() == boundtoken.Stale || c.Keys().IsStale()
}

// WatchStatus is what is known of one watch.
type WatchStatus struct {
	Scope boundtoken.Scope
	// Objects is how many objects are known.
	Objects int
	// Age is the time since the watch was last known to be up to date.
	Age time.Duration
	// Restarts is how often the watch began anew.
	Restarts int
	// Failure is why the connection was lost. It is nil while the watch is up to date.
	Failure error
}

// Watches returns what is known of every watch. It is meant for metrics.
func (c *Cluster) Watches() []WatchStatus {
	status := make([]WatchStatus, len(c.watches))
	for i, watch := range c.watches {
		status[i] = WatchStatus{watch.feed.Scope(), watch.feed.Len(), watch.feed.Age(), watch.restarts(), watch.failure()}
	}
	return status
}

// KeyStatus returns when the keys were last loaded, and why the last attempt failed, if it did.
func (c *Cluster) KeyStatus() (loadedAt time.Time, failure error) { return c.refresh.Status() }

// Close ends the connection, and waits until no goroutine of it runs. Verifiers then refuse the tokens of the cluster with
// [boundtoken.ReasonBoundObjectUnavailable].
func (c *Cluster) Close() {
	c.objects.Abandon()
	c.cancel()
	c.refresh.Close()
	c.running.Wait()
	c.api.client.CloseIdleConnections()
}

// String returns the issuer's name, and whether the objects are up to date.
func (c *Cluster) String() string {
	return fmt.Sprintf("Cluster{issuer: %q, objects: %v}", c.issuer, c.objects.Freshness())
}
