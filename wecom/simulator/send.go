package simulator

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"slices"
	"strings"
	"time"
)

// sending is one message/send (发送应用消息, path/90236) as it was understood.
type sending struct {
	app     *app
	strict  bool
	request *object

	msgType        string
	agentID        int
	agentGiven     bool
	targets        targets
	checkDuplicate bool
	interval       time.Duration // of the duplicate check
}

type sendReply struct {
	status
	InvalidUser    string `json:"invaliduser,omitempty"`
	InvalidParty   string `json:"invalidparty,omitempty"`
	InvalidTag     string `json:"invalidtag,omitempty"`
	UnlicensedUser string `json:"unlicenseduser,omitempty"`
	MsgID          string `json:"msgid,omitempty"`
}

// sendMessage answers in the order that is known of WeCom, as far as anything is: msgtype, agentid,
// number of targets, body, targets, duplicate, quotas. A message that part of its targets can
// receive is a success.
func sendMessage(c *call) reply {
	s := c.readSending()
	answer := s.send(c)
	s.request.warn(answer.head())
	return answer
}

func (s *sending) send(c *call) reply {
	readBody, known := bodyReaders[s.msgType]
	if !known {
		return refuse(codeInvalidMsgType)
	}
	if wrong := s.checkAgent(); wrong != nil {
		return wrong
	}
	if wrong := s.targets.tooMany(); wrong != nil {
		return wrong
	}
	body, wrong := readBody(s, s.request.object(s.msgType))
	if wrong != nil {
		return wrong
	}
	if wrong := s.checkInterval(); wrong != nil {
		return wrong
	}
	if s.targets.empty() {
		return refuse(codeNoTarget)
	}
	reach := s.app.reachOf(s.targets)
	if len(reach.receivers) == 0 {
		return s.answer(*refuse(codeNobodyLeft), reach, "")
	}
	return s.deliver(c, body, reach)
}

// deliver books the message and puts it into the inboxes. A duplicate answers as the first did, with
// the first msgid; WeCom's page leaves that open, and a client that reads the answer is served best.
func (s *sending) deliver(c *call, body any, reach reach) reply {
	msgID := newMsgID()
	booking := posting{msgID: msgID, receivers: reach.receivers, dayCap: s.app.corp.dayCap, interval: s.interval}
	if s.checkDuplicate {
		booking.check, booking.hash = true, sha256.Sum256(c.body)
	}
	verdict := s.app.ledger.post(booking, &c.sim.clock)
	switch {
	case verdict.duplicateOf != "":
		c.sim.stats.duplicates.Add(1)
		msgID = verdict.duplicateOf
	case verdict.overCap:
		return refuse(codeRateLimited)
	default:
		c.sim.stats.count(verdict)
		c.sim.keep(&record{
			msgID: msgID, at: verdict.at, msgType: s.msgType,
			corpID: s.app.corp.id, agentID: s.app.agentID, appName: s.app.name,
			receivers: verdict.receivers, dropped: verdict.dropped,
			parties: s.targets.parties, tags: s.targets.tags,
			body: body, request: c.body,
		})
	}
	if slices.ContainsFunc(verdict.receivers, func(m *member) bool { return m.key == magicSlow }) {
		c.wait(c.sim.slow) // if the client leaves meanwhile, so be it: the message is there
	}
	return s.answer(status{0, "ok"}, reach, msgID)
}

// answer adds the targets that were not reached. Ids of members come back in lower case, as the page
// warns — but as they were sent when nobody was left, as captured answers show.
func (s *sending) answer(st status, r reach, msgID string) *sendReply {
	unlicensed := make([]string, len(r.unlicensed))
	for i, m := range r.unlicensed {
		unlicensed[i] = m.id
	}
	a := &sendReply{
		status:         st,
		InvalidUser:    strings.Join(r.invalidUsers, "|"),
		InvalidParty:   strings.Join(r.invalidParties, "|"),
		InvalidTag:     strings.Join(r.invalidTags, "|"),
		UnlicensedUser: strings.Join(unlicensed, "|"),
		MsgID:          msgID,
	}
	if st.ErrCode == 0 {
		a.InvalidUser = strings.ToLower(a.InvalidUser)
	}
	return a
}

// readSending reads everything outside the body of the type, so that a slip anywhere in it is
// noticed whatever the answer will be.
func (c *call) readSending() *sending {
	o := parseObject(c.body)
	s := &sending{app: c.app, strict: c.directory.world.Strict, request: o}
	s.msgType = o.text("msgtype")
	s.agentID, s.agentGiven = o.number("agentid")
	s.targets = newTargets(o.text("touser"), o.text("toparty"), o.text("totag"))
	s.checkDuplicate = o.flag("enable_duplicate_check")
	seconds, _ := o.number("duplicate_check_interval")
	s.interval = time.Duration(seconds) * time.Second
	o.number("safe") // these two change nothing in a text or a card of a company's own app
	o.flag("enable_id_trans")
	return s
}

func (s *sending) checkAgent() *status {
	switch {
	case !s.agentGiven:
		return refuse(codeAgentIDMissing)
	case s.app.corp.apps[s.agentID] == nil:
		return refuse(codeInvalidAgentID)
	case s.agentID != s.app.agentID:
		return refuse(codeOtherAgent)
	}
	return nil
}

// checkInterval settles the interval of the duplicate check. 0 or less is the default. Above the
// maximum a strict world refuses; the page says only that the maximum is 4 hours.
func (s *sending) checkInterval() *status {
	switch {
	case s.interval <= 0:
		s.interval = duplicateIntervalDefault
	case s.interval > duplicateIntervalMax:
		if s.strict && s.checkDuplicate {
			return invalidField("duplicate_check_interval exceed max value %d", int(duplicateIntervalMax.Seconds()))
		}
		s.interval = duplicateIntervalMax
	}
	return nil
}

// newMsgID looks like WeCom's: 88 characters of URL-safe base64.
func newMsgID() string {
	var b [66]byte
	rand.Read(b[:])
	return base64.RawURLEncoding.EncodeToString(b[:])
}
