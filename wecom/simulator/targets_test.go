package simulator

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

func TestTargets(t *testing.T) {
	everybody := []string{"ChenPengWei", "zhangsan", "lisi", "wangwu", "zhaoliu", "sunqi", "zhouba"}
	no := false
	world := change(func(w *World) {
		w.Corps[0].Parties = append(w.Corps[0].Parties, Party{ID: 4, Name: "测试组", Parent: 2}, Party{ID: 5, Name: "空", Parent: 3})
		w.Corps[0].Users = append(w.Corps[0].Users, User{UserID: "tester", Parties: []int{4}}, User{UserID: "NoLicence", Parties: []int{4}, Licensed: &no})
		w.Corps[0].Tags = append(w.Corps[0].Tags, Tag{ID: 3, Name: "没有人"})
		w.Corps[0].Apps[1].Visible = &Visible{Users: []string{"LISI"}, Parties: []int{3}}
	})
	for _, c := range []struct {
		name                   string
		app                    int
		touser, toparty, totag string
		users                  []string // who gets it
		rest                   string   // invaliduser, invalidparty, invalidtag, unlicenseduser
	}{
		{"one member", hongyan, "lisi", "", "", []string{"lisi"}, "///"},
		{"case does not matter", hongyan, "LISI|CHENpengwei", "", "", []string{"lisi", "ChenPengWei"}, "///"},
		{"blanks and empty ids", hongyan, " lisi | wangwu ||", "", "", []string{"lisi", "wangwu"}, "///"},
		{"once per person", hongyan, "lisi|Lisi", "2", "1", []string{"lisi", "zhangsan", "wangwu", "zhouba", "tester"}, "///NoLicence"},
		{"departments below are included", hongyan, "", "2", "", []string{"zhangsan", "lisi", "wangwu", "zhouba", "tester"}, "///NoLicence"},
		{"tag of members and departments", hongyan, "", "", "2", []string{"ChenPengWei", "zhaoliu", "sunqi", "zhouba"}, "///"},
		{"unknown ids come back, members in lower case", hongyan, "lisi|Ghost|GHOST", "77|x", "88", []string{"lisi"}, "ghost/77|x/88/"},
		{"empty department and tag are valid", hongyan, "lisi", "5", "3", []string{"lisi"}, "///"},
		{"@all", hongyan, "@all", "77", "88", append(slices.Clone(everybody), "tester"), "///NoLicence"},
		{"@all among others is nobody", hongyan, "@all|lisi", "", "", []string{"lisi"}, "@all///"},
		{"@all is the visible range", monitor, "@all", "", "", []string{"lisi", "zhaoliu", "sunqi", "zhouba"}, "///"},
		{"members outside the range", monitor, "lisi|wangwu|tester", "", "", []string{"lisi"}, "wangwu|tester///"},
		{"department partly in the range", monitor, "", "1", "", []string{"lisi", "zhaoliu", "sunqi", "zhouba"}, "///"},
		{"department outside the range", monitor, "lisi", "4", "", []string{"lisi"}, "/4//"},
		{"empty department inside the range", monitor, "lisi", "5", "", []string{"lisi"}, "///"},
		{"tag partly in the range", monitor, "", "", "1", []string{"lisi"}, "///"},
		{"empty tag outside the range", monitor, "lisi", "", "3", []string{"lisi"}, "//3/"},
		{"magic members", hongyan, "lisi|Sim-Invalid|sim-unlicensed|SIM-SLOW", "", "", []string{"lisi", "sim-slow"}, "sim-invalid///sim-unlicensed"},
		{"magic members in any range", monitor, "sim-invalid|sim-unlicensed|sim-slow", "", "", []string{"sim-slow"}, "sim-invalid///sim-unlicensed"},
	} {
		t.Run(c.name, func(t *testing.T) {
			sim := newStill(WithWorld(world), WithSlowAnswer(0))
			request := text(c.touser, "hi").with(fields{"agentid": c.app, "toparty": c.toparty, "totag": c.totag})
			a := api(t, sim, "POST", "/cgi-bin/message/send?access_token="+tokenOf(t, sim, c.app), request.json())
			rest := strings.Join([]string{a.str("invaliduser"), a.str("invalidparty"), a.str("invalidtag"), a.str("unlicenseduser")}, "/")
			if a.code() != 0 || rest != c.rest {
				t.Errorf("%v, want %q", a, c.rest)
			}
			for name, v := range a {
				if v == "" {
					t.Errorf("%s is there and empty", name)
				}
			}
			got := sim.Messages(Filter{})
			if len(got) != 1 || !sameSet(got[0].Users, c.users) {
				t.Errorf("delivered to %v, want %v", got, c.users)
			}
			for _, user := range c.users {
				if sim.Inbox(strings.ToUpper(user)).Last().MsgID != a.str("msgid") {
					t.Errorf("%s has not got it", user)
				}
			}
		})
	}
}

func sameSet(a, b []string) bool {
	return slices.Equal(slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b)))
}

func TestNobodyLeft(t *testing.T) {
	sim := newStill()
	a := send(t, sim, text("Ghost|sim-unlicensed", "hi").with(fields{"toparty": "77", "totag": "88"}))
	if a.code() != 81013 || a["msgid"] != nil {
		t.Errorf("%v", a)
	}
	got := fmt.Sprint(a["invaliduser"], " ", a["invalidparty"], " ", a["invalidtag"], " ", a["unlicenseduser"])
	if got != "Ghost 77 88 sim-unlicensed" {
		t.Errorf("ids come back as %q, want them as sent", got)
	}
}

func TestAnEmptyRangeIsNobody(t *testing.T) {
	sim := newStill(WithWorld(change(func(w *World) { w.Corps[0].Apps[0].Visible = &Visible{} })))
	for _, f := range []fields{text("@all", "hi"), text("lisi", "hi"), text("", "hi").with(fields{"toparty": "1"})} {
		if a := send(t, sim, f); a.code() != 81013 {
			t.Errorf("%s: %v, want 81013", f.json(), a)
		}
	}
}

func TestMessageRemembersHowItWasAddressed(t *testing.T) {
	sim := newStill()
	mustSend(t, sim, text("lisi", "hi").with(fields{"toparty": "3|77", "totag": "1"}))
	m := sim.Inbox("lisi").Last()
	if !slices.Equal(m.Parties, []int{3, 77}) || !slices.Equal(m.Tags, []int{1}) {
		t.Errorf("parties %v, tags %v", m.Parties, m.Tags)
	}
}
