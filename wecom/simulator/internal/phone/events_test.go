package phone

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestEvents(t *testing.T) {
	t.Parallel()
	f := world()
	f.deliver(text("before", "zhangsan"))
	s, _ := open(t, f, "&after=m1", "")
	f.send(text("磁盘\n<已满>", "zhangsan", "lisi"))
	e := s.expect(eventMessage, "m2", true)
	contains(t, e.HTML, `<li data-msgid="m2"><article`, "磁盘\n&lt;已满&gt;")
	if e.Corp != testCorp || strings.Join(e.Users, " ") != "zhangsan lisi" || e.Preview != "磁盘 <已满>" || e.AgentID != 1000002 {
		t.Errorf("got %+v", e.news)
	}
	f.send(text("not for him", "lisi"))
	s.expect(eventMessage, "m3", false)
	other := text("other corp", "zhangsan")
	other.CorpID = "wwother"
	f.send(other)
	s.expect(eventMessage, "m4", false)
}

func TestEventsInChinese(t *testing.T) {
	t.Parallel()
	f := world()
	s, _ := open(t, f, "&after=&lang=zh", "")
	m := text("hi", "zhangsan")
	m.AgentID = 7
	f.send(m)
	contains(t, s.expect(eventMessage, "m1", true).HTML, "详细信息")
}

func TestMissedMessages(t *testing.T) {
	t.Parallel()
	fill := func() *fakeSource {
		f := world()
		for range 4 {
			f.deliver(text("hi", "zhangsan"))
			f.deliver(text("hi", "lisi"))
		}
		return f
	}
	t.Run("since Last-Event-ID", func(t *testing.T) {
		s, _ := open(t, fill(), "&after=m1", "m3") // the header is newer than the address
		s.expect(eventMessage, "m5", true)
		s.expect(eventMessage, "m7", true)
	})
	t.Run("since the page was drawn", func(t *testing.T) {
		s, _ := open(t, fill(), "&after=m5", "")
		s.expect(eventMessage, "m7", true)
	})
	t.Run("all, for a page without messages", func(t *testing.T) {
		s, _ := open(t, fill(), "&after=", "")
		s.expect(eventMessage, "m1", true)
	})
	t.Run("none, for one who does not say", func(t *testing.T) {
		f := fill()
		s, _ := open(t, f, "", "")
		f.send(text("new", "zhangsan"))
		s.expect(eventMessage, "m9", true)
	})
	t.Run("what the subscription dropped", func(t *testing.T) {
		f := fill()
		s, _ := open(t, f, "&after=m7", "")
		f.deliver(text("never told of", "zhangsan"))
		f.send(text("told of", "zhangsan"))
		s.expect(eventMessage, "m9", true)
		s.expect(eventMessage, "m10", true)
	})
	t.Run("a new page, when it is too much", func(t *testing.T) {
		f := fill()
		for range mostMissed + 1 {
			f.deliver(text("hi", "zhangsan"))
		}
		s, _ := open(t, f, "&after=m7", "")
		if e := s.next(); e.name != eventReset || e.id != "m209" {
			t.Errorf("got %+v", e)
		}
	})
}

func TestSourceWasReset(t *testing.T) {
	t.Parallel()
	t.Run("before the stream", func(t *testing.T) {
		s, _ := open(t, world(), "", "gone")
		if e := s.next(); e.name != eventReset || e.id != "" {
			t.Errorf("got %+v", e)
		}
	})
	t.Run("while it is open", func(t *testing.T) {
		f := world()
		f.deliver(text("old", "zhangsan"))
		s, _ := open(t, f, "&after=m1", "")
		f.clear()
		m := text("new", "zhangsan")
		m.MsgID = "n1"
		f.send(m)
		if e := s.next(); e.name != eventReset || e.id != "n1" {
			t.Errorf("got %+v", e)
		}
		m.MsgID = "n2"
		f.send(m)
		s.expect(eventMessage, "n2", true)
	})
}

func TestRecallIsDrawn(t *testing.T) {
	t.Parallel()
	f := world()
	f.deliver(text("oops", "zhangsan"))
	f.deliver(text("fine", "zhangsan"))
	s, _ := open(t, f, "&after=m2", "")
	f.tell(f.change("m1", func(m *Message) { m.Recalled = true }))
	contains(t, s.expect(eventUpdate, "m1", true).HTML, `class="gone"`)
	f.send(text("next", "zhangsan"))
	s.expect(eventMessage, "m3", true)
}

func TestEventsOfOneApp(t *testing.T) {
	t.Parallel()
	f := world()
	s, _ := open(t, f, "&after=&app=1000003", "")
	f.send(text("crm", "zhangsan"))
	s.expect(eventMessage, "m1", false)
	m := text("ops", "zhangsan")
	m.AgentID = 1000003
	f.send(m)
	s.expect(eventMessage, "m2", true)
}

func TestStrangeMsgID(t *testing.T) {
	t.Parallel()
	f := world()
	s, _ := open(t, f, "&after=", "")
	m := text("hi", "zhangsan")
	m.MsgID = "a\ndata: {}\n\nevent: reset"
	f.send(m)
	if e := s.next(); e.name != eventMessage || e.id != "" || e.MsgID != m.MsgID {
		t.Errorf("got %+v", e)
	}
}

// TestReaderLeaves: closing the page ends the request and the subscription.
func TestReaderLeaves(t *testing.T) {
	t.Parallel()
	f := world()
	s, leave := open(t, f, "&after=", "")
	f.send(text("hi", "zhangsan"))
	s.expect(eventMessage, "m1", true)
	leave()
	<-f.left
	if len(f.readers) != 0 {
		t.Error("a subscription is left")
	}
}

// TestSourceEnds: a source that closes its channel ends the stream.
func TestSourceEnds(t *testing.T) {
	t.Parallel()
	f := world()
	s, _ := open(t, f, "&after=", "")
	f.mu.Lock()
	for reader := range f.readers {
		close(reader)
	}
	f.mu.Unlock()
	if _, err := s.read(); err != io.EOF {
		t.Errorf("read: %v", err)
	}
}

// plainWriter cannot flush.
type plainWriter struct{ *httptest.ResponseRecorder }

func (plainWriter) Flush(int) {}

func TestCannotStream(t *testing.T) {
	t.Parallel()
	w := plainWriter{httptest.NewRecorder()}
	Handler(world()).ServeHTTP(w, httptest.NewRequest("GET", "/_phone/events", nil))
	if w.Code != http.StatusInternalServerError {
		t.Errorf("got %d", w.Code)
	}
}

// TestPageNamesItsStream: the address in the page continues where the page ends.
func TestPageNamesItsStream(t *testing.T) {
	t.Parallel()
	f := world()
	f.deliver(text("hi", "zhangsan"))
	f.deliver(text("hi", "lisi"))
	contains(t, get(t, f, "/?lang=zh"), "_phone/events?after=m1&amp;corp="+testCorp+"&amp;lang=zh&amp;user=zhangsan")
}
