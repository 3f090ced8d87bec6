package simulator

import (
	"slices"
	"strconv"
	"strings"
)

// targets are touser, toparty and totag of one message, as lists.
type targets struct {
	all                  bool // touser is @all: everybody the app can see
	users, parties, tags []string
}

// How many ids one message may name (path/90236).
const (
	maxUsers   = 1000
	maxParties = 100
	maxTags    = 100
)

// newTargets splits the three lists. @all counts only as the whole of touser, and makes the other
// two ignored; among other ids it is the id of nobody.
func newTargets(touser, toparty, totag string) targets {
	if strings.TrimSpace(touser) == "@all" {
		return targets{all: true}
	}
	return targets{users: splitIDs(touser), parties: splitIDs(toparty), tags: splitIDs(totag)}
}

// splitIDs trims the blanks that official samples have around the bars, and drops empty ids.
func splitIDs(list string) []string {
	if list == "" {
		return nil
	}
	ids := make([]string, 0, strings.Count(list, "|")+1)
	for id := range strings.SplitSeq(list, "|") {
		if id = strings.TrimSpace(id); id != "" {
			ids = append(ids, id)
		}
	}
	return ids
}

func (t targets) empty() bool {
	return !t.all && len(t.users)+len(t.parties)+len(t.tags) == 0
}

func (t targets) tooMany() *status {
	switch {
	case len(t.users) > maxUsers:
		return refuse(codeTooManyUsers)
	case len(t.parties) > maxParties:
		return refuse(codeTooManyParties)
	case len(t.tags) > maxTags:
		return refuse(codeTooManyTags)
	}
	return nil
}

// reach is what targets come to in one app: who receives the message, and what could not be reached,
// spelled as the sender did. Nobody is in a list twice.
type reach struct {
	receivers  []*member
	unlicensed []*member

	invalidUsers, invalidParties, invalidTags []string
}

// reachOf resolves targets. Departments include those below them, and everything ends at the app's
// visible range. A department or tag is valid when it exists and the range covers it or somebody in
// it; it may be valid and hold nobody.
func (a *app) reachOf(t targets) reach {
	if t.all {
		return a.reachOfAll()
	}
	r := resolving{app: a, met: make(map[string]bool, len(t.users))}
	for _, id := range t.users {
		key := strings.ToLower(id)
		if m := a.corp.members[key]; m != nil && a.canSee(m) {
			r.add(m)
		} else if !r.met[key] {
			r.met[key] = true
			r.invalidUsers = append(r.invalidUsers, id)
		}
	}
	r.invalidParties = r.addGroups(t.parties, a.corp.parties, a.seesParty)
	r.invalidTags = r.addGroups(t.tags, a.corp.tags, a.seesTag)
	return r.reach
}

// reachOfAll shares the audience of the app unless somebody in it has no licence.
func (a *app) reachOfAll() reach {
	if !slices.ContainsFunc(a.audience, func(m *member) bool { return !m.licensed }) {
		return reach{receivers: a.audience}
	}
	r := resolving{app: a, met: make(map[string]bool, len(a.audience))}
	for _, m := range a.audience {
		r.add(m)
	}
	return r.reach
}

type resolving struct {
	reach
	app *app
	met map[string]bool // keys of members already dealt with
}

func (r *resolving) add(m *member) {
	switch {
	case r.met[m.key]:
		return
	case m.licensed:
		r.receivers = append(r.receivers, m)
	default:
		r.unlicensed = append(r.unlicensed, m)
	}
	r.met[m.key] = true
}

// addGroups adds the members of departments or tags, and returns the ids that are not valid.
// covered is the part of them that the visible range covers; nil is all of them.
func (r *resolving) addGroups(ids []string, groups map[int][]*member, covered map[int]bool) (invalid []string) {
	bad := map[string]bool{}
	for _, id := range ids {
		n, err := strconv.Atoi(id)
		members, exists := groups[n]
		valid := err == nil && exists && (covered == nil || covered[n])
		if err == nil {
			for _, m := range members {
				if r.app.canSee(m) {
					valid = true
					r.add(m)
				}
			}
		}
		if !valid && !bad[id] {
			bad[id] = true
			invalid = append(invalid, id)
		}
	}
	return invalid
}

// numbers are the ids that are numbers, never nil.
func numbers(ids []string) []int {
	list := make([]int, 0, len(ids))
	for _, id := range ids {
		if n, err := strconv.Atoi(id); err == nil {
			list = append(list, n)
		}
	}
	return list
}
