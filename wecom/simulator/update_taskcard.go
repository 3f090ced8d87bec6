package simulator

// updateTaskCard is message/update_taskcard (更新任务卡片消息状态, path/91579). The first generation of
// cards takes clicked_key, the second replace_name; they do not mix.
func updateTaskCard(c *call, o *object) reply {
	agentID, given := o.number("agentid")
	if wrong := c.app.checkAgent(agentID, given); wrong != nil {
		return wrong
	}
	users := targets{users: o.texts("userids")}
	if users.empty() {
		return invalidParam("userids")
	}
	if wrong := users.tooMany(); wrong != nil {
		return wrong
	}
	r, wrong := c.taskCard(o.text("task_id"))
	if wrong != nil {
		return wrong
	}
	text, clicked, wrong := newTaskText(r, o)
	if wrong != nil {
		return &updateReply{*wrong, []string{}}
	}
	members, invalid := c.app.receiversAmong(r, users)
	r.change(members, func(old cardCopy) cardCopy {
		if clicked != "" {
			old.clicked = clicked
		}
		return old.withBody(old.body.(*taskCardBody).replaced(text))
	})
	c.sim.phones.showCopies(r, members)
	return &updateReply{status{0, "ok"}, invalid}
}

// taskCard finds a card by its task_id, and tells one of another app from none.
func (c *call) taskCard(id string) (*record, *status) {
	if !isTaskID(id) {
		return nil, refuse(codeTaskID)
	}
	if r := c.app.ledger.task(id); r.isTaskCard() {
		return r, nil
	}
	for _, other := range c.app.corp.apps {
		if other.ledger.task(id).isTaskCard() {
			return nil, refuse(codeTaskOfOtherApp)
		}
	}
	return nil, refuse(codeTaskUnknown)
}

func (r *record) isTaskCard() bool {
	if r == nil {
		return false
	}
	_, ok := r.body.(*taskCardBody)
	return ok
}

// newTaskText is what the buttons will say, and the button that counts as pressed.
func newTaskText(r *record, o *object) (text, clicked string, wrong *status) {
	clicked, text = o.text("clicked_key"), o.text("replace_name")
	card := r.body.(*taskCardBody)
	switch {
	case r.msgType == "interactive_taskcard" && text != "":
		return text, "", nil
	case clicked == "" && text == "":
		return "", "", refuse(codeButtonKeyMissing)
	case clicked != "" && !isTaskID(clicked):
		return "", "", refuse(codeButtonKey)
	case r.msgType != "taskcard" || card.button(clicked) == nil:
		return "", "", refuse(codeButtonUnknown)
	}
	return card.button(clicked).ReplaceName, clicked, nil
}
