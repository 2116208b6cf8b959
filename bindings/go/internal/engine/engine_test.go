package engine

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
)

const (
	issuerName = "https://kubernetes.default.svc.cluster.local"
	audience   = "vault"
	// When the captured tokens are good.
	now = 1_795_522_300
)

func vector(t testing.TB, name string) []byte {
	t.Helper()
	content, err := os.ReadFile(filepath.Join("../../../../tests/vectors/apiserver-rs256", name))
	if err != nil {
		t.Fatal(err)
	}
	return content
}

func token(t testing.TB, name string) []byte {
	t.Helper()
	var tokens map[string]string
	if err := json.Unmarshal(vector(t, "tokens.json"), &tokens); err != nil {
		t.Fatal(err)
	}
	return []byte(tokens[name])
}

func config(t testing.TB) Config {
	return Config{
		Issuers:       []Issuer{{Names: []string{issuerName}, Label: "blue", JWKS: vector(t, "jwks.json")}},
		Audiences:     []string{audience},
		LeewaySeconds: DefaultLeewaySeconds,
	}
}

func build(t testing.TB, config Config) *Engine {
	t.Helper()
	engine, err := New(config)
	if err != nil {
		t.Fatal(err)
	}
	return engine
}

// A status of a record, and a text of it.
func status(record []byte) uint32 { return uint32At(record, recordStatus) }

func text(record []byte, offset int) string {
	start, size := uint32At(record, offset), uint32At(record, offset+4)
	return string(record[start : start+size])
}

const (
	tokenTooLarge    = 102
	keyUnknown       = 302
	subject          = 120
	message          = 80
	issuerLabel      = 112
	confirmed        = 16
	matchedAudiences = 64
)

func judge(t testing.TB, engine *Engine, token []byte, now int64, audiences []string) Verdict {
	t.Helper()
	verdict, err := engine.Judge(token, now, audiences)
	if err != nil {
		t.Fatal(err)
	}
	return verdict
}

func TestATokenIsVerified(t *testing.T) {
	engine := build(t, config(t))
	verdict := judge(t, engine, token(t, "pod-live"), now, nil)
	if !verdict.Accepted() || text(verdict.Record, subject) != "system:serviceaccount:demo:app" {
		t.Fatalf("%+v", text(verdict.Record, message))
	}
	if text(verdict.Record, issuerLabel) != "blue" || uint32At(verdict.Record, confirmed) != 2 {
		t.Error("another issuer, or confirmed")
	}
	if verdict.Issuer != 0 || verdict.From > now || verdict.Until <= now {
		t.Errorf("%+v", verdict)
	}
	for at, accepted := range map[int64]bool{
		verdict.From: true, verdict.From - 1: false, verdict.Until - 1: true, verdict.Until: false, -1: false,
	} {
		if again := judge(t, engine, token(t, "pod-live"), at, nil); again.Accepted() != accepted {
			t.Errorf("at %d: %s", at, text(again.Record, message))
		}
	}
	for _, audiences := range [][]string{{}, {"other"}, {"\xff"}, {""}} {
		if judge(t, engine, token(t, "pod-live"), now, audiences).Accepted() {
			t.Errorf("for %q", audiences)
		}
	}
	for _, audiences := range [][]string{{"other", audience}, {"\xff", audience}} {
		if !judge(t, engine, token(t, "pod-live"), now, audiences).Accepted() {
			t.Errorf("for %q", audiences)
		}
	}
}

func TestMistakesInAConfigurationAreToldInTheWordsOfTheLibrary(t *testing.T) {
	for want, change := range map[string]func(*Config){
		"no issuer: add the one":     func(c *Config) { c.Issuers = nil },
		"an issuer's name is empty":  func(c *Config) { c.Issuers[0].Names = nil },
		"has no usable key":          func(c *Config) { c.Issuers[0].JWKS = nil },
		"not a JSON Web Key Set":     func(c *Config) { c.Issuers[0].JWKS = []byte("{") },
		"no PEM block":               func(c *Config) { c.Issuers[0].PEM = []byte("{") },
		"no audience: add":           func(c *Config) { c.Audiences = nil },
		"an audience is empty":       func(c *Config) { c.Audiences = []string{""} },
		"an audience is not UTF-8":   func(c *Config) { c.Audiences = []string{"\xff"} },
		"the leeway is longer":       func(c *Config) { c.LeewaySeconds = 3601 },
		"the token size limit must":  func(c *Config) { c.MaxTokenSize = -1 },
		"two issuers are labelled":   func(c *Config) { c.Issuers = append(c.Issuers, c.Issuers[0]) },
		"have a name and a key in c": func(c *Config) { c.Issuers = append(c.Issuers, c.Issuers[0]); c.Issuers[1].Label = "green" },
	} {
		config := config(t)
		change(&config)
		if _, err := New(config); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, not %q", err, want)
		}
	}
}

