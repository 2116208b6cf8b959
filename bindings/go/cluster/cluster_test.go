package cluster

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"k8s.io/client-go/rest"

	"boundtoken.dev/go"
	"boundtoken.dev/go/internal/leaktest"
	"boundtoken.dev/go/internal/tokentest"
)

// server is as much of an API server as the package asks for. Each change is an event, and each event has a version.
type server struct {
	*httptest.Server
	issuer  *tokentest.Issuer
	mutex   sync.Mutex
	objects map[string]object
	changes []change
	changed chan struct{}
	// hidden holds back the events after this version, as a slow watch does. 0 holds back none.
	hidden    int
	forbidden atomic.Bool
	streams   bool
	// silent has watches send nothing at all.
	silent    atomic.Bool
	lists     atomic.Int64
	questions atomic.Int64
	inFlight  atomic.Int64
	mostAsked atomic.Int64
	slow      atomic.Int64
}

type object struct{ path, namespace, name, uid string }

type change struct {
	kind   string
	object object
}

func newServer(t *testing.T, streams bool) *server {
	t.Helper()
	s := &server{objects: map[string]object{}, changed: make(chan struct{}), streams: streams}
	s.Server = httptest.NewServer(s)
	t.Cleanup(func() {
		s.CloseClientConnections()
		s.Close()
	})
	s.issuer = tokentest.New("https://kubernetes.default.svc.cluster.local")
	s.put(object{"/api/v1/serviceaccounts", "demo", "app", "uid-app"})
	s.put(object{"/api/v1/pods", "demo", "live", "uid-live"})
	s.put(object{"/api/v1/nodes", "", "node-1", "uid-node-1"})
	return s
}

func (o object) key() string { return o.path + " " + o.namespace + "/" + o.name }

func (s *server) put(o object) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.objects[o.key()] = o
	s.note(change{"ADDED", o})
}

func (s *server) remove(o object) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	delete(s.objects, o.key())
	s.note(change{"DELETED", o})
}

func (s *server) note(c change) {
	s.changes = append(s.changes, c)
	close(s.changed)
	s.changed = make(chan struct{})
}

func (s *server) bookmark() {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.note(change{"BOOKMARK", object{}})
}

// hold holds back what happens from now on.
func (s *server) hold(held bool) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.hidden = 0
	if held {
		s.hidden = len(s.changes)
	}
	close(s.changed)
	s.changed = make(chan struct{})
}

func metadataOf(o object, version int, annotations map[string]string) map[string]any {
	metadata := map[string]any{"resourceVersion": fmt.Sprint(version)}
	for name, value := range map[string]string{"namespace": o.namespace, "name": o.name, "uid": o.uid} {
		if value != "" {
			metadata[name] = value
		}
	}
	if annotations != nil {
		metadata["annotations"] = annotations
	}
	return map[string]any{"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": metadata}
}

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	switch r.URL.Path {
	case "/.well-known/openid-configuration":
		fmt.Fprintf(w, `{"issuer": %q}`, s.issuer.Name)
		return
	case "/openid/v1/jwks":
		w.Write(s.issuer.JWKS())
		return
	}
	if s.forbidden.Load() {
		s.fail(w, http.StatusForbidden, "Forbidden")
		return
	}
	path, rest, isNamespaced := strings.Cut(r.URL.Path, "/namespaces/")
	namespace, name := "", ""
	if isNamespaced {
		parts := strings.Split(rest, "/")
		namespace, path = parts[0], path+"/"+parts[1]
		if len(parts) == 3 {
			name = parts[2]
		}
	} else if before, after, isNode := strings.Cut(path, "/nodes/"); isNode {
		path, name = before+"/nodes", after
	}
	switch query := r.URL.Query(); {
	case name != "":
		s.serveObject(w, r, object{path: path, namespace: namespace, name: name})
	case query.Get("watch") != "" && query.Get("sendInitialEvents") == "true" && !s.streams:
		s.fail(w, http.StatusUnprocessableEntity, "Invalid")
	case query.Get("watch") != "":
		s.serveWatch(w, r, path, namespace)
	default:
		s.serveList(w, path, namespace)
	}
}

func (s *server) fail(w http.ResponseWriter, code int, reason string) {
	w.WriteHeader(code)
	json.NewEncoder(w).Encode(map[string]any{
		"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": reason, "code": code, "message": "no: " + reason,
	})
}

func (s *server) serveObject(w http.ResponseWriter, r *http.Request, named object) {
	s.questions.Add(1)
	now := s.inFlight.Add(1)
	defer s.inFlight.Add(-1)
	for most := s.mostAsked.Load(); now > most && !s.mostAsked.CompareAndSwap(most, now); most = s.mostAsked.Load() {
	}
	select {
	case <-time.After(time.Duration(s.slow.Load())):
	case <-r.Context().Done():
		return
	}
	s.mutex.Lock()
	found, exists := s.objects[named.key()]
	s.mutex.Unlock()
	if !exists {
		s.fail(w, http.StatusNotFound, "NotFound")
		return
	}
	json.NewEncoder(w).Encode(metadataOf(found, 1, nil))
}

