package directory_test

import (
	"context"
	"errors"
	"fmt"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"github.com/hongyan-im/hongyan/internal/delivery"
	"github.com/hongyan-im/hongyan/internal/directory"
	"github.com/hongyan-im/hongyan/internal/store/sqlite"
	"github.com/hongyan-im/hongyan/wecom"
	"github.com/hongyan-im/hongyan/wecom/simulator"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	byMobile = "user/getuserid"
	byEmail  = "user/get_userid_by_email"
)

// office is a WeCom that answers after a while, and closes a call for a day after too many misses.
type office struct {
	mu        sync.Mutex
	members   map[string]string // by number or address
	personal  map[string]bool   // addresses that are no corp ones
	unseen    map[delivery.Sender]string
	takes     time.Duration
	calls     map[string]int
	asked     map[string]int // how often each
	misses    map[string]int
	most      int // misses, before it closes; 0 is any number
	fail      error
	under     int
	mostUnder int
}

func newOffice() *office {
	return &office{
		members:  map[string]string{"13800000002": "zhangsan", "13800000003": "lisi", "lisi@example.com": "lisi", "li@home.example": "lisi"},
		personal: map[string]bool{"li@home.example": true}, unseen: map[delivery.Sender]string{},
		calls: map[string]int{}, asked: map[string]int{}, misses: map[string]int{}, takes: 50 * time.Millisecond,
	}
}

func (o *office) answer(ctx context.Context, s delivery.Sender, call, what string, none bool) (string, error) {
	o.mu.Lock()
	o.calls[call]++
	o.asked[what]++
	o.under++
	o.mostUnder = max(o.mostUnder, o.under)
	o.mu.Unlock()
	timer := time.NewTimer(o.takes)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.under--
	user := o.members[what]
	switch {
	case ctx.Err() != nil:
		return "", &wecom.TransportError{Op: call, Err: ctx.Err()}
	case o.fail != nil:
		return "", o.fail
	case o.most > 0 && o.misses[call] > o.most:
		return "", &wecom.Error{Op: call, Code: 45009}
	case user == "" || none || o.unseen[s] == user:
		o.misses[call]++
		return "", &wecom.Error{Op: call, Code: wecom.CodeUserNotFound}
	}
	return user, nil
}

func (o *office) UserIDByMobile(ctx context.Context, s delivery.Sender, mobile string) (string, error) {
	return o.answer(ctx, s, byMobile, mobile, false)
}

func (o *office) UserIDByEmail(ctx context.Context, s delivery.Sender, email string, kind wecom.EmailKind) (string, error) {
	return o.answer(ctx, s, byEmail, email, o.personal[email] != (kind == wecom.PersonalEmail))
}

// desk is a directory with its store, in a file that can be opened again.
type desk struct {
	*directory.Directory
	t       *testing.T
	office  *office
	file    string
	store   directory.Store // instead of one in the file
	outbox  *sqlite.Outbox
	cap     int
	results map[string]int
}

func newDesk(t *testing.T, o *office) *desk {
	d := &desk{t: t, office: o, file: filepath.Join(t.TempDir(), "hongyan.db"), cap: 100}
	d.open()
	t.Cleanup(d.close)
	return d
}

func (d *desk) open() {
	store := d.store
	if store == nil {
		var err error
		if d.outbox, err = sqlite.Open(d.file, sqlite.Options{}); err != nil {
			d.t.Fatal(err)
		}
		store = d.outbox.Aliases()
	}
	var mu sync.Mutex
	d.results = map[string]int{}
	d.Directory = directory.New(directory.Config{
		Store: store, Caller: d.office,
		Account: func(s delivery.Sender) directory.Account {
			corp, app, _ := strings.Cut(string(s), ".")
			return directory.Account{Corp: corp, Agent: len(app) + 1, Cap: d.cap}
		},
		Observe: func(_ delivery.Sender, result string) {
			if !slices.Contains(directory.Results, result) {
				d.t.Errorf("result %q", result)
			}
			mu.Lock()
			d.results[result]++
			mu.Unlock()
		},
	})
}

