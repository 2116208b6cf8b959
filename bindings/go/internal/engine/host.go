package engine

import (
	"bytes"
	"crypto"
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/x509"
	"encoding/binary"
	"maps"
	"math/big"
	"sync"
	"sync/atomic"
)

// The functions that the translated code imports. Their names are given: see bindings/go/guest/src/imports.rs.

// The numbers of algorithms.
const (
	rs256 = 1 + iota
	rs384
	rs512
	ps256
	ps384
	ps512
	es256
	es384
	es512
	edDSA
)

// Xverify_signature tells whether a key signed a message. This is the only answer about a signature that is ever believed.
func (i *instance) Xverify_signature(algorithm, key, keySize, message, messageSize, signature, signatureSize int32) int32 {
	public := i.engine.keys.get(i.bytes(key, keySize))
	return truth(verify(algorithm, public, i.bytes(message, messageSize), i.bytes(signature, signatureSize)))
}

// Xaccepts_key tells whether a key can be used. The point of an elliptic curve key must be on its curve.
func (i *instance) Xaccepts_key(algorithm, key, keySize int32) int32 {
	switch public := i.engine.keys.get(i.bytes(key, keySize)).(type) {
	case *rsa.PublicKey:
		// Go verifies with no larger exponent.
		const largest = 1<<31 - 1
		return truth(algorithm >= rs256 && algorithm <= ps512 && public.E <= largest)
	case *ecdsa.PublicKey:
		return truth(algorithm >= es256 && algorithm <= es512)
	case ed25519.PublicKey:
		return truth(algorithm == edDSA)
	}
	return 0
}

func verify(algorithm int32, key any, message, signature []byte) bool {
	hash, digest := hashed(algorithm, message)
	switch key := key.(type) {
	case *rsa.PublicKey:
		switch algorithm {
		case rs256, rs384, rs512:
			return rsa.VerifyPKCS1v15(key, hash, digest, signature) == nil
		case ps256, ps384, ps512:
			options := rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash, Hash: hash}
			return rsa.VerifyPSS(key, hash, digest, signature, &options) == nil
		}
	case *ecdsa.PublicKey:
		switch algorithm {
		case es256, es384, es512:
			half := len(signature) / 2
			r, s := new(big.Int).SetBytes(signature[:half]), new(big.Int).SetBytes(signature[half:])
			return ecdsa.Verify(key, digest, r, s)
		}
	case ed25519.PublicKey:
		return algorithm == edDSA && ed25519.Verify(key, message, signature)
	}
	return false
}

func hashed(algorithm int32, message []byte) (crypto.Hash, []byte) {
	switch algorithm {
	case rs256, ps256, es256:
		digest := sha256.Sum256(message)
		return crypto.SHA256, digest[:]
	case rs384, ps384, es384:
		digest := sha512.Sum384(message)
		return crypto.SHA384, digest[:]
	case rs512, ps512, es512:
		digest := sha512.Sum512(message)
		return crypto.SHA512, digest[:]
	}
	return 0, nil
}

// Xpublic_key writes the public key of a private key.
func (i *instance) Xpublic_key(kind, private, privateSize, public, capacity int32) int32 {
	number := i.bytes(private, privateSize)
	var derived []byte
	switch kind {
	case 1, 2, 3:
		curve := [...]ecdh.Curve{ecdh.P256(), ecdh.P384(), ecdh.P521()}[kind-1]
		key, err := curve.NewPrivateKey(number)
		if err != nil {
			return 0
		}
		derived = key.PublicKey().Bytes()
	case 4:
		if len(number) != ed25519.SeedSize {
			return 0
		}
		derived = ed25519.NewKeyFromSeed(number)[ed25519.SeedSize:]
	}
	if len(derived) > int(capacity) {
		return 0
	}
	return int32(copy(i.bytes(public, capacity), derived))
}

// Xsha256 writes a hash.
func (i *instance) Xsha256(message, size, to int32) {
	digest := sha256.Sum256(i.bytes(message, size))
	copy(i.bytes(to, sha256.Size), digest[:])
}

