package main

import (
	"bytes"
	"os"
	"testing"
)

func TestTheGeneratedFileIsUpToDate(t *testing.T) {
	const description = "../../../../abi.json"
	if _, err := os.Stat(description); os.IsNotExist(err) {
		t.Skip("NOT TESTED: bindings/abi.json is not part of the module")
	}
	want, err := Generate(description)
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile("../../../reasons_generated.go")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Error("reasons_generated.go is stale: run `go generate` in bindings/go")
	}
}
