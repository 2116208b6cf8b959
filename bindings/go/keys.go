package boundtoken

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
	"weak"
)

// KeySet is the public keys of one issuer. They may be replaced at any time, even while goroutines verify with them. One key
// set may serve any number of verifiers.
type KeySet struct {
	age       keyAge
	mutex     sync.Mutex
	document  keyDocument
	skipped   []string
	attached  []attachment
	onUnknown func(context.Context)
}

// keyDocument is what keys are read from: a JWKS or PEM.
type keyDocument struct{ jwks, pem []byte }

// attachment is an issuer of a verifier that uses the keys. It does not keep the verifier alive.
type attachment struct {
	verifier weak.Pointer[Verifier]
	issuer   int
}

// JWKS returns the keys of a JSON Web Key Set (RFC 7517 section 5), such as a cluster serves at /openid/v1/jwks. The document
// is read by [New], which reports what is wrong with it.
func JWKS(document []byte) *KeySet {
	return newKeySet(keyDocument{jwks: bytes.Clone(document)})
}

// PEM returns the keys of a PEM file, such as the API server takes for --service-account-key-file. The document is read by
// [New], which reports what is wrong with it.
func PEM(document []byte) *KeySet {
	return newKeySet(keyDocument{pem: bytes.Clone(document)})
}

func newKeySet(document keyDocument) *KeySet {
	keys, now := &KeySet{document: document}, time.Now()
	keys.age.asOf.Store(&now)
	return keys
}

// Replace replaces the keys by those of a JSON Web Key Set. When it returns nil, every verification that begins uses the new
// keys, and no token is remembered under the old ones. A key set without a usable key withdraws all keys.
//
// If the document cannot be read, the keys stay as they are.
func (k *KeySet) Replace(jwks []byte) error { return k.ReplaceAsOf(jwks, time.Now()) }

// ReplaceAsOf replaces the keys like [KeySet.Replace]. Their age counts from a time: pass the one at which they were asked for.
func (k *KeySet) ReplaceAsOf(jwks []byte, asked time.Time) error {
	return k.replace(keyDocument{jwks: bytes.Clone(jwks)}, asked)
}

// ReplacePEM replaces the keys by those of a PEM file, like [KeySet.Replace].
func (k *KeySet) ReplacePEM(pem []byte) error {
	return k.replace(keyDocument{pem: bytes.Clone(pem)}, time.Now())
}

func (k *KeySet) replace(document keyDocument, asOf time.Time) error {
	k.mutex.Lock()
	defer k.mutex.Unlock()
	if !document.equals(k.document) {
		if err := k.replaceEverywhere(document); err != nil {
			return fmt.Errorf("boundtoken: the keys were not replaced: %w", err)
		}
	}
	// Comes last: who looks at the age first and then at the keys must not take old keys for new ones.
	k.age.asOf.Store(&asOf)
	return nil
}

func (d keyDocument) equals(other keyDocument) bool {
	return bytes.Equal(d.jwks, other.jwks) && bytes.Equal(d.pem, other.pem)
}

// replaceEverywhere replaces the keys in every verifier. The caller holds the mutex.
func (k *KeySet) replaceEverywhere(document keyDocument) error {
	attached := k.attached[:0]
	var failures []error
	for _, attachment := range k.attached {
		verifier := attachment.verifier.Value()
		if verifier == nil {
			continue
		}
		attached = append(attached, attachment)
		skipped, err := verifier.replaceKeys(attachment.issuer, document)
		if err != nil {
			failures = append(failures, err)
			continue
		}
		k.skipped = skipped
		verifier.reportSkipped(attachment.issuer, skipped)
	}
	clear(k.attached[len(attached):])
	k.attached = attached
	if err := errors.Join(failures...); err != nil {
		return err
	}
	k.document = document
	return nil
}

// Skipped says which keys of the document could not be used, and why. It is empty until a verifier has read the document.
func (k *KeySet) Skipped() []string {
	k.mutex.Lock()
	defer k.mutex.Unlock()
	return append([]string(nil), k.skipped...)
}

// OnUnknownKey sets what a verifier calls when a token names a key that is not in the set, or when the keys are too old. The
// function may load the keys and replace them. The verifier then looks once more. It must bound how often it loads and how long it takes, because anybody can
// send such tokens. Set it before the key set is used.
func (k *KeySet) OnUnknownKey(refresh func(context.Context)) {
	k.mutex.Lock()
	defer k.mutex.Unlock()
	k.onUnknown = refresh
}

func (k *KeySet) refresher() func(context.Context) {
	k.mutex.Lock()
	defer k.mutex.Unlock()
	return k.onUnknown
}

func (k *KeySet) current() keyDocument {
	k.mutex.Lock()
	defer k.mutex.Unlock()
	return k.document
}

// attach has the keys of an issuer replaced from now on. used is what the verifier was made with.
func (k *KeySet) attach(verifier *Verifier, issuer int, used keyDocument) error {
	k.mutex.Lock()
	defer k.mutex.Unlock()
	k.skipped = verifier.engine.Skipped(issuer)
	verifier.reportSkipped(issuer, k.skipped)
	if !used.equals(k.document) {
		if _, err := verifier.replaceKeys(issuer, k.document); err != nil {
			return err
		}
	}
	k.attached = append(k.attached, attachment{weak.Make(verifier), issuer})
	return nil
}

// bringTo replaces the keys of an engine, unless it was made with these.
func (k *KeySet) bringTo(engine judge, issuer int, used keyDocument) error {
	k.mutex.Lock()
	defer k.mutex.Unlock()
	if used.equals(k.document) {
		return nil
	}
	_, err := engine.ReplaceKeys(issuer, k.document.jwks, k.document.pem)
	return err
}

// String returns how many verifiers use the keys.
func (k *KeySet) String() string {
	k.mutex.Lock()
	defer k.mutex.Unlock()
	return fmt.Sprintf("KeySet{verifiers: %d}", len(k.attached))
}

// GoString returns what String returns.
func (k *KeySet) GoString() string { return k.String() }
