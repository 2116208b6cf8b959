package wasm

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"boundtoken.dev/go/internal/nottested"
)

// The checked-in source is what the Rust library translates to, byte for byte.
//
// It takes a minute, so it runs where BOUNDTOKEN_GO_STALE is 1, as `make test-go` sets it.
func TestTheGeneratedSourceIsThatOfTheLibrary(t *testing.T) {
	if os.Getenv("BOUNDTOKEN_GO_STALE") != "1" {
		t.Skip("make test-go runs it")
	}
	checked, err := os.ReadFile("wasm.go")
	if err != nil {
		t.Fatal(err)
	}
	fresh := filepath.Join(t.TempDir(), "wasm.go")
	output, err := exec.Command("../../generate.sh", fresh).CombinedOutput()
	var failed *exec.ExitError
	const missing = 3
	if errors.As(err, &failed) && failed.ExitCode() == missing {
		nottested.Skip(t, "whether the generated Go source is stale", string(bytes.TrimSpace(output)))
	} else if err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
	generated, err := os.ReadFile(fresh)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(checked, generated) {
		t.Error("bindings/go/internal/wasm/wasm.go is stale: the library has changed since. `make generate-go`")
	}
}

// Nothing of the machine that compiled it, and no text of a panic, is in the source.
func TestTheGeneratedSourceHasNoPathsAndNoPanics(t *testing.T) {
	source, err := os.ReadFile("wasm.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, unwanted := range []string{
		".rs", "/rustc/", "/home/", "/root/", "cargo", "panicked at", "index out of bounds", "called `Option", `"unsafe"`, `import "C"`,
	} {
		if at := bytes.Index(source, []byte(unwanted)); at >= 0 {
			t.Errorf("%q in %q", unwanted, source[max(0, at-60):at+60])
		}
	}
}