func (s *server) serveList(w http.ResponseWriter, path, namespace string) {
	s.lists.Add(1)
	s.mutex.Lock()
	defer s.mutex.Unlock()
	items := []any{}
	for _, o := range s.objects {
		if o.path == path && (namespace == "" || namespace == o.namespace) {
			items = append(items, metadataOf(o, 1, nil))
		}
	}
	json.NewEncoder(w).Encode(map[string]any{
		"kind": "PartialObjectMetadataList", "apiVersion": "meta.k8s.io/v1",
		"metadata": map[string]any{"resourceVersion": fmt.Sprint(len(s.changes))}, "items": items,
	})
}

func (s *server) serveWatch(w http.ResponseWriter, r *http.Request, path, namespace string) {
	flusher := w.(http.Flusher)
	send := func(kind string, object any) {
		json.NewEncoder(w).Encode(map[string]any{"type": kind, "object": object})
		flusher.Flush()
	}
	var from int
	fmt.Sscan(r.URL.Query().Get("resourceVersion"), &from)
	if r.URL.Query().Get("sendInitialEvents") == "true" {
		s.lists.Add(1)
		s.mutex.Lock()
		from = len(s.changes)
		for _, o := range s.objects {
			if o.path == path && (namespace == "" || namespace == o.namespace) {
				send("ADDED", metadataOf(o, from, nil))
			}
		}
		s.mutex.Unlock()
		send("BOOKMARK", metadataOf(object{}, from, map[string]string{"k8s.io/initial-events-end": "true"}))
	}
	flusher.Flush()
	for {
		s.mutex.Lock()
		changed, end := s.changed, len(s.changes)
		if s.hidden > 0 {
			end = max(from, s.hidden)
		}
		changes := s.changes[from:end]
		s.mutex.Unlock()
		for _, c := range changes {
			from++
			isIts := c.object.path == path && (namespace == "" || namespace == c.object.namespace)
			if (isIts || c.kind == "BOOKMARK") && !s.silent.Load() {
				send(c.kind, metadataOf(c.object, from, nil))
			}
		}
		select {
		case <-changed:
		case <-r.Context().Done():
			return
		}
	}
}

func (s *server) connect(t *testing.T, options ...Option) (*boundtoken.Verifier, *Cluster) {
	t.Helper()
	options = append([]Option{Logger(slog.New(slog.DiscardHandler))}, options...)
	cluster, err := Connect(t.Context(), &rest.Config{Host: s.URL}, options...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cluster.Close)
	verifier, err := boundtoken.New(cluster.Trusted(), boundtoken.WithAudience("vault"))
	if err != nil {
		t.Fatal(err)
	}
	return verifier, cluster
}

