// Package exposition writes numbers in the text format of Prometheus, version 0.0.4.
package exposition

import (
	"bytes"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// Text is a text with numbers. The zero value is empty.
type Text struct {
	text bytes.Buffer
	name string
}

// Counter begins a number that only grows.
func (t *Text) Counter(name, help string) { t.begin(name, "counter", help) }

// Gauge begins a number that may grow and shrink.
func (t *Text) Gauge(name, help string) { t.begin(name, "gauge", help) }

func (t *Text) begin(name, kind, help string) {
	t.name = name
	fmt.Fprintf(&t.text, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, kind)
}

var escape = strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`)

// Value writes a value of the number. labels are names and values, by turns.
func (t *Text) Value(value float64, labels ...string) {
	t.text.WriteString(t.name)
	for i := 0; i+1 < len(labels); i += 2 {
		separator := byte(',')
		if i == 0 {
			separator = '{'
		}
		t.text.WriteByte(separator)
		fmt.Fprintf(&t.text, `%s="%s"`, labels[i], escape.Replace(labels[i+1]))
	}
	if len(labels) > 1 {
		t.text.WriteByte('}')
	}
	t.text.WriteString(" " + strconv.FormatFloat(value, 'f', -1, 64) + "\n")
}

// WriteTo writes the text.
func (t *Text) WriteTo(w io.Writer) (int64, error) { return t.text.WriteTo(w) }
