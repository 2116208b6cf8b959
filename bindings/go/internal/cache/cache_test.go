package cache

import (
	"fmt"
	"strings"
	"sync"
	"testing"
)

func add(c *Cache[int], token string, value int) { c.Add(c.Hash(token), token, value, 0) }

func get(c *Cache[int], token string) (int, bool) {
	entry := c.Get(c.Hash(token), token)
	if entry == nil {
		return 0, false
	}
	entry.MarkUsed()
	return entry.Value, true
}

func TestTokensAreFoundByAllTheirBytes(t *testing.T) {
	c := New[int](10, 1<<20)
	add(c, "a.b.c", 1)
	if value, found := get(c, "a.b.c"); !found || value != 1 {
		t.Errorf("found %v %v", value, found)
	}
	if c.Get(c.Hash("a.b.c"), "a.b.d") != nil {
		t.Error("another token was found under the same hash")
	}
	add(c, "a.b.c", 2)
	if value, _ := get(c, "a.b.c"); value != 2 {
		t.Errorf("the later value is %d", value)
	}
	if entries, _ := c.Content(); entries != 1 {
		t.Errorf("%d entries", entries)
	}
	entry := c.Get(c.Hash("a.b.c"), "a.b.c")
	c.Remove(entry)
	c.Remove(entry)
	if _, found := get(c, "a.b.c"); found {
		t.Error("a removed token was found")
	}
	if entries, bytes := c.Content(); entries != 0 || bytes != 0 {
		t.Errorf("%d entries of %d bytes are left", entries, bytes)
	}
}

func TestQuestionsDiffer(t *testing.T) {
	c := New[int](10, 1<<20)
	hashes := map[uint64]bool{c.Hash("a"): true}
	for _, texts := range [][]string{{""}, {"b"}, {"b", "c"}, {"bc"}, {"c", "b"}} {
		hash := c.HashWith("a", texts)
		if hashes[hash] {
			t.Errorf("%q has the hash of another question", texts)
		}
		hashes[hash] = true
	}
}

func TestEntriesAndBytesAreBounded(t *testing.T) {
	for _, limit := range []struct{ entries, bytes int }{{1, 1 << 20}, {7, 1 << 20}, {1000, 5000}, {1000, 10000}} {
		c := New[int](limit.entries, limit.bytes)
		for i := range 500 {
			add(c, fmt.Sprintf("token %d", i), i)
			entries, bytes := c.Content()
			if entries > limit.entries || bytes > limit.bytes || entries == 0 {
				t.Fatalf("%+v: %d entries of %d bytes", limit, entries, bytes)
			}
		}
		if _, found := get(c, "token 499"); !found {
			t.Errorf("%+v: the last token was not found", limit)
		}
	}
	c := New[int](10, 1<<20)
	add(c, strings.Repeat("x", LargestToken+1), 1)
	if entries, _ := c.Content(); entries != 0 {
		t.Error("a token that is too large was remembered")
	}
	for _, c := range []*Cache[int]{New[int](0, 1<<20), New[int](10, 0)} {
		if c != nil {
			t.Error("a cache without room was made")
		}
		c.Content()
	}
}

func TestTokensThatAreSeenAgainStay(t *testing.T) {
	c := New[int](10, 1<<20)
	add(c, "often", 1)
	for i := range 1000 {
		get(c, "often")
		add(c, fmt.Sprintf("once %d", i), i)
	}
	if _, found := get(c, "often"); !found {
		t.Error("a token that is seen often was dropped for tokens that were seen once")
	}
}

func TestManyMayReadAndWriteAtOnce(t *testing.T) {
	c := New[int](50, 1<<20)
	var group sync.WaitGroup
	for worker := range 8 {
		group.Add(1)
		go func() {
			defer group.Done()
			for i := range 5000 {
				number := (i*7 + worker) % 100
				token := fmt.Sprintf("token %d", number)
				if entry := c.Get(c.Hash(token), token); entry != nil {
					if entry.Value != number {
						t.Errorf("%s has the value %d", token, entry.Value)
					}
					entry.MarkUsed()
					if i%11 == 0 {
						c.Remove(entry)
					}
					continue
				}
				add(c, token, number)
			}
		}()
	}
	group.Wait()
	entries, _ := c.Content()
	found := 0
	for i := range c.buckets {
		for entry := c.buckets[i].Load(); entry != nil; entry = entry.next.Load() {
			found++
		}
	}
	if entries != found || entries > 50 {
		t.Errorf("%d entries, and %d in the buckets", entries, found)
	}
}

func BenchmarkGet(b *testing.B) {
	c := New[int](10000, 32<<20)
	token := strings.Repeat("x", 1100)
	add(c, token, 1)
	b.ReportAllocs()
	for b.Loop() {
		if _, found := get(c, token); !found {
			b.Fatal("not found")
		}
	}
}
