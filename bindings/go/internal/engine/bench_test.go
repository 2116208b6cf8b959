package engine

import (
	"bytes"
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"math/big"
	"testing"
	"time"
)

func bareKey(b *testing.B) *rsa.PublicKey {
	var jwks struct{ Keys []struct{ N string } }
	if err := json.Unmarshal(vector(b, "jwks.json"), &jwks); err != nil {
		b.Fatal(err)
	}
	modulus, err := base64.RawURLEncoding.DecodeString(jwks.Keys[0].N)
	if err != nil {
		b.Fatal(err)
	}
	return &rsa.PublicKey{N: new(big.Int).SetBytes(modulus), E: 65537}
}

// The bare check of Go: what no verifier can save.
func BenchmarkBareRS256(b *testing.B) {
	key := bareKey(b)
	token := token(b, "pod-live")
	dot := bytes.LastIndexByte(token, '.')
	signature, err := base64.RawURLEncoding.DecodeString(string(token[dot+1:]))
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		digest := sha256.Sum256(token[:dot])
		if rsa.VerifyPKCS1v15(key, crypto.SHA256, digest[:], signature) != nil {
			b.Fatal("it does not hold")
		}
	}
}

func benchmark(b *testing.B, token []byte, accepted bool) {
	engine := build(b, config(b))
	b.ReportAllocs()
	for b.Loop() {
		verdict, err := engine.Judge(token, now, nil)
		if err != nil || verdict.Accepted() != accepted {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(len(*engine.idle[0].memory)), "memory-bytes")
}

func BenchmarkFirstRS256(b *testing.B) {
	benchmark(b, token(b, "pod-live"), true)
}

func BenchmarkUnknownKid(b *testing.B) {
	good := token(b, "pod-live")
	header := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"RS256","kid":"nope"}`))
	benchmark(b, append([]byte(header), good[bytes.IndexByte(good, '.'):]...), false)
}

func BenchmarkNewInstance(b *testing.B) {
	config := config(b)
	for b.Loop() {
		build(b, config)
	}
}

func BenchmarkParallelRS256(b *testing.B) {
	engine, token := build(b, config(b)), token(b, "pod-live")
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if verdict, err := engine.Judge(token, now, nil); err != nil || !verdict.Accepted() {
				b.Error(err)
			}
		}
	})
}

// The ratio to the bare check, by the best of many short rounds of each in turn: the machine may be busy.
func BenchmarkRatioOfFirstToBare(b *testing.B) {
	engine, token := build(b, config(b)), token(b, "pod-live")
	dot := bytes.LastIndexByte(token, '.')
	signature, err := base64.RawURLEncoding.DecodeString(string(token[dot+1:]))
	if err != nil {
		b.Fatal(err)
	}
	key := bareKey(b)
	bare := func() {
		digest := sha256.Sum256(token[:dot])
		if rsa.VerifyPKCS1v15(key, crypto.SHA256, digest[:], signature) != nil {
			b.Fatal("it does not hold")
		}
	}
	first := func() {
		if verdict, err := engine.Judge(token, now, nil); err != nil || !verdict.Accepted() {
			b.Fatal(err)
		}
	}
	best := func(of func()) time.Duration {
		const calls = 100
		start := time.Now()
		for range calls {
			of()
		}
		return time.Since(start) / calls
	}
	for b.Loop() {
		fastest := [2]time.Duration{time.Hour, time.Hour}
		for range 100 {
			for of, call := range []func(){bare, first} {
				fastest[of] = min(fastest[of], best(call))
			}
		}
		b.ReportMetric(float64(fastest[1])/float64(fastest[0]), "ratio")
		b.ReportMetric(float64(fastest[0].Nanoseconds()), "bare-ns")
		b.ReportMetric(float64(fastest[1].Nanoseconds()), "first-ns")
	}
}
