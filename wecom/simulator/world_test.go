package simulator

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
)

func TestWorldValidate(t *testing.T) {
	for _, c := range []struct {
		name string
		edit func(*World, *Corp)
		want string
	}{
		{"no corps", func(w *World, _ *Corp) { w.Corps = nil }, "corps: a world needs at least one corp"},
		{"corp without id", func(_ *World, c *Corp) { c.CorpID = "" }, "corps[0].corpid: is empty"},
		{"two corps of one id", func(w *World, c *Corp) { w.Corps = append(w.Corps, Corp{CorpID: c.CorpID}) }, "corps[1].corpid: ww0000000000000001 is already used by corps[0].corpid"},
		{"negative cap", func(_ *World, c *Corp) { c.AccountCap = -1 }, "corps[0].account_cap: is -1; it cannot be negative"},
		{"agentid 0", func(_ *World, c *Corp) { c.Apps[1].AgentID = 0 }, "corps[0].apps[1].agentid: is 0; ids start at 1"},
		{"two apps of one agentid", func(_ *World, c *Corp) { c.Apps[1].AgentID = hongyan }, "corps[0].apps[1].agentid: 1000002 is already used by corps[0].apps[0].agentid"},
		{"two apps of one secret", func(_ *World, c *Corp) { c.Apps[1].Secret = c.Apps[0].Secret }, "corps[0].apps[1].secret: sim-secret-1000002 is already used by corps[0].apps[0].secret"},
		{"app without secret", func(_ *World, c *Corp) { c.Apps[0].Secret = "" }, "corps[0].apps[0].secret: is empty"},
		{"range with an unknown member", func(_ *World, c *Corp) { c.Apps[0].Visible = &Visible{Users: []string{"zhangsam"}} }, `corps[0].apps[0].visible.users[0]: member "zhangsam" does not exist; did you mean "zhangsan"?`},
		{"range with an unknown department", func(_ *World, c *Corp) { c.Apps[0].Visible = &Visible{Parties: []int{1, 9}} }, "corps[0].apps[0].visible.parties[1]: 9 does not exist"},
		{"range with an unknown tag", func(_ *World, c *Corp) { c.Apps[0].Visible = &Visible{Tags: []int{9}} }, "corps[0].apps[0].visible.tags[0]: 9 does not exist"},
		{"bad address", func(_ *World, c *Corp) { c.Apps[0].TrustedIPs = []string{"127.0.0.1", "127.0.0.256"} }, `corps[0].apps[0].trusted_ips[1]: "127.0.0.256" is neither an address nor a CIDR range`},
		{"bad range of addresses", func(_ *World, c *Corp) { c.Apps[0].TrustedIPs = []string{"10.0.0.0/33"} }, `corps[0].apps[0].trusted_ips[0]: "10.0.0.0/33" is neither an address nor a CIDR range`},
		{"bad callback", func(_ *World, c *Corp) { c.Apps[0].Callback = &Callback{URL: "example.com/cb"} }, `corps[0].apps[0].callback.url: "example.com/cb" is not an http or https address`},
		{"callback without keys", func(_ *World, c *Corp) { c.Apps[0].Callback = &Callback{URL: "http://e.cn"} }, "corps[0].apps[0].callback.token: is not 1 to 32 letters and digits; corps[0].apps[0].callback.aes_key: is not an EncodingAESKey: 43 letters and digits"},
		{"forbidden call that is none", func(_ *World, c *Corp) { c.Apps[0].Forbidden = []string{"media/uploads"} }, `corps[0].apps[0].forbidden[0]: "media/uploads" is not a call`},
		{"robot with an unknown member", func(_ *World, c *Corp) { c.Robots[0].Users = []string{"ghost"} }, `corps[0].robots[0].users[0]: member "ghost" does not exist`},
		{"empty userid", func(_ *World, c *Corp) { c.Users[3].UserID = "" }, `corps[0].users[3].userid: "" is not 1 to 64 of the characters`},
		{"userid with a bar", func(_ *World, c *Corp) { c.Users[3].UserID = "a|b" }, `corps[0].users[3].userid: "a|b" is not 1 to 64 of the characters`},
		{"same userid in capitals", func(_ *World, c *Corp) { c.Users[3].UserID = "LISI" }, "corps[0].users[3].userid: lisi is already used by corps[0].users[2].userid"},
		{"magic userid", func(_ *World, c *Corp) { c.Users[3].UserID = "Sim-Slow" }, `corps[0].users[3].userid: "Sim-Slow" is a magic member and exists already`},
		{"member of an unknown department", func(_ *World, c *Corp) { c.Users[3].Parties = []int{2, 7} }, "corps[0].users[3].parties[1]: 7 does not exist"},
		{"two departments of one id", func(_ *World, c *Corp) { c.Parties[2].ID = 2; c.Tags = nil; c.Users = nil }, "corps[0].parties[2].id: 2 is already used by corps[0].parties[1].id"},
		{"department 0", func(_ *World, c *Corp) { c.Parties[2].ID = 0; c.Tags = nil; c.Users = nil }, "corps[0].parties[2].id: is 0; ids start at 1"},
		{"unknown parent", func(_ *World, c *Corp) { c.Parties[2].Parent = 9 }, "corps[0].parties[2].parent: department 9 does not exist"},
		{"its own parent", func(_ *World, c *Corp) { c.Parties[0].Parent = 1 }, "corps[0].parties[0].parent: department 1 lies below itself"},
		{"circle", func(_ *World, c *Corp) { c.Parties[0].Parent = 3 }, "corps[0].parties[0].parent: department 1 lies below itself"},
		{"16 levels", func(_ *World, c *Corp) { c.Parties = chain(16); c.Users = nil; c.Tags = nil }, "corps[0].parties[15].parent: department 16 lies more than 15 levels deep"},
		{"tag with an unknown member", func(_ *World, c *Corp) { c.Tags[0].Users = []string{"lisi", "ghost"} }, `corps[0].tags[0].users[1]: member "ghost" does not exist; known are`},
		{"tag with an unknown department", func(_ *World, c *Corp) { c.Tags[0].Parties = []int{8} }, "corps[0].tags[0].parties[0]: 8 does not exist"},
		{"two tags of one id", func(_ *World, c *Corp) { c.Tags[1].ID = 1 }, "corps[0].tags[1].id: 1 is already used by corps[0].tags[0].id"},
		{"robot without key", func(_ *World, c *Corp) { c.Robots[0].Key = "" }, "corps[0].robots[0].key: is empty"},
		{"one key in two corps", func(w *World, c *Corp) { w.Corps = append(w.Corps, Corp{CorpID: "ww2", Robots: c.Robots}) }, "corps[1].robots[0].key: 00000000-0000-0000-0000-000000000001 is already used by corps[0].robots[0].key"},
	} {
		t.Run(c.name, func(t *testing.T) {
			sim := newStill()
			w := change(func(w *World) { c.edit(w, &w.Corps[0]) })
			err := sim.SetWorld(w)
			if err == nil || !strings.HasPrefix(err.Error(), c.want) {
				t.Errorf("%v\nwant %s", err, c.want)
			}
			if !reflect.DeepEqual(sim.World(), DefaultWorld().clone()) {
				t.Error("the world was replaced all the same")
			}
		})
	}
}

