package phone

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"
)

const (
	// heartbeat keeps proxies from closing a quiet stream, and is when a stream
	// looks for what it was not told of.
	heartbeat = 15 * time.Second
	// patience is how long one write may take. The server's own WriteTimeout
	// would end every stream; none at all would let a stalled reader hold it
	// for ever. It is longer than a heartbeat, so a live stream always renews it.
	patience = 40 * time.Second
	// mostMissed is how many messages a stream brings one by one; beyond, the
	// page had better load itself again.
	mostMissed = 200
)

// The events of a stream. "message" is new; it carries HTML, and an id, if it
// belongs to the chosen member, and otherwise only news for the list. "update"
// draws a message anew. "reset" says that the page no longer matches: load it.
const (
	eventMessage = "message"
	eventUpdate  = "update"
	eventReset   = "reset"
)

// news is the data of "message" and "update".
type news struct {
	MsgID   string   `json:"msgid"`
	Corp    string   `json:"corp"`
	Users   []string `json:"users"`
	AgentID int      `json:"agentid"`
	Chat    string   `json:"chat,omitempty"`
	Preview string   `json:"preview"`
	Brief   string   `json:"brief"`
	Stamp   string   `json:"stamp"`
	HTML    string   `json:"html,omitempty"`
}

// stream is one open page's events. The messages a subscription brings only
// wake it: what it sends is read from the source, from where it last stood, so
// a missed one is made up for.
type stream struct {
	choice
	inbox *inbox
	w     http.ResponseWriter
	rc    *http.ResponseController
	last  string // msgid of the newest message the page has; "" for none
	state uint64 // a digest of how those are drawn
}

func (x *inbox) serveEvents(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodHead { // nothing would ever be sent
		return
	}
	s := &stream{choice: choiceOf(r), inbox: x, w: w, rc: http.NewResponseController(w)}
	messages, cancel := x.src.Subscribe() // before looking, or one could fall between
	defer cancel()
	if err := s.open(r); err != nil {
		if errors.Is(err, http.ErrNotSupported) {
			http.Error(w, "phone: this server cannot stream", http.StatusInternalServerError)
		}
		return
	}
	beat := time.NewTicker(heartbeat)
	defer beat.Stop()
	for {
		var err error
		select {
		case <-r.Context().Done():
			return
		case <-beat.C:
			if err = s.write(": still here\n\n"); err == nil {
				err = s.catchUp(nil)
			}
		case m, ok := <-messages:
			if !ok {
				return
			}
			err = s.take(m, messages)
		}
		if err != nil {
			return // the reader has left
		}
	}
}

// open begins the answer and sends what came since the page was drawn, or since
// the browser lost the connection. An asker who names no message gets only new ones.
func (s *stream) open(r *http.Request) error {
	head := s.w.Header()
	head.Set("Content-Type", "text/event-stream")
	head.Set("Cache-Control", "no-store")
	head.Set("X-Accel-Buffering", "no") // nginx would hold events back
	s.rc.SetReadDeadline(time.Time{})   // the server's ReadTimeout would end the request too
	all := s.messages()                 // before the answer begins: the asker may act on that
	switch q := r.URL.Query(); {
	case r.Header.Get("Last-Event-ID") != "":
		s.last = r.Header.Get("Last-Event-ID")
	case q.Has("after"):
		s.last = q.Get("after")
	case len(all) > 0:
		s.last = all[len(all)-1].MsgID
	}
	if err := s.rc.Flush(); err != nil { // before a byte is out, a refusal can still be said
		return err
	}
	if err := s.write("retry: 2000\n\n"); err != nil {
		return err
	}
	s.state = stateOf(all[:position(all, s.last)+1])
	return s.bring(all, nil)
}

// take sends m and whatever else is waiting.
func (s *stream) take(m Message, more <-chan Message) error {
	var mine []string
	for waiting := true; waiting; {
		if s.reaches(m) {
			mine = append(mine, m.MsgID)
		} else if err := s.send(eventMessage, "", s.news(m)); err != nil {
			return err
		}
		select {
		case m, waiting = <-more: // a closed one is found by the caller
		default:
			waiting = false
		}
	}
	if mine == nil {
		return nil
	}
	return s.catchUp(mine)
}

// catchUp sends the chosen member's messages from where the stream stood, and
// those of touched that the page already has once more.
func (s *stream) catchUp(touched []string) error { return s.bring(s.messages(), touched) }

// bring is catchUp for messages that were read already.
func (s *stream) bring(all []Message, touched []string) error {
	at := position(all, s.last)
	if at < 0 && s.last != "" {
		return s.reset(all)
	}
	drawnAgain := false
	for i, m := range all[:at+1] {
		if slices.Contains(touched, m.MsgID) {
			drawnAgain = true
			if err := s.sendDrawn(eventUpdate, all, i); err != nil {
				return err
			}
		}
	}
	state := stateOf(all[:at+1])
	if len(all)-at-1 > mostMissed || state != s.state && !drawnAgain {
		return s.reset(all)
	}
	for i := at + 1; i < len(all); i++ {
		if err := s.sendDrawn(eventMessage, all, i); err != nil {
			return err
		}
		s.last = all[i].MsgID
	}
	s.state = stateOf(all)
	return nil
}

// reset has the page load itself again, and goes on from there.
func (s *stream) reset(all []Message) error {
	s.last, s.state = "", stateOf(all)
	if len(all) > 0 {
		s.last = all[len(all)-1].MsgID
	}
	return s.send(eventReset, s.last, struct{}{})
}

func (s *stream) sendDrawn(event string, all []Message, i int) error {
	n := s.news(all[i])
	content, err := render("item", s.viewer().item(before(all, i), all[i]))
	if err != nil {
		return err
	}
	n.HTML = string(content)
	id := all[i].MsgID
	if event == eventUpdate {
		id = "" // the browser stands where it stood
	}
	return s.send(event, id, n)
}

func (s *stream) news(m Message) news {
	return news{
		MsgID: m.MsgID, Corp: m.CorpID, Users: append([]string{}, m.Users...), AgentID: m.AgentID, Chat: m.ChatID,
		Preview: preview(s.viewer(), m), Brief: s.Lang.brief(m.At, s.inbox.now()), Stamp: stamp(m.At),
	}
}

func (s *stream) send(event, id string, data any) error {
	content, err := json.Marshal(data) // one line, as an event's data has to be
	if err != nil {
		return err
	}
	var b bytes.Buffer
	b.WriteString("event: " + event + "\n")
	if id != "" && !strings.ContainsAny(id, "\r\n\x00") {
		b.WriteString("id: " + id + "\n")
	}
	b.WriteString("data: ")
	b.Write(content)
	b.WriteString("\n\n")
	return s.write(b.String())
}

func (s *stream) write(text string) error {
	s.rc.SetWriteDeadline(time.Now().Add(patience)) // best effort: a recorder has none
	if _, err := s.w.Write([]byte(text)); err != nil {
		return err
	}
	return s.rc.Flush()
}

func (s *stream) viewer() viewer { return viewer{s.choice, s.inbox} }

func (s *stream) messages() []Message {
	return s.ofConversation(s.inbox.src.Messages(s.Corp, s.User))
}
