// Package directory finds members by phone number and email address: [Directory] implements
// delivery.Directory.
//
// WeCom answers these calls of an app for members in its visible range, and closes each of them for a
// day to a corp in which the lookups that find nobody exceed a fifth of its account cap. So each
// question is asked once a day, whatever the answer, by one of those who ask at the same time; and no
// more questions are asked once those without an answer come near that fifth. What was found and how
// much was missed is kept in a [Store], and outlives the process.
package directory

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/hongyan-im/hongyan/internal/delivery"
	"github.com/hongyan-im/hongyan/wecom"
)

// Remembered is for how long an answer is good: 24 hours, for one that there is nobody as well. Asking
// again sooner for a number that is nobody's would cost a miss each time.
const Remembered = 24 * time.Hour

// Store keeps what was found. Its methods are safe for concurrent use.
type Store interface {
	// Find returns what is remembered of aliases at now: for all apps of the corp, or for the agent.
	Find(ctx context.Context, corp string, agent int, aliases []string, now time.Time) ([]Entry, error)
	// Keep remembers an entry, unless it is the zero Entry, and adds misses to those of their hours.
	Keep(ctx context.Context, e Entry, misses ...Misses) error
	// Forget forgets what is remembered of these members, in any case, and of these aliases.
	Forget(ctx context.Context, corp string, names []string) error
	// Misses returns those of a call from an hour on, the earliest first.
	Misses(ctx context.Context, corp, call string, since int64) ([]Misses, error)
}

// Entry is what WeCom said of an alias.
type Entry struct {
	Corp  string
	Alias string
	// User is whose it is. That holds for all apps of a corp, and Agent is 0; "" says that there is
	// nobody whom the Agent can see.
	User  string
	Agent int
	Until time.Time // when it is to be asked again
}

// Misses counts the lookups that found nobody.
type Misses struct {
	Corp, Call string
	Hour       int64 // since 1970
	N          int
}

// Hours is how many hours count as the last day, the one that runs and a whole day before it: WeCom
// does not say whether its day begins at midnight.
const Hours = 25

// Account is what is known of an app's corp.
type Account struct {
	Corp  string
	Agent int
	Cap   int // 账号上限; 0 is not known
}

// Caller asks WeCom, and is asked whom it asks for. The errors are those of the SDK.
type Caller interface {
	UserIDByMobile(ctx context.Context, s delivery.Sender, mobile string) (string, error)
	UserIDByEmail(ctx context.Context, s delivery.Sender, email string, kind wecom.EmailKind) (string, error)
}

// Config is what a [Directory] works with. Store, Caller and Account are required.
type Config struct {
	Store   Store
	Caller  Caller
	Account func(delivery.Sender) Account
	// Observe is told of each alias that was looked up, with one of Results; nil means nobody.
	Observe func(s delivery.Sender, result string)
	Log     *slog.Logger     // nil means none
	Now     func() time.Time // nil means time.Now
}

// What can become of a lookup.
const (
	Cached  = "cached"  // it is known from before
	Member  = "found"   // WeCom named a member
	Nobody  = "unknown" // WeCom knows nobody
	Failed  = "failed"  // WeCom did not say
	Refused = "refused" // WeCom was not asked, or closed the call
)

// Results lists them.
var Results = []string{Cached, Member, Nobody, Failed, Refused}

// Directory finds members by their aliases.
type Directory struct {
	Config

	mu      sync.Mutex
	flights map[flightKey]*flight
	gates   map[gateKey]*gate
}

var _ delivery.Directory = (*Directory)(nil)

// New returns a directory.
func New(c Config) *Directory {
	if c.Observe == nil {
		c.Observe = func(delivery.Sender, string) {}
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	return &Directory{Config: c, flights: map[flightKey]*flight{}, gates: map[gateKey]*gate{}}
}

// Known implements [delivery.Directory].
func (d *Directory) Known(ctx context.Context, s delivery.Sender, aliases []string) (delivery.Lookup, error) {
	known, err := d.known(ctx, d.Account(s), aliases)
	for range len(known.Found) + len(known.Unknown) {
		d.Observe(s, Cached)
	}
	return known, err
}

func (d *Directory) known(ctx context.Context, a Account, aliases []string) (known delivery.Lookup, err error) {
	entries, err := d.Store.Find(ctx, a.Corp, a.Agent, aliases, d.Now())
	if err != nil {
		return known, err
	}
	// What the agent itself was told goes before what another one found out.
	for _, e := range entries {
		if e.User == "" && e.Agent == a.Agent {
			known.Unknown = append(known.Unknown, e.Alias)
		}
	}
	for _, e := range entries {
		if e.User != "" && !slices.Contains(known.Unknown, e.Alias) {
			known.Found = append(known.Found, delivery.Found{Alias: e.Alias, User: e.User})
		}
	}
	return known, nil
}

// atOnce is how many lookups of one delivery are under way at once.
const atOnce = 8

// Find implements [delivery.Directory].
func (d *Directory) Find(ctx context.Context, s delivery.Sender, aliases []string) (delivery.Lookup, error) {
	a := d.Account(s)
	known, err := d.known(ctx, a, aliases)
	if err != nil {
		return known, err
	}
	todo := slices.DeleteFunc(slices.Clone(aliases), known.Has)
	f := finding{Directory: d, sender: s, account: a, known: known, todo: todo}
	var all sync.WaitGroup
	for range min(atOnce, len(todo)) {
		all.Go(func() { f.run(ctx) })
	}
	all.Wait()
	if f.failed != nil {
		return f.known, f.failed
	}
	if f.closed != nil {
		return f.known, f.closed
	}
	return f.known, nil
}

// finding is one call of Find.
type finding struct {
	*Directory
	sender  delivery.Sender
	account Account

	mu     sync.Mutex
	known  delivery.Lookup
	todo   []string
	closed *delivery.DirectoryError // the one that ends first
	failed error                    // what else went wrong; then no more is begun
}

func (f *finding) run(ctx context.Context) {
	for {
		f.mu.Lock()
		if len(f.todo) == 0 || f.failed != nil {
			f.mu.Unlock()
			return
		}
		alias := f.todo[0]
		f.todo = f.todo[1:]
		f.mu.Unlock()
		user, err := f.ask(ctx, f.sender, f.account, alias)
		f.add(alias, user, err)
	}
}

func (f *finding) add(alias, user string, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	var closed *delivery.DirectoryError
	switch {
	case errors.As(err, &closed):
		if f.closed == nil || closed.Until.Before(f.closed.Until) {
			f.closed = closed
		}
		f.Observe(f.sender, Refused)
	case err != nil:
		f.failed = err
		f.Observe(f.sender, Failed)
	case user == "":
		f.known.Unknown = append(f.known.Unknown, alias)
		f.Observe(f.sender, Nobody)
	default:
		f.known.Found = append(f.known.Found, delivery.Found{Alias: alias, User: user})
		f.Observe(f.sender, Member)
	}
}

// Forget implements [delivery.Directory].
func (d *Directory) Forget(ctx context.Context, s delivery.Sender, names []string) {
	if err := d.Store.Forget(ctx, d.Account(s).Corp, names); err != nil {
		d.Log.Error("forgetting who was looked up", "sender", s, "error", err)
	}
}
