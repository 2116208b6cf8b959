package counter

import (
	"runtime"
	"sync"
	"testing"
)

func TestNothingIsCountedTwiceOrLost(t *testing.T) {
	c := New()
	var group sync.WaitGroup
	for range 64 {
		group.Add(1)
		go func() {
			defer group.Done()
			for i := range 1000 {
				c.Add()
				if i == 500 {
					runtime.GC()
				}
			}
		}()
	}
	group.Wait()
	if c.Load() != 64_000 {
		t.Error(c.Load())
	}
}

func BenchmarkAdd(b *testing.B) {
	c := New()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			c.Add()
		}
	})
}