// chain is n departments, each below the one before.
func chain(n int) []Party {
	var list []Party
	for i := range n {
		list = append(list, Party{ID: i + 1, Name: fmt.Sprint(i), Parent: i})
	}
	return list
}

func TestAllThatIsWrongIsSaid(t *testing.T) {
	w := change(func(w *World) { w.Corps[0].Apps[0].Secret, w.Corps[0].Users[0].Parties[0] = "", 99 })
	want := "corps[0].users[0].parties[0]: 99 does not exist; corps[0].apps[0].secret: is empty"
	if err := w.Validate(); err == nil || err.Error() != want {
		t.Errorf("%v\nwant %s", err, want)
	}
	w = change(func(w *World) { w.Corps[0].Users = make([]User, 1000) })
	if err := w.Validate(); err == nil || !strings.HasSuffix(err.Error(), "; and 993 more") {
		t.Errorf("%v", err)
	}
}

func TestWorldsThatAreFine(t *testing.T) {
	for name, w := range map[string]World{
		"default":    DefaultWorld(),
		"one corp":   {Corps: []Corp{{CorpID: "ww1"}}},
		"15 levels":  {Corps: []Corp{{CorpID: "ww1", Parties: chain(15)}}},
		"two roots":  {Corps: []Corp{{CorpID: "ww1", Parties: []Party{{ID: 1}, {ID: 2}}}}},
		"two corps":  {Corps: []Corp{DefaultWorld().Corps[0], {CorpID: "ww2", Apps: DefaultWorld().Corps[0].Apps, Users: []User{{UserID: "lisi"}}}}},
		"dotted ids": {Corps: []Corp{{CorpID: "ww1", Users: []User{{UserID: "a.b-c_d@e"}, {UserID: "1"}}}}},
	} {
		if err := newStill().SetWorld(w); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestWorldsAreCopies(t *testing.T) {
	yes := true
	mine := change(func(w *World) {
		w.Corps[0].Apps[0].Visible = &Visible{Users: []string{"lisi"}}
		w.Corps[0].Apps[0].TrustedIPs = []string{"127.0.0.1"}
		w.Corps[0].Apps[0].Callback = &Callback{URL: "http://127.0.0.1/cb", Token: testToken, AESKey: testAESKey}
		w.Corps[0].Apps[1].Forbidden = []string{"media/get"}
		w.Corps[0].Robots[0].Users = []string{"lisi"}
		w.Corps[0].Users[0].Licensed = &yes
	})
	untouched := mine.clone()
	sim := newStill(WithWorld(mine))
	spoil := func(w World) {
		c := &w.Corps[0]
		c.Name, c.Apps[0].Secret, c.Users[1].UserID, c.Users[1].Parties[0] = "x", "x", "x", 9
		c.Apps[0].Visible.Users[0], c.Apps[0].TrustedIPs[0], c.Apps[0].Callback.URL = "x", "x", "x"
		c.Apps[1].Forbidden[0], c.Robots[0].Users[0] = "x", "x"
		*c.Users[0].Licensed, c.Parties[0].ID, c.Robots[0].Key = false, 9, "x"
		c.Tags[0].Users[0], c.Tags[1].Parties[0] = "x", 9
	}
	spoil(sim.World())
	spoil(mine)
	if !reflect.DeepEqual(sim.World(), untouched) {
		t.Error("the simulator shares its world with the caller")
	}
	sim.Reset()
	if !reflect.DeepEqual(sim.World(), untouched) {
		t.Error("the simulator shares its first world with the caller")
	}
}

func TestNewPanicsOnAnInvalidWorld(t *testing.T) {
	defer func() {
		if got := fmt.Sprint(recover()); got != "simulator.New: the world is not valid: corps: a world needs at least one corp" {
			t.Errorf("panic %q", got)
		}
	}()
	New(WithWorld(World{}))
}

func TestTwoCorpsKeepApart(t *testing.T) {
	other := DefaultWorld().Corps[0]
	other.CorpID, other.Apps, other.Robots = "ww2", []App{{AgentID: hongyan, Name: "other", Secret: "other"}}, nil
	sim := newStill(WithWorld(change(func(w *World) { w.Corps = append(w.Corps, other) })))
	value := api(t, sim, "GET", "/cgi-bin/gettoken?corpid=ww2&corpsecret=other", "").str("access_token")
	if a := api(t, sim, "GET", "/cgi-bin/gettoken?corpid=ww2&corpsecret=sim-secret-1000002", ""); a.code() != 40001 {
		t.Errorf("the secret of another corp: %v", a)
	}
	api(t, sim, "POST", "/cgi-bin/message/send?access_token="+value, text("lisi", "from ww2").json())
	mustSend(t, sim, text("lisi", "from ww1"))
	if list := sim.Messages(Filter{CorpID: "ww2", User: "lisi"}); len(list) != 1 || list[0].Text() != "from ww2" {
		t.Errorf("%v", list)
	}
	if n := got(sim, "lisi"); n != 2 {
		t.Errorf("Inbox has %d messages, want those of both corps", n)
	}
}
