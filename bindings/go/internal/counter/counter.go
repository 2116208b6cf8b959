// Package counter counts what happens often on many processors at a time.
package counter

import (
	"runtime"
	"sync"
	"sync/atomic"
)

// Counter counts. Each processor has a place of its own, so that none waits for another's cache line. It is safe for concurrent use.
type Counter struct {
	places []place
	next   atomic.Uint32
	// own has the place of the processor that asks. It may forget: any place will do.
	own sync.Pool
}

// place is as large as a cache line, or two that are fetched together.
type place struct {
	count atomic.Uint64
	_     [120]byte
}

// New returns a counter that stands at 0.
func New() *Counter {
	c := &Counter{places: make([]place, runtime.GOMAXPROCS(0))}
	c.own.New = func() any { return &c.places[int(c.next.Add(1))%len(c.places)] }
	return c
}

// Add counts one.
func (c *Counter) Add() {
	own := c.own.Get().(*place)
	own.count.Add(1)
	c.own.Put(own)
}

// Load returns how many were counted.
func (c *Counter) Load() uint64 {
	var sum uint64
	for i := range c.places {
		sum += c.places[i].count.Load()
	}
	return sum
}