func (d *desk) close() {
	if d.outbox == nil {
		return
	}
	if err := d.outbox.Close(); err != nil {
		d.t.Error(err)
	}
}

// find looks up, and shows it as text.
func (d *desk) find(s delivery.Sender, aliases ...string) string {
	d.t.Helper()
	l, err := d.Find(d.t.Context(), s, aliases)
	return show(l, err)
}

func show(l delivery.Lookup, err error) string {
	var parts []string
	for _, f := range l.Found {
		parts = append(parts, strings.TrimPrefix(strings.TrimPrefix(f.Alias, "mobile:"), "email:")+"="+f.User)
	}
	for _, alias := range l.Unknown {
		parts = append(parts, "-"+strings.TrimPrefix(strings.TrimPrefix(alias, "mobile:"), "email:"))
	}
	slices.Sort(parts)
	var closed *delivery.DirectoryError
	if errors.As(err, &closed) {
		parts = append(parts, "until "+time.Until(closed.Until).Round(time.Minute).String())
	} else if err != nil {
		parts = append(parts, err.Error())
	}
	return strings.Join(parts, " ")
}

func (d *desk) want(got, want string) {
	d.t.Helper()
	if got != want {
		d.t.Errorf("%q, want %q", got, want)
	}
}

func inDesk(t *testing.T, test func(d *desk)) {
	synctest.Test(t, func(t *testing.T) { test(newDesk(t, newOffice())) })
}

func TestEachIsAskedOnce(t *testing.T) {
	inDesk(t, func(d *desk) {
		aliases := []string{"mobile:13800000002", "mobile:13911111111", "email:lisi@example.com", "email:li@home.example", "email:no@example.com"}
		const want = "-13911111111 -no@example.com 13800000002=zhangsan li@home.example=lisi lisi@example.com=lisi"
		var all sync.WaitGroup
		for range 50 {
			all.Go(func() { d.want(d.find("corp.a", aliases...), want) })
		}
		all.Wait()
		// A personal address, and one that is nobody's, are asked for as both kinds.
		wanted := map[string]int{"13800000002": 1, "13911111111": 1, "lisi@example.com": 1, "li@home.example": 2, "no@example.com": 2}
		if fmt.Sprint(d.office.asked) != fmt.Sprint(wanted) {
			d.t.Errorf("asked %v, want %v", d.office.asked, wanted)
		}
		known, err := d.Known(d.t.Context(), "corp.a", append(aliases, "mobile:13922222222"))
		d.want(show(known, err), want)
		if d.results[directory.Cached] != 5 || d.results[directory.Member] == 0 || d.results[directory.Nobody] == 0 {
			d.t.Errorf("results %v", d.results)
		}
		d.close() // it outlives the process
		d.open()
		d.want(d.find("corp.a", aliases...), want)
		if d.office.calls[byMobile] != 2 || d.office.calls[byEmail] != 5 {
			d.t.Errorf("calls %v", d.office.calls)
		}
		time.Sleep(directory.Remembered)
		d.want(d.find("corp.a", aliases[0]), "13800000002=zhangsan")
		kept := func() int {
			entries, err := d.outbox.Aliases().Find(d.t.Context(), "corp", 2, aliases, time.Time{})
			if err != nil {
				d.t.Fatal(err)
			}
			return len(entries)
		}
		if n := kept(); n != 5 {
			d.t.Errorf("%d are kept, the old ones too", n)
		}
		if _, err := d.outbox.Prune(d.t.Context(), time.Time{}, 0, 1); err != nil {
			d.t.Fatal(err)
		}
		if n := kept(); n != 1 {
			d.t.Errorf("%d are kept", n)
		}
		if d.office.calls[byMobile] != 3 {
			d.t.Errorf("calls %v a day later", d.office.calls)
		}
	})
}

