package delivery_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
	"unicode/utf8"

	"github.com/hongyan-im/hongyan/internal/delivery"
	"github.com/hongyan-im/hongyan/wecom/simulator"
)

// In the simulator's world these are zhangsan, lisi and wangwu; the last two are nobody's.
const (
	zhang, li, wang = "mobile:13800000002", "mobile:13800000003", "mobile:13800000004"
	liMail          = "email:lisi@example.com"
	ghost           = "mobile:13911111111"
	ghostMail       = "email:ghost@example.com"
	byMobile        = "user/getuserid"
	byEmail         = "user/get_userid_by_email"
)

// wantLookup checks who was found, and who was not.
func (w *world) wantLookup(d *delivery.Delivery, found map[string]string, unknown ...string) {
	w.t.Helper()
	if d.Lookup == nil {
		w.t.Fatalf("%v was not looked up", d.ID)
	}
	got := map[string]string{}
	for _, f := range d.Lookup.Found {
		got[f.Alias] = f.User
	}
	if fmt.Sprint(got) != fmt.Sprint(found) || !slices.Equal(d.Lookup.Unknown, unknown) {
		w.t.Errorf("found %v, unknown %v; want %v and %v", got, d.Lookup.Unknown, found, unknown)
	}
}

func (w *world) search(f delivery.Filter) (ids []delivery.MessageID) {
	w.t.Helper()
	page, err := w.outbox.Search(context.Background(), f, 0, 100)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, m := range page.Messages {
		ids = append(ids, m.ID)
	}
	slices.Sort(ids)
	return ids
}

func (w *world) wantFound(f delivery.Filter, want ...delivery.MessageID) {
	w.t.Helper()
	slices.Sort(want)
	if got := w.search(f); !slices.Equal(got, want) {
		w.t.Errorf("%+v finds %v, want %v", f, got, want)
	}
}

func TestAliases(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		m := w.accept(text("by number", zhang, liMail, "wangwu"))
		m = w.wantEnd(m, delivery.Sent)
		d := &m.Deliveries[0]
		w.wantLookup(d, map[string]string{zhang: "zhangsan", liMail: "lisi"})
		if d.Attempts != 1 || len(m.Deliveries) != 1 || d.Content.Unresolved() {
			t.Errorf("%d attempts, %d deliveries, to %v", d.Attempts, len(m.Deliveries), d.Content.To().Users)
		}
		if got, want := d.Named(), []string{"wangwu", zhang, liMail}; !slices.Equal(got, want) {
			t.Errorf("it names %v, want %v", got, want)
		}
		for _, user := range []string{"zhangsan", "lisi", "wangwu"} {
			w.wantGot(user, "by number")
			w.wantFound(delivery.Filter{User: strings.ToUpper(user)}, m.ID)
		}
		w.wantFound(delivery.Filter{Aliases: []string{zhang}}, m.ID)
		w.wantFound(delivery.Filter{Aliases: []string{zhang, liMail}, User: "lisi"}, m.ID)
		w.wantFound(delivery.Filter{Aliases: []string{zhang, wang}})
		w.wantFound(delivery.Filter{Aliases: []string{ghost}})

		// They are known now: nobody is asked, and the message goes at once.
		before := w.calls(byMobile) + w.calls(byEmail)
		again := w.accept(text("again", zhang, liMail))
		if d := &again.Deliveries[0]; d.Status != delivery.Sending || d.Content.Unresolved() || d.Lookup == nil {
			t.Errorf("it is %v, to %v", d.Status, d.Content.To().Users)
		}
		w.wantEnd(again, delivery.Sent)
		if n := w.calls(byMobile) + w.calls(byEmail); n != before {
			t.Errorf("%d calls, %d before", n, before)
		}
		w.wantFound(delivery.Filter{Aliases: []string{zhang}}, m.ID, again.ID)
		w.wantFound(delivery.Filter{User: "zhangsan"}, m.ID, again.ID)

		// After a day they are asked again.
		time.Sleep(25 * time.Hour)
		w.wantEnd(w.accept(text("tomorrow", zhang)), delivery.Sent)
		if n := w.calls(byMobile) + w.calls(byEmail); n != before+1 {
			t.Errorf("%d calls a day later, %d before", n, before)
		}
	})
}

