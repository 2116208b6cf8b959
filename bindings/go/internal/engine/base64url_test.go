package engine

import (
	"bytes"
	"encoding/base64"
	"math/rand/v2"
	"testing"
)

// What is decoded is what the standard library decodes, and the first other byte ends it.
func TestBase64urlIsDecodedUpToTheFirstOtherByte(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for size := range 80 {
		content := make([]byte, size)
		for place := range content {
			content[place] = byte(random.Uint32())
		}
		text := base64.RawURLEncoding.AppendEncode(nil, content)
		to := make([]byte, size)
		done := decodeBase64url(text, to)
		if done%8 != 0 || done < len(text)-16 || !bytes.Equal(to[:done/4*3], content[:done/4*3]) {
			t.Fatalf("%d of %q: %x", done, text, to)
		}
		for place := range text {
			letter := text[place]
			for char := range 256 {
				if bytes.IndexByte([]byte("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"), byte(char)) >= 0 {
					continue
				}
				text[place] = byte(char)
				if got := decodeBase64url(text, to); got != min(done, place/8*8) {
					t.Fatalf("%d of %q", got, text)
				}
			}
			text[place] = letter
		}
	}
}

func TestBase64urlIsDecodedIntoNoMoreRoomThanThereIs(t *testing.T) {
	text := bytes.Repeat([]byte("____"), 20)
	for room := range 80 {
		memory := make([]byte, 100)
		done := decodeBase64url(text, memory[:room])
		if done/4*3 > room || bytes.ContainsFunc(memory[room:], func(char rune) bool { return char != 0 }) {
			t.Fatalf("%d letters into %d bytes: %x", done, room, memory)
		}
	}
}
