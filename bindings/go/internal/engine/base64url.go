package engine

import "encoding/binary"

// The bits of the three bytes that a letter stands for, by its place in its group of four. The first byte is lowest.
var letters = func() (letters [4][256]uint32) {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	for place := range letters {
		for char := range letters[place] {
			letters[place][char] = noLetter
		}
	}
	for value, char := range []byte(alphabet) {
		bits := uint32(value)
		letters[0][char] = bits << 2
		letters[1][char] = bits>>4 | bits&0xf<<12
		letters[2][char] = bits>>2<<8 | bits&0x3<<22
		letters[3][char] = bits << 16
	}
	return letters
}()

// What no bytes have.
const noLetter = 1 << 24

// decodeBase64url decodes pairs of groups of four letters, as long as there are two with nothing but letters, and room for eight bytes.
// It returns how many letters it decoded. The rest is left to the library: it knows what is canonical, and what is wrong with it.
func decodeBase64url(encoded, to []byte) int {
	size := len(encoded)
	for len(encoded) >= 8 && len(to) >= 8 {
		first := letters[0][encoded[0]] | letters[1][encoded[1]] | letters[2][encoded[2]] | letters[3][encoded[3]]
		second := letters[0][encoded[4]] | letters[1][encoded[5]] | letters[2][encoded[6]] | letters[3][encoded[7]]
		if (first|second)&noLetter != 0 {
			break
		}
		binary.LittleEndian.PutUint64(to, uint64(first)|uint64(second)<<24)
		encoded, to = encoded[8:], to[6:]
	}
	return size - len(encoded)
}
