package engine

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"boundtoken.dev/go/internal/nottested"
)

// rust is the Rust library in another process: crates/testing/examples/differential.rs, which describes the frames.
type rust struct {
	input  io.WriteCloser
	output *bufio.Reader
	greeting
}

type greeting struct {
	Issuers, Audiences []string
	JWKS, PEM          string
	Signers            []struct{ Alg, Kid string }
	Objects            []struct {
		Kind                 uint32
		Namespace, Name, UID string
		Deleted              *int64
	}
	Cases []struct {
		Token     string
		Audiences []string
		Now       int64
		// The API server accepted it.
		Good bool
	}
	good []int
}

// rustExample returns the command of an example of crates/testing. Where there is no Rust, it says what is not tested.
func rustExample(t testing.TB, what, name string) *exec.Cmd {
	t.Helper()
	program := os.Getenv("CARGO")
	if program == "" {
		program = "cargo"
	}
	if _, err := exec.LookPath(program); err != nil {
		nottested.Skip(t, what, "install Rust")
	}
	command := exec.Command(program, "run", "--quiet", "-p", "boundtoken-testing", "--features", "boundtoken/aws-lc-rs", "--example", name)
	command.Dir = "../../../.."
	command.Stderr = os.Stderr
	return command
}

// startRust starts the process.
func startRust(t testing.TB) *rust {
	t.Helper()
	command := rustExample(t, "mutated tokens against the Rust library", "differential")
	input, err := command.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	output, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = input.Close()
		if err := command.Wait(); err != nil {
			t.Error(err)
		}
	})
	r := &rust{input: input, output: bufio.NewReaderSize(output, 1<<20)}
	first, err := r.read()
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(first, &r.greeting); err != nil {
		t.Fatal(err)
	}
	for place, of := range r.Cases {
		if of.Good {
			r.good = append(r.good, place)
		}
	}
	return r
}

func (r *rust) read() ([]byte, error) {
	var size [4]byte
	if _, err := io.ReadFull(r.output, size[:]); err != nil {
		return nil, err
	}
	frame := make([]byte, binary.LittleEndian.Uint32(size[:]))
	_, err := io.ReadFull(r.output, frame)
	return frame, err
}

// ask writes all frames while it reads the answers: either side may have to wait for the other.
func (r *rust) ask(frames [][]byte) ([][]byte, error) {
	written := make(chan error, 1)
	go func() {
		to := bufio.NewWriterSize(r.input, 1<<16)
		for _, frame := range frames {
			_, _ = to.Write(binary.LittleEndian.AppendUint32(nil, uint32(len(frame))))
			_, _ = to.Write(frame)
		}
		written <- to.Flush()
	}()
	answers := make([][]byte, 0, len(frames))
	for range frames {
		answer, err := r.read()
		if err != nil {
			return nil, err
		}
		answers = append(answers, answer)
	}
	return answers, <-written
}

// A question is what both libraries are asked.
type question struct {
	token     []byte
	now       int64
	audiences []string
}

func (q *question) frame() []byte {
	frame := binary.LittleEndian.AppendUint64([]byte{'v'}, uint64(max(q.now, 0)))
	if q.audiences == nil {
		frame = binary.LittleEndian.AppendUint32(frame, ^uint32(0))
	} else {
		frame = binary.LittleEndian.AppendUint32(frame, uint32(len(q.audiences)))
	}
	for _, audience := range q.audiences {
		frame = append(binary.LittleEndian.AppendUint32(frame, uint32(len(audience))), audience...)
	}
	return append(frame, q.token...)
}

// engine builds the verifier that the process has.
func (r *rust) engine(t testing.TB) *Engine {
	objects := cluster{}
	for _, object := range r.Objects {
		of := clusterObject{uid: object.UID}
		if object.Deleted != nil {
			of.deleting, of.deleted = true, *object.Deleted
		}
		objects[Object{Kind: object.Kind, Namespace: object.Namespace, Name: object.Name}] = of
	}
	return build(t, Config{
		Issuers:       []Issuer{{Names: r.Issuers, JWKS: []byte(r.JWKS), PEM: []byte(r.PEM), Objects: objects}},
		Audiences:     r.Audiences,
		LeewaySeconds: DefaultLeewaySeconds,
	})
}

// cluster is a source that knows every object, as an ObjectStore that nothing feeds.
type cluster map[Object]clusterObject

type clusterObject struct {
	uid      string
	deleted  int64
	deleting bool
}

func (c cluster) State(kind uint32, namespace, name string) (State, string, int64, bool) {
	object, exists := c[Object{Kind: kind, Namespace: namespace, Name: name}]
	if !exists {
		return Absent, "", 0, false
	}
	return Present, object.uid, object.deleted, object.deleting
}
func (cluster) Freshness() uint32                          { return Current }
func (cluster) IsGone(uint32, string, string, string) bool { return false }

