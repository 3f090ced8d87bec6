package delivery

import "sync"

// workers are the goroutines that send. A new one spends much of a short call on growing its stack,
// so one that has ended a call stays for the next, if not many do already.
type workers struct {
	jobs    chan job
	idle    chan struct{} // holds one for each that stays
	over    chan struct{} // closed when nothing more comes
	running sync.WaitGroup
	attempt func(Delivery, int)
}

type job struct {
	delivery Delivery
	turn     int
}

// maxIdle is how many workers stay without work.
const maxIdle = DefaultWorkers

func newWorkers(attempt func(d Delivery, turn int)) *workers {
	return &workers{jobs: make(chan job), idle: make(chan struct{}, maxIdle), over: make(chan struct{}), attempt: attempt}
}

// send has a worker make an attempt. It returns at once.
func (w *workers) send(d Delivery, turn int) {
	j := job{d, turn}
	select {
	case w.jobs <- j:
	default:
		w.running.Go(func() { w.work(j) })
	}
}

func (w *workers) work(j job) {
	for {
		w.attempt(j.delivery, j.turn)
		j = job{}
		select {
		case w.idle <- struct{}{}:
		default:
			return
		}
		select {
		case j = <-w.jobs:
			<-w.idle
		case <-w.over:
			return
		}
	}
}

// dismiss ends the workers, who have nothing to do any more.
func (w *workers) dismiss() {
	close(w.over)
	w.running.Wait()
}