func TestUnknownAliases(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		m := w.wantEnd(w.accept(text("to some", ghost, zhang, ghostMail)), delivery.PartlySent)
		d := &m.Deliveries[0]
		w.wantLookup(d, map[string]string{zhang: "zhangsan"}, ghost, ghostMail)
		if d.Reason.Code != delivery.ReasonSomeReceivers {
			t.Errorf("reason %q", d.Reason.Code)
		}
		w.wantGot("zhangsan", "to some")
		w.wantFound(delivery.Filter{Aliases: []string{ghost}}, m.ID)

		none := w.wantEnd(w.accept(text("to nobody", ghost, ghostMail)), delivery.Refused)
		d = &none.Deliveries[0]
		w.wantLookup(d, map[string]string{}, ghost, ghostMail)
		if d.Reason.Code != delivery.ReasonNoReceiver || d.Reason.Detail == "" || d.Attempts != 0 {
			t.Errorf("%d attempts, reason %+v", d.Attempts, d.Reason)
		}
		w.wantFound(delivery.Filter{Aliases: []string{ghost}}, m.ID, none.ID)
		// Each was asked for once, the address as one of the corp and as a personal one.
		if mobile, email := w.calls(byMobile), w.calls(byEmail); mobile != 2 || email != 2 {
			t.Errorf("%d and %d lookups", mobile, email)
		}
		// The same once more, and all of it is known.
		w.wantEnd(w.accept(text("to some again", ghost, zhang)), delivery.PartlySent)
		if mobile := w.calls(byMobile); mobile != 2 {
			t.Errorf("%d lookups", mobile)
		}
		// All parts of a text end likewise.
		long := w.wantEnd(w.accept(text(strings.Repeat("长", 2000), ghost)), delivery.Refused)
		for i := range long.Deliveries {
			if d := &long.Deliveries[i]; d.Status != delivery.Refused {
				t.Errorf("part %d is %v", i, d.Status)
			}
		}
	})
}

func TestMemberGivenTwice(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.lanes[crm] = delivery.Lane{Workers: 1}
		for _, content := range []string{"looked up", "known"} {
			m := w.wantEnd(w.accept(text(content, "LiSi", li, liMail, liMail)), delivery.Sent)
			d := &m.Deliveries[0]
			if users := d.Content.To().Users; !slices.Equal(users, []string{"LiSi"}) {
				t.Errorf("%s: sent to %v", content, users)
			}
			if got, want := d.Named(), []string{"LiSi", li, liMail}; !slices.Equal(got, want) {
				t.Errorf("%s: it names %v, want %v", content, got, want)
			}
			w.wantFound(delivery.Filter{Text: content, User: "lisi", Aliases: []string{li}}, m.ID)
		}
		w.wantGot("lisi", "looked up", "known")
	})
}

// A twin of what was looked up is a twin as any other: WeCom must not swallow it.
func TestTwinsByAlias(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		for i := range 3 {
			w.wantEnd(w.accept(text("the same", []string{zhang, "zhangsan", zhang}[i])), delivery.Sent)
		}
		w.wantGot("zhangsan", "the same", "the same", "the same")
		// An error of the lookup comes first: what is sent in the end is checked all the same.
		w.faults(simulator.Fault{Call: byMobile, ErrCode: -1, Times: 2})
		m := w.wantEnd(w.accept(text("after trouble", li)), delivery.Sent)
		if d := &m.Deliveries[0]; d.Attempts != 3 || d.Check != delivery.CheckOn {
			t.Errorf("%d attempts, check %v", d.Attempts, d.Check)
		}
		m = w.wantEnd(w.accept(text("after trouble", "lisi")), delivery.Sent)
		if d := &m.Deliveries[0]; d.Check != delivery.CheckTwin {
			t.Errorf("check %v", d.Check)
		}
		w.wantGot("lisi", "after trouble", "after trouble")
	})
}

