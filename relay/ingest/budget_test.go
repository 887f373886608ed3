package ingest

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func TestBudgetTurns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBudget(10)
		if n, ok := b.acquire(t.Context(), 100); !ok || n != 10 {
			t.Fatalf("more than all: %d %v", n, ok)
		}
		var order []int64
		var mu sync.Mutex
		var all sync.WaitGroup
		for _, n := range []int64{9, 2, 1} { // the large one came first, so it goes first
			all.Go(func() {
				if _, ok := b.acquire(t.Context(), n); !ok {
					t.Errorf("%d was refused", n)
				}
				mu.Lock()
				order = append(order, n)
				mu.Unlock()
				time.Sleep(time.Second) // virtual: it holds its memory for a while
				b.release(n)
			})
			synctest.Wait()
		}
		b.release(10)
		all.Wait()
		if len(order) != 3 || order[0] != 9 || b.free != 10 {
			t.Errorf("order %v, free %d", order, b.free)
		}
	})
}

func TestBudgetPatience(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBudget(10)
		b.acquire(t.Context(), 6)
		start := time.Now()
		var small sync.WaitGroup
		small.Go(func() {
			time.Sleep(time.Second)
			if _, ok := b.acquire(t.Context(), 1); !ok { // behind one that gives up
				t.Error("the small one was refused")
			}
			if took := time.Since(start); took != waitForMemory {
				t.Errorf("the small one waited %v", took)
			}
		})
		if _, ok := b.acquire(t.Context(), 9); ok {
			t.Error("there was room for 9")
		}
		small.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, ok := b.acquire(ctx, 9); ok {
			t.Error("there was room for 9")
		}
		b.release(7)
		if b.free != 10 || len(b.queue) != 0 {
			t.Errorf("free %d, queue %d", b.free, len(b.queue))
		}
	})
}

func TestBudgetResize(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBudget(10)
		b.acquire(t.Context(), 10)
		b.resize(5)
		if b.free != -5 {
			t.Errorf("free %d", b.free)
		}
		var waiting sync.WaitGroup
		waiting.Go(func() {
			if _, ok := b.acquire(t.Context(), 5); !ok {
				t.Error("refused")
			}
		})
		synctest.Wait()
		b.release(10)
		waiting.Wait()
		b.release(5)
		if b.free != 5 {
			t.Errorf("free %d", b.free)
		}
	})
}