func TestATokenThatIsTooLargeIsRefusedByItsSize(t *testing.T) {
	engine := build(t, config(t))
	for _, size := range []int{DefaultMaxTokenSize + 1, 10 << 20} {
		verdict := judge(t, engine, make([]byte, size), now, nil)
		if status(verdict.Record) != tokenTooLarge {
			t.Errorf("%d: %d %s", size, status(verdict.Record), text(verdict.Record, message))
		}
	}
	if memory := len(*engine.idle[0].memory); memory > 1<<20 {
		t.Errorf("%d bytes of memory", memory)
	}
	// The largest that is looked at.
	if verdict := judge(t, engine, make([]byte, DefaultMaxTokenSize), now, nil); status(verdict.Record) == tokenTooLarge {
		t.Error("refused by its size")
	}
}

func TestKeysInPEMFormAreReadByGosCryptography(t *testing.T) {
	folder := "../../../../tests/fixtures/keys"
	usable := []string{
		"ed25519-pkcs8", "ed25519-public", "p256-pkcs8", "p256-public", "p256-sec1", "p256-sec1-without-public", "p384-certificate",
		"p384-pkcs8", "p384-public", "p384-sec1", "p521-pkcs8", "p521-public", "p521-sec1", "rsa-certificate", "rsa-pkcs1-public",
		"rsa-pkcs1", "rsa-pkcs8", "rsa-public",
	}
	files, err := filepath.Glob(folder + "/*.pem")
	if err != nil || len(files) < len(usable) {
		t.Fatal(files, err)
	}
	for _, file := range files {
		pem, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		config := config(t)
		config.Issuers[0].JWKS, config.Issuers[0].PEM = nil, pem
		_, err = New(config)
		name := strings.TrimSuffix(filepath.Base(file), ".pem")
		if (err == nil) != slices.Contains(usable, name) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestReplacedKeysAreEverywhereWhenTheCallReturns(t *testing.T) {
	engine := build(t, config(t))
	token := token(t, "pod-live")
	jwks := vector(t, "jwks.json")
	pem, err := os.ReadFile("../../../../tests/fixtures/keys/p256-public.pem")
	if err != nil {
		t.Fatal(err)
	}
	// Fill the pool.
	fill(t, engine)
	if len(engine.idle) != cap(engine.slots) {
		t.Fatalf("%d instances", len(engine.idle))
	}
	if skipped, err := engine.ReplaceKeys(0, []byte(`{"keys":[{"kty":"oct","k":"AA","kid":"x"}]}`), pem); err != nil ||
		len(skipped) != 1 || !strings.Contains(skipped[0], `key 0 ("x"): the key is symmetric`) || !slices.Equal(engine.Skipped(0), skipped) {
		t.Fatal(skipped, err)
	}
	if engine.Generation() != 1 {
		t.Error("the same generation")
	}
	each(t, engine, func(i *instance) {
		if verdict := i.judge(token, now, nil); status(verdict.Record) != keyUnknown {
			t.Errorf("%d", status(verdict.Record))
		}
	})
	// A broken document changes nothing.
	if _, err := engine.ReplaceKeys(0, []byte("nothing"), nil); err == nil || !strings.Contains(err.Error(), "not a JSON Web Key Set") {
		t.Error(err)
	}
	if _, err := engine.ReplaceKeys(1, jwks, nil); err == nil {
		t.Error("an issuer that does not exist")
	}
	if engine.Generation() != 1 {
		t.Error("another generation")
	}
	if _, err := engine.ReplaceKeys(0, jwks, nil); err != nil {
		t.Fatal(err)
	}
	each(t, engine, func(i *instance) {
		if verdict := i.judge(token, now, nil); !verdict.Accepted() || verdict.Generation != 2 {
			t.Errorf("%d", status(verdict.Record))
		}
	})
}

func TestTokensOfAnIssuerWithStaleKeysAreRefusedUntilTheyAreCurrent(t *testing.T) {
	for _, accept := range []bool{false, true} {
		config := config(t)
		config.AcceptUnavailable = accept
		stale := false
		config.Issuers[0].KeysStale = func() bool { return stale }
		engine := build(t, config)
		token := token(t, "pod-live")
		fill(t, engine)
		for round, next := range []bool{false, true, true, false, true} {
			stale = next
			if round == 2 {
				// Whoever replaces keys says that they are current.
				if _, err := engine.ReplaceKeys(0, vector(t, "jwks.json"), nil); err != nil {
					t.Fatal(err)
				}
			}
			each(t, engine, func(i *instance) {
				verdict := i.judge(token, now, nil)
				if verdict.Accepted() != (accept || !stale) || verdict.Accepted() && verdict.Generation != engine.Generation() {
					t.Errorf("accept %v, round %d: %s", accept, round, text(verdict.Record, message))
				}
				if !verdict.Accepted() && text(verdict.Record, 72) != "keys_stale" {
					t.Error(text(verdict.Record, 72))
				}
			})
		}
	}
}

// fill makes as many instances as there can be.
func fill(t *testing.T, engine *Engine) {
	t.Helper()
	for len(engine.idle) < cap(engine.slots) {
		instance, _, err := engine.newInstance()
		if err != nil {
			t.Fatal(err)
		}
		engine.put(instance)
	}
}

func each(t *testing.T, engine *Engine, do func(*instance)) {
	t.Helper()
	if len(engine.idle) == 0 {
		t.Fatal("no instance")
	}
	for _, instance := range engine.idle {
		do(instance)
	}
}

func TestATrapIsAnErrorAndDiscardsItsInstance(t *testing.T) {
	good := token(t, "pod-live")
	for name, trap := range map[string]func(*instance){
		"memory":    func(i *instance) { *i.memory = (*i.memory)[:1000] },
		"panic":     func(*instance) { panic("of the test") },
		"arguments": func(i *instance) { i.module.Xverify(-1, -1, -1, now); i.bytes(-1, 100) },
	} {
		engine := build(t, config(t))
		fill(t, engine)
		before := len(engine.idle)
		engine.beforeVerify = trap
		record, err := engine.Verify(good, now, nil)
		var trapped *TrapError
		if record != nil || !errors.As(err, &trapped) {
			t.Fatalf("%s: %v %v", name, record, err)
		}
		engine.beforeVerify = nil
		if len(engine.idle) != before-1 || len(engine.slots) != 0 {
			t.Errorf("%s: %d instances, %d slots", name, len(engine.idle), len(engine.slots))
		}
		for range before + 1 {
			if !judge(t, engine, good, now, nil).Accepted() {
				t.Errorf("%s: refused", name)
			}
		}
		// All of them.
		engine.beforeVerify = trap
		for range before {
			if _, err := engine.Verify(good, now, nil); !errors.As(err, &trapped) {
				t.Errorf("%s: %v", name, err)
			}
		}
		engine.beforeVerify = nil
		if !judge(t, engine, good, now, nil).Accepted() {
			t.Errorf("%s: refused", name)
		}
	}
}

func TestAGoroutineThatEndsInASourceGivesItsSlotBack(t *testing.T) {
	config := config(t)
	source := &objects{state: func(string) (State, string) { runtime.Goexit(); return Present, "" }}
	config.Issuers[0].Objects = source
	engine := build(t, config)
	for range 2 * cap(engine.slots) {
		var done sync.WaitGroup
		done.Add(1)
		go func() {
			defer done.Done()
			_, _ = engine.Verify(token(t, "pod-live"), now, nil)
			t.Error("it went on")
		}()
		done.Wait()
	}
	if len(engine.slots) != 0 || len(engine.idle) != 0 {
		t.Errorf("%d slots, %d instances", len(engine.slots), len(engine.idle))
	}
	source.state = func(string) (State, string) { panic("of a source") }
	if _, err := engine.Verify(token(t, "pod-live"), now, nil); err == nil || !strings.Contains(err.Error(), "of a source") {
		t.Error(err)
	}
}

// objects is a source with one answer for each name.
type objects struct {
	state     func(name string) (State, string)
	deleted   int64
	deleting  bool
	freshness uint32
	gone      bool
}

func (o *objects) State(_ uint32, _, name string) (State, string, int64, bool) {
	state, uid := o.state(name)
	return state, uid, o.deleted, o.deleting
}
func (o *objects) Freshness() uint32                          { return o.freshness }
func (o *objects) IsGone(uint32, string, string, string) bool { return o.gone }

func TestObjectsAreJudgedByWhatTheSourceSays(t *testing.T) {
	live := map[string]string{}
	plain := build(t, config(t))
	record := judge(t, plain, token(t, "pod-live"), now, nil).Record
	start, count := int(uint32At(record, 272)), int(uint32At(record, 276))
	for object := start; object < start+32*count; object += 32 {
		live[text(record, object+16)] = text(record, object+24)
	}
	if len(live) < 2 {
		t.Fatal(live)
	}
	known := func(name string) (State, string) { return Present, live[name] }
	all := func(state State) func(string) (State, string) {
		return func(string) (State, string) { return state, "" }
	}
	verdicts := map[string]uint32{}
	for name, source := range map[string]*objects{
		"live":             {state: known},
		"following":        {state: known, freshness: Following},
		"in its grace":     {state: known, deleting: true, deleted: now - 59},
		"deleted":          {state: known, deleting: true, deleted: now - 60},
		"long ago":         {state: known, deleting: true, deleted: -1},
		"absent":           {state: all(Absent)},
		"absent, pending":  {state: all(Absent), freshness: Following},
		"absent, and gone": {state: all(Absent), freshness: Following, gone: true},
		"unavailable":      {state: all(Unavailable)},
		"not followed":     {state: all(NotFollowed)},
		"stale":            {state: known, freshness: Stale},
		"another uid":      {state: all(Present)},
		"a long uid":       {state: func(name string) (State, string) { return Present, live[name] + strings.Repeat(" ", 300) }},
	} {
		config := config(t)
		config.Issuers[0].Objects = source
		verdict := judge(t, build(t, config), token(t, "pod-live"), now, nil)
		verdicts[name] = status(verdict.Record)
		if verdict.Accepted() && uint32At(verdict.Record, confirmed) != 1 {
			t.Errorf("%s: not live", name)
		}
	}
	t.Log(verdicts)
	for _, name := range []string{"live", "following", "in its grace"} {
		if verdicts[name] != 0 {
			t.Errorf("%s: %d", name, verdicts[name])
		}
		delete(verdicts, name)
	}
	if slices.Contains(slices.Collect(maps.Values(verdicts)), 0) {
		t.Errorf("%v", verdicts)
	}
	if verdicts["absent"] != verdicts["absent, and gone"] || verdicts["absent"] == verdicts["absent, pending"] ||
		verdicts["deleted"] != verdicts["long ago"] || verdicts["a long uid"] != verdicts["unavailable"] ||
		verdicts["stale"] != verdicts["unavailable"] || verdicts["not followed"] == verdicts["unavailable"] {
		t.Errorf("%v", verdicts)
	}
}

func TestManyGoroutinesWhileKeysAreReplaced(t *testing.T) {
	engine := build(t, config(t))
	good, jwks := token(t, "pod-live"), vector(t, "jwks.json")
	bad := slices.Clone(good)
	bad[len(bad)-10] ^= 1
	rounds := 40
	var verifying, replacing sync.WaitGroup
	stop := make(chan struct{})
	replacing.Add(1)
	go func() {
		defer replacing.Done()
		for {
			select {
			case <-stop:
				return
			default:
			}
			if _, err := engine.ReplaceKeys(0, jwks, nil); err != nil {
				t.Error(err)
				return
			}
		}
	}()
	for range 64 {
		verifying.Add(1)
		go func() {
			defer verifying.Done()
			for range rounds {
				if verdict, err := engine.Judge(good, now, nil); err != nil || !verdict.Accepted() {
					t.Error(err, "refused")
				}
				if verdict, err := engine.Judge(bad, now, nil); err != nil || verdict.Accepted() {
					t.Error(err, "accepted")
				}
			}
		}()
	}
	verifying.Wait()
	close(stop)
	replacing.Wait()
	if len(engine.idle) > cap(engine.slots) || len(engine.slots) != 0 {
		t.Errorf("%d instances, %d slots", len(engine.idle), len(engine.slots))
	}
	for _, instance := range engine.idle {
		if len(*instance.memory) > 1<<20 {
			t.Errorf("%d bytes of memory", len(*instance.memory))
		}
	}
}

func TestParsedKeysTakeBoundedMemory(t *testing.T) {
	var cache keyCache
	spki := []byte("\x30\x2a\x30\x05\x06\x03\x2b\x65\x70\x03\x21\x00" + strings.Repeat("x", 32))
	for round := range 2*largestKeyCache + 10 {
		spki[20], spki[21] = byte(round), byte(round>>8)
		if round%256 == 0 {
			// Copying grows with the size: fill it quickly.
			filled := map[string]any{}
			for other := range largestKeyCache - 1 {
				filled[string(rune(other))+"x"] = nil
			}
			cache.parsed.Store(&filled)
		}
		if cache.get(spki) == nil {
			t.Fatal("no key")
		}
		if len(*cache.parsed.Load()) > largestKeyCache {
			t.Fatal("too many keys")
		}
	}
}

func base64Decoded(t testing.TB, text string) []byte {
	t.Helper()
	bytes, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	return bytes
}
