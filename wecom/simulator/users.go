package simulator

import "strings"

type userReply struct {
	status
	UserID        string   `json:"userid"`
	Name          string   `json:"name"`
	Department    []int    `json:"department"`
	Order         []int    `json:"order"`
	LeaderInDept  []int    `json:"is_leader_in_dept"`
	DirectLeader  []string `json:"direct_leader"`
	MainParty     int      `json:"main_department"`
	Position      string   `json:"position"`
	Status        int      `json:"status"` // 1 is activated
	Gender        string   `json:"gender"` // withheld
	Alias         string   `json:"alias"`
	Telephone     string   `json:"telephone"`
	ExtAttributes struct {
		Attrs []struct{} `json:"attrs"`
	} `json:"extattr"`
}

// getUser is user/get (读取成员, path/90196), as apps made since June 2022 see it: without mobile, email
// and the like, which need the member's consent.
func getUser(c *call) reply {
	id := c.query.Get("userid")
	if !userIDForm.MatchString(id) {
		return refuse(codeInvalidUserID)
	}
	m := c.app.corp.members[strings.ToLower(id)]
	switch {
	case m == nil:
		return refuse(codeUnknownUser)
	case !c.app.canSee(m):
		return refuse(codeNoPrivilege)
	}
	answer := &userReply{status: status{0, "ok"}, UserID: m.id, Name: m.name, DirectLeader: []string{}, Status: 1, Gender: "0"}
	answer.ExtAttributes.Attrs = []struct{}{}
	answer.Department = []int{}
	for _, id := range m.parties {
		if c.app.seesParty == nil || c.app.seesParty[id] {
			answer.Department = append(answer.Department, id)
		}
	}
	answer.Order = make([]int, len(answer.Department))
	answer.LeaderInDept = make([]int, len(answer.Department))
	if len(answer.Department) > 0 {
		answer.MainParty = answer.Department[0]
	}
	return answer
}

type userIDReply struct {
	status
	UserID string `json:"userid"`
}

// getUserByMobile is user/getuserid (手机号获取userid, path/95402).
func getUserByMobile(c *call, o *object) reply {
	mobile := o.text("mobile")
	return c.findUser(len(mobile) >= 5 && len(mobile) <= 32, "mobile", func(u User) bool { return u.Mobile == mobile })
}

// getUserByEmail is user/get_userid_by_email (path/95895). A member of the world has one address, which
// counts as both kinds.
func getUserByEmail(c *call, o *object) reply {
	email := o.text("email")
	kind, given := o.number("email_type")
	valid := email != "" && (!given || kind == 1 || kind == 2)
	return c.findUser(valid, "email", func(u User) bool { return strings.EqualFold(u.Email, email) })
}

// missesPerCap: a corp may miss a fifth of its account cap a day, then the call is closed to it.
const missesPerCap = 5

func (c *call) findUser(valid bool, name string, is func(User) bool) reply {
	corp := c.app.corp
	if !valid {
		return invalidParam(name)
	}
	if corp.ledger.missed(c, 0) {
		return refuse(codeRateLimited)
	}
	for _, u := range corp.world.Users {
		if m := corp.members[strings.ToLower(u.UserID)]; is(u) && c.app.canSee(m) {
			return &userIDReply{status{0, "ok"}, m.id}
		}
	}
	corp.ledger.missed(c, 1)
	return refuse(codeUserNotFound)
}

// missed adds misses of this call today and says whether there are too many.
func (l *corpLedger) missed(c *call, more int) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.misses[c.name] == nil {
		l.misses[c.name] = new(dayCount)
	}
	today := l.misses[c.name].at(c.now())
	today.used += more
	return today.used > c.app.corp.dayCap/sendsPerAccount/missesPerCap
}