// difference tells how the two records differ, or returns nothing.
func (q *question) difference(ours, theirs []byte) string {
	if bytes.Equal(ours, theirs) {
		return ""
	}
	first := 0
	for first < min(len(ours), len(theirs)) && ours[first] == theirs[first] {
		first++
	}
	told := func(record []byte) string {
		if len(record) < recordHeader {
			return fmt.Sprintf("%x", record)
		}
		return fmt.Sprintf("%d %q (%d bytes)", status(record), text(record, message), len(record))
	}
	return fmt.Sprintf("Go says %s, and Rust %s; the records differ from byte %d on\nat %d, for the audiences %q, the token in hex:\n%x",
		told(ours), told(theirs), first, q.now, q.audiences, q.token)
}

// Go's own fuzzing: go test -fuzz FuzzVerdicts ./internal/engine
func FuzzVerdicts(f *testing.F) {
	rust := startRust(f)
	engine := rust.engine(f)
	for _, of := range rust.Cases {
		f.Add([]byte(of.Token), of.Now)
	}
	f.Fuzz(func(t *testing.T, token []byte, now int64) {
		question := question{token: token, now: now}
		answers, err := rust.ask([][]byte{question.frame()})
		if err != nil {
			t.Fatal(err)
		}
		if difference := question.difference(judge(t, engine, token, now, nil).Record, answers[0]); difference != "" {
			t.Error(difference)
		}
	})
}

// Tokens changed at random, most of them signed again, get the same record from Go and from Rust, byte for byte.
//
// BOUNDTOKEN_MUTANTS is their number, and BOUNDTOKEN_SEED another beginning.
func TestMutatedTokensGetTheVerdictsOfTheRustLibrary(t *testing.T) {
	count, seed := environment(t, "BOUNDTOKEN_MUTANTS", 20_000), environment(t, "BOUNDTOKEN_SEED", 1)
	rust := startRust(t)
	engine := rust.engine(t)
	const batch = 1000
	verdicts := map[uint32]int{}
	differences, started, told := 0, time.Now(), time.Now()
	for done := 0; done < count; {
		mutator := newMutator(rust, rand.New(rand.NewPCG(uint64(seed), uint64(done/batch))))
		questions, err := mutator.questions(min(batch, count-done))
		if err != nil {
			t.Fatal(err)
		}
		// Both at a time.
		var theirs [][]byte
		var asking sync.WaitGroup
		asking.Add(1)
		go func() {
			defer asking.Done()
			frames := make([][]byte, len(questions))
			for place := range questions {
				frames[place] = questions[place].frame()
			}
			theirs, err = rust.ask(frames)
		}()
		ours := make([][]byte, len(questions))
		for place, question := range questions {
			verdict, trap := engine.Judge(question.token, question.now, question.audiences)
			ours[place] = verdict.Record
			if trap != nil {
				ours[place] = []byte(trap.Error())
			}
		}
		asking.Wait()
		if err != nil {
			t.Fatal(err)
		}
		for place := range questions {
			if difference := questions[place].difference(ours[place], theirs[place]); difference != "" {
				t.Errorf("BOUNDTOKEN_SEED=%d, mutant %d: %s", seed, done+place, difference)
				if differences++; differences == 10 {
					t.FailNow()
				}
				continue
			}
			verdicts[status(theirs[place])]++
		}
		done += len(questions)
		if time.Since(told) > 15*time.Second {
			told = time.Now()
			fmt.Printf("%d tokens, %d differences, %d seconds\n", done, differences, int(time.Since(started).Seconds()))
		}
	}
	t.Logf("%d tokens in %d seconds, %d accepted; each verdict and how often: %v", count, int(time.Since(started).Seconds()), verdicts[0], verdicts)
	// Otherwise the mutants are too tame or too wild to say anything.
	if count >= 10_000 && (verdicts[0] < count/50 || verdicts[0] > count/2 || len(verdicts) < 40) {
		t.Errorf("%d accepted, %d different verdicts", verdicts[0], len(verdicts))
	}
}

func environment(t *testing.T, name string, usual int) int {
	t.Helper()
	value := os.Getenv(name)
	if value == "" {
		return usual
	}
	number, err := strconv.Atoi(value)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return number
}

// A draft is a token that may have yet to be signed, and what happens to it afterwards.
type draft struct {
	question
	// The place of the key that signs. -1: the token is as it is.
	signer int
	after  func([]byte) []byte
}

// questions makes mutants. The process signs those that are to be signed.
func (m *mutator) questions(count int) ([]question, error) {
	drafts := make([]draft, count)
	var frames [][]byte
	for place := range drafts {
		drafts[place] = m.draft()
		if signer := drafts[place].signer; signer >= 0 {
			frames = append(frames, slices.Concat([]byte{'s', byte(signer)}, drafts[place].token))
		}
	}
	signatures, err := m.rust.ask(frames)
	if err != nil {
		return nil, err
	}
	questions := make([]question, count)
	for place := range drafts {
		draft := &drafts[place]
		if draft.signer >= 0 {
			draft.token = slices.Concat(draft.token, []byte("."), signatures[0])
			signatures = signatures[1:]
		}
		if draft.after != nil {
			draft.token = draft.after(draft.token)
		}
		questions[place] = draft.question
	}
	return questions, nil
}
