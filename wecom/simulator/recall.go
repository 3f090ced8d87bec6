package simulator

import "time"

// recallWindow is how long an app can take a message back (path/94867).
const recallWindow = 24 * time.Hour

// recallMessage is message/recall (撤回应用消息, path/94867). A second recall answers 0 as the first did;
// the page does not say.
func recallMessage(c *call, o *object) reply {
	r := c.sim.store.find(o.text("msgid"))
	switch {
	case r == nil || r.chatID != "" || r.corpID != c.app.corp.id || r.agentID != c.app.agentID:
		return invalidParam("msgid")
	case !c.now().Before(r.at.Add(recallWindow)):
		return refuse(codeRecallTooLate)
	}
	r.recalled.Store(true)
	c.sim.phones.show(r)
	return &status{0, "ok"}
}

type statisticsReply struct {
	status
	Statistics []appStatistics `json:"statistics"`
}

type appStatistics struct {
	AgentID int    `json:"agentid"`
	AppName string `json:"app_name"`
	Count   int    `json:"count"`
}

// getStatistics is message/get_statistics (path/92369): person-times that were delivered today (0) or
// yesterday (1), of the app that asks.
func getStatistics(c *call) reply {
	o := parseObject(c.body)
	day, _ := o.number("time_type")
	if day != 0 && day != 1 {
		answer := invalidParam("time_type")
		o.warn(answer)
		return answer
	}
	count := c.app.ledger.daysCount(c.now(), day == 1)
	answer := &statisticsReply{status{0, "ok"}, []appStatistics{{c.app.agentID, c.app.name, count}}}
	if len(c.body) > 0 { // time_type has a default, so the body may be absent
		o.warn(&answer.status)
	}
	return answer
}