func TestMissBudget(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.cap = 20 // 3 misses
		ghosts := make([]string, 10)
		for i := range ghosts {
			ghosts[i] = fmt.Sprintf("mobile:1391111111%d", i)
		}
		m := w.accept(text("to all", append([]string{zhang, "wangwu"}, ghosts...)...))
		synctest.Wait()
		time.Sleep(time.Second)
		now := w.look(m.ID)
		if n := w.calls(byMobile); n < 3 || n > 4 {
			t.Errorf("%d lookups", n)
		}
		w.wantGot("wangwu", "to all")
		last := now.Deliveries[len(now.Deliveries)-1]
		if last.Status != delivery.Queued || last.Reason.Code != delivery.ReasonDirectory || !last.Content.Unresolved() || last.Due.Before(time.Now().Add(23*time.Hour)) {
			t.Fatalf("the rest is %v, %+v, due %v", last.Status, last.Reason, last.Due)
		}
		// Nothing else waits for it: other members, members by address, and other apps.
		w.wantEnd(w.accept(text("by id", "lisi")), delivery.Sent)
		w.wantEnd(w.accept(text("by mail", liMail)), delivery.Sent)
		w.wantGot("lisi", "by id", "by mail")
		if _, resting := w.way.Rest(crm); resting {
			t.Error("the sender rests")
		}
		// What is looked up stays within the budget, also after a restart.
		calls := w.calls(byMobile)
		w.stop()
		w.start()
		other := w.accept(text("another", "mobile:13922222222"))
		time.Sleep(time.Hour)
		if n := w.calls(byMobile); n != calls {
			t.Errorf("%d lookups after a restart, %d before", n, calls)
		}
		if d := w.look(other.ID).Deliveries[0]; d.Status != delivery.Queued || d.Reason.Code != delivery.ReasonDirectory || d.Attempts != 0 {
			t.Errorf("it is %v after %d attempts, %+v", d.Status, d.Attempts, d.Reason)
		}
		// Waiting, it can be cancelled, and its time runs out.
		if n, _, err := w.way.Cancel(context.Background(), other.ID); n != 1 || err != nil {
			t.Errorf("%d cancelled, %v", n, err)
		}
		if d := w.look(other.ID).Deliveries[0]; d.Status != delivery.Cancelled || d.Reason.Cause != delivery.ReasonDirectory {
			t.Errorf("it is %v, %+v", d.Status, d.Reason)
		}
		short := text("short", "mobile:13933333333")
		short.TTL = time.Minute
		expired := w.wantEnd(w.accept(short), delivery.Expired)
		if d := &expired.Deliveries[0]; d.Reason.Cause != delivery.ReasonDirectory {
			t.Errorf("%+v", d.Reason)
		}
		if misses := w.sim.Stats().Calls[byMobile]; misses > 4 {
			t.Errorf("%d lookups", misses)
		}
	})
}

func TestDirectoryClosed(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.faults(simulator.Fault{Call: byMobile, ErrCode: 45009, Times: 2})
		began := time.Now()
		m := w.accept(text("by number", zhang, "wangwu"))
		time.Sleep(time.Second)
		waits := w.look(m.ID)
		if len(waits.Deliveries) != 2 || waits.Deliveries[0].Status != delivery.Sent || waits.Deliveries[1].Reason.Code != delivery.ReasonDirectory {
			t.Fatalf("%+v", waits.Deliveries)
		}
		only := w.accept(text("him alone", zhang))
		time.Sleep(time.Second)
		if d := w.look(only.ID).Deliveries[0]; d.Status != delivery.Queued || d.Reason.Code != delivery.ReasonDirectory {
			t.Errorf("%+v", d)
		}
		if n := w.calls(byMobile); n != 1 {
			t.Errorf("%d lookups while it is closed", n)
		}
		w.wantEnd(w.accept(text("by id", "zhangsan")), delivery.Sent)
		w.wantEnd(m, delivery.Sent)
		w.wantEnd(only, delivery.Sent)
		if took := since(began); took != 3*time.Minute { // a minute, and two
			t.Errorf("it took %v", took)
		}
		if n := w.calls(byMobile); n != 3 {
			t.Errorf("%d lookups", n)
		}
		got := w.got("zhangsan")
		slices.Sort(got)
		if !slices.Equal(got, []string{"by id", "by number", "him alone"}) {
			t.Errorf("zhangsan was told %q", got)
		}
	})
}