// Whoever was found is known to all apps of the corp; who was not may be visible to another one.
func TestAppsAndCorps(t *testing.T) {
	inDesk(t, func(d *desk) {
		const zhang, li = "mobile:13800000002", "mobile:13800000003"
		d.office.unseen["corp.a"] = "lisi"
		d.want(d.find("corp.a", zhang, li), "-13800000003 13800000002=zhangsan")
		d.want(d.find("corp.bb", zhang, li), "13800000002=zhangsan 13800000003=lisi")
		if d.office.calls[byMobile] != 3 {
			d.t.Errorf("calls %v", d.office.calls)
		}
		d.want(d.find("corp.a", li), "-13800000003") // as it was told itself
		d.want(d.find("other.a", zhang), "13800000002=zhangsan")
		if d.office.calls[byMobile] != 4 {
			d.t.Errorf("calls %v", d.office.calls)
		}
		d.Forget(d.t.Context(), "corp.a", []string{"ZhangSan", li})
		known, err := d.Known(d.t.Context(), "corp.bb", []string{zhang, li})
		d.want(show(known, err), "")
		known, err = d.Known(d.t.Context(), "other.a", []string{zhang, li})
		d.want(show(known, err), "13800000002=zhangsan")
	})
}

func TestBudget(t *testing.T) {
	for accountCap, want := range map[int]int{0: 10, 1: 1, 5: 1, 20: 3, 100: 15, 1000: 150} {
		if got := directory.Allowed(accountCap); got != want {
			t.Errorf("a cap of %d allows %d misses, want %d", accountCap, got, want)
		}
		// WeCom's own rule, where a corp is not so small that a single miss is beyond it.
		if got := directory.Allowed(accountCap); accountCap >= 5 && got > accountCap/5 {
			t.Errorf("a cap of %d allows %d misses", accountCap, got)
		}
	}
	inDesk(t, func(d *desk) {
		ghosts := func(from, n int) (list []string) {
			for i := range n {
				list = append(list, fmt.Sprintf("mobile:139%08d", from+i))
			}
			return list
		}
		time.Sleep(30 * time.Minute) // past the hour
		var all sync.WaitGroup
		for i := range 20 {
			all.Go(func() { _, _ = d.Find(d.t.Context(), "corp.a", ghosts(10*i, 10)) })
		}
		all.Wait()
		if d.office.misses[byMobile] != 15 {
			d.t.Errorf("%d misses of 15 that are allowed", d.office.misses[byMobile])
		}
		const later = "until 24h30m0s"
		d.want(d.find("corp.bb", ghosts(500, 1)...), later) // another app of the corp
		d.want(d.find("corp.a", "mobile:13800000002", ghosts(500, 1)[0]), later)
		d.want(d.find("corp.a", "email:lisi@example.com"), "lisi@example.com=lisi") // the other call
		d.want(d.find("other.a", "mobile:13800000002"), "13800000002=zhangsan")     // the other corp
		d.close()
		d.open()
		d.want(d.find("corp.a", "mobile:13800000002"), later)
		if d.office.misses[byMobile] != 15 {
			d.t.Errorf("%d misses", d.office.misses[byMobile])
		}
		if d.results[directory.Refused] == 0 {
			d.t.Errorf("results %v", d.results)
		}
		time.Sleep(24*time.Hour + 30*time.Minute)
		d.want(d.find("corp.a", "mobile:13800000003"), "13800000003=lisi")
	})
}