// eventually waits until the verdict on a token is this one.
func eventually(t *testing.T, verifier *boundtoken.Verifier, token string, want error) {
	t.Helper()
	var err error
	for range 500 {
		if _, err = verifier.Verify(t.Context(), token); errors.Is(err, want) {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Errorf("%v, not %v", err, want)
}

var (
	live = object{"/api/v1/pods", "demo", "live", "uid-live"}
	late = object{"/api/v1/pods", "demo", "late", "uid-late"}
)

func old(token tokentest.Token) tokentest.Token {
	token.IssuedAt = time.Now().Add(-5 * time.Minute)
	return token
}

func TestAVerifierFollowsItsCluster(t *testing.T) {
	for _, streams := range []bool{true, false} {
		t.Run(fmt.Sprintf("streams %v", streams), func(t *testing.T) {
			s := newServer(t, streams)
			verifier, cluster := s.connect(t)
			token := s.issuer.Issue(old(tokentest.Token{}))
			caller, err := verifier.Verify(t.Context(), token)
			if err != nil || caller.Confirmed() != boundtoken.ConfirmedLive {
				t.Fatal(caller, err)
			}
			s.remove(live)
			eventually(t, verifier, token, boundtoken.ReasonPodNotFound)
			s.put(object{live.path, "demo", "live", "uid-2"})
			eventually(t, verifier, token, boundtoken.ReasonPodUIDMismatch)
			eventually(t, verifier, s.issuer.Issue(old(tokentest.Token{PodUID: "uid-2"})), nil)
			if cluster.IsStale() || cluster.Issuer() != s.issuer.Name || len(cluster.Watches()) != 3 {
				t.Error(cluster)
			}
			for _, watch := range cluster.Watches() {
				if watch.Objects != 1 || watch.Failure != nil || watch.Age > time.Minute {
					t.Errorf("%+v", watch)
				}
			}
			if s.questions.Load() != 0 {
				t.Error("the API server was asked about an old token")
			}
			cluster.Close()
			if _, err := verifier.Verify(t.Context(), token); !errors.Is(err, boundtoken.ReasonBoundObjectUnavailable) {
				t.Error(err)
			}
		})
	}
}

func TestTheAPIServerIsAskedAboutANewPod(t *testing.T) {
	s := newServer(t, true)
	verifier, _ := s.connect(t)
	s.hold(true)
	token := s.issuer.Issue(tokentest.Token{Pod: "late", PodUID: "uid-late"})
	if _, err := verifier.Verify(t.Context(), token); !errors.Is(err, boundtoken.ReasonPodNotFound) || s.questions.Load() != 1 {
		t.Error(err, s.questions.Load())
	}
	// That it does not exist is remembered.
	for range 10 {
		verifier.Verify(t.Context(), s.issuer.Issue(tokentest.Token{Pod: "late", PodUID: "uid-late"}))
	}
	if s.questions.Load() != 1 {
		t.Errorf("%d questions", s.questions.Load())
	}
	other := object{late.path, "demo", "other", "uid-other"}
	s.put(other)
	token = s.issuer.Issue(tokentest.Token{Pod: "other", PodUID: "uid-other"})
	if _, err := verifier.Verify(t.Context(), token); err != nil {
		t.Error(err)
	}
	if tokens, _ := verifier.Remembered(); tokens != 0 {
		t.Error("a token whose pod no watch has seen is remembered")
	}
	s.hold(false)
	s.remove(other)
	eventually(t, verifier, token, boundtoken.ReasonPodNotFound)
}

func TestQuestionsAreBounded(t *testing.T) {
	s := newServer(t, true)
	verifier, _ := s.connect(t)
	s.hold(true)
	s.slow.Store(int64(20 * time.Millisecond))
	var group sync.WaitGroup
	for i := range 64 {
		group.Add(1)
		go func() {
			defer group.Done()
			verifier.Verify(t.Context(), s.issuer.Issue(tokentest.Token{Pod: fmt.Sprintf("pod-%d", i)}))
		}()
	}
	group.Wait()
	if s.mostAsked.Load() > mostRequests || s.questions.Load() != 64 {
		t.Errorf("%d questions, %d at a time", s.questions.Load(), s.mostAsked.Load())
	}
	s.slow.Store(int64(time.Hour))
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := verifier.Verify(ctx, s.issuer.Issue(tokentest.Token{Pod: "slow"})); !errors.Is(err, boundtoken.ReasonBoundObjectPending) {
		t.Error(err)
	}
}

func TestAClusterThatIsSilentBecomesStaleAndIsListedAgain(t *testing.T) {
	s := newServer(t, true)
	verifier, cluster := s.connect(t, MaxStaleness(500*time.Millisecond))
	token := s.issuer.Issue(old(tokentest.Token{}))
	eventually(t, verifier, token, nil)
	eventually(t, verifier, token, boundtoken.ReasonBoundObjectUnavailable)
	if !cluster.IsStale() {
		t.Error("not stale")
	}
	// A bookmark proves that nothing was missed.
	s.bookmark()
	eventually(t, verifier, token, nil)
	s.silent.Store(true)
	s.remove(live)
	eventually(t, verifier, token, boundtoken.ReasonBoundObjectUnavailable)
	s.silent.Store(false)
	lists := s.lists.Load()
	s.CloseClientConnections()
	stop := make(chan struct{})
	defer close(stop)
	go func() {
		for {
			select {
			case <-stop:
				return
			case <-time.After(50 * time.Millisecond):
				s.bookmark()
			}
		}
	}()
	eventually(t, verifier, token, boundtoken.ReasonPodNotFound)
	if s.lists.Load() == lists {
		t.Error("it was not listed again")
	}
}

func TestKeysMayBecomeNoOlderThanAllowed(t *testing.T) {
	s := newServer(t, true)
	token := s.issuer.Issue(old(tokentest.Token{}))
	for limit, want := range map[time.Duration]error{0: nil, time.Hour: nil, time.Nanosecond: boundtoken.ReasonKeysStale} {
		verifier, cluster := s.connect(t, MaxKeyAge(limit))
		if _, err := verifier.Verify(t.Context(), token); !errors.Is(err, want) || cluster.IsStale() != (want != nil) {
			t.Error(limit, err)
		}
	}
	if _, err := Connect(t.Context(), &rest.Config{Host: s.URL}, MaxKeyAge(-1)); err == nil || !strings.Contains(err.Error(), "negative") {
		t.Error(err)
	}
}

func TestMetricsHaveTheNamesOfTheOtherLanguages(t *testing.T) {
	s := newServer(t, true)
	verifier, cluster := s.connect(t, Namespaces("demo"), WithoutNodes())
	numbers := func() map[string]string {
		t.Helper()
		var text strings.Builder
		if err := WritePrometheus(&text, map[string]*Cluster{"blue": cluster}); err != nil {
			t.Fatal(err)
		}
		found := make(map[string]string)
		for _, line := range strings.Split(text.String(), "\n") {
			if name, value, isValue := strings.Cut(line, "} "); isValue && !strings.HasPrefix(line, "#") {
				found[name+"}"] = value
			}
		}
		return found
	}
	const pods = `{issuer="blue",kind="Pod",namespace="demo"}`
	before := numbers()
	if len(before) != 2+3*2 || before[`boundtoken_cluster_stale{issuer="blue"}`] != "0" || before["boundtoken_cluster_objects"+pods] != "1" ||
		before["boundtoken_cluster_watch_restarts_total"+pods] != "0" {
		t.Error(before)
	}
	for _, name := range []string{`boundtoken_cluster_keys_age_seconds{issuer="blue"}`, "boundtoken_cluster_watch_age_seconds" + pods} {
		if age, err := strconv.ParseFloat(before[name], 64); err != nil || age < 0 || age > 60 {
			t.Error(name, before)
		}
	}
	s.remove(live)
	eventually(t, verifier, s.issuer.Issue(old(tokentest.Token{})), boundtoken.ReasonPodNotFound)
	s.CloseClientConnections()
	after := numbers()
	for deadline := time.Now().Add(20 * time.Second); after["boundtoken_cluster_watch_restarts_total"+pods] == "0" && time.Now().Before(deadline); after = numbers() {
		time.Sleep(10 * time.Millisecond)
	}
	if after["boundtoken_cluster_watch_restarts_total"+pods] == "0" || after["boundtoken_cluster_objects"+pods] != "0" {
		t.Error(after)
	}
	cluster.Close()
	if closed := numbers(); closed[`boundtoken_cluster_stale{issuer="blue"}`] != "1" {
		t.Error(closed)
	}
}

func TestASilentWatchEnds(t *testing.T) {
	s := newServer(t, true)
	_, cluster := s.connect(t)
	f := newFollower(cluster.client, cluster.watches[1].feed, time.Hour, slog.New(slog.DiscardHandler))
	f.silence = 50 * time.Millisecond
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		f.run(ctx)
	}()
	for range 500 {
		if err := f.failure(); errors.Is(err, errSilent) {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	if err := f.failure(); !errors.Is(err, errSilent) {
		t.Error(err)
	}
	cancel()
	<-done
}

func TestWhatIsFollowedIsChosen(t *testing.T) {
	s := newServer(t, true)
	s.put(object{live.path, "other", "live", "uid-other"})
	verifier, cluster := s.connect(t, Namespaces("demo"), WithoutNodes(), Issuer(s.issuer.Name))
	if len(cluster.Watches()) != 2 {
		t.Error(cluster.Watches())
	}
	eventually(t, verifier, s.issuer.Issue(old(tokentest.Token{})), nil)
	eventually(t, verifier, s.issuer.Issue(tokentest.Token{Namespace: "other"}), boundtoken.ReasonBoundObjectNotFollowed)
	all := settings{nodes: true, secrets: true, webhooks: true}.scopes()
	if len(all) != 6 {
		t.Error(all)
	}
}

func TestWhatIsWrongIsSaidAtOnce(t *testing.T) {
	s := newServer(t, true)
	s.forbidden.Store(true)
	began := time.Now()
	_, err := Connect(t.Context(), &rest.Config{Host: s.URL}, Logger(slog.New(slog.DiscardHandler)))
	if err == nil || !strings.Contains(err.Error(), "ServiceAccount") || !strings.Contains(err.Error(), "Forbidden") || time.Since(began) > 5*time.Second {
		t.Error(err, time.Since(began))
	}
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	if _, err := Connect(ctx, &rest.Config{Host: "http://127.0.0.1:1"}); err == nil {
		t.Error("connected to nobody")
	}
}

func TestAClosedClusterLeavesNothingRunning(t *testing.T) {
	s := newServer(t, true)
	verifier, cluster, err := NewFromCluster(t.Context(), &rest.Config{Host: s.URL}, "vault")
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, verifier, s.issuer.Issue(tokentest.Token{}), nil)
	cluster.Close()
	before := runtime.NumGoroutine()
	for range 5 {
		_, cluster, err := NewFromCluster(t.Context(), &rest.Config{Host: s.URL}, "vault")
		if err != nil {
			t.Fatal(err)
		}
		cluster.Close()
	}
	leaktest.Check(t, before)
}
