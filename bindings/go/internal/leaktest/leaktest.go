// Package leaktest finds goroutines that a test leaves behind.
package leaktest

import (
	"runtime"
	"testing"
	"time"
)

// Check fails the test if there are more goroutines than before. It gives them three seconds to end.
func Check(t testing.TB, before int) {
	t.Helper()
	for range 300 {
		if runtime.NumGoroutine() <= before {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	buffer := make([]byte, 1<<16)
	t.Errorf("%d goroutines before, and %d after:\n%s", before, runtime.NumGoroutine(), buffer[:runtime.Stack(buffer, true)])
}
