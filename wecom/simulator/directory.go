package simulator

import (
	"net/netip"
	"strings"
)

// directory is a World made fast to ask. It never changes after newDirectory, so requests read it
// without a lock; a new world is a new directory.
type directory struct {
	world  World
	corps  map[string]*corp
	robots map[string]*robot
}

type corp struct {
	id, name string
	shelf    string // where its media are
	dayCap   int    // person-times an app may deliver a day
	apps     map[int]*app
	bySecret map[string]*app
	members  map[string]*member // by lower-case userid, the magic ones among them
	everyone []*member          // without the magic ones, in the world's order
	parties  map[int][]*member  // whoever is in the department or below it
	parents  map[int]int
	tags     map[int][]*member
	robots   []*robot
	world    Corp
	ledger   *corpLedger
}

type app struct {
	corp      *corp
	agentID   int
	name      string
	secret    string
	trusted   []netip.Prefix
	audience  []*member        // what @all means
	sees      map[*member]bool // nil: everybody
	seesParty map[int]bool     // the departments in the visible range, those below them too
	seesTag   map[int]bool
	ledger    *ledger

	visible     *Visible  // as in the world
	callback    *Callback // nil: the app cannot be called back
	miniProgram string
	forbidden   map[string]bool
}

type member struct {
	id, key, name string // key is the id in lower case
	licensed      bool
	magic         bool
	parties       []int
}

// person-times a day per app = account cap × 200 (path/90312)
const sendsPerAccount = 200

// newDirectory builds the directory of a valid world. Apps that before knows by the same corp and
// agentid keep their ledger.
func newDirectory(w World, before *directory) *directory {
	d := &directory{world: w, corps: make(map[string]*corp, len(w.Corps)), robots: map[string]*robot{}}
	for _, from := range w.Corps {
		c := newCorp(from)
		c.ledger = before.corpLedger(c.id)
		for _, a := range from.Apps {
			c.addApp(a, from, before.ledger(c.id, a.AgentID))
		}
		for _, r := range from.Robots {
			d.robots[r.Key] = c.addRobot(r, before)
		}
		d.corps[c.id] = c
	}
	return d
}

func newCorp(from Corp) *corp {
	c := &corp{
		id: from.CorpID, name: from.Name, shelf: corpShelf(from.CorpID), world: from, dayCap: from.AccountCap * sendsPerAccount,
		apps: map[int]*app{}, bySecret: map[string]*app{}, members: magicMembers(),
		parties: map[int][]*member{}, parents: map[int]int{}, tags: map[int][]*member{},
	}
	if from.AccountCap == 0 {
		c.dayCap = defaultAccountCap * sendsPerAccount
	}
	for _, p := range from.Parties {
		c.parents[p.ID] = p.Parent
		c.parties[p.ID] = nil
	}
	for _, u := range from.Users {
		m := &member{id: u.UserID, key: strings.ToLower(u.UserID), name: u.Name, licensed: u.Licensed == nil || *u.Licensed, parties: u.Parties}
		c.members[m.key] = m
		c.everyone = append(c.everyone, m)
		above := map[int]bool{}
		for _, p := range u.Parties {
			for ; p != 0 && !above[p]; p = c.parents[p] {
				above[p] = true
				c.parties[p] = append(c.parties[p], m)
			}
		}
	}
	for _, t := range from.Tags {
		c.tags[t.ID] = c.union(t.Users, t.Parties, nil)
	}
	return c
}

func (c *corp) addApp(from App, world Corp, l *ledger) {
	a := &app{corp: c, agentID: from.AgentID, name: from.Name, secret: from.Secret, audience: c.everyone, ledger: l,
		visible: from.Visible, callback: from.Callback, miniProgram: from.MiniProgram, forbidden: map[string]bool{}}
	for _, name := range from.Forbidden {
		a.forbidden[name] = true
	}
	for _, ip := range from.TrustedIPs {
		if p, err := parsePrefix(ip); err == nil {
			a.trusted = append(a.trusted, p)
		}
	}
	if v := from.Visible; v != nil {
		a.audience = c.union(v.Users, v.Parties, v.Tags)
		a.sees, a.seesParty, a.seesTag = map[*member]bool{}, map[int]bool{}, map[int]bool{}
		for _, m := range a.audience {
			a.sees[m] = true
		}
		for _, id := range v.Tags {
			a.seesTag[id] = true
		}
		shown := map[int]bool{}
		for _, id := range v.Parties {
			shown[id] = true
		}
		for _, t := range world.Tags {
			for _, id := range t.Parties {
				shown[id] = shown[id] || a.seesTag[t.ID]
			}
		}
		for id := range c.parents {
			for up := id; up != 0 && !a.seesParty[id]; up = c.parents[up] {
				a.seesParty[id] = shown[up]
			}
		}
	}
	c.apps[a.agentID] = a
	c.bySecret[a.secret] = a
}

// union is everybody named by one of the lists, once, in the order they are first named.
func (c *corp) union(users []string, parties, tags []int) []*member {
	var list []*member
	in := map[*member]bool{}
	add := func(members ...*member) {
		for _, m := range members {
			if !in[m] {
				in[m] = true
				list = append(list, m)
			}
		}
	}
	for _, id := range users {
		add(c.members[strings.ToLower(id)])
	}
	for _, id := range parties {
		add(c.parties[id]...)
	}
	for _, id := range tags {
		add(c.tags[id]...)
	}
	return list
}

// app is nil when there is no such corp or app.
func (d *directory) app(corpID string, agentID int) *app {
	if c := d.corps[corpID]; c != nil {
		return c.apps[agentID]
	}
	return nil
}

// ledger is the one the app already has, or a new one.
func (d *directory) ledger(corpID string, agentID int) *ledger {
	if d != nil {
		if a := d.app(corpID, agentID); a != nil {
			return a.ledger
		}
	}
	return newLedger()
}

// corpLedger is the one the corp already has, or a new one.
func (d *directory) corpLedger(corpID string) *corpLedger {
	if d != nil {
		if c := d.corps[corpID]; c != nil {
			return c.ledger
		}
	}
	return newCorpLedger()
}

// seesRoot says whether the visible range is the whole corp, as group chats demand.
func (a *app) seesRoot() bool {
	if a.visible == nil {
		return true
	}
	for _, id := range a.visible.Parties {
		if a.corp.parents[id] == 0 {
			return true
		}
	}
	return false
}

// canSee says whether m is in the app's visible range. Magic members always are.
func (a *app) canSee(m *member) bool { return m.magic || a.sees == nil || a.sees[m] }

// trusts says whether a caller at ip may use the app.
func (a *app) trusts(ip netip.Addr) bool {
	if len(a.trusted) == 0 {
		return true
	}
	for _, p := range a.trusted {
		if p.Contains(ip) {
			return true
		}
	}
	return false
}