// What is wrong with the app is wrong with its lookups: it rests, and goes on by itself.
func TestLookupsOfAMisconfiguredSender(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.senders.app(crm, 1000002, "wrong")
		m := w.accept(text("by number", zhang))
		time.Sleep(time.Second)
		if rest, resting := w.way.Rest(crm); !resting || rest.Reason.Code != delivery.ReasonMisconfigured {
			t.Errorf("resting: %v %+v", resting, rest)
		}
		w.senders.app(crm, 1000002, "sim-secret-1000002")
		w.way.Refresh()
		w.wantEnd(m, delivery.Sent)

		// No right to look anybody up is told at once: no waiting helps.
		w.faults(simulator.Fault{Call: byMobile, ErrCode: 48002, Times: 1})
		d := w.wantEnd(w.accept(text("no right", li, "zhangsan")), delivery.Refused).Deliveries[0]
		if f := d.Answer.Failure; f == nil || f.Code != 48002 || f.Op != byMobile || d.Reason.Code != delivery.ReasonRefused {
			t.Errorf("%+v %+v", d.Reason, d.Answer.Failure)
		}
		w.wantGot("zhangsan", "by number")
		// Outside the visible range is as good as unknown.
		w.faults(simulator.Fault{Call: byMobile, ErrCode: 60011, Times: 1})
		m = w.wantEnd(w.accept(text("not visible", li, "zhangsan")), delivery.PartlySent)
		w.wantLookup(&m.Deliveries[0], map[string]string{}, li)

		// No answer is no doubt: nothing was sent.
		w.faults(simulator.Fault{Call: byMobile, Action: simulator.DropAfter, Times: 1})
		r := text("no answer", wang)
		r.IfUnknown = delivery.Hold
		d = w.wantEnd(w.accept(r), delivery.Sent).Deliveries[0]
		if !d.Doubt.IsZero() || d.MaybeTwice {
			t.Errorf("doubt %v", d.Doubt)
		}
		w.wantGot("wangwu", "no answer")
	})
}

// A sender that rests is not taken for well because somebody could be looked up, nor because nobody is
// to be asked.
func TestLookupsOfASenderAtRest(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.faults(simulator.Fault{Call: "message/send", ErrCode: 45009, Times: 2}, simulator.Fault{Call: byEmail, ErrCode: 45009, Times: 1})
		first := w.accept(text("first", "wangwu"))
		time.Sleep(time.Second)
		began := time.Now()
		closed := w.accept(text("closed", liMail))
		looked := w.accept(text("looked up", zhang))
		last := w.accept(text("last", "lisi"))
		time.Sleep(50 * time.Second)
		if n := w.calls("message/send") + w.calls(byMobile); n != 1 {
			t.Errorf("%d calls while it rests", n)
		}
		time.Sleep(time.Minute) // one goes to see, in vain
		if n := w.calls("message/send"); n != 2 {
			t.Errorf("%d went to see", n)
		}
		for _, m := range []*delivery.Message{first, closed, looked, last} {
			w.wantEnd(m, delivery.Sent)
		}
		if took := since(began); took > 5*time.Minute {
			t.Errorf("it took %v", took)
		}
		w.wantGot("zhangsan", "looked up")
	})
}

// A gateway that ends while it looks up has sent nothing; the next one does.
func TestRestartWhileLookingUp(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.faults(simulator.Fault{Call: byMobile, Latency: 20 * time.Second, Times: 1})
		r := text("by number", zhang, "lisi")
		r.IfUnknown = delivery.Hold
		m := w.accept(r)
		time.Sleep(time.Second)
		if d := w.look(m.ID).Deliveries[0]; d.Status != delivery.Sending {
			t.Fatalf("it is %v", d.Status)
		}
		w.kill()
		w.start()
		d := w.wantEnd(m, delivery.Sent).Deliveries[0]
		if !d.Doubt.IsZero() || d.MaybeTwice || d.Attempts != 1 {
			t.Errorf("%+v", d)
		}
		w.wantGot("zhangsan", "by number")
		w.wantGot("lisi", "by number")
		w.stop() // what it is found by is read anew
		w.start()
		w.wantFound(delivery.Filter{User: "zhangsan"}, m.ID)
		w.wantFound(delivery.Filter{Aliases: []string{zhang}}, m.ID)
	})
}

