package simulator

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"regexp"
	"strings"

	"github.com/hongyan-im/hongyan/wecom/callback"
)

// Validate says everything that makes w impossible, each with the place it is at, or nil. A world
// may be incomplete (an app nobody can see, a member of no department) but not contradictory.
func (w World) Validate() error {
	var c worldCheck
	if len(w.Corps) == 0 {
		c.wrong("corps", "a world needs at least one corp")
	}
	corpIDs, robotKeys := seen[string]{}, seen[string]{}
	for i, corp := range w.Corps {
		at := fmt.Sprintf("corps[%d]", i)
		c.id(at+".corpid", corp.CorpID, corpIDs)
		if corp.AccountCap < 0 {
			c.wrong(at+".account_cap", "is %d; it cannot be negative", corp.AccountCap)
		}
		c.corp(at, corp)
		for j, robot := range corp.Robots {
			c.id(fmt.Sprintf("%s.robots[%d].key", at, j), robot.Key, robotKeys)
		}
	}
	return c.err()
}

// worldCheck collects what is wrong. It stops writing after a few lines: a world with one systematic
// mistake would otherwise report it for each of its members.
type worldCheck struct{ found []string }

const maxWorldErrors = 10

func (c *worldCheck) wrong(at, format string, args ...any) {
	c.found = append(c.found, at+": "+fmt.Sprintf(format, args...))
}

func (c *worldCheck) err() error {
	switch n := len(c.found); {
	case n == 0:
		return nil
	case n > maxWorldErrors:
		return fmt.Errorf("%s; and %d more", strings.Join(c.found[:maxWorldErrors], "; "), n-maxWorldErrors)
	}
	return errors.New(strings.Join(c.found, "; "))
}

// seen remembers where each id was first used.
type seen[K comparable] map[K]string

// id demands a non-empty id that was not used before.
func (c *worldCheck) id(at, id string, ids seen[string]) {
	if id == "" {
		c.wrong(at, "is empty")
		return
	}
	unique(c, at, id, ids)
}

// number demands a positive id that was not used before.
func (c *worldCheck) number(at string, id int, ids seen[int]) {
	if id <= 0 {
		c.wrong(at, "is %d; ids start at 1", id)
		return
	}
	unique(c, at, id, ids)
}

func unique[K comparable](c *worldCheck, at string, id K, ids seen[K]) {
	if first, ok := ids[id]; ok {
		c.wrong(at, "%v is already used by %s", id, first)
		return
	}
	ids[id] = at
}

// corp checks what lies inside one corp, in an order that lets each part refer to those before it.
func (c *worldCheck) corp(at string, corp Corp) {
	parties := c.parties(at, corp.Parties)
	users := seen[string]{}
	for i, user := range corp.Users {
		here := fmt.Sprintf("%s.users[%d]", at, i)
		switch id := strings.ToLower(user.UserID); {
		case !userIDForm.MatchString(user.UserID):
			c.wrong(here+".userid", "%q is not 1 to 64 of the characters A-Z a-z 0-9 _ - @ . with a letter or digit first", user.UserID)
		case isMagic(id):
			c.wrong(here+".userid", "%q is a magic member and exists already", user.UserID)
		default:
			unique(c, here+".userid", id, users)
		}
		knownIDs(c, here+".parties", user.Parties, parties)
	}
	tags := seen[int]{}
	for i, tag := range corp.Tags {
		here := fmt.Sprintf("%s.tags[%d]", at, i)
		c.number(here+".id", tag.ID, tags)
		c.knownUsers(here+".users", tag.Users, users)
		knownIDs(c, here+".parties", tag.Parties, parties)
	}
	agentIDs, secrets := seen[int]{}, seen[string]{}
	for i, app := range corp.Apps {
		here := fmt.Sprintf("%s.apps[%d]", at, i)
		c.number(here+".agentid", app.AgentID, agentIDs)
		c.id(here+".secret", app.Secret, secrets)
		if v := app.Visible; v != nil {
			c.knownUsers(here+".visible.users", v.Users, users)
			knownIDs(c, here+".visible.parties", v.Parties, parties)
			knownIDs(c, here+".visible.tags", v.Tags, tags)
		}
		for j, ip := range app.TrustedIPs {
			if _, err := parsePrefix(ip); err != nil {
				c.wrong(fmt.Sprintf("%s.trusted_ips[%d]", here, j), "%q is neither an address nor a CIDR range", ip)
			}
		}
		for j, name := range app.Forbidden {
			if !isCall(name) {
				c.wrong(fmt.Sprintf("%s.forbidden[%d]", here, j), "%q is not a call", name)
			}
		}
		c.callback(here+".callback", app.Callback)
	}
	for i, robot := range corp.Robots {
		c.knownUsers(fmt.Sprintf("%s.robots[%d].users", at, i), robot.Users, users)
	}
}

