package cluster

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"k8s.io/client-go/rest"

	"boundtoken.dev/go"
)

// realServer is a kube-apiserver with its etcd, of the folder that BOUNDTOKEN_CLUSTER names. `make test-cluster` builds them.
type realServer struct {
	t        *testing.T
	programs string
	folder   string
	etcdPort int
	port     int
	config   *rest.Config
	client   *http.Client
	process  *exec.Cmd
}

func startRealServer(t *testing.T) *realServer {
	t.Helper()
	programs := os.Getenv("BOUNDTOKEN_CLUSTER")
	if programs == "" {
		t.Skip("NOT TESTED: no real API server; `make test-cluster` builds it, and BOUNDTOKEN_CLUSTER names its folder")
	}
	ports := freePorts(t, 3)
	s := &realServer{t: t, programs: programs, folder: t.TempDir(), etcdPort: ports[0], port: ports[1]}
	client, peer := fmt.Sprintf("http://127.0.0.1:%d", ports[0]), fmt.Sprintf("http://127.0.0.1:%d", ports[2])
	etcd := s.spawn("etcd", "--name=test", "--log-outputs=stderr", "--unsafe-no-fsync", "--data-dir="+s.path("etcd"),
		"--listen-client-urls="+client, "--advertise-client-urls="+client,
		"--listen-peer-urls="+peer, "--initial-advertise-peer-urls="+peer, "--initial-cluster=test="+peer)
	t.Cleanup(func() { end(etcd) })
	if err := os.WriteFile(s.path("tokens.csv"), []byte("admin-token,admin,admin,system:masters\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s.writeKey("first")
	s.writeKey("second")
	t.Cleanup(s.stop)
	s.start("first")
	return s
}

func freePorts(t *testing.T, count int) []int {
	t.Helper()
	var ports []int
	for range count {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer listener.Close()
		ports = append(ports, listener.Addr().(*net.TCPAddr).Port)
	}
	return ports
}

func (s *realServer) path(name string) string { return filepath.Join(s.folder, name) }

func (s *realServer) writeKey(name string) {
	s.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		s.t.Fatal(err)
	}
	der, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		s.t.Fatal(err)
	}
	block := pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: der})
	if err := os.WriteFile(s.path(name+".pem"), block, 0o600); err != nil {
		s.t.Fatal(err)
	}
}