func TestResendOfUnknownAliases(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		late := "mobile:13955555555"
		mixed := w.wantEnd(w.accept(text("mixed", late, zhang)), delivery.PartlySent)
		none := w.wantEnd(w.accept(text("none", late)), delivery.Refused)
		world := simulator.DefaultWorld()
		world.Corps[0].Users = append(world.Corps[0].Users, simulator.User{UserID: "late", Name: "晚", Mobile: "13955555555", Parties: []int{1}})
		if err := w.sim.SetWorld(world); err != nil {
			t.Fatal(err)
		}
		resend := func(id delivery.MessageID, which delivery.Which) *delivery.Message {
			t.Helper()
			m, _, err := w.intake.Resend(context.Background(), id, delivery.Resend{Which: which, Producer: "p"})
			if err != nil {
				t.Fatal(err)
			}
			return w.wantEnd(m, delivery.Sent)
		}
		resend(none.ID, delivery.Failed)
		m := resend(mixed.ID, delivery.Missed)
		w.wantLookup(&m.Deliveries[0], map[string]string{late: "late"})
		w.wantGot("late", "none", "mixed")
		w.wantGot("zhangsan", "mixed")
	})
}

// A member who has gone is looked up again: the number may be another's by now.
func TestInvalidMembersAreForgotten(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.wantEnd(w.accept(text("one", "mobile:13800000005")), delivery.Sent)
		world := simulator.DefaultWorld()
		users := world.Corps[0].Users
		i := slices.IndexFunc(users, func(u simulator.User) bool { return u.UserID == "zhaoliu" })
		users[i].UserID = "another"
		if err := w.sim.SetWorld(world); err != nil {
			t.Fatal(err)
		}
		m := w.wantEnd(w.accept(text("two", "mobile:13800000005")), delivery.Refused)
		if m.Deliveries[0].Reason.Code != delivery.ReasonNoReceiver {
			t.Errorf("%+v", m.Deliveries[0].Reason)
		}
		again, _, err := w.intake.Resend(context.Background(), m.ID, delivery.Resend{Producer: "p"})
		if err != nil {
			t.Fatal(err)
		}
		w.wantEnd(again, delivery.Sent)
		w.wantGot("another", "two")
	})
}

// Members who are over their quota are split off, also when they were looked up.
func TestAliasesAndQuotas(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		for _, content := range numbered(30) {
			w.wantEnd(w.accept(text(content, "zhangsan")), delivery.Sent)
		}
		for _, content := range []string{"looked up", "known"} {
			m := w.accept(text(content, zhang, li, ghost))
			time.Sleep(time.Second)
			now := w.look(m.ID)
			if len(now.Deliveries) != 2 {
				t.Fatalf("%d deliveries", len(now.Deliveries))
			}
			w.wantLookup(&now.Deliveries[0], map[string]string{li: "lisi"}, ghost)
			w.wantLookup(&now.Deliveries[1], map[string]string{zhang: "zhangsan"})
			if d := &now.Deliveries[1]; d.Reason.Code != delivery.ReasonMemberPaced {
				t.Errorf("%v %+v", d.Status, d.Reason)
			}
			w.stop() // between the lookup and the sending
			w.start()
			w.wantFound(delivery.Filter{User: "zhangsan", Text: content, Statuses: []delivery.Status{delivery.Queued}}, m.ID)
			w.wantEnd(m, delivery.PartlySent)
			for _, filler := range numbered(29) {
				w.accept(text(content+filler, "zhangsan"))
			}
			time.Sleep(time.Second)
		}
		if dropped := w.sim.Stats().DroppedOverQuota; dropped != 0 {
			t.Errorf("%d dropped", dropped)
		}
	})
}

