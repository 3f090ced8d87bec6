package directory

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/hongyan-im/hongyan/internal/delivery"
	"github.com/hongyan-im/hongyan/wecom"
)

// How many misses a day are risked: 15 of the 20 in a hundred accounts at which WeCom closes the call,
// since it may count otherwise, and others may ask for the same corp.
const (
	percent      = 15
	usualAllowed = 10 // where the account cap is not known
)

// Allowed is how many lookups of a corp may find nobody within a day, by each of the two calls.
func Allowed(accountCap int) int {
	if accountCap <= 0 {
		return usualAllowed
	}
	return max(1, accountCap*percent/100) // or a small corp could look up nobody
}

// Pauses after WeCom closed a call: it may be for a minute, or for the rest of a day.
const (
	firstPause   = time.Minute
	longestPause = time.Hour
)

func hourOf(t time.Time) int64 { return t.Unix() / 3600 }

type gateKey struct{ corp, call string }

// gate lets calls through of one kind for one corp: no more at once than may find nobody.
type gate struct {
	gateKey

	mu      sync.Mutex
	under   int           // calls that are under way, or about to be
	changed chan struct{} // closed when one of them ends

	closed time.Time     // until when WeCom closed it
	pause  time.Duration // the last one; 0 while it is open. After it one call goes to see
	told   time.Time     // the end of what the log was told of
}

func (d *Directory) gate(corp, call string) *gate {
	d.mu.Lock()
	defer d.mu.Unlock()
	key := gateKey{corp, call}
	g := d.gates[key]
	if g == nil {
		g = &gate{gateKey: key, changed: make(chan struct{})}
		d.gates[key] = g
	}
	return g
}

// enter returns when calls may be made, which leave ends, and how many: up to n; or with a
// *delivery.DirectoryError.
func (g *gate) enter(ctx context.Context, d *Directory, a Account, n int) (may int, err error) {
	for {
		may, wait, err := g.try(ctx, d, a, n)
		if err != nil || may > 0 {
			return may, err
		}
		select {
		case <-wait:
		case <-ctx.Done():
			return 0, ctx.Err()
		}
	}
}

// try is one go of enter; when others must end first, it returns how one hears of it.
func (g *gate) try(ctx context.Context, d *Directory, a Account, n int) (may int, wait chan struct{}, err error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := d.Now()
	if now.Before(g.closed) {
		return 0, nil, &delivery.DirectoryError{Until: g.closed, Detail: "WeCom takes no " + g.call + " of this corp just now"}
	}
	misses, err := d.Store.Misses(ctx, a.Corp, g.call, hourOf(now)-Hours+1)
	if err != nil {
		return 0, nil, err
	}
	missed, allowed := 0, Allowed(a.Cap)
	for _, m := range misses {
		missed += m.N
	}
	if missed >= allowed {
		until := time.Unix((misses[0].Hour+Hours)*3600, 0)
		detail := fmt.Sprintf("%d lookups by %s found nobody within a day, and %d may: WeCom closes the call to a corp with more", missed, g.call, allowed)
		if !g.told.Equal(until) {
			g.told = until
			d.Log.Warn("no more members are looked up", "corp", g.corp, "call", g.call, "missed", missed, "allowed", allowed, "until", until)
		}
		return 0, nil, &delivery.DirectoryError{Until: until, Detail: detail}
	}
	if g.pause > 0 && g.under > 0 {
		return 0, g.changed, nil // one goes to see
	}
	n = min(n, allowed-missed)
	if allowed-missed-g.under < n {
		return 0, g.changed, nil
	}
	g.under += n
	return n, nil, nil
}

// leave ends calls.
func (g *gate) leave(n int) {
	if n == 0 {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.under -= n
	close(g.changed)
	g.changed = make(chan struct{})
}

// heard takes note of what came of a call, and returns its error in the words of the port.
func (g *gate) heard(d *Directory, err error) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	var answer *wecom.Error
	if !errors.As(err, &answer) || answer.Op != g.call || answer.Code != wecom.CodeRateLimited {
		if err == nil {
			g.closed, g.pause = time.Time{}, 0
		}
		return err
	}
	if now := d.Now(); !now.Before(g.closed) { // else another call was told the same just before
		g.pause = min(max(2*g.pause, firstPause), longestPause)
		g.closed = now.Add(g.pause)
		d.Log.Warn("WeCom takes no more lookups of members", "corp", g.corp, "call", g.call, "until", g.closed)
	}
	return &delivery.DirectoryError{Until: g.closed, Detail: "WeCom takes no more " + g.call + " of this corp just now (45009)", Err: err}
}
