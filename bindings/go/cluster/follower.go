package cluster

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/go-logr/logr"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/metadata"
	"k8s.io/client-go/tools/cache"
	"k8s.io/klog/v2"

	"boundtoken.dev/go"
)

// longestSilence is after how long without an event a connection is dead: the server sends a bookmark every minute.
const longestSilence = 90 * time.Second

// follower keeps a feed up to date with the objects of one kind, in one namespace or in the whole cluster. It is the store of a
// reflector, which is the part of an informer that lists and watches.
type follower struct {
	feed         *boundtoken.Feed
	resource     metadata.ResourceInterface
	maxStaleness time.Duration
	logger       *slog.Logger
	silence      time.Duration

	mutex sync.Mutex
	// asked is when the latest list was asked for.
	asked   time.Time
	begun   int
	err     error
	inStep  chan struct{}
	refused chan struct{}
}

var resources = map[boundtoken.ObjectKind]schema.GroupVersionResource{
	boundtoken.KindServiceAccount: {Version: "v1", Resource: "serviceaccounts"},
	boundtoken.KindSecret:         {Version: "v1", Resource: "secrets"},
	boundtoken.KindPod:            {Version: "v1", Resource: "pods"},
	boundtoken.KindNode:           {Version: "v1", Resource: "nodes"},
	boundtoken.KindValidatingWebhookConfiguration: {
		Group: "admissionregistration.k8s.io", Version: "v1", Resource: "validatingwebhookconfigurations",
	},
	boundtoken.KindMutatingWebhookConfiguration: {
		Group: "admissionregistration.k8s.io", Version: "v1", Resource: "mutatingwebhookconfigurations",
	},
}

// resourceOf returns the interface for the objects of one kind, in one namespace or in the whole cluster.
func resourceOf(client metadata.Interface, kind boundtoken.ObjectKind, namespace string) metadata.ResourceInterface {
	resource := client.Resource(resources[kind])
	if namespace == "" {
		return resource
	}
	return resource.Namespace(namespace)
}

func newFollower(client metadata.Interface, feed *boundtoken.Feed, maxStaleness time.Duration, logger *slog.Logger) *follower {
	scope := feed.Scope()
	return &follower{
		feed: feed, resource: resourceOf(client, scope.Kind, scope.Namespace), maxStaleness: maxStaleness,
		logger: logger.With("kind", scope.Kind.String(), "namespace", scope.Namespace), silence: longestSilence,
		inStep: make(chan struct{}), refused: make(chan struct{}),
	}
}

// run lists and watches until ctx is done.
func (f *follower) run(ctx context.Context) {
	logger := logr.FromSlogHandler(f.logger.Handler())
	lists := &cache.ListWatch{ListWithContextFunc: f.list, WatchFuncWithContext: f.watch}
	reflector := cache.NewReflectorWithOptions(lists, &metav1.PartialObjectMetadata{}, f, cache.ReflectorOptions{
		Logger: &logger, Name: "boundtoken " + f.feed.Scope().Kind.String(),
	})
	reflector.RunWithContext(klog.NewContext(ctx, logger))
}

// list lists what the cluster has now. A reflector would be content with what a cache of the API server had some time ago.
func (f *follower) list(ctx context.Context, options metav1.ListOptions) (runtime.Object, error) {
	if options.Continue == "" {
		options.ResourceVersion, options.ResourceVersionMatch = "", ""
		f.listAsked()
	}
	list, err := f.resource.List(ctx, options)
	if err != nil {
		f.failed(ctx, err)
		return nil, err
	}
	return list, nil
}

func (f *follower) watch(ctx context.Context, options metav1.ListOptions) (watch.Interface, error) {
	isList := options.SendInitialEvents != nil && *options.SendInitialEvents
	switch {
	case isList:
		options.ResourceVersion = ""
		f.listAsked()
	case f.feed.Age() > f.maxStaleness/2:
		// Only a list proves at once that nothing was missed.
		return nil, apierrors.NewResourceExpired("the known state is too old to go on from")
	}
	events, err := f.resource.Watch(ctx, options)
	if err != nil {
		// A server that cannot stream lists is asked for pages.
		if !isList || !apierrors.IsInvalid(err) && !apierrors.IsBadRequest(err) {
			f.failed(ctx, err)
		}
		return nil, err
	}
	f.mutex.Lock()
	f.begun++
	f.mutex.Unlock()
	return f.observe(ctx, events, isList), nil
}

// restarts returns how often the watch began anew.
func (f *follower) restarts() int {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	return max(f.begun-1, 0)
}

func (f *follower) listAsked() {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	f.asked = time.Now()
}

// waitUntilInStep waits for the first list. A refusal by the API server ends the wait at once, because it will not go away.
func (f *follower) waitUntilInStep(ctx context.Context) error {
	var err error
	select {
	case <-f.inStep:
		return nil
	case <-f.refused:
		err = f.failure()
	case <-ctx.Done():
		if err = f.failure(); err == nil {
			err = ctx.Err()
		}
	}
	scope := f.feed.Scope()
	in := "the whole cluster"
	if scope.Namespace != "" {
		in = "the namespace " + scope.Namespace
	}
	return fmt.Errorf("objects of the kind %v in %s were not listed: %w", scope.Kind, in, err)
}

