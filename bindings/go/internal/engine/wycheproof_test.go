package engine

import (
	"bytes"
	"encoding/json"
	"encoding/pem"
	"errors"
	"io"
	"maps"
	"slices"
	"strings"
	"testing"
)

// signatureGroup is signatures of one key: a line of crates/testing/examples/wycheproof.rs.
type signatureGroup struct {
	Set, Algorithm string
	// Size is how long a signature must be, in bytes. The translated library refuses others before it asks its host.
	Size int
	PEM  string
	// JWK is null if the library refuses the key.
	JWK   json.RawMessage
	Cases []signatureCase
}

type signatureCase struct {
	ID                 int
	Message, Signature []byte
	Accepted           bool
}

func (c *signatureCase) UnmarshalJSON(text []byte) error {
	return json.Unmarshal(text, &[]any{&c.ID, &c.Message, &c.Signature, &c.Accepted})
}

var algorithmNumbers = map[string]int32{
	"RS256": rs256, "RS384": rs384, "RS512": rs512, "PS256": ps256, "PS384": ps384, "PS512": ps512,
	"ES256": es256, "ES384": es384, "ES512": es512, "EdDSA": edDSA,
}

// Each of Project Wycheproof's signatures gets the verdict of the Rust library. The key is read by the translated library, and the
// signature is checked by the function that it imports, out of its memory.
func TestSignaturesOfWycheproofGetTheVerdictsOfTheRustLibrary(t *testing.T) {
	output, err := rustExample(t, "Wycheproof's signatures against the Rust library", "wycheproof").Output()
	if err != nil {
		t.Fatal(err)
	}
	engine := build(t, config(t))
	accepted, refused := map[string]int{}, map[string]int{}
	for lines := json.NewDecoder(bytes.NewReader(output)); ; {
		var group signatureGroup
		if err := lines.Decode(&group); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		for _, of := range group.Cases {
			if of.Accepted {
				accepted[group.Algorithm]++
			} else {
				refused[group.Algorithm]++
			}
		}
		check(t, engine, &group)
	}
	// Each algorithm is tested both ways.
	for algorithm := range algorithmNumbers {
		if accepted[algorithm] < 10 || refused[algorithm] < 10 {
			t.Errorf("%s: %d accepted, %d refused", algorithm, accepted[algorithm], refused[algorithm])
		}
	}
	t.Logf("accepted %v, refused %v", accepted, refused)
	if algorithms := slices.Sorted(maps.Keys(accepted)); len(algorithms) != len(algorithmNumbers) {
		t.Error(algorithms)
	}
}

func check(t *testing.T, engine *Engine, group *signatureGroup) {
	t.Helper()
	if string(group.JWK) == "null" {
		if skipped, err := engine.ReplaceKeys(0, nil, []byte(group.PEM)); err == nil && len(skipped) == 0 {
			t.Errorf("%s: the library refuses this key:\n%s", group.Set, group.PEM)
		}
		return
	}
	documents := map[string][2][]byte{
		"JWK": {[]byte(`{"keys": [` + string(group.JWK) + `]}`), nil}, "PEM": {nil, []byte(group.PEM)},
	}
	for form, document := range documents {
		if skipped, err := engine.ReplaceKeys(0, document[0], document[1]); err != nil || len(skipped) > 0 {
			t.Errorf("%s: a key as %s: %v %s", group.Set, form, err, strings.Join(skipped, ", "))
		}
	}
	block, _ := pem.Decode([]byte(group.PEM))
	number := algorithmNumbers[group.Algorithm]
	instance := engine.take()
	defer engine.put(instance)
	for _, of := range group.Cases {
		arguments := slices.Concat(block.Bytes, of.Message, of.Signature)
		instance.write(arguments)
		key := instance.module.Xinput(int32(len(arguments)))
		message := key + int32(len(block.Bytes))
		signature := message + int32(len(of.Message))
		holds := instance.Xaccepts_key(number, key, int32(len(block.Bytes))) == 1 && len(of.Signature) == group.Size &&
			instance.Xverify_signature(number, key, int32(len(block.Bytes)), message, int32(len(of.Message)), signature, int32(len(of.Signature))) == 1
		if holds != of.Accepted {
			t.Errorf("%s (%s), case %d: Go says %v, and Rust %v", group.Set, group.Algorithm, of.ID, holds, of.Accepted)
		}
	}
}
