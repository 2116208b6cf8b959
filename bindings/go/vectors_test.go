package boundtoken_test

import (
	"encoding/json"
	"errors"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"boundtoken.dev/go"
)

// folder is what an API server said of tokens.
type folder struct {
	name    string
	issuers []string
	jwks    json.RawMessage
	cases   []vector
	// knowsWebhooks says whether the server knows tokens of webhook configurations: since 1.37.
	knowsWebhooks bool
}

// vector is one token that was shown to the server.
type vector struct {
	name, token string
	audiences   []string
	now         time.Time
	objects     *boundtoken.ObjectStore
	server      serverVerdict
}

type serverVerdict struct {
	Authenticated bool
	User          boundtoken.UserInfo
	Audiences     []string
	Error         string
}

// vectorPaths returns the folders under tests/vectors, and those that BOUNDTOKEN_VECTORS names.
func vectorPaths(t testing.TB) []string {
	paths, err := filepath.Glob("../../tests/vectors/*")
	if err != nil {
		t.Fatal(err)
	}
	if others := os.Getenv("BOUNDTOKEN_VECTORS"); others != "" {
		for _, path := range filepath.SplitList(others) {
			if path != "" {
				paths = append(paths, path)
			}
		}
	}
	if len(paths) == 0 {
		t.Skip("NOT TESTED: the vectors are not part of the module")
	}
	return paths
}

func readJSON(t testing.TB, into any, path ...string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(path...))
	if err == nil {
		err = json.Unmarshal(text, into)
	}
	if err != nil {
		t.Fatalf("%s: %v", filepath.Join(path...), err)
	}
}

func readFolder(t testing.TB, path string) []*folder {
	type caseFile struct {
		JWKS      json.RawMessage
		Issuers   []string
		Audiences []string
		Objects   json.RawMessage
		Cases     []struct {
			Name, Token string
			Now         float64
			Review      json.RawMessage
		}
	}
	files := map[string]*caseFile{"crafted": {}, "random": {}}
	for name, file := range files {
		readJSON(t, file, path, name+".json")
	}
	first := &folder{name: filepath.Base(path), issuers: files["crafted"].Issuers}
	readJSON(t, &first.jwks, path, "jwks.json")
	readReviews(t, path, first)
	folders := []*folder{first}
	for _, name := range []string{"crafted", "random"} {
		file := files[name]
		of := &folder{name: first.name + "/" + name, issuers: file.Issuers, jwks: file.JWKS}
		for _, earlier := range folders {
			if sameJSON(earlier.jwks, file.JWKS) && reflect.DeepEqual(earlier.issuers, file.Issuers) {
				of = earlier
			}
		}
		if of.cases == nil {
			folders = append(folders, of)
		}
		objects := storeOf(t, file.Objects)
		for _, c := range file.Cases {
			of.cases = append(of.cases, vector{
				name + "/" + c.Name, c.Token, file.Audiences, wholeSeconds(c.Now), objects, verdictOf(t, c.Review),
			})
		}
	}
	for _, folder := range folders {
		for _, c := range folder.cases {
			folder.knowsWebhooks = folder.knowsWebhooks || strings.Contains(c.server.Error, "bound object was a webhook config, but")
		}
	}
	return folders
}

func readReviews(t testing.TB, path string, into *folder) {
	var request struct {
		Response struct{ Spec struct{ Audiences []string } }
	}
	readJSON(t, &request, path, "tokenrequest-default-audience.json")
	var objects struct{ Before, After json.RawMessage }
	readJSON(t, &objects, path, "objects.json")
	before, after := storeOf(t, objects.Before), storeOf(t, objects.After)
	var tokens map[string]string
	readJSON(t, &tokens, path, "tokens.json")
	var rounds []struct {
		Now     float64
		Tag     string
		Results map[string]struct{ Review json.RawMessage }
	}
	readJSON(t, &rounds, path, "reviews.json")
	for _, round := range rounds {
		for key, result := range round.Results {
			token, list, _ := strings.Cut(key, "|")
			audiences := strings.Split(list, ",")
			if list == "" {
				audiences = request.Response.Spec.Audiences
			}
			state := after
			if round.Tag == "before" {
				state = before
			}
			into.cases = append(into.cases, vector{
				round.Tag + "/" + key, tokens[token], audiences, wholeSeconds(round.Now), state, verdictOf(t, result.Review),
			})
		}
	}
}

func sameJSON(a, b json.RawMessage) bool {
	var left, right any
	return json.Unmarshal(a, &left) == nil && json.Unmarshal(b, &right) == nil && reflect.DeepEqual(left, right)
}

func wholeSeconds(now float64) time.Time { return time.Unix(int64(math.Floor(now)), 0) }

// verdictOf reads a review. If the request itself was refused, it is a Status.
func verdictOf(t testing.TB, review json.RawMessage) serverVerdict {
	var members map[string]json.RawMessage
	if json.Unmarshal(review, &members) != nil || string(members["kind"]) == `"Status"` || string(members["status"]) == `"Failure"` {
		return serverVerdict{Error: "the request was refused"}
	}
	var verdict serverVerdict
	if err := json.Unmarshal(review, &verdict); err != nil {
		t.Fatal(err)
	}
	return verdict
}

