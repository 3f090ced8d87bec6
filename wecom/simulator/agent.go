package simulator

import "strconv"

type agentReply struct {
	status
	AgentID        int        `json:"agentid"`
	Name           string     `json:"name"`
	SquareLogoURL  string     `json:"square_logo_url"`
	Description    string     `json:"description"`
	AllowUserInfos allowUsers `json:"allow_userinfos"`
	AllowPartys    struct {
		PartyID []int `json:"partyid"`
	} `json:"allow_partys"`
	AllowTags struct {
		TagID []int `json:"tagid"`
	} `json:"allow_tags"`
	Close              int    `json:"close"`
	RedirectDomain     string `json:"redirect_domain"`
	ReportLocationFlag int    `json:"report_location_flag"`
	IsReportEnter      int    `json:"isreportenter"`
	HomeURL            string `json:"home_url"`
}

type allowUsers struct {
	User []allowUser `json:"user"`
}

type allowUser struct {
	UserID string `json:"userid"`
}

// getAgent is agent/get (获取应用, path/90227), for the app of the token only. An app that sees everybody
// has the roots of the corp as its range.
func getAgent(c *call) reply {
	agentID, err := strconv.Atoi(c.query.Get("agentid"))
	if err != nil && c.query.Get("agentid") != "" {
		return refuse(codeInvalidAgentID)
	}
	if wrong := c.app.checkAgent(agentID, err == nil); wrong != nil {
		return wrong
	}
	answer := &agentReply{status: status{0, "ok"}, AgentID: c.app.agentID, Name: c.app.name}
	visible := c.app.visible
	if visible == nil {
		visible = &Visible{}
		for _, p := range c.app.corp.world.Parties {
			if p.Parent == 0 {
				visible.Parties = append(visible.Parties, p.ID)
			}
		}
	}
	answer.AllowUserInfos.User = []allowUser{}
	for _, id := range visible.Users {
		answer.AllowUserInfos.User = append(answer.AllowUserInfos.User, allowUser{id})
	}
	answer.AllowPartys.PartyID = append([]int{}, visible.Parties...)
	answer.AllowTags.TagID = append([]int{}, visible.Tags...)
	return answer
}

type agentListReply struct {
	status
	AgentList []agentLine `json:"agentlist"`
}

type agentLine struct {
	AgentID       int    `json:"agentid"`
	Name          string `json:"name"`
	SquareLogoURL string `json:"square_logo_url"`
}

// listAgents is agent/list (path/90227): the app of the token.
func listAgents(c *call) reply {
	return &agentListReply{status{0, "ok"}, []agentLine{{AgentID: c.app.agentID, Name: c.app.name}}}
}

type ipReply struct {
	IPList []string `json:"ip_list"`
	status
}

// getDomainIPs and getCallbackIPs (path/97073, path/98988) name the one address the simulator has.
func getDomainIPs(*call) reply   { return &ipReply{[]string{"127.0.0.1"}, status{0, "ok"}} }
func getCallbackIPs(*call) reply { return &ipReply{[]string{"127.0.0.1"}, status{0, "ok"}} }
