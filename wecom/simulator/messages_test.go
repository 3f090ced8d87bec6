package simulator

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/hongyan-im/hongyan/wecom/simulator/internal/phone"
)

func TestOldMessagesGo(t *testing.T) {
	sim := newStill(WithMaxMessages(3))
	for i, user := range []string{"lisi", "wangwu", "lisi", "zhangsan|lisi", "wangwu"} {
		mustSend(t, sim, text(user, fmt.Sprint(i)))
	}
	texts := func(list []Message) string {
		var all []string
		for _, m := range list {
			all = append(all, m.Text())
		}
		return strings.Join(all, " ")
	}
	if all, lisi, wangwu := texts(sim.Messages(Filter{})), texts(sim.Inbox("lisi")), texts(sim.Inbox("wangwu")); all != "2 3 4" || lisi != "2 3" || wangwu != "4" {
		t.Errorf("all %q, lisi %q, wangwu %q", all, lisi, wangwu)
	}
	sim.DeleteMessages()
	if len(sim.Messages(Filter{})) != 0 || len(sim.Inbox("lisi")) != 0 || sim.Inbox("lisi").Last().MsgID != "" {
		t.Error("deleted messages are still there")
	}
	mustSend(t, sim, text("lisi", "new"))
	if sim.Inbox("lisi").Last().Text() != "new" {
		t.Error("no new messages after deleting")
	}
}

// TestTheStoreIsBounded counts what the store holds after messages with many receivers and with
// large requests.
func TestTheStoreIsBounded(t *testing.T) {
	var s store
	s.max = 10
	crowd := make([]*member, 300)
	for i := range crowd {
		crowd[i] = &member{key: fmt.Sprint(i)}
	}
	for range 50 {
		s.keep(&record{receivers: crowd})
	}
	if len(s.records) != 3 || s.receivers != 900 || len(s.received) != 300 || len(s.received["7"]) != 3 {
		t.Errorf("%d records for %d receivers, %d and %d in the index", len(s.records), s.receivers, len(s.received), len(s.received["7"]))
	}
	for range 4 {
		s.keep(&record{receivers: crowd[:1], request: make([]byte, maxStoredBytes/2)})
	}
	if len(s.records) != 2 || s.bytes > maxStoredBytes || len(s.received) != 1 {
		t.Errorf("%d records of %d bytes, %d members in the index", len(s.records), s.bytes, len(s.received))
	}
	s.keep(&record{request: make([]byte, maxStoredBytes+1)})
	if len(s.records) != 1 {
		t.Errorf("%d records, want the newest alone", len(s.records))
	}
}

func TestTheStoreUnderConcurrency(t *testing.T) {
	sim := New(WithMaxMessages(50))
	query := "/cgi-bin/message/send?access_token=" + tokenOf(t, sim, hongyan)
	var wg sync.WaitGroup
	for range 4 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for i := range 100 {
				exchange(sim, "POST", query, text("lisi|wangwu", fmt.Sprint(i)).json())
				exchange(sim, "GET", "/_sim/messages?user=lisi", "")
				exchange(sim, "GET", "/_sim/stats", "")
				switch i % 25 {
				case 0:
					exchange(sim, "PUT", "/_sim/world", string(encode(sim.World())))
				case 10:
					exchange(sim, "PUT", "/_sim/clock", `{"advance":"2m"}`)
				case 20:
					exchange(sim, "DELETE", "/_sim/messages", "")
				}
			}
		}()
	}
	wg.Wait()
	if n := len(sim.Messages(Filter{})); n > 50 {
		t.Errorf("%d messages, want at most 50", n)
	}
}

func TestPhones(t *testing.T) {
	sim := newStill()
	source := phones{sim}
	members := source.Members()
	if len(members) != 7 || members[0] != (phone.Member{CorpID: corpID, CorpName: "鸿雁演示", UserID: "ChenPengWei", Name: "陈鹏伟"}) {
		t.Errorf("%v", members)
	}
	news, cancel := source.Subscribe()
	a := mustSend(t, sim, cardWith(fields{"btntxt": "看"}))
	m := <-news
	if m.MsgID != a.str("msgid") || m.AppName != "鸿雁" || m.AgentID != hongyan || m.MsgType != "textcard" || !m.At.Equal(start) ||
		len(m.Users) != 1 || m.Users[0] != "lisi" || !strings.Contains(string(m.Body), `"btntxt":"看"`) {
		t.Errorf("%+v", m)
	}
	if list := source.Messages(corpID, "LISI"); len(list) != 1 || list[0].MsgID != m.MsgID {
		t.Errorf("%v", list)
	}
	if list := source.Messages("ww2", "lisi"); len(list) != 0 {
		t.Errorf("%v", list)
	}
	for range subscriberBacklog + 10 { // nobody reads: senders must not wait
		mustSend(t, sim, text("zhangsan", "hi"))
		sim.Advance(60e9)
	}
	cancel()
	cancel()
	mustSend(t, sim, text("lisi", "after"))
	n := 0
	for range news {
		n++
	}
	if n != subscriberBacklog {
		t.Errorf("%d in the channel, want %d", n, subscriberBacklog)
	}
}

func TestThePageIsAtTheRootOnly(t *testing.T) {
	sim := newStill()
	if w := exchange(sim, "GET", "/", ""); w.Code != http.StatusOK {
		t.Errorf("/ answers %d", w.Code)
	}
	if w := exchange(sim, "GET", "/index.html", ""); w.Code != http.StatusNotFound {
		t.Errorf("/index.html answers %d", w.Code)
	}
}
