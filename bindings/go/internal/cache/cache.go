// Package cache remembers accepted tokens.
//
// A look-up takes no lock, and seldom writes memory that another thread reads. Additions take turns. What leaves first is
// what was not seen again since it was added, or since it was last spared (the clock algorithm).
package cache

import (
	"hash/maphash"
	"strings"
	"sync"
	"sync/atomic"
)

// Overhead is about how many bytes an entry takes besides its token and what the caller counts for its value.
const Overhead = 400

// LargestToken is the size of the largest token that is remembered, in bytes. Kubernetes issues tokens of 1 to 2 KiB. Larger
// ones must not crowd out all others.
const LargestToken = 4 * 1024

// mostBuckets limits the memory of an empty cache, to 8 MiB.
const mostBuckets = 1 << 20

// Cache remembers values by the tokens that they belong to. It is safe for concurrent use.
type Cache[V any] struct {
	seed    maphash.Seed
	buckets []atomic.Pointer[Entry[V]]
	entries int
	bytes   int

	mutex sync.Mutex
	// ring holds every entry once. hand is the place that is looked at next.
	ring  []*Entry[V]
	hand  int
	taken int
	// count and size mirror what the mutex guards, for readers.
	count, size atomic.Int64
}

// Entry is a token that is remembered.
type Entry[V any] struct {
	// Value is what the caller remembers. It is immutable.
	Value V

	token string
	hash  uint64
	size  int
	place int
	next  atomic.Pointer[Entry[V]]
	used  atomic.Bool
}

// New returns a cache of at most so many entries, which together take at most so many bytes. It returns nil if either is
// 0: nothing is remembered then.
func New[V any](entries, bytes int) *Cache[V] {
	entries = min(entries, bytes/Overhead)
	if entries <= 0 {
		return nil
	}
	buckets := 1
	for buckets < 2*entries && buckets < mostBuckets {
		buckets *= 2
	}
	return &Cache[V]{
		seed: maphash.MakeSeed(), buckets: make([]atomic.Pointer[Entry[V]], buckets), entries: entries, bytes: bytes,
	}
}

// Hash returns the hash of the end of a token, under a key of this process. A token ends with its signature, which looks
// random and cannot be forged, so that two accepted tokens have different ends.
func (c *Cache[V]) Hash(token string) uint64 {
	return maphash.String(c.seed, end(token))
}

// end returns the last 64 characters of a token. They hold 384 bits of the signature.
func end(token string) string { return token[max(len(token)-64, 0):] }

// HashWith returns the hash of the end of a token and of further texts.
func (c *Cache[V]) HashWith(token string, texts []string) uint64 {
	var hash maphash.Hash
	hash.SetSeed(c.seed)
	hash.WriteString(end(token))
	for _, text := range texts {
		length := uint64(len(text))
		for range 8 {
			hash.WriteByte(byte(length))
			length >>= 8
		}
		hash.WriteString(text)
	}
	return hash.Sum64()
}

// Get returns the entry of a token under this hash, or nil. It compares the whole token.
func (c *Cache[V]) Get(hash uint64, token string) *Entry[V] {
	for entry := c.bucket(hash).Load(); entry != nil; entry = entry.next.Load() {
		if entry.hash == hash && entry.token == token {
			return entry
		}
	}
	return nil
}

// MarkUsed spares an entry the next time that room is needed.
func (e *Entry[V]) MarkUsed() {
	if !e.used.Load() {
		e.used.Store(true)
	}
}

// Add remembers a value for a token, in place of an earlier one with this hash. It takes a copy of the token. size is about
// how many bytes the value takes.
func (c *Cache[V]) Add(hash uint64, token string, value V, size int) {
	size += len(token) + Overhead
	if len(token) > LargestToken || size > c.bytes {
		return
	}
	entry := &Entry[V]{Value: value, token: strings.Clone(token), hash: hash, size: size}
	c.mutex.Lock()
	defer c.mutex.Unlock()
	for before := c.bucket(hash).Load(); before != nil; before = before.next.Load() {
		if before.hash == hash {
			c.remove(before)
			break
		}
	}
	for len(c.ring) >= c.entries || c.taken+size > c.bytes {
		c.evict()
	}
	entry.place = len(c.ring)
	c.ring = append(c.ring, entry)
	c.taken += size
	bucket := c.bucket(hash)
	entry.next.Store(bucket.Load())
	bucket.Store(entry)
	c.publish()
}

// Remove forgets an entry. It does nothing if the entry was replaced.
func (c *Cache[V]) Remove(entry *Entry[V]) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if entry.place < len(c.ring) && c.ring[entry.place] == entry {
		c.remove(entry)
		c.publish()
	}
}

// Content returns the number of entries, and about how many bytes they take.
func (c *Cache[V]) Content() (entries, bytes int) {
	if c == nil {
		return 0, 0
	}
	return int(c.count.Load()), int(c.size.Load())
}

func (c *Cache[V]) bucket(hash uint64) *atomic.Pointer[Entry[V]] {
	return &c.buckets[hash&uint64(len(c.buckets)-1)]
}

// evict removes the first entry, from the hand on, that was not used since the hand last passed. The caller holds the
// mutex, and there is an entry.
func (c *Cache[V]) evict() {
	for {
		if c.hand >= len(c.ring) {
			c.hand = 0
		}
		entry := c.ring[c.hand]
		if !entry.used.Swap(false) {
			c.remove(entry)
			return
		}
		c.hand++
	}
}

// remove takes an entry out of its bucket and of the ring. A reader that stands on it goes on to the next. The caller holds
// the mutex.
func (c *Cache[V]) remove(entry *Entry[V]) {
	link := c.bucket(entry.hash)
	for at := link.Load(); at != nil; at = link.Load() {
		if at == entry {
			link.Store(entry.next.Load())
			break
		}
		link = &at.next
	}
	last := len(c.ring) - 1
	moved := c.ring[last]
	c.ring[entry.place] = moved
	moved.place = entry.place
	c.ring[last] = nil
	c.ring = c.ring[:last]
	c.taken -= entry.size
}

func (c *Cache[V]) publish() {
	c.count.Store(int64(len(c.ring)))
	c.size.Store(int64(c.taken))
}
