// Package protocol answers the questions that ../../driver/program.rs describes.
package protocol

import (
	"bufio"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"
	"time"
)

// Inputs are the arguments that the program was started with.
type Inputs struct {
	Folder, Issuer, Audience string
	// Again says whether to remember tokens.
	Again bool
}

// Claims are all claims of a pod's token except the registered ones, as a service would decode them.
type Claims struct {
	Kubernetes struct {
		Namespace      string `json:"namespace"`
		Node           Object `json:"node"`
		Pod            Object `json:"pod"`
		ServiceAccount Object `json:"serviceaccount"`
	} `json:"kubernetes.io"`
}

// Object is an object that a token is bound to.
type Object struct {
	Name string `json:"name"`
	UID  string `json:"uid"`
}

// Verify says whether a token is accepted.
type Verify func(token string) bool

// Serve answers until the input ends. load creates a verifier with the key of an algorithm. It returns nil if the algorithm
// is not supported.
func Serve(module string, load func(inputs Inputs, algorithm string, key any) Verify) {
	inputs := Inputs{Folder: os.Args[1], Again: os.Args[2] == "again"}
	inputs.Issuer, inputs.Audience = string(inputs.Read("issuer")), string(inputs.Read("audience"))
	fmt.Printf("%s\tGo %s\n", version(module), strings.TrimPrefix(runtime.Version(), "go"))

	verifiers, files := map[string]Verify{}, map[string][]string{}
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		var algorithm, file string
		var count int
		if _, err := fmt.Sscanf(lines.Text(), "run %s %s %d", &algorithm, &file, &count); err != nil {
			panic(err)
		}
		verify, known := verifiers[algorithm]
		if !known {
			verify = load(inputs, algorithm, inputs.key(algorithm))
			verifiers[algorithm] = verify
		}
		if verify == nil {
			fmt.Println("unsupported")
			continue
		}
		path := filepath.Join(algorithm, file)
		if files[path] == nil {
			files[path] = strings.Fields(string(inputs.Read(path)))
		}
		nanoseconds, accepted := run(verify, files[path], count)
		fmt.Println(nanoseconds, accepted)
	}
}

func run(verify Verify, tokens []string, count int) (nanoseconds int64, accepted int) {
	start := time.Now()
	for next := 0; count > 0; count-- {
		if verify(tokens[next]) {
			accepted++
		}
		if next++; next == len(tokens) {
			next = 0
		}
	}
	return time.Since(start).Nanoseconds(), accepted
}

// Read reads a file of the inputs.
func (inputs Inputs) Read(path string) []byte {
	data, err := os.ReadFile(filepath.Join(inputs.Folder, path))
	if err != nil {
		panic(err)
	}
	return data
}

func (inputs Inputs) key(algorithm string) any {
	block, _ := pem.Decode(inputs.Read(filepath.Join(algorithm, "public.pem")))
	key, err := x509.ParsePKIXPublicKey(block.Bytes)
	if err != nil {
		panic(err)
	}
	return key
}

// version returns the version of a module that the program is built with.
func version(module string) string {
	info, _ := debug.ReadBuildInfo()
	for _, dependency := range info.Deps {
		if dependency.Path == module {
			return strings.TrimPrefix(dependency.Version, "v")
		}
	}
	return "unknown"
}
