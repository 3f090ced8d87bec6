package simulator

import (
	"slices"
	"strconv"
)

type partyReply struct {
	status
	DepartmentID []partyNode `json:"department_id"`
}

type partyNode struct {
	ID       int `json:"id"`
	ParentID int `json:"parentid"`
	Order    int `json:"order"` // larger comes first
}

// listParties is department/simplelist (获取子部门ID列表, path/95350): a department and those below it, or
// all that the app may see.
func listParties(c *call) reply {
	answer := &partyReply{status{0, "ok"}, []partyNode{}}
	parties := c.app.corp.world.Parties
	below, wrong := c.party()
	if wrong != nil {
		return wrong
	}
	for i, p := range parties {
		if c.app.showsParty(p.ID) && c.app.corp.isBelow(p.ID, below) {
			answer.DepartmentID = append(answer.DepartmentID, partyNode{p.ID, p.Parent, len(parties) - i})
		}
	}
	return answer
}

// party reads the id of a department the app may see; 0 is none.
func (c *call) party() (int, *status) {
	given := c.query.Get("id")
	if given == "" {
		return 0, nil
	}
	id, err := strconv.Atoi(given)
	if err != nil || id <= 0 {
		return 0, refuse(codeInvalidParty)
	}
	if _, exists := c.app.corp.parties[id]; !exists {
		return 0, refuse(codeUnknownParty)
	}
	if !c.app.showsParty(id) {
		return 0, refuse(codeNoPrivilege)
	}
	return id, nil
}

func (a *app) showsParty(id int) bool { return a.seesParty == nil || a.seesParty[id] }

// isBelow says whether id is top or lies below it; 0 is above all.
func (c *corp) isBelow(id, top int) bool {
	for up := id; up != 0; up = c.parents[up] {
		if up == top {
			return true
		}
	}
	return top == 0
}

type tagListReply struct {
	status
	TagList []tagName `json:"taglist"`
}

type tagName struct {
	TagID   int    `json:"tagid"`
	TagName string `json:"tagname"`
}

// listTags is tag/list (获取标签列表, path/90216): all tags of the corp.
func listTags(c *call) reply {
	answer := &tagListReply{status{0, "ok"}, []tagName{}}
	for _, t := range c.app.corp.world.Tags {
		answer.TagList = append(answer.TagList, tagName{t.ID, t.Name})
	}
	return answer
}

type tagReply struct {
	status
	TagName   string    `json:"tagname"`
	UserList  []tagUser `json:"userlist"`
	PartyList []int     `json:"partylist"`
}

type tagUser struct {
	UserID string `json:"userid"`
	Name   string `json:"name"`
}

// getTag is tag/get (获取标签成员, path/90213): what the app may see of a tag.
func getTag(c *call) reply {
	id, err := strconv.Atoi(c.query.Get("tagid"))
	tags := c.app.corp.world.Tags
	i := slices.IndexFunc(tags, func(t Tag) bool { return t.ID == id })
	if err != nil || i < 0 {
		return refuse(codeInvalidTag)
	}
	answer := &tagReply{status{0, "ok"}, tags[i].Name, []tagUser{}, []int{}}
	for _, m := range c.app.corp.union(tags[i].Users, nil, nil) {
		if c.app.canSee(m) {
			answer.UserList = append(answer.UserList, tagUser{m.id, m.name})
		}
	}
	for _, id := range tags[i].Parties {
		if c.app.showsParty(id) {
			answer.PartyList = append(answer.PartyList, id)
		}
	}
	return answer
}