// callback demands an address and the keys that go with it, or no address.
func (c *worldCheck) callback(at string, cb *Callback) {
	if cb == nil || *cb == (Callback{}) {
		return
	}
	if u, err := url.Parse(cb.URL); cb.URL != "" && (err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https") {
		c.wrong(at+".url", "%q is not an http or https address", cb.URL)
	}
	if !callbackToken.MatchString(cb.Token) {
		c.wrong(at+".token", "is not 1 to 32 letters and digits")
	}
	if _, err := callback.New(cb.Token, cb.AESKey, ""); err != nil {
		c.wrong(at+".aes_key", "is not an EncodingAESKey: 43 letters and digits")
	}
}

var callbackToken = regexp.MustCompile(`^[A-Za-z0-9]{1,32}$`)

// userIDForm is what WeCom allows as a userid (path/90195).
var userIDForm = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_\-@.]{0,63}$`)

// maxPartyLevels is how deep WeCom lets departments nest (path/90205).
const maxPartyLevels = 15

// parties checks that the departments form trees.
func (c *worldCheck) parties(at string, list []Party) seen[int] {
	ids, parent := seen[int]{}, map[int]int{}
	for i, party := range list {
		c.number(fmt.Sprintf("%s.parties[%d].id", at, i), party.ID, ids)
		parent[party.ID] = party.Parent
	}
	for i, party := range list {
		here := fmt.Sprintf("%s.parties[%d].parent", at, i)
		if _, ok := ids[party.Parent]; !ok && party.Parent != 0 {
			c.wrong(here, "department %d does not exist", party.Parent)
			continue
		}
		switch levels := partyLevels(party.ID, parent); {
		case levels == 0:
			c.wrong(here, "department %d lies below itself", party.ID)
		case levels > maxPartyLevels:
			c.wrong(here, "department %d lies more than %d levels deep", party.ID, maxPartyLevels)
		}
	}
	return ids
}

// partyLevels counts the departments from id up to its root, no further than one too many. It is 0
// when the way up leads back to id.
func partyLevels(id int, parent map[int]int) int {
	levels := 1
	for up := parent[id]; up != 0 && levels <= maxPartyLevels; up = parent[up] {
		if up == id {
			return 0
		}
		levels++
	}
	return levels
}

func (c *worldCheck) knownUsers(at string, list []string, users seen[string]) {
	for i, id := range list {
		if _, ok := users[strings.ToLower(id)]; !ok {
			c.wrong(fmt.Sprintf("%s[%d]", at, i), "member %q does not exist%s", id, didYouMean(id, users))
		}
	}
}

func knownIDs(c *worldCheck, at string, list []int, ids seen[int]) {
	for i, id := range list {
		if _, ok := ids[id]; !ok {
			c.wrong(fmt.Sprintf("%s[%d]", at, i), "%d does not exist", id)
		}
	}
}

// parsePrefix reads an address as the range that holds it alone.
func parsePrefix(s string) (netip.Prefix, error) {
	if strings.Contains(s, "/") {
		p, err := netip.ParsePrefix(s)
		return p.Masked(), err
	}
	a, err := netip.ParseAddr(s)
	if err != nil {
		return netip.Prefix{}, err
	}
	a = a.Unmap().WithZone("")
	return netip.PrefixFrom(a, a.BitLen()), nil
}
