package engine

import "encoding/binary"

// writer writes arguments. Numbers are little-endian, and a text comes after its length.
type writer []byte

func (w *writer) long(number uint64)   { *w = binary.LittleEndian.AppendUint64(*w, number) }
func (w *writer) number(number uint32) { *w = binary.LittleEndian.AppendUint32(*w, number) }

func (w *writer) truth(truth bool) {
	if truth {
		w.number(1)
	} else {
		w.number(0)
	}
}

func (w *writer) bytes(bytes []byte) {
	w.number(uint32(len(bytes)))
	*w = append(*w, bytes...)
}

func (w *writer) text(text string) {
	w.number(uint32(len(text)))
	*w = append(*w, text...)
}

func (w *writer) texts(texts []string) {
	w.number(uint32(len(texts)))
	for _, text := range texts {
		w.text(text)
	}
}

// reader reads the output of a call.
type reader []byte

func (r *reader) number() uint32 {
	number := binary.LittleEndian.Uint32(*r)
	*r = (*r)[4:]
	return number
}

func (r *reader) texts() []string {
	var texts []string
	for range r.number() {
		size := r.number()
		texts = append(texts, string((*r)[:size]))
		*r = (*r)[size:]
	}
	return texts
}

func uint32At(bytes []byte, offset int) uint32 { return binary.LittleEndian.Uint32(bytes[offset:]) }
func int64At(bytes []byte, offset int) int64 {
	return int64(binary.LittleEndian.Uint64(bytes[offset:]))
}
