package engine

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"slices"
	"testing"
)

// A key that stays parsed is a copy. What is written later to where its bytes were in the memory of an instance does not change it.
func TestParsedKeysAreCopies(t *testing.T) {
	private, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	curve, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	edwards, _, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range []interface{ Equal(crypto.PublicKey) bool }{&private.PublicKey, &curve.PublicKey, edwards} {
		spki, err := x509.MarshalPKIXPublicKey(key)
		if err != nil {
			t.Fatal(err)
		}
		var cache keyCache
		memory := slices.Clone(spki)
		if !key.Equal(cache.get(memory)) {
			t.Errorf("%T: another key", key)
		}
		clear(memory)
		if !key.Equal(cache.get(spki)) {
			t.Errorf("%T: another key after its memory was written to", key)
		}
	}
}
