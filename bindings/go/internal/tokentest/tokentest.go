// Package tokentest issues tokens for tests, like the API server does.
package tokentest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"time"
)

// Issuer issues tokens under one key.
type Issuer struct {
	Name string
	kid  string
	key  *ecdsa.PrivateKey
}

// Token says what to issue. Empty members get the values of the pod demo/live of the service account demo/app.
type Token struct {
	Namespace, ServiceAccount, ServiceAccountUID string
	Pod, PodUID, Node                            string
	// Unbound leaves the pod out.
	Unbound   bool
	Audiences []string
	IssuedAt  time.Time
	Lifetime  time.Duration
}

// New returns an issuer with a key of its own.
func New(name string) *Issuer {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err)
	}
	kid := make([]byte, 8)
	rand.Read(kid)
	return &Issuer{Name: name, kid: fmt.Sprintf("%x", kid), key: key}
}

// JWKS returns the key set of some issuers.
func JWKS(issuers ...*Issuer) []byte {
	keys := []map[string]string{}
	for _, issuer := range issuers {
		point, err := issuer.key.PublicKey.ECDH()
		if err != nil {
			panic(err)
		}
		bytes := point.Bytes()
		keys = append(keys, map[string]string{
			"kty": "EC", "crv": "P-256", "alg": "ES256", "use": "sig", "kid": issuer.kid,
			"x": encode(bytes[1:33]), "y": encode(bytes[33:]),
		})
	}
	document, err := json.Marshal(map[string]any{"keys": keys})
	if err != nil {
		panic(err)
	}
	return document
}

// JWKS returns the key set of the issuer.
func (i *Issuer) JWKS() []byte { return JWKS(i) }

// Issue issues a token.
func (i *Issuer) Issue(token Token) string {
	or := func(text, otherwise string) string {
		if text == "" {
			return otherwise
		}
		return text
	}
	namespace, account := or(token.Namespace, "demo"), or(token.ServiceAccount, "app")
	if token.Audiences == nil {
		token.Audiences = []string{"vault"}
	}
	if token.IssuedAt.IsZero() {
		token.IssuedAt = time.Now()
	}
	if token.Lifetime == 0 {
		token.Lifetime = time.Hour
	}
	jti := make([]byte, 16)
	rand.Read(jti)
	bound := map[string]any{
		"namespace":      namespace,
		"serviceaccount": map[string]string{"name": account, "uid": or(token.ServiceAccountUID, "uid-app")},
	}
	if !token.Unbound {
		bound["pod"] = map[string]string{"name": or(token.Pod, "live"), "uid": or(token.PodUID, "uid-live")}
		bound["node"] = map[string]string{"name": or(token.Node, "node-1"), "uid": "uid-node-1"}
	}
	return i.Sign(map[string]any{
		"aud": token.Audiences, "iss": i.Name, "jti": fmt.Sprintf("%x-%x", jti[:8], jti[8:]),
		"iat": token.IssuedAt.Unix(), "nbf": token.IssuedAt.Unix(), "exp": token.IssuedAt.Add(token.Lifetime).Unix(),
		"sub": "system:serviceaccount:" + namespace + ":" + account, "kubernetes.io": bound,
	})
}

// Sign signs claims.
func (i *Issuer) Sign(claims map[string]any) string {
	header, err := json.Marshal(map[string]string{"alg": "ES256", "kid": i.kid})
	if err != nil {
		panic(err)
	}
	payload, err := json.Marshal(claims)
	if err != nil {
		panic(err)
	}
	signed := encode(header) + "." + encode(payload)
	digest := sha256.Sum256([]byte(signed))
	r, s, err := ecdsa.Sign(rand.Reader, i.key, digest[:])
	if err != nil {
		panic(err)
	}
	signature := make([]byte, 64)
	r.FillBytes(signature[:32])
	s.FillBytes(signature[32:])
	return signed + "." + encode(signature)
}

func encode(bytes []byte) string { return base64.RawURLEncoding.EncodeToString(bytes) }
