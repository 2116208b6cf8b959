// Package recordtest writes records, for tests that need no engine.
package recordtest

import (
	"encoding/binary"

	"boundtoken.dev/go/internal/record"
)

// Builder writes one record.
type Builder struct {
	status, httpStatus, confirmed uint32
	times                         map[record.Time]int64
	texts                         map[record.Text]string
	arrays                        map[record.Array][]string
	objects                       []Object
	attestations                  []Attestation
}

// Object is a bound object.
type Object struct {
	Kind                 uint32
	Namespace, Name, UID string
}

// Attestation is an attestation.
type Attestation struct {
	Name   string
	Values []string
}

// New begins a record.
func New(status, httpStatus, confirmed uint32) *Builder {
	return &Builder{
		status: status, httpStatus: httpStatus, confirmed: confirmed,
		times:  map[record.Time]int64{record.ExpiresAt: -1, record.NotBefore: -1, record.IssuedAt: -1, record.WarnAfter: -1},
		texts:  map[record.Text]string{},
		arrays: map[record.Array][]string{},
	}
}

// Time sets a time.
func (b *Builder) Time(time record.Time, seconds int64) *Builder { b.times[time] = seconds; return b }

// Text sets a text.
func (b *Builder) Text(at record.Text, text string) *Builder { b.texts[at] = text; return b }

// Texts sets an array of texts. The array of pairs takes keys and values in turn.
func (b *Builder) Texts(array record.Array, texts ...string) *Builder {
	b.arrays[array] = texts
	return b
}

// Objects sets the bound objects.
func (b *Builder) Objects(objects ...Object) *Builder { b.objects = objects; return b }

// Attestations sets the attestations.
func (b *Builder) Attestations(attestations ...Attestation) *Builder {
	b.attestations = attestations
	return b
}

// Bytes returns the record.
func (b *Builder) Bytes() []byte {
	bytes := make([]byte, 296)
	put := func(at int, number uint32) { binary.LittleEndian.PutUint32(bytes[at:], number) }
	text := func(at int, text string) {
		if text == "" {
			put(at, 0)
			put(at+4, 0)
			return
		}
		put(at, uint32(len(bytes)))
		put(at+4, uint32(len(text)))
		bytes = append(bytes, text...)
	}
	// reserve makes room for an array, and returns where it begins.
	reserve := func(at, count, size int) int {
		for len(bytes)%8 != 0 {
			bytes = append(bytes, 0)
		}
		start := len(bytes)
		put(at, uint32(start))
		put(at+4, uint32(count))
		bytes = append(bytes, make([]byte, count*size)...)
		return start
	}
	texts := func(at int, elements []string) {
		start := reserve(at, len(elements), 8)
		for i, element := range elements {
			text(start+8*i, element)
		}
	}
	put(0, record.Version)
	put(4, b.status)
	put(12, b.httpStatus)
	put(16, b.confirmed)
	put(20, 296)
	for time, seconds := range b.times {
		binary.LittleEndian.PutUint64(bytes[time:], uint64(seconds))
	}
	for at, value := range b.texts {
		text(int(at), value)
	}
	for array, elements := range b.arrays {
		texts(int(array), elements)
		if array == record.Extra {
			put(int(array)+4, uint32(len(elements)/2))
		}
	}
	start := reserve(int(record.BoundObjects), len(b.objects), 32)
	for i, object := range b.objects {
		at := start + 32*i
		put(at, object.Kind)
		text(at+8, object.Namespace)
		text(at+16, object.Name)
		text(at+24, object.UID)
	}
	start = reserve(int(record.Attestations), len(b.attestations), 16)
	for i, attestation := range b.attestations {
		text(start+16*i, attestation.Name)
		texts(start+16*i+8, attestation.Values)
	}
	put(8, uint32(len(bytes)))
	return bytes
}

// Accepted returns the record of a token of the pod demo/live of the service account demo/app.
func Accepted(confirmed uint32, expiresAt int64) *Builder {
	return New(0, 200, confirmed).
		Time(record.ExpiresAt, expiresAt).
		Time(record.NotBefore, expiresAt-3600).
		Time(record.IssuedAt, expiresAt-3600).
		Text(record.Payload, `{"sub":"system:serviceaccount:demo:app"}`).
		Text(record.Issuer, "https://kubernetes.default.svc.cluster.local").
		Text(record.IssuerLabel, "https://kubernetes.default.svc.cluster.local").
		Text(record.Subject, "system:serviceaccount:demo:app").
		Text(record.Namespace, "demo").
		Text(record.ServiceAccountName, "app").
		Text(record.ServiceAccountUID, "uid-app").
		Text(record.JTI, "11111111").
		Text(record.CredentialID, "JTI=11111111").
		Text(record.PodName, "live").
		Text(record.PodUID, "uid-live").
		Text(record.NodeName, "node-1").
		Texts(record.MatchedAudiences, "vault").
		Texts(record.Audiences, "vault", "api").
		Texts(record.Groups, "system:serviceaccounts", "system:serviceaccounts:demo", "system:authenticated").
		Texts(record.Extra, "authentication.kubernetes.io/credential-id", "JTI=11111111",
			"authentication.kubernetes.io/pod-name", "live").
		Objects(
			Object{Kind: 1, Namespace: "demo", Name: "app", UID: "uid-app"},
			Object{Kind: 3, Namespace: "demo", Name: "live", UID: "uid-live"},
		)
}

// Refused returns the record of a refusal.
func Refused(status, httpStatus uint32, name, message, challenge string) *Builder {
	return New(status, httpStatus, 0).
		Text(record.Name, name).Text(record.Message, message).Text(record.WWWAuthenticate, challenge)
}
