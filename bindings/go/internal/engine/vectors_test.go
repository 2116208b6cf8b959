package engine

import (
	"bufio"
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"slices"
	"testing"

	"boundtoken.dev/go/internal/nottested"
)

// What the Rust library says, as crates/testing/examples/verdicts.rs prints it.
type vectorLine struct {
	// Of a folder.
	Folder  string
	Issuers []string
	JWKS    string
	// Of a case.
	Name      string
	Token     string
	Audiences []string
	Now       int64
	Objects   []struct {
		Kind            uint32
		Namespace, Name string
		State           State
		UID             string
		Deleted         *int64
	}
	Record string
}

// known is a source of what the cluster knew of the objects of one token.
type known struct{ line *vectorLine }

func (k *known) State(kind uint32, namespace, name string) (State, string, int64, bool) {
	for _, object := range k.line.Objects {
		if object.Kind == kind && object.Namespace == namespace && object.Name == name {
			if object.Deleted != nil {
				return object.State, object.UID, *object.Deleted, true
			}
			return object.State, object.UID, 0, false
		}
	}
	panic("an object that Rust did not ask for: " + name)
}
func (k *known) Freshness() uint32                          { return Current }
func (k *known) IsGone(uint32, string, string, string) bool { return false }

// Every record is that of the Rust library, byte for byte. BOUNDTOKEN_VECTORS names more folders.
func TestEveryVerdictIsThatOfTheRustLibrary(t *testing.T) {
	program := os.Getenv("CARGO")
	if program == "" {
		program = "cargo"
	}
	if _, err := exec.LookPath(program); err != nil {
		nottested.Skip(t, "verdicts against the Rust library", "install Rust")
		return
	}
	command := exec.Command(program, "run", "--quiet", "-p", "boundtoken-testing", "--features", "boundtoken/aws-lc-rs", "--example", "verdicts")
	command.Dir = "../../../.."
	command.Stderr = os.Stderr
	output, err := command.Output()
	if err != nil {
		t.Fatal(err)
	}
	var folder *vectorLine
	var engine *Engine
	source := &known{}
	accepted, refused := 0, 0
	lines := bufio.NewScanner(bytes.NewReader(output))
	lines.Buffer(nil, 64<<20)
	for lines.Scan() {
		if !bytes.HasPrefix(lines.Bytes(), []byte("{")) {
			// A note about keys that were skipped.
			t.Log(lines.Text())
			continue
		}
		line := new(vectorLine)
		if err := json.Unmarshal(lines.Bytes(), line); err != nil {
			t.Fatal(err)
		}
		if line.Folder != "" {
			folder = line
			engine = build(t, Config{
				Issuers:       []Issuer{{Names: folder.Issuers, JWKS: []byte(folder.JWKS), Objects: source}},
				Audiences:     []string{"of no token"},
				LeewaySeconds: DefaultLeewaySeconds,
			})
			continue
		}
		source.line = line
		verdict := judge(t, engine, []byte(line.Token), line.Now, line.Audiences)
		theirs := base64Decoded(t, line.Record)
		// The number of the claims: only Rust's cache has one.
		clear(theirs[24:32])
		if !slices.Equal(verdict.Record, theirs) {
			t.Errorf("%s: %s: %d %q, where Rust says %d %q", folder.Folder, line.Name, status(verdict.Record),
				text(verdict.Record, message), status(theirs), text(theirs, message))
		}
		if verdict.Accepted() {
			accepted++
		} else {
			refused++
		}
	}
	if lines.Err() != nil || accepted == 0 || refused == 0 {
		t.Fatal(lines.Err(), accepted, refused)
	}
	t.Logf("%d accepted, %d refused", accepted, refused)
}
