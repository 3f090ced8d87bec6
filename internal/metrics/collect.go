package metrics

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// patience is how long the storage may take to count what waits.
const patience = 5 * time.Second

// collector asks the sources when somebody looks.
type collector struct{ Sources }

// Collect shows what the sources know, beside what is counted.
func (m *Metrics) Collect(s Sources) { m.registry.MustRegister(&collector{s}) }

func desc(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc("hongyan_"+name, help, labels, nil)
}

var (
	queued    = desc("deliveries_waiting", "Deliveries that wait now: queued, or scheduled for a time that the program asked for.", "sender", "status")
	oldest    = desc("oldest_queued_seconds", "How long ago the oldest delivery was accepted that is queued now; 0 if none is.", "sender")
	inFlight  = desc("calls_in_flight", "Calls of WeCom that are under way now.", "sender")
	workers   = desc("workers", "Calls of WeCom that may be under way at once.", "sender")
	resting   = desc("sender_resting", "1 while the sender sends nothing because something is wrong with it.", "sender")
	commits   = desc("store_commits_total", "Commits of the database, each with its fsync.")
	operation = desc("store_operations_total", "Operations in those commits.")
	failures  = desc("store_failures_total", "Operations that a fault of the storage failed.")
	busy      = desc("store_commit_seconds_total", "Time in those commits.")
	clients   = desc("event_clients", "Clients that listen to events now.")
	told      = desc("webhooks_told_total", "Results that their receivers took.")
	untold    = desc("webhooks_failed_total", "Results that were given up.")
	tells     = desc("webhook_attempts_total", "Calls of receivers of results.")
	telling   = desc("webhooks_in_flight", "Calls of receivers of results that are under way now.")
	dropped   = desc("event_clients_dropped_total", "Clients that were dropped because they read too slowly.")
)

// Describe implements prometheus.Collector.
func (c *collector) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{queued, oldest, inFlight, workers, resting, commits, operation, failures, busy, clients, dropped, told, untold, tells, telling} {
		ch <- d
	}
}

// Collect implements prometheus.Collector.
func (c *collector) Collect(ch chan<- prometheus.Metric) {
	gauge := func(d *prometheus.Desc, value float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, value, labels...)
	}
	counter := func(d *prometheus.Desc, value float64) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, value)
	}
	known := map[string]bool{}
	for _, s := range c.Senders() {
		name, state := string(s), c.State(s)
		known[name] = true
		gauge(inFlight, float64(state.InFlight), name)
		gauge(workers, float64(state.Workers), name)
		rest := 0.0
		if state.Resting {
			rest = 1
		}
		gauge(resting, rest, name)
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if backlogs, err := c.Backlog(ctx); err != nil {
		ch <- prometheus.NewInvalidMetric(queued, err)
	} else {
		waits := func(name string, q, s int, age float64) {
			gauge(queued, float64(q), name, "queued")
			gauge(queued, float64(s), name, "scheduled")
			gauge(oldest, age, name)
		}
		for _, b := range backlogs {
			age := 0.0
			if !b.Oldest.IsZero() {
				age = max(0, c.Now().Sub(b.Oldest).Seconds())
			}
			waits(string(b.Sender), b.Queued, b.Scheduled, age)
			delete(known, string(b.Sender))
		}
		for name := range known {
			waits(name, 0, 0, 0)
		}
	}
	stats := c.Commits()
	counter(commits, float64(stats.Commits))
	counter(operation, float64(stats.Operations))
	counter(failures, float64(stats.Failed))
	counter(busy, stats.Busy.Seconds())
	e := c.Events()
	gauge(clients, float64(e.Clients))
	counter(dropped, float64(e.Dropped))
	w := c.Tells()
	counter(told, float64(w.Told))
	counter(untold, float64(w.GivenUp))
	counter(tells, float64(w.Attempts))
	gauge(telling, float64(w.UnderWay))
}