func (f *follower) failure() error {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	return f.err
}

// failed records that the connection failed. The reflector tries again.
func (f *follower) failed(ctx context.Context, err error) {
	if ctx.Err() != nil || apierrors.IsResourceExpired(err) || apierrors.IsGone(err) {
		return
	}
	f.logger.Warn("boundtoken: watch failed", "error", err)
	f.mutex.Lock()
	defer f.mutex.Unlock()
	f.err = err
	if (apierrors.IsForbidden(err) || apierrors.IsUnauthorized(err)) && !isClosed(f.refused) {
		close(f.refused)
	}
}

func isClosed(channel chan struct{}) bool {
	select {
	case <-channel:
		return true
	default:
		return false
	}
}

// objectOf returns what tokens need of an object. It reports false if that is missing. An API server sets it on every object.
func (f *follower) objectOf(of any) (boundtoken.KnownObject, bool) {
	metadata, isMetadata := of.(*metav1.PartialObjectMetadata)
	if !isMetadata {
		return boundtoken.KnownObject{}, false
	}
	kind := f.feed.Scope().Kind
	known := boundtoken.KnownObject{Object: boundtoken.Object{
		ObjectReference: boundtoken.ObjectReference{Kind: kind, Namespace: metadata.Namespace, Name: metadata.Name},
		UID:             string(metadata.UID),
	}}
	if metadata.DeletionTimestamp != nil {
		known.DeletionTimestamp = metadata.DeletionTimestamp.Time
	}
	return known, known.Name != "" && known.UID != "" && (known.Namespace != "") == kind.IsNamespaced()
}

var errIncomplete = errors.New("an object has no namespace, name or uid")

// Add is called by the reflector.
func (f *follower) Add(object any) error {
	known, complete := f.objectOf(object)
	if !complete {
		return errIncomplete
	}
	f.feed.Upsert(known.Object, known.DeletionTimestamp)
	return nil
}

// Update is called by the reflector.
func (f *follower) Update(object any) error { return f.Add(object) }

// Delete is called by the reflector.
func (f *follower) Delete(object any) error {
	known, complete := f.objectOf(object)
	f.feed.Delete(known.Object)
	if !complete {
		return errIncomplete
	}
	return nil
}

// Replace is called by the reflector, after a list.
func (f *follower) Replace(list []any, _ string) error {
	objects := make([]boundtoken.KnownObject, 0, len(list))
	for _, object := range list {
		// Tokens of an incomplete object are refused as if it did not exist.
		if known, complete := f.objectOf(object); complete {
			objects = append(objects, known)
		}
	}
	f.mutex.Lock()
	defer f.mutex.Unlock()
	f.feed.Replace(objects, f.asked)
	f.err = nil
	if !isClosed(f.inStep) {
		close(f.inStep)
	}
	return nil
}

// Resync is called by the reflector.
func (f *follower) Resync() error { return nil }

// UpdateResourceVersion is called by the reflector after each event and each bookmark: everything up to it has been heard.
func (f *follower) UpdateResourceVersion(string) {
	f.feed.Prove(time.Now())
	f.mutex.Lock()
	defer f.mutex.Unlock()
	f.err = nil
}

// observedWatch is a watch whose failures are recorded. It ends when its connection is dead.
type observedWatch struct {
	watch.Interface
	events chan watch.Event
	once   sync.Once
	stop   chan struct{}
}

var errSilent = errors.New("the API server has stopped sending")

func (f *follower) observe(ctx context.Context, of watch.Interface, isList bool) watch.Interface {
	w := &observedWatch{Interface: of, events: make(chan watch.Event), stop: make(chan struct{})}
	go func() {
		// A server that cannot stream lists says so in the stream.
		if err := w.forward(f.silence); errors.Is(err, errSilent) || err != nil && !isList {
			f.failed(ctx, err)
		}
	}()
	return w
}

// ResultChan returns the events.
func (w *observedWatch) ResultChan() <-chan watch.Event { return w.events }

// Stop ends the watch.
func (w *observedWatch) Stop() {
	w.once.Do(func() { close(w.stop) })
	w.Interface.Stop()
}

// forward passes events on until the watch ends. The error is one of the API server, or says that nothing comes any more.
func (w *observedWatch) forward(limit time.Duration) (err error) {
	defer close(w.events)
	defer w.Interface.Stop()
	silence := time.NewTimer(limit)
	defer silence.Stop()
	for {
		select {
		case event, open := <-w.Interface.ResultChan():
			if !open {
				return err
			}
			if event.Type == watch.Error {
				err = apierrors.FromObject(event.Object)
			}
			silence.Reset(limit)
			select {
			case w.events <- event:
			case <-w.stop:
				return err
			}
		case <-silence.C:
			return errSilent
		case <-w.stop:
			return err
		}
	}
}
