package simulator

import (
	"crypto/rand"
	"encoding/base64"
	"sync"
	"time"
)

// ticket is a JS-SDK ticket (path/90506): one lives for the corp, and one for each app. It is handed
// out until it expires.
type ticket struct {
	mu      sync.Mutex
	value   string
	expires time.Time
	asked   pace
}

type ticketReply struct {
	status
	Ticket    string `json:"ticket"`
	ExpiresIn int    `json:"expires_in"`
}

const ticketLife = 7200 * time.Second

// How often an hour a ticket may be asked for.
const (
	corpTicketsPerHour = 400
	appTicketsPerHour  = 100
)

// getCorpTicket is get_jsapi_ticket, for wx.config.
func getCorpTicket(c *call) reply { return c.app.corp.ledger.ticket.give(c.now(), corpTicketsPerHour) }

// getAppTicket is ticket/get, for wx.agentConfig.
func getAppTicket(c *call) reply {
	if c.query.Get("type") != "agent_config" {
		return refuse(codeTicketType)
	}
	return c.app.ledger.ticket.give(c.now(), appTicketsPerHour)
}

func (t *ticket) give(now time.Time, perHour int) reply {
	if !t.asked.take(now, 1, perHour, time.Hour) {
		return refuse(codeRateLimited)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if left := t.expires.Sub(now); t.value == "" || left <= 0 || left > ticketLife {
		var b [64]byte
		rand.Read(b[:])
		t.value, t.expires = base64.RawURLEncoding.EncodeToString(b[:]), now.Add(ticketLife)
	}
	return &ticketReply{status{0, "ok"}, t.value, max(int(t.expires.Sub(now)/time.Second), 1)}
}
