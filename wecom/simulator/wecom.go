// Package simulator is a WeCom (企业微信) that runs in memory: the real paths under /cgi-bin/, the
// real order of checks, the real error texts, and none of the real people.
//
// A simulator is an [http.Handler]. It holds one [World] of corps, apps, members, departments and
// tags, and remembers every message sent to them:
//
//	sim := simulator.New()
//	server := httptest.NewServer(sim)
//	… send through server.URL as if it were https://qyapi.weixin.qq.com …
//	fmt.Println(sim.Inbox("zhangsan").Last().Text())
//
// Members press the buttons of cards with [WeCom.Click]; the app's callback URL is called as WeCom calls
// it, or the event is recorded for [WeCom.Callbacks].
//
// Programs in other languages do the same over HTTP under /_sim/ (see docs/simulator.md), and people
// open "/" to see what a member's phone shows.
//
// What the official documents leave open, the simulator decides in one place and says so there.
// Nothing in it sleeps or waits for real time, except where a test asks for it: time limits, token
// life and quotas follow the simulator's own clock, which can be moved.
package simulator

import (
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hongyan-im/hongyan/wecom/simulator/internal/phone"
)

// WeCom is one simulated WeCom. It is safe for concurrent use; two of them share nothing.
type WeCom struct {
	initial World // what Reset goes back to
	slow    time.Duration

	changing  sync.Mutex // held while the world is replaced
	directory atomic.Pointer[directory]

	clock  clock
	tokens tokens
	faults faults
	store  store
	media  media
	jobs   jobs
	codes  codes
	events events
	stats  counters
	phones subscribers
	page   http.Handler
}

// An Option changes what New makes.
type Option func(*WeCom)

// WithWorld starts with w in place of [DefaultWorld]. New panics if w is not valid; a program that
// reads worlds from files calls [World.Validate] first.
func WithWorld(w World) Option { return func(s *WeCom) { s.initial = w.clone() } }

// WithMaxMessages keeps the last n messages. Defaults to 10000; values below 1 are taken as 1. Fewer
// are kept when they are large or have very many receivers, so that memory stays bounded.
func WithMaxMessages(n int) Option { return func(s *WeCom) { s.store.max = max(n, 1) } }

// WithSlowAnswer sets how long an answer takes, in real time, when sim-slow is among the receivers.
// Defaults to 3 seconds.
func WithSlowAnswer(d time.Duration) Option { return func(s *WeCom) { s.slow = d } }

// WithClock gives the time that the simulator's clock starts from. Defaults to [time.Now].
func WithClock(now func() time.Time) Option { return func(s *WeCom) { s.clock.base = now } }

// New makes a simulator with the default world, running from now on.
func New(opts ...Option) *WeCom {
	s := &WeCom{
		initial: DefaultWorld(),
		slow:    3 * time.Second,
		clock:   clock{base: time.Now},
		store:   store{max: 10_000},
	}
	for _, opt := range opts {
		opt(s)
	}
	s.stats.calls = newCallCounters()
	s.page = phone.Handler(phones{s})
	if err := s.SetWorld(s.initial); err != nil {
		panic("simulator.New: the world is not valid: " + err.Error())
	}
	return s
}

// ServeHTTP answers /cgi-bin/… as WeCom does, /_sim/… as the simulator's own interface, and shows
// the inbox at "/". The first two are found behind any path prefix, because some clients keep the
// path of their base URL and some drop it. Everything else is 404 with an empty body, as at WeCom.
func (s *WeCom) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	path := r.URL.Path
	api, control := strings.LastIndex(path, apiRoot), strings.LastIndex(path, controlRoot)
	switch {
	case api > control:
		s.serveAPI(w, r, path[api+len(apiRoot):])
	case control >= 0:
		s.serveControl(w, r, path[control+len(controlRoot):])
	case path == "/" || strings.HasPrefix(path, "/_phone/"):
		s.page.ServeHTTP(w, r)
	default:
		w.WriteHeader(http.StatusNotFound)
	}
}

const (
	apiRoot     = "/cgi-bin/"
	controlRoot = "/_sim/"
)

// World returns a copy of the present world.
func (s *WeCom) World() World { return s.directory.Load().world.clone() }

// SetWorld replaces the world, whole, or changes nothing and says all that is wrong with w. Messages
// stay. Tokens stay valid for apps whose corp, agentid and secret are unchanged; so does what is
// remembered of their sends for quotas and the duplicate check.
func (s *WeCom) SetWorld(w World) error {
	if err := w.Validate(); err != nil {
		return err
	}
	s.changing.Lock()
	defer s.changing.Unlock()
	d := newDirectory(w.clone(), s.directory.Load())
	s.directory.Store(d)
	s.tokens.keepOnly(d)
	return nil
}

// Reset makes the simulator as New made it: its first world, no messages, media, events, tokens,
// faults or group chats, no quotas used, counters at zero, and the clock where it would be had nobody moved it.
func (s *WeCom) Reset() {
	s.changing.Lock()
	defer s.changing.Unlock()
	s.directory.Store(newDirectory(s.initial.clone(), nil))
	s.tokens.clear()
	s.faults.replace(nil)
	s.store.clear()
	s.media.clear()
	s.jobs.clear()
	s.codes.clear()
	s.events.clear()
	s.stats.clear()
	s.clock.reset()
}