func TestDelayedAliases(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.wantEnd(w.accept(text("now", zhang)), delivery.Sent)
		r := text("later", zhang, li)
		r.Delay = 2 * 24 * time.Hour
		m := w.accept(r)
		if d := &m.Deliveries[0]; !d.Content.Unresolved() || d.Status != delivery.Scheduled {
			t.Errorf("it is %v, to %v", d.Status, d.Content.To().Users)
		}
		w.wantFound(delivery.Filter{Aliases: []string{li}}, m.ID)
		time.Sleep(3 * 24 * time.Hour)
		m = w.wantEnd(m, delivery.Sent)
		w.wantLookup(&m.Deliveries[0], map[string]string{zhang: "zhangsan", li: "lisi"})
		w.wantGot("lisi", "later")
		w.wantFound(delivery.Filter{User: "lisi"}, m.ID)
	})
}

func TestAliasesThatAreRefused(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		for _, user := range []string{"mobile:", "mobile:12", "mobile:138 0000 0002", "email:x", "email:A@B.c", "phone:13800000002", ":"} {
			_, _, err := w.intake.Accept(context.Background(), text("x", user))
			if err == nil || !strings.Contains(err.Error(), "to") {
				t.Errorf("%q: %v", user, err)
			}
		}
		// The longest address is longer than a user id may be.
		longest := "email:" + strings.Repeat("x", 52) + "@example.com"
		w.wantEnd(w.accept(text("x", longest)), delivery.Refused)
		both := text("x", zhang)
		both.Content.App.To.All = true
		if _, _, err := w.intake.Accept(context.Background(), both); err == nil {
			t.Error("accepted for everybody and a member")
		}
		many := text("x", make([]string, 1001)...)
		for i := range many.Content.App.To.Users {
			many.Content.App.To.Users[i] = fmt.Sprint("mobile:139000", 10000+i)
		}
		many.NoSplit = true
		if _, _, err := w.intake.Accept(context.Background(), many); err == nil || !strings.Contains(err.Error(), "1000") {
			t.Errorf("1001 numbers: %v", err)
		}
	})
}

func TestAliasForms(t *testing.T) {
	for given, want := range map[string]string{
		"13800000002": "13800000002", " 138-0000 0002": "13800000002", "+8613800000002": "+8613800000002", "12345": "12345",
		"": "", "1234": "", "+": "", "138o0000002": "", "１３８００００": "", strings.Repeat("1", 33): "", "1+3800000": "", "138\n0000000": "",
	} {
		alias, err := delivery.Mobile(given)
		if (err == nil) != (want != "") || err == nil && alias != "mobile:"+want {
			t.Errorf("%q is %q, %v", given, alias, err)
		}
	}
	for given, want := range map[string]string{
		"Li.Si@Example.com ": "li.si@example.com", "a@b": "a@b",
		"": "", "@": "", "a@": "", "@b": "", "a@b@c": "", "a b@c": "", "a|b@c": "", strings.Repeat("a", 63) + "@b": "", "a\x00@b": "", "a@\xff": "",
	} {
		alias, err := delivery.Email(given)
		if (err == nil) != (want != "") || err == nil && alias != "email:"+want {
			t.Errorf("%q is %q, %v", given, alias, err)
		}
	}
}

// kill ends the gateway as if the machine had stopped: nothing more is recorded.
func (w *world) kill() {
	if err := w.outbox.Close(); err != nil {
		w.t.Error(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	w.way.Stop(ctx)
}

// FuzzAlias: whatever is given, what is taken is of one form, and safe among user ids.
func FuzzAlias(f *testing.F) {
	for _, seed := range []string{"13800000002", "+86 138-0000-0002", "Li@Example.com", "a@b@c", "a|b@c", "\xff@b", "１@２", "mobile:12345", "email:a@b"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, given string) {
		for _, parse := range []func(string) (string, error){delivery.Mobile, delivery.Email} {
			alias, err := parse(given)
			if err != nil {
				continue
			}
			mobile, email := delivery.CutAlias(alias)
			again, errAgain := parse(mobile + email)
			if errAgain != nil || again != alias || !delivery.IsAlias(alias) || strings.ContainsAny(alias, "| \n\t") || len(alias) > 70 || !utf8.ValidString(alias) {
				t.Errorf("%q is %q", given, alias)
			}
			if whole, ok := delivery.Alias(alias); !ok || whole != alias {
				t.Errorf("%q is %q, %v", alias, whole, ok)
			}
		}
	})
}
