package delivery

import (
	"sync"
	"testing"
)

// TestWorkers: no attempt waits for another, each is made once, and nobody is left in the end.
func TestWorkers(t *testing.T) {
	const together, after = 3 * maxIdle, 1000
	var begun sync.WaitGroup
	goOn, ended := make(chan struct{}), make(chan int, together+after)
	w := newWorkers(func(_ Delivery, turn int) {
		if turn < together {
			begun.Done()
			<-goOn
		}
		ended <- turn
	})
	begun.Add(together)
	for i := range together {
		w.send(Delivery{}, i)
	}
	begun.Wait()
	close(goOn)
	for i := range after {
		w.send(Delivery{}, together+i)
	}
	seen := map[int]bool{}
	for range together + after {
		seen[<-ended] = true
	}
	w.dismiss()
	if len(seen) != together+after || len(ended) != 0 {
		t.Errorf("%d attempts of %d, and %d more", len(seen), together+after, len(ended))
	}
}