func (s *realServer) spawn(program string, arguments ...string) *exec.Cmd {
	s.t.Helper()
	log, err := os.OpenFile(s.path(program+".log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		s.t.Fatal(err)
	}
	defer log.Close()
	command := exec.Command(filepath.Join(s.programs, program), arguments...)
	command.Stdout, command.Stderr = log, log
	if err := command.Start(); err != nil {
		s.t.Fatal(err)
	}
	return command
}

func end(command *exec.Cmd) {
	command.Process.Kill()
	command.Wait()
}

// start starts the API server, which signs with the first key and accepts all of them, and waits until it is ready.
func (s *realServer) start(keys ...string) {
	s.t.Helper()
	began := time.Now()
	const issuer = "https://kubernetes.default.svc.cluster.local"
	arguments := []string{
		fmt.Sprintf("--etcd-servers=http://127.0.0.1:%d", s.etcdPort), "--bind-address=127.0.0.1", "--advertise-address=127.0.0.1",
		fmt.Sprintf("--secure-port=%d", s.port), "--cert-dir=" + s.path("certificates"),
		"--service-cluster-ip-range=10.96.0.0/16", "--endpoint-reconciler-type=none",
		"--service-account-signing-key-file=" + s.path(keys[0]+".pem"),
		"--service-account-issuer=" + issuer, "--api-audiences=" + issuer,
		"--authorization-mode=RBAC", "--disable-admission-plugins=ServiceAccount", "--token-auth-file=" + s.path("tokens.csv"),
	}
	for _, key := range keys {
		arguments = append(arguments, "--service-account-key-file="+s.path(key+".pem"))
	}
	s.process = s.spawn("kube-apiserver", arguments...)
	for time.Since(began) < 2*time.Minute {
		if s.isReady() {
			s.t.Logf("kube-apiserver is ready after %.1f s", time.Since(began).Seconds())
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
	log, _ := os.ReadFile(s.path("kube-apiserver.log"))
	s.t.Fatalf("the API server did not start:\n%s", log[max(0, len(log)-2000):])
}

func (s *realServer) stop() {
	if s.process != nil {
		end(s.process)
		s.process = nil
	}
}

func (s *realServer) isReady() bool {
	if s.client == nil {
		authority := s.path("certificates/apiserver.crt")
		if _, err := os.Stat(authority); err != nil {
			return false
		}
		s.config = &rest.Config{
			Host: fmt.Sprintf("https://127.0.0.1:%d", s.port), BearerToken: "admin-token",
			TLSClientConfig: rest.TLSClientConfig{CAFile: authority},
		}
		client, err := rest.HTTPClientFor(s.config)
		if err != nil {
			return false
		}
		s.client = client
	}
	response, err := s.client.Get(s.config.Host + "/readyz")
	if err != nil {
		return false
	}
	defer response.Body.Close()
	return response.StatusCode == http.StatusOK
}

// call makes a request and returns the answer.
func (s *realServer) call(method, path string, body any) map[string]any {
	s.t.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		s.t.Fatal(err)
	}
	request, err := http.NewRequest(method, s.config.Host+path, bytes.NewReader(text))
	if err != nil {
		s.t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := s.client.Do(request)
	if err != nil {
		s.t.Fatal(err)
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode >= 300 {
		s.t.Fatalf("%s %s: %s: %s", method, path, response.Status, answer)
	}
	var members map[string]any
	if err := json.Unmarshal(answer, &members); err != nil {
		s.t.Fatal(err)
	}
	return members
}

type members = map[string]any

func (s *realServer) createAccount() {
	s.call("POST", "/api/v1/namespaces", members{"metadata": members{"name": "demo"}})
	s.call("POST", "/api/v1/namespaces/demo/serviceaccounts", members{"metadata": members{"name": "app"}})
}

func (s *realServer) createPod(name string) {
	s.call("POST", "/api/v1/namespaces/demo/pods", members{
		"metadata": members{"name": name},
		"spec":     members{"serviceAccountName": "app", "containers": []any{members{"name": "app", "image": "registry.example.com/app"}}},
	})
}

func (s *realServer) deletePod(name string) {
	s.call("DELETE", "/api/v1/namespaces/demo/pods/"+name+"?gracePeriodSeconds=0", nil)
}

func (s *realServer) token(pod string) string {
	answer := s.call("POST", "/api/v1/namespaces/demo/serviceaccounts/app/token", members{"spec": members{
		"audiences": []string{"vault"}, "boundObjectRef": members{"kind": "Pod", "apiVersion": "v1", "name": pod},
	}})
	return answer["status"].(members)["token"].(string)
}

func TestARealAPIServer(t *testing.T) {
	s := startRealServer(t)
	s.createAccount()
	s.createPod("stays")
	cluster, err := Connect(t.Context(), s.config, Logger(slog.New(slog.DiscardHandler)))
	if err != nil {
		t.Fatal(err)
	}
	defer cluster.Close()
	verifier, err := boundtoken.New(cluster.Trusted(), boundtoken.WithAudience("vault"))
	if err != nil {
		t.Fatal(err)
	}
	stays := s.token("stays")
	caller, err := verifier.Verify(t.Context(), stays)
	if err != nil || caller.Confirmed() != boundtoken.ConfirmedLive {
		t.Fatal(caller, err)
	}

	t.Run("a new pod is known at once, and a deleted one is refused soon", func(t *testing.T) {
		var delays []time.Duration
		for i := range 30 {
			name := fmt.Sprintf("pod-%d", i)
			s.createPod(name)
			token := s.token(name)
			if _, err := verifier.Verify(t.Context(), token); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			s.deletePod(name)
			deleted := time.Now()
			for {
				_, err := verifier.Verify(t.Context(), token)
				if errors.Is(err, boundtoken.ReasonPodNotFound) {
					break
				}
				if err != nil || time.Since(deleted) > 5*time.Second {
					t.Fatalf("%s: %v", name, err)
				}
			}
			delays = append(delays, time.Since(deleted))
		}
		slices.Sort(delays)
		t.Logf("from deletion to refusal: median %v, longest %v", delays[len(delays)/2], delays[len(delays)-1])
	})

	t.Run("what lasts ends when its pod is deleted", func(t *testing.T) {
		var delays []time.Duration
		for i := range 30 {
			name := fmt.Sprintf("lasts-%d", i)
			s.createPod(name)
			ctx, cancel := s.untilRevoked(verifier, s.token(name))
			defer cancel()
			s.deletePod(name)
			deleted := time.Now()
			select {
			case <-ctx.Done():
				delays = append(delays, time.Since(deleted))
			case <-time.After(5 * time.Second):
				t.Fatalf("%s: it did not end", name)
			}
			if cause := context.Cause(ctx); !errors.Is(cause, boundtoken.ReasonPodNotFound) {
				t.Errorf("%s: %v", name, cause)
			}
		}
		slices.Sort(delays)
		t.Logf("from deletion to the end: median %v, longest %v", delays[len(delays)/2], delays[len(delays)-1])
	})

	t.Run("64 goroutines verify while pods go", func(t *testing.T) {
		var tokens []string
		for i := range 8 {
			s.createPod(fmt.Sprintf("many-%d", i))
			tokens = append(tokens, s.token(fmt.Sprintf("many-%d", i)))
		}
		var gone [8]atomic.Bool
		var group sync.WaitGroup
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		var verified atomic.Int64
		for worker := range 64 {
			group.Add(1)
			go func() {
				defer group.Done()
				for i := worker; ctx.Err() == nil; i++ {
					wasGone := gone[i%8].Load()
					_, err := verifier.Verify(t.Context(), tokens[i%8])
					verified.Add(1)
					if err == nil && wasGone {
						t.Errorf("a token of a deleted pod was accepted a second after its deletion")
					}
					if err != nil && !errors.Is(err, boundtoken.ReasonPodNotFound) {
						t.Error(err)
					}
				}
			}()
		}
		for i := range 8 {
			s.deletePod(fmt.Sprintf("many-%d", i))
			go func() {
				time.Sleep(time.Second)
				gone[i].Store(true)
			}()
			time.Sleep(100 * time.Millisecond)
		}
		group.Wait()
		t.Logf("%d verifications", verified.Load())
	})

	t.Run("the API server restarts with another key", func(t *testing.T) {
		s.createPod("leaves")
		leaves := s.token("leaves")
		eventually(t, verifier, leaves, nil)
		lastsOn, cancel := s.untilRevoked(verifier, stays)
		defer cancel()
		ends, cancel := s.untilRevoked(verifier, leaves)
		defer cancel()
		s.stop()
		if _, err := verifier.Verify(t.Context(), stays); err != nil {
			t.Errorf("while the API server is away: %v", err)
		}
		s.start("second", "first")
		s.deletePod("leaves")
		back := time.Now()
		deadline := back.Add(time.Minute)
		for !errors.Is(errOf(verifier.Verify(t.Context(), leaves)), boundtoken.ReasonPodNotFound) {
			if time.Now().After(deadline) {
				t.Fatal("the deletion was never noticed", cluster.Watches())
			}
			time.Sleep(10 * time.Millisecond)
		}
		t.Logf("a deletion after the restart was noticed after %v", time.Since(back))
		select {
		case <-ends.Done():
		case <-time.After(time.Minute):
			t.Error("what lasted did not end")
		}
		// A token of the new key has it loaded, ten seconds after the keys were last loaded.
		fresh := s.token("stays")
		for range 150 {
			if err = errOf(verifier.Verify(t.Context(), fresh)); err == nil {
				break
			}
			time.Sleep(100 * time.Millisecond)
		}
		if err != nil {
			t.Error(err)
		}
		if _, err := verifier.Verify(t.Context(), stays); err != nil {
			t.Error(err)
		}
		if lastsOn.Err() != nil {
			t.Error("an outage, and another key, ended what lasts:", context.Cause(lastsOn))
		}
	})
}

// untilRevoked verifies a token, and returns a context that ends with it.
func (s *realServer) untilRevoked(verifier *boundtoken.Verifier, token string) (context.Context, context.CancelFunc) {
	s.t.Helper()
	caller, err := verifier.Verify(s.t.Context(), token)
	if err != nil {
		s.t.Fatal(err)
	}
	return verifier.UntilRevoked(s.t.Context(), caller, token)
}

func errOf(_ *boundtoken.Token, err error) error { return err }