// storeOf reads objects as the vectors have them: lists by the names of their resources.
func storeOf(t testing.TB, objects json.RawMessage) *boundtoken.ObjectStore {
	var lists map[string][]json.RawMessage
	if err := json.Unmarshal(objects, &lists); err != nil {
		t.Fatal(err)
	}
	kinds := map[string]string{
		"serviceaccounts": "ServiceAccount", "secrets": "Secret", "pods": "Pod", "nodes": "Node",
		"validatingwebhookconfigurations": "ValidatingWebhookConfiguration",
		"mutatingwebhookconfigurations":   "MutatingWebhookConfiguration",
	}
	var known []boundtoken.KnownObject
	for resource, items := range lists {
		for _, item := range items {
			var members map[string]json.RawMessage
			if err := json.Unmarshal(item, &members); err != nil {
				t.Fatal(err)
			}
			members["kind"], _ = json.Marshal(kinds[resource])
			whole, _ := json.Marshal(members)
			parsed, err := boundtoken.ParseObjects(whole)
			if err != nil {
				t.Fatal(err)
			}
			known = append(known, parsed...)
		}
	}
	store := boundtoken.NewObjectStore()
	store.Replace(known)
	return store
}

// verifier returns a verifier of the tokens of a folder.
func (f *folder) verifier(t testing.TB, source boundtoken.ObjectSource, options ...boundtoken.Option) *boundtoken.Verifier {
	t.Helper()
	options = append([]boundtoken.Option{
		boundtoken.WithIssuer(f.issuers[0], boundtoken.JWKS(f.jwks), boundtoken.OtherNames(f.issuers[1:]...), boundtoken.Objects(source)),
		boundtoken.WithAudience("unused"),
	}, options...)
	verifier, err := boundtoken.New(options...)
	if err != nil {
		t.Fatal(err)
	}
	return verifier
}

// Every verdict of the server is ours, or ours is stricter by a documented rule. The fast line says the same as the engine.
func TestVerdictsOfAPIServers(t *testing.T) {
	for _, path := range vectorPaths(t) {
		for _, folder := range readFolder(t, path) {
			t.Run(folder.name, func(t *testing.T) {
				verifiers := map[*boundtoken.ObjectStore]*boundtoken.Verifier{}
				accepted, refused, stricter := 0, 0, 0
				for _, c := range folder.cases {
					v := verifiers[c.objects]
					if v == nil {
						v = folder.verifier(t, c.objects)
						verifiers[c.objects] = v
					}
					caller, err := v.VerifyAt(t.Context(), c.token, c.now, c.audiences...)
					again, errAgain := v.VerifyAt(t.Context(), c.token, c.now, c.audiences...)
					if (err == nil) != (errAgain == nil) || err != nil && err.Error() != errAgain.Error() || !reflect.DeepEqual(caller, again) {
						t.Errorf("%s: %v, and again %v", c.name, err, errAgain)
					}
					var rejected *boundtoken.RejectedError
					if err != nil && !errors.As(err, &rejected) {
						t.Errorf("%s: %v", c.name, err)
						continue
					}
					switch {
					case err == nil && !c.server.Authenticated:
						t.Errorf("%s: LOOSER than the server, which says %s", c.name, c.server.Error)
					case err == nil:
						accepted++
						user := caller.UserInfo()
						for key := range user.Extra {
							if !folder.knowsWebhooks && (strings.Contains(key, "webhookconfiguration-") || strings.HasPrefix(key, "attestation.")) {
								delete(user.Extra, key)
							}
						}
						if !reflect.DeepEqual(user, c.server.User) || !reflect.DeepEqual(caller.MatchedAudiences(), c.server.Audiences) {
							t.Errorf("%s: another user: %+v %v", c.name, user, caller.MatchedAudiences())
						}
						if caller.Confirmed() != boundtoken.ConfirmedLive {
							t.Errorf("%s: %v", c.name, caller.Confirmed())
						}
					case !c.server.Authenticated:
						refused++
					default:
						stricter++
						isOfWebhooks := !folder.knowsWebhooks && (rejected.Reason >= boundtoken.ReasonAttestationMissing ||
							rejected.Reason == boundtoken.ReasonClaimsWrongType)
						if !rejected.Reason.IsStricter() && !isOfWebhooks {
							t.Errorf("%s: refused without a documented rule: %v", c.name, err)
						}
					}
					if err != nil && (rejected.Name() == "" || rejected.Error() == "" || strings.HasPrefix(rejected.Name(), "reason_") ||
						!strings.HasPrefix(rejected.Challenge(), "Bearer") || len(c.token) > 20 && strings.Contains(rejected.Error(), c.token[len(c.token)-20:])) {
						t.Errorf("%s: %+v", c.name, rejected)
					}
				}
				t.Logf("%d accepted, %d refused, %d stricter", accepted, refused, stricter)
				if accepted == 0 || refused == 0 {
					t.Error("these vectors decide nothing")
				}
			})
		}
	}
}
