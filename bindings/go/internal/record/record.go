// Package record reads records: what the engine says about a token, in one piece of memory.
//
// The header include/boundtoken.h describes the form byte by byte. A record has no pointers, so it is kept as it is, and
// read when somebody asks. Every text that it lends is a part of it.
package record

import (
	"errors"
	"fmt"
)

// Version is the version of the form that this package reads.
const Version = 1

// headerSize is the size of the header in version 1. Later versions append to it.
const headerSize = 296

// Record is a record that has been checked. It is immutable.
type Record struct{ bytes string }

// Text is the offset of a text in the header.
type Text uint32

// The texts of the header.
const (
	Name                               Text = 72
	Message                            Text = 80
	WWWAuthenticate                    Text = 88
	Payload                            Text = 96
	Issuer                             Text = 104
	IssuerLabel                        Text = 112
	Subject                            Text = 120
	Namespace                          Text = 128
	ServiceAccountName                 Text = 136
	ServiceAccountUID                  Text = 144
	JTI                                Text = 152
	CredentialID                       Text = 160
	PodName                            Text = 168
	PodUID                             Text = 176
	SecretName                         Text = 184
	SecretUID                          Text = 192
	NodeName                           Text = 200
	NodeUID                            Text = 208
	ValidatingWebhookConfigurationName Text = 216
	ValidatingWebhookConfigurationUID  Text = 224
	MutatingWebhookConfigurationName   Text = 232
	MutatingWebhookConfigurationUID    Text = 240
)

// Array is the offset of an array in the header.
type Array uint32

// The arrays of the header.
const (
	MatchedAudiences  Array = 64
	Audiences         Array = 248
	Groups            Array = 256
	Extra             Array = 264
	BoundObjects      Array = 272
	AttestedAPIGroups Array = 280
	Attestations      Array = 288
)

// Time is the offset of a time in the header.
type Time uint32

// The times of the header.
const (
	ExpiresAt Time = 32
	NotBefore Time = 40
	IssuedAt  Time = 48
	WarnAfter Time = 56
)

// The sizes of elements of arrays.
const (
	sizeOfText        = 8
	sizeOfPair        = 16
	sizeOfObject      = 32
	sizeOfAttestation = 16
)

var errUndecided = errors.New("the record decides nothing")

// Parse checks a record and takes a copy of it. All its offsets lie within it, so that reading cannot fail later.
func Parse(bytes []byte) (Record, error) {
	r := Record{bytes: string(bytes)}
	if len(bytes) < headerSize {
		return Record{}, fmt.Errorf("a record of %d bytes, and its header has %d", len(bytes), headerSize)
	}
	switch version := r.uint32(0); version {
	case Version:
	case 0:
		return Record{}, errUndecided
	default:
		return Record{}, fmt.Errorf("a record of version %d", version)
	}
	if size := r.uint32(8); uint64(size) != uint64(len(bytes)) {
		return Record{}, fmt.Errorf("a record of %d bytes says that it has %d", len(bytes), size)
	}
	if header := r.uint32(20); header < headerSize || uint64(header) > uint64(len(bytes)) {
		return Record{}, fmt.Errorf("a record with a header of %d bytes", header)
	}
	if !r.isWithin() {
		return Record{}, errors.New("a record refers to what is not in it")
	}
	return r, nil
}

func (r Record) isWithin() bool {
	for text := Name; text <= MutatingWebhookConfigurationUID; text += sizeOfText {
		if !r.hasTextAt(uint32(text)) {
			return false
		}
	}
	for _, array := range []Array{MatchedAudiences, Audiences, Groups, AttestedAPIGroups} {
		if !r.hasArrayAt(uint32(array), sizeOfText, 0) {
			return false
		}
	}
	if !r.hasArrayAt(uint32(Extra), sizeOfPair, 0, 8) || !r.hasArrayAt(uint32(BoundObjects), sizeOfObject, 8, 16, 24) ||
		!r.hasArrayAt(uint32(Attestations), sizeOfAttestation, 0) {
		return false
	}
	for i := range r.Len(Attestations) {
		if !r.hasArrayAt(r.element(Attestations, i, sizeOfAttestation)+8, sizeOfText, 0) {
			return false
		}
	}
	return true
}

