package engine

import (
	"crypto"
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"math/big"
	"strings"
	"testing"
)

// A key that signs with one algorithm, and how it is published.
type signer struct {
	algorithm string
	jwk       map[string]string
	sign      func(message []byte) []byte
}

func encoded(bytes []byte) string { return base64.RawURLEncoding.EncodeToString(bytes) }

func must[T any](t testing.TB) func(T, error) T {
	return func(value T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return value
	}
}

func rsaSigner(t testing.TB, algorithm string, key *rsa.PrivateKey, hash crypto.Hash, options crypto.SignerOpts) signer {
	exponent := big.NewInt(int64(key.E)).Bytes()
	return signer{algorithm, map[string]string{"kty": "RSA", "n": encoded(key.N.Bytes()), "e": encoded(exponent)}, func(message []byte) []byte {
		return must[[]byte](t)(key.Sign(rand.Reader, digest(hash, message), options))
	}}
}

func digest(hash crypto.Hash, message []byte) []byte {
	hasher := hash.New()
	hasher.Write(message)
	return hasher.Sum(nil)
}

func ecSigner(t testing.TB, algorithm string, curve elliptic.Curve, hash crypto.Hash) signer {
	key := must[*ecdsa.PrivateKey](t)(ecdsa.GenerateKey(curve, rand.Reader))
	point := must[*ecdh.PrivateKey](t)(key.ECDH()).PublicKey().Bytes()
	size := len(point) / 2
	jwk := map[string]string{"kty": "EC", "crv": curve.Params().Name, "x": encoded(point[1 : 1+size]), "y": encoded(point[1+size:])}
	return signer{algorithm, jwk, func(message []byte) []byte {
		r, s, err := ecdsa.Sign(rand.Reader, key, digest(hash, message))
		if err != nil {
			t.Fatal(err)
		}
		return append(r.FillBytes(make([]byte, size)), s.FillBytes(make([]byte, size))...)
	}}
}

func signers(t testing.TB) []signer {
	key := must[*rsa.PrivateKey](t)(rsa.GenerateKey(rand.Reader, 2048))
	pss := func(hash crypto.Hash) *rsa.PSSOptions {
		return &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash, Hash: hash}
	}
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return []signer{
		rsaSigner(t, "RS256", key, crypto.SHA256, crypto.SHA256),
		rsaSigner(t, "RS384", key, crypto.SHA384, crypto.SHA384),
		rsaSigner(t, "RS512", key, crypto.SHA512, crypto.SHA512),
		rsaSigner(t, "PS256", key, crypto.SHA256, pss(crypto.SHA256)),
		rsaSigner(t, "PS384", key, crypto.SHA384, pss(crypto.SHA384)),
		rsaSigner(t, "PS512", key, crypto.SHA512, pss(crypto.SHA512)),
		ecSigner(t, "ES256", elliptic.P256(), crypto.SHA256),
		ecSigner(t, "ES384", elliptic.P384(), crypto.SHA384),
		ecSigner(t, "ES512", elliptic.P521(), crypto.SHA512),
		{"EdDSA", map[string]string{"kty": "OKP", "crv": "Ed25519", "x": encoded(public)}, func(message []byte) []byte {
			return ed25519.Sign(private, message)
		}},
	}
}

// token signs the claims of a captured token.
func (s *signer) token(t testing.TB) string {
	claims := strings.Split(string(token(t, "pod-live")), ".")[1]
	header := encoded([]byte(`{"alg":"` + s.algorithm + `","kid":"` + s.algorithm + `"}`))
	message := header + "." + claims
	return message + "." + encoded(s.sign([]byte(message)))
}

func jwks(t testing.TB, signers []signer) []byte {
	var keys []map[string]string
	for _, signer := range signers {
		signer.jwk["kid"], signer.jwk["alg"] = signer.algorithm, signer.algorithm
		keys = append(keys, signer.jwk)
	}
	return must[[]byte](t)(json.Marshal(map[string]any{"keys": keys}))
}

func TestEveryAlgorithmIsCheckedByGosCryptography(t *testing.T) {
	signers := signers(t)
	config := config(t)
	config.Issuers[0].JWKS = jwks(t, signers)
	engine := build(t, config)
	if skipped := engine.Skipped(0); len(skipped) != 0 {
		t.Fatal(skipped)
	}
	for _, signer := range signers {
		good := signer.token(t)
		if verdict := judge(t, engine, []byte(good), now, nil); !verdict.Accepted() {
			t.Errorf("%s: %s", signer.algorithm, text(verdict.Record, message))
		}
		dot := strings.LastIndexByte(good, '.')
		signature := must[[]byte](t)(base64.RawURLEncoding.DecodeString(good[dot+1:]))
		reasons := map[uint32]bool{}
		for _, place := range []int{0, 1, len(signature) / 2, len(signature) - 1} {
			signature[place] ^= 0x10
			verdict := judge(t, engine, []byte(good[:dot+1]+encoded(signature)), now, nil)
			reasons[status(verdict.Record)] = true
			signature[place] ^= 0x10
		}
		for _, wrong := range [][]byte{make([]byte, len(signature)), signature[1:], append([]byte{0}, signature...), nil} {
			verdict := judge(t, engine, []byte(good[:dot+1]+encoded(wrong)), now, nil)
			reasons[status(verdict.Record)] = true
		}
		if len(reasons) != 1 || reasons[0] {
			t.Errorf("%s: %v", signer.algorithm, reasons)
		}
	}
	// A salt of another length.
	key := must[*rsa.PrivateKey](t)(rsa.GenerateKey(rand.Reader, 2048))
	short := rsaSigner(t, "PS256", key, crypto.SHA256, &rsa.PSSOptions{SaltLength: 20, Hash: crypto.SHA256})
	config.Issuers[0].JWKS = jwks(t, []signer{short})
	if judge(t, build(t, config), []byte(short.token(t)), now, nil).Accepted() {
		t.Error("a short salt")
	}
	pkcs1 := rsaSigner(t, "PS256", key, crypto.SHA256, crypto.SHA256)
	if judge(t, build(t, config), []byte(pkcs1.token(t)), now, nil).Accepted() {
		t.Error("PKCS #1 for PSS")
	}
}

func TestPointsThatAreNotOnTheirCurvesAreSkipped(t *testing.T) {
	good := ecSigner(t, "ES256", elliptic.P256(), crypto.SHA256)
	bad := ecSigner(t, "ES384", elliptic.P384(), crypto.SHA384)
	bad.jwk["y"] = bad.jwk["x"]
	large := rsaSigner(t, "RS256", must[*rsa.PrivateKey](t)(rsa.GenerateKey(rand.Reader, 2048)), crypto.SHA256, crypto.SHA256)
	// 2^33 - 1, which Go cannot use.
	large.jwk["e"] = encoded([]byte{1, 0xff, 0xff, 0xff, 0xff})
	config := config(t)
	config.Issuers[0].JWKS = jwks(t, []signer{good, bad, large})
	engine := build(t, config)
	skipped := engine.Skipped(0)
	if len(skipped) != 2 || !strings.Contains(skipped[0], "not an uncompressed point on its curve") || !strings.Contains(skipped[1], "invalid RSA key") {
		t.Errorf("%q", skipped)
	}
	if verdict := judge(t, engine, []byte(good.token(t)), now, nil); !verdict.Accepted() {
		t.Error(text(verdict.Record, message))
	}
}
