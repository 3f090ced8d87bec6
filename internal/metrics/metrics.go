// Package metrics counts what the gateway does, for Prometheus. Labels are senders of the
// configuration and words of closed lists: no user, no message and no secret is among them.
package metrics

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/hongyan-im/hongyan/internal/delivery"
	"github.com/hongyan-im/hongyan/wecom"
)

// Metrics is told what happens, and shows it. It is a [delivery.Listener] and a [delivery.Observer].
type Metrics struct {
	registry *prometheus.Registry

	accepted *prometheus.CounterVec // messages, by sender
	settled  *prometheus.CounterVec // deliveries, by sender, status, reason
	attempts *prometheus.CounterVec // calls, by sender, result
	paced    *prometheus.CounterVec // deliveries, by sender, reason
	rests    *prometheus.CounterVec // by sender, reason
	lookups  *prometheus.CounterVec // phone numbers and email addresses, by sender, result
	calls    *prometheus.HistogramVec
	tokens   *prometheus.CounterVec // by sender, cause, origin
	requests *prometheus.HistogramVec
}

var (
	_ delivery.Listener = (*Metrics)(nil)
	_ delivery.Observer = (*Metrics)(nil)
)

// callBuckets are seconds: WeCom answers within some ten milliseconds, and a client waits for 15 s.
var callBuckets = []float64{.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 15}

// New returns metrics of which nothing is counted yet; version is the program's.
func New(version string) *Metrics {
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Name: "hongyan_" + name, Help: help}, labels)
	}
	m := &Metrics{
		registry: prometheus.NewRegistry(),
		accepted: counter("messages_accepted_total", "Messages that were stored.", "sender"),
		settled:  counter("deliveries_settled_total", "Deliveries that came to their end.", "sender", "status", "reason"),
		attempts: counter("delivery_attempts_total", "Calls of WeCom for deliveries, by the reason why they did not settle them well; ok if they did.", "sender", "result"),
		paced:    counter("deliveries_paced_total", "Deliveries that wait for a quota of WeCom.", "sender", "reason"),
		rests:    counter("sender_rests_total", "Times that a sender began or went on to rest.", "sender", "reason"),
		lookups:  counter("member_lookups_total", "Phone numbers and email addresses that members were looked up by: cached, found, unknown, failed, or refused while WeCom is not to be asked.", "sender", "result"),
		calls: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "hongyan_wecom_call_seconds", Help: "How long calls of WeCom took, those for tokens among them.", Buckets: callBuckets,
		}, []string{"op", "outcome"}),
		tokens: counter("token_refreshes_total", "Refreshes of access tokens: why, and where the token came from; failed if there was none.", "sender", "cause", "origin"),
		requests: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "hongyan_http_request_seconds", Help: "How long requests to the API took.", Buckets: []float64{.001, .005, .025, .1, .5, 2.5, 10, 60},
		}, []string{"route", "status"}),
	}
	info := prometheus.NewGauge(prometheus.GaugeOpts{Name: "hongyan_info", Help: "1; the version of the program.", ConstLabels: prometheus.Labels{"version": version}})
	info.Set(1)
	m.registry.MustRegister(
		m.accepted, m.settled, m.attempts, m.paced, m.rests, m.lookups, m.calls, m.tokens, m.requests, info,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
	)
	return m
}

// Handler shows the metrics. What cannot be collected is left out.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{ErrorHandling: promhttp.ContinueOnError, MaxRequestsInFlight: 4})
}

// Accepted implements [delivery.Listener].
func (m *Metrics) Accepted(message *delivery.Message) {
	m.accepted.WithLabelValues(string(message.Sender)).Inc()
}

// Changed implements [delivery.Listener].
func (m *Metrics) Changed(e delivery.Event) {
	if e.Status.Final() {
		m.settled.WithLabelValues(string(e.Sender), e.Status.String(), e.Reason.Code).Inc()
	}
}

const ok = "ok"

// Attempted implements [delivery.Observer].
func (m *Metrics) Attempted(s delivery.Sender, o delivery.Outcome, _ time.Duration) {
	result := ok
	if o.Reason.Code != delivery.ReasonNone {
		result = o.Reason.Code
	}
	m.attempts.WithLabelValues(string(s), result).Inc()
}

// Paced implements [delivery.Observer].
func (m *Metrics) Paced(s delivery.Sender, code string, deliveries int) {
	m.paced.WithLabelValues(string(s), code).Add(float64(deliveries))
}

// Rested implements [delivery.Observer].
func (m *Metrics) Rested(s delivery.Sender, r delivery.Rest) {
	if !r.Until.IsZero() {
		m.rests.WithLabelValues(string(s), r.Reason.Code).Inc()
	}
}

// LookedUp is told of a phone number or email address that a member was looked up by, with one word of
// a closed list.
func (m *Metrics) LookedUp(s delivery.Sender, result string) {
	m.lookups.WithLabelValues(string(s), result).Inc()
}

// Request is told of every request to the API that has ended. route is a pattern, not a path.
func (m *Metrics) Request(route string, status int, took time.Duration) {
	m.requests.WithLabelValues(route, strconv.Itoa(status)).Observe(took.Seconds())
}

// Calls returns who is to be told of the calls of a sender's client.
func (m *Metrics) Calls(s delivery.Sender) wecom.Observer { return &calls{m, string(s)} }

// calls is the SDK's observer of one sender.
type calls struct {
	*Metrics
	sender string
}

// ops are the calls that have a name in the metrics.
var ops = []string{
	"gettoken", "message/send", "message/recall", "message/update_template_card", "message/update_taskcard", "appchat/send", "webhook/send",
	"media/upload", "webhook/upload_media", "user/getuserid", "user/get_userid_by_email", "agent/get", "getcallbackip",
}

// ObserveCall implements wecom.Observer.
func (c *calls) ObserveCall(e wecom.CallEvent) {
	op := e.Op
	if !slices.Contains(ops, op) {
		op = "other"
	}
	c.Metrics.calls.WithLabelValues(op, outcome(e.Err)).Observe(e.Took.Seconds())
}

// outcome is the kind of WeCom's answer: a closed list.
func outcome(err error) string {
	var (
		refused *wecom.Error
		broken  *wecom.TransportError
	)
	switch {
	case err == nil:
		return ok
	case errors.As(err, &refused):
		return refused.Kind().String()
	case errors.As(err, &broken) && broken.Timeout():
		return "timeout"
	case errors.As(err, &broken) && broken.Status != 0:
		return "http_error"
	}
	return "no_answer"
}

// ObserveToken implements wecom.Observer.
func (c *calls) ObserveToken(e wecom.TokenEvent) {
	origin := string(e.Origin)
	if e.Err != nil {
		origin = "failed"
	}
	c.tokens.WithLabelValues(c.sender, string(e.Cause), origin).Inc()
}

// Sources are asked when the metrics are looked at. They are all required.
type Sources struct {
	Senders func() []delivery.Sender // of the configuration
	State   func(delivery.Sender) delivery.State
	Backlog func(context.Context) ([]delivery.Backlog, error)
	Commits func() Commits
	Events  func() Events
	Tells   func() Tells
	Now     func() time.Time
}

// Commits is what the writer of the outbox did since the start.
type Commits struct {
	Commits, Operations, Failed uint64
	Busy                        time.Duration
}

// Tells is what was told to the programs that asked for results.
type Tells struct {
	Told, GivenUp, Attempts uint64
	UnderWay                int // attempts that are under way
}

// Events is who listens to the stream of events just now, and how many were dropped since the start
// because they read too slowly.
type Events struct {
	Clients int
	Dropped uint64
}