// However many ask for whatever and whenever, WeCom's rule is not broken in any 24 hours.
func TestBudgetOverDays(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		steps := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) [3]int {
			return [3]int{rapid.IntRange(0, 30).Draw(t, "ghosts"), rapid.IntRange(0, 3).Draw(t, "members"), rapid.IntRange(0, 10*60).Draw(t, "minutes")}
		}), 1, 20).Draw(rt, "steps")
		wrong := ""
		synctest.Test(t, func(t *testing.T) {
			d := &desk{t: t, office: newOffice(), store: &memory{}, cap: 40} // 6 misses; WeCom allows 8
			d.open()
			var missed []time.Time
			n := 0
			for _, s := range steps {
				var aliases []string
				for range s[0] {
					n++
					aliases = append(aliases, fmt.Sprintf("mobile:139%08d", n))
				}
				for i := range s[1] {
					aliases = append(aliases, fmt.Sprintf("mobile:1380000000%d", i+1))
				}
				before := d.office.misses[byMobile]
				_, err := d.Find(t.Context(), "corp.a", aliases)
				var closed *delivery.DirectoryError
				if errors.As(err, &closed) && !closed.Until.After(time.Now()) {
					wrong = "it may be asked at once"
				}
				for range d.office.misses[byMobile] - before {
					missed = append(missed, time.Now())
				}
				time.Sleep(time.Duration(s[2]) * time.Minute)
				if s[2]%7 == 0 {
					d.open() // again: what only the process knew is gone
				}
			}
			for i, at := range missed {
				if i >= 6 && at.Sub(missed[i-6]) < 24*time.Hour {
					wrong = fmt.Sprintf("7 misses within %v", at.Sub(missed[i-6]))
				}
			}
		})
		if wrong != "" {
			rt.Fatal(wrong)
		}
	})
}

// memory counts misses, and remembers nothing else.
type memory struct {
	mu     sync.Mutex
	misses []directory.Misses
}

func (m *memory) Find(context.Context, string, int, []string, time.Time) ([]directory.Entry, error) {
	return nil, nil
}

func (m *memory) Keep(_ context.Context, _ directory.Entry, misses ...directory.Misses) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.misses = append(m.misses, misses...)
	return nil
}

func (m *memory) Forget(context.Context, string, []string) error { return nil }

func (m *memory) Misses(_ context.Context, corp, call string, since int64) (all []directory.Misses, _ error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, one := range m.misses {
		if one.Corp == corp && one.Call == call && one.Hour >= since {
			all = append(all, one)
		}
	}
	return all, nil
}

func TestClosedByWeCom(t *testing.T) {
	inDesk(t, func(d *desk) {
		closed := &wecom.Error{Op: byMobile, Code: 45009, Msg: "api freq out of limit"}
		d.office.fail = closed
		_, err := d.Find(d.t.Context(), "corp.a", []string{"mobile:13800000002"})
		if !errors.Is(err, closed) {
			d.t.Errorf("%v", err)
		}
		d.want(d.find("corp.a", "mobile:13800000002"), "until 1m0s")
		if d.office.calls[byMobile] != 1 {
			d.t.Errorf("calls %v", d.office.calls)
		}
		for _, pause := range []string{"2m0s", "4m0s", "8m0s", "16m0s", "32m0s", "1h0m0s", "1h0m0s"} {
			time.Sleep(time.Hour)
			before := d.office.calls[byMobile]
			var all sync.WaitGroup
			for i := range 20 { // one goes to see, the others wait for it
				all.Go(func() { d.want(d.find("corp.a", fmt.Sprintf("mobile:13800%06d", i)), "until "+pause) })
			}
			all.Wait()
			if n := d.office.calls[byMobile] - before; n != 1 {
				d.t.Errorf("%d went to see", n)
			}
		}
		d.office.fail = nil
		time.Sleep(time.Hour)
		d.want(d.find("corp.a", "mobile:13800000002", "mobile:13800000003"), "13800000002=zhangsan 13800000003=lisi")
	})
}

