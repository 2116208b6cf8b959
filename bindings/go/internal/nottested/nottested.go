// Package nottested says loudly what a test could not test.
package nottested

import (
	"os"
	"testing"
)

// Skip notes what is not tested here, and how to get what is missing, as crates/testing/src/tools.rs does. It fails the test if
// nothing may be skipped.
func Skip(t testing.TB, what, install string) {
	t.Helper()
	note := "NOT TESTED: " + what + "; " + install
	if os.Getenv("BOUNDTOKEN_SKIP_NOTHING") == "1" {
		t.Fatal(note)
	}
	if list := os.Getenv("BOUNDTOKEN_NOT_TESTED"); list != "" {
		if file, err := os.OpenFile(list, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644); err == nil {
			_, _ = file.WriteString(note + "\n")
			_ = file.Close()
		}
	}
	_, _ = os.Stderr.WriteString(note + "\n")
	t.Skip(note)
}