// Xfind tells where a byte is. Nowhere is -1, which is beyond every size.
func (i *instance) Xfind(char, text, size int32) int32 {
	return int32(bytes.IndexByte(i.bytes(text, size), byte(char)))
}

// Xdecode_base64url decodes the beginning of base64url, up to what is not a letter of it.
func (i *instance) Xdecode_base64url(encoded, size, to, capacity int32) int32 {
	return int32(decodeBase64url(i.bytes(encoded, size), i.bytes(to, capacity)))
}

// Xcompare compares memory.
func (i *instance) Xcompare(one, other, size int32) int32 {
	return int32(bytes.Compare(i.bytes(one, size), i.bytes(other, size)))
}

// Xrandom writes random numbers.
func (i *instance) Xrandom(to, size int32) int32 {
	_, err := rand.Read(i.bytes(to, size))
	return truth(err == nil)
}

// Xkeys_are_stale tells whether the keys of an issuer are older than allowed.
func (i *instance) Xkeys_are_stale(issuer int32) int32 {
	stale := i.engine.issuers[issuer].stale
	return truth(stale != nil && stale())
}

// Xfreshness tells how well the objects of an issuer are known.
func (i *instance) Xfreshness(issuer int32) int32 {
	return int32(i.engine.sources[issuer].Freshness())
}

// The answer about an object that is present: see Answer in imports.rs.
const (
	answerDeleted  = 0
	answerDeleting = 8
	answerUIDSize  = 12
	answerUID      = 16
	largestUID     = 256
	answerSize     = answerUID + largestUID
)

// Xobject_state tells of an object.
func (i *instance) Xobject_state(issuer, kind, namespace, namespaceSize, name, nameSize, answer int32) int32 {
	source := i.engine.sources[issuer]
	state, uid, deleted, deleting := source.State(
		uint32(kind), string(i.bytes(namespace, namespaceSize)), string(i.bytes(name, nameSize)))
	if state != Present {
		return int32(state)
	}
	if len(uid) > largestUID {
		// A part of it could be the uid of another object.
		return int32(Unavailable)
	}
	to := i.bytes(answer, answerSize)
	binary.LittleEndian.PutUint64(to[answerDeleted:], uint64(deleted))
	binary.LittleEndian.PutUint32(to[answerDeleting:], uint32(truth(deleting)))
	binary.LittleEndian.PutUint32(to[answerUIDSize:], uint32(len(uid)))
	copy(to[answerUID:], uid)
	return int32(Present)
}

// Xis_gone tells whether an object is known to be deleted.
func (i *instance) Xis_gone(issuer, kind, namespace, namespaceSize, name, nameSize, uid, uidSize int32) int32 {
	gone := i.engine.sources[issuer].IsGone(uint32(kind), string(i.bytes(namespace, namespaceSize)),
		string(i.bytes(name, nameSize)), string(i.bytes(uid, uidSize)))
	return truth(gone)
}

func truth(truth bool) int32 {
	if truth {
		return 1
	}
	return 0
}

// The most keys that stay parsed. Then it starts anew: keys that are in use come back at once.
const largestKeyCache = 4096

// keyCache keeps parsed public keys by their bytes. Readers take no lock.
type keyCache struct {
	parsed  atomic.Pointer[map[string]any]
	writing sync.Mutex
}

// get returns the key of a SubjectPublicKeyInfo, or nil if it is none.
func (c *keyCache) get(spki []byte) any {
	if parsed := c.parsed.Load(); parsed != nil {
		if key, known := (*parsed)[string(spki)]; known {
			return key
		}
	}
	// It checks that a point is on its curve. An Ed25519 key that it returns is a part of what it was given, and the memory of an
	// instance is written to again.
	key, err := x509.ParsePKIXPublicKey(bytes.Clone(spki))
	if err != nil {
		return nil
	}
	c.writing.Lock()
	defer c.writing.Unlock()
	more := map[string]any{}
	if parsed := c.parsed.Load(); parsed != nil && len(*parsed) < largestKeyCache {
		more = maps.Clone(*parsed)
	}
	more[string(spki)] = key
	c.parsed.Store(&more)
	return key
}