func TestTroubleOfWeCom(t *testing.T) {
	inDesk(t, func(d *desk) {
		d.office.fail = &wecom.Error{Op: byMobile, Code: 60020, Msg: "no"}
		many := make([]string, 200)
		for i := range many {
			many[i] = fmt.Sprintf("mobile:139%08d", i)
		}
		d.want(d.find("corp.a", many...), "wecom: user/getuserid: 60020 no")
		if n := d.office.calls[byMobile]; n > 16 {
			d.t.Errorf("%d calls, all of which fail", n)
		}
		// A token that cannot be had says nothing about numbers, whatever its code.
		d.office.fail = &wecom.Error{Op: "gettoken", Code: 40058}
		d.want(d.find("corp.a", "mobile:13800000002"), d.office.fail.Error())
		d.office.fail = nil
		d.want(d.find("corp.a", "mobile:13800000002"), "13800000002=zhangsan")
		for _, code := range []wecom.Code{46004, 60111, 60011, 60146, 60103, 40058} {
			d.office.fail = &wecom.Error{Op: byMobile, Code: code}
			d.want(d.find("corp.a", fmt.Sprintf("mobile:139999%d", code)), fmt.Sprintf("-139999%d", code))
		}
		// Who gives up does not wait for WeCom.
		d.office.fail, d.office.takes = nil, time.Hour
		ctx, cancel := context.WithTimeout(d.t.Context(), time.Second)
		defer cancel()
		if _, err := d.Find(ctx, "corp.a", []string{"mobile:13800000003"}); !errors.Is(err, context.DeadlineExceeded) {
			d.t.Errorf("%v", err)
		}
		d.office.takes = 0
		d.want(d.find("corp.a", "mobile:13800000003"), "13800000003=lisi")
		if d.office.mostUnder > 16 {
			d.t.Errorf("%d calls at once", d.office.mostUnder)
		}
	})
}

// client is the SDK against the simulator over HTTP.
type client struct{ *wecom.Client }

func (c client) UserIDByMobile(ctx context.Context, _ delivery.Sender, mobile string) (string, error) {
	return c.Client.UserIDByMobile(ctx, mobile)
}

func (c client) UserIDByEmail(ctx context.Context, _ delivery.Sender, email string, kind wecom.EmailKind) (string, error) {
	return c.Client.UserIDByEmail(ctx, email, kind)
}

// TestAgainstTheSimulator: with the account cap that WeCom has, it never closes the call.
func TestAgainstTheSimulator(t *testing.T) {
	world := simulator.DefaultWorld()
	world.Corps[0].AccountCap = 40
	sim := simulator.New(simulator.WithWorld(world))
	server := httptest.NewServer(sim)
	defer server.Close()
	sdk, err := wecom.New(wecom.Config{CorpID: "ww0000000000000001", AgentID: 1000002, Secret: "sim-secret-1000002", BaseURL: server.URL})
	if err != nil {
		t.Fatal(err)
	}
	defer sdk.CloseIdleConnections()
	outbox, err := sqlite.Open(filepath.Join(t.TempDir(), "hongyan.db"), sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer outbox.Close()
	d := directory.New(directory.Config{Store: outbox.Aliases(), Caller: client{sdk}, Account: func(delivery.Sender) directory.Account {
		return directory.Account{Corp: "ww0000000000000001", Agent: 1000002, Cap: 40}
	}})
	var aliases []string
	for i := range 100 {
		aliases = append(aliases, fmt.Sprintf("mobile:139%08d", i), fmt.Sprintf("email:nobody%d@example.com", i))
	}
	l, err := d.Find(t.Context(), "crm", aliases)
	var closed *delivery.DirectoryError
	if !errors.As(err, &closed) || closed.Err != nil || len(l.Found) != 0 || len(l.Unknown) != 6+6/2 {
		t.Errorf("%d unknown, %v", len(l.Unknown), err)
	}
	// It would still answer: nothing was closed.
	for _, look := range []func() (string, error){
		func() (string, error) { return sdk.UserIDByMobile(t.Context(), "13800000003") },
		func() (string, error) { return sdk.UserIDByEmail(t.Context(), "lisi@example.com", wecom.CorpEmail) },
	} {
		if user, err := look(); user != "lisi" || err != nil {
			t.Errorf("%q %v", user, err)
		}
	}
}
