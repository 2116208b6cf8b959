package exposition

import (
	"strings"
	"testing"
)

func TestNumbersAreWrittenAsPrometheusReadsThem(t *testing.T) {
	var text Text
	text.Counter("a_total", "what is counted")
	text.Value(12)
	text.Gauge("b", "what is measured")
	text.Value(1<<53, "x", "1")
	text.Value(0.5, "x", "a\"b\\c\nd", "y", "")
	var written strings.Builder
	if _, err := text.WriteTo(&written); err != nil {
		t.Fatal(err)
	}
	const want = `# HELP a_total what is counted
# TYPE a_total counter
a_total 12
# HELP b what is measured
# TYPE b gauge
b{x="1"} 9007199254740992
b{x="a\"b\\c\nd",y=""} 0.5
`
	if written.String() != want {
		t.Error(written.String())
	}
}
