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
	reading
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
	ResponseCode   string `json:"response_code,omitempty"`
}

// sendMessage answers in the order that is known of WeCom, as far as anything is: msgtype, agentid,
// number of targets, body, callback, targets, duplicate, quotas. A message that part of its targets can
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
	body, wrong := readBody(&s.reading, s.request.object(s.msgType))
	if wrong != nil {
		return wrong
	}
	if card, ok := body.(interactive); ok && card.callsBack() && s.app.callback == nil {
		return refuse(codeCallbackMissing)
	}
	if wrong := s.checkSafe(); wrong != nil {
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
	booking := posting{msgID: newMsgID(), receivers: reach.receivers, dayCap: s.app.corp.dayCap, interval: s.interval}
	if s.checkDuplicate {
		booking.check, booking.hash = true, sha256.Sum256(c.body)
	}
	card, ok := body.(interactive)
	if ok && s.strict {
		booking.taskID = card.taskID()
	}
	verdict := s.app.ledger.post(booking, &c.sim.clock)
	answer := s.answer(status{0, "ok"}, reach, booking.msgID)
	switch {
	case verdict.duplicateOf != "":
		c.sim.stats.duplicates.Add(1)
		answer.MsgID = verdict.duplicateOf
	case verdict.taskTaken:
		return refuse(codeTaskID)
	case verdict.overCap:
		return refuse(codeRateLimited)
	default:
		r := &record{
			msgID: booking.msgID, at: verdict.at, msgType: s.msgType,
			corpID: s.app.corp.id, agentID: s.app.agentID, appName: s.app.name,
			receivers: verdict.receivers, dropped: verdict.dropped,
			parties: s.targets.parties, tags: s.targets.tags,
			body: body, request: c.body,
		}
		if ok && card.callsBack() {
			r.card = new(cardState)
			s.app.ledger.remember(card.taskID(), r)
			if _, ok := card.(*templateCard); ok {
				answer.ResponseCode = c.sim.codes.issue(r, verdict.at)
			}
		}
		c.sim.stats.count(verdict)
		c.sim.keep(r)
	}
	if slices.ContainsFunc(verdict.receivers, func(m *member) bool { return m.key == magicSlow }) {
		c.wait(c.sim.slow) // if the client leaves meanwhile, so be it: the message is there
	}
	return answer
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
	s := &sending{reading: c.reading(), request: o}
	s.msgType = o.text("msgtype")
	s.agentID, s.agentGiven = o.number("agentid")
	s.targets = newTargets(o.text("touser"), o.text("toparty"), o.text("totag"))
	s.checkDuplicate = o.flag("enable_duplicate_check")
	seconds, _ := o.number("duplicate_check_interval")
	s.interval = time.Duration(seconds) * time.Second
	s.safe, _ = o.number("safe")
	o.flag("enable_id_trans") // changes nothing for a company's own app
	return s
}

// checkAgent demands the app of the token. A notice of a mini program names no app, and nobody by @all.
func (s *sending) checkAgent() *status {
	switch {
	case s.msgType == noticeMsgType && s.targets.all:
		return invalidParam("touser")
	case s.msgType == noticeMsgType:
		return nil
	}
	return s.app.checkAgent(s.agentID, s.agentGiven)
}

// checkAgent says what is wrong with an agentid beside a token of a.
func (a *app) checkAgent(agentID int, given bool) *status {
	switch {
	case !given:
		return refuse(codeAgentIDMissing)
	case a.corp.apps[agentID] == nil:
		return refuse(codeInvalidAgentID)
	case agentID != a.agentID:
		return refuse(codeOtherAgent)
	}
	return nil
}

// mostSafe is the highest safe of the msgtypes that have one. Others ignore it, but for news.
var mostSafe = map[string]int{"text": 1, "image": 1, "video": 1, "file": 1, "mpnews": 2}

// checkSafe refuses in a strict world what the page's table has no place for.
func (s *sending) checkSafe() *status {
	if s.safe == 0 || !s.strict {
		return nil
	}
	if most, ok := mostSafe[s.msgType]; ok && (s.safe < 0 || s.safe > most) {
		return invalidParam("safe")
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