// hasArrayAt reports whether the array that is described at an offset lies within the record, with the texts at these
// offsets of its elements.
func (r Record) hasArrayAt(at uint32, size uint64, texts ...uint32) bool {
	offset, count := r.uint32(at), r.uint32(at+4)
	if count == 0 {
		return true
	}
	if uint64(offset)+uint64(count)*size > uint64(len(r.bytes)) {
		return false
	}
	for i := range count {
		for _, text := range texts {
			if !r.hasTextAt(offset + i*uint32(size) + text) {
				return false
			}
		}
	}
	return true
}

func (r Record) hasTextAt(at uint32) bool {
	return uint64(r.uint32(at))+uint64(r.uint32(at+4)) <= uint64(len(r.bytes))
}

// Size returns the size of the record in bytes.
func (r Record) Size() int { return len(r.bytes) }

// Status returns the status. Only 0 accepts the token.
func (r Record) Status() uint32 { return r.uint32(4) }

// HTTPStatus returns the status of an HTTP answer that refuses the request. 200 for an accepted token.
func (r Record) HTTPStatus() int { return int(r.uint32(12)) }

// Confirmed returns whether the objects that the token is bound to were confirmed to exist.
func (r Record) Confirmed() uint32 { return r.uint32(16) }

// Seconds returns a time in Unix seconds. It is -1 if it is absent.
func (r Record) Seconds(time Time) int64 {
	return int64(uint64(r.uint32(uint32(time))) | uint64(r.uint32(uint32(time)+4))<<32)
}

// Text returns a text. It is empty if it is absent.
func (r Record) Text(text Text) string { return r.textAt(uint32(text)) }

// Len returns the number of elements of an array.
func (r Record) Len(array Array) int { return int(r.uint32(uint32(array) + 4)) }

// TextOf returns an element of an array of texts.
func (r Record) TextOf(array Array, i int) string {
	return r.textAt(r.element(array, i, sizeOfText))
}

// Texts returns the elements of an array of texts.
func (r Record) Texts(array Array) []string {
	return r.textsAt(uint32(array))
}

// Pair returns an element of an array of pairs.
func (r Record) Pair(array Array, i int) (key, value string) {
	at := r.element(array, i, sizeOfPair)
	return r.textAt(at), r.textAt(at + 8)
}

// Object returns an element of the array of bound objects.
func (r Record) Object(i int) (kind uint32, namespace, name, uid string) {
	at := r.element(BoundObjects, i, sizeOfObject)
	return r.uint32(at), r.textAt(at + 8), r.textAt(at + 16), r.textAt(at + 24)
}

// Attestation returns an element of the array of attestations.
func (r Record) Attestation(i int) (name string, values []string) {
	at := r.element(Attestations, i, sizeOfAttestation)
	return r.textAt(at), r.textsAt(at + 8)
}

func (r Record) element(array Array, i int, size uint32) uint32 {
	return r.uint32(uint32(array)) + uint32(i)*size
}

func (r Record) textsAt(at uint32) []string {
	offset, count := r.uint32(at), r.uint32(at+4)
	if count == 0 {
		return nil
	}
	texts := make([]string, count)
	for i := range count {
		texts[i] = r.textAt(offset + i*sizeOfText)
	}
	return texts
}

func (r Record) textAt(at uint32) string {
	offset, length := uint64(r.uint32(at)), uint64(r.uint32(at+4))
	if length == 0 || offset+length > uint64(len(r.bytes)) {
		return ""
	}
	return r.bytes[offset : offset+length]
}

// uint32 returns a number, which is little-endian. What lies beyond the record is 0.
func (r Record) uint32(at uint32) uint32 {
	if uint64(at)+4 > uint64(len(r.bytes)) {
		return 0
	}
	b := r.bytes[at : at+4]
	return uint32(b[0]) | uint32(b[1])<<8 | uint32(b[2])<<16 | uint32(b[3])<<24
}
