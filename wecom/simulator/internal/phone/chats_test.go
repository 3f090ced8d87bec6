package phone

import (
	"strings"
	"testing"
)

// groupText is a text in a group, from a robot if agent is 0.
func groupText(content string, agent int, app string, users ...string) Message {
	m := text(content, users...)
	m.ChatID, m.ChatName, m.AgentID, m.AppName = "wr1", "构建通知群", agent, app
	return m
}

func TestConversations(t *testing.T) {
	t.Parallel()
	f := world()
	f.deliver(text("to you alone", "zhangsan"))
	f.deliver(groupText("from the app", 1000002, "CRM", "zhangsan", "lisi"))
	f.deliver(groupText("from the robot", 0, "Builder", "zhangsan", "lisi"))
	nameless := groupText("nameless", 0, "", "zhangsan")
	nameless.ChatID, nameless.ChatName = "wr2", ""
	f.deliver(nameless)

	all := get(t, f, "/?lang=en&user=zhangsan")
	contains(t, all, `class="preview">Group chat: nameless`, // of the list
		`aria-label="Conversations">`, `data-chat="" aria-current="true">All</a>`,
		`data-app="1000002" data-chat="">`, "CRM</a>", `chat=wr1&amp;`, `data-chat="wr1">`, "构建通知群</a>", `data-chat="wr2">`, "Group chat</a>",
		"<h3>CRM</h3>", "to you alone", "<h3>CRM <small>", "构建通知群</small>", "from the app",
		"<h3>Builder <small>", "from the robot", "<h3>Robot <small>", "Group chat</small>", "nameless")

	_, chat, _ := strings.Cut(get(t, f, "/?lang=en&user=zhangsan&chat=wr1&app=1000002"), `id="items"`)
	contains(t, chat, "<h3>CRM</h3>", "from the app", "<dt>Group chat</dt><dd>构建通知群 <code>wr1</code></dd>", "<h3>Builder</h3>", "from the robot")
	lacks(t, chat, "to you alone", "nameless")
	_, app, _ := strings.Cut(get(t, f, "/?lang=en&user=zhangsan&app=1000002"), `id="items"`)
	contains(t, app, "to you alone")
	lacks(t, app, "from the app", "from the robot")
	contains(t, get(t, f, "/?lang=en&user=zhangsan&chat=wr9"), "No messages in this conversation")
}

func TestMentions(t *testing.T) {
	t.Parallel()
	f := world()
	m := groupText("", 0, "Robot", "zhangsan")
	m.Body = []byte(`{"content":"build <@lisi> https://e.com/<@x> broke <@","mentioned_list":["zhangsan","@all"]}`)
	contains(t, draw(t, f, m, ""), `build <b class="at">@Li Si</b> <a href="https://e.com/"`, `<b class="at">@x</b> broke &lt;@`+"\n", `<b class="at">@张三</b> <b class="at">@everybody</b>`)
	m.ChatID, m.AgentID, m.MsgID = "", 7, "alone"
	_, page, _ := strings.Cut(draw(t, f, m, ""), `data-msgid="alone"`)
	lacks(t, page, `class="at"`)
}

// TestGroupsAreStreamed: a page open at one conversation is told of the others,
// and draws only its own.
func TestGroupsAreStreamed(t *testing.T) {
	t.Parallel()
	f := world()
	stream, _ := open(t, f, "&chat=wr1&after=", "")
	f.send(text("to you alone", "zhangsan"))
	stream.expect(eventMessage, "m1", false)
	f.send(groupText("here", 0, "Robot", "zhangsan"))
	if e := stream.expect(eventMessage, "m2", true); e.Chat != "wr1" || !strings.Contains(e.Preview, "构建通知群: here") {
		t.Errorf("%+v", e.news)
	}
}

// TestClicksAreStreamed: a message told of again is drawn anew with the choice,
// and a change that was missed loads the page again.
func TestClicksAreStreamed(t *testing.T) {
	t.Parallel()
	f := world()
	m := kind(t, "vote_interaction")
	f.deliver(m)
	f.deliver(text("later", "zhangsan"))
	stream, _ := open(t, f, "&lang=en&after=m2", "")
	click := func(m *Message) { m.Clicked, m.Chosen = "vote", map[string][]string{"lunch": {"rice"}} }
	f.tell(f.change("m1", click))
	if e := stream.expect(eventUpdate, "m1", true); !strings.Contains(e.HTML, `value="rice" checked`) {
		t.Errorf("drawn as %s", e.HTML)
	}
	f.change("m1", func(m *Message) { m.Chosen = map[string][]string{"lunch": {"none"}} }) // nobody tells
	f.send(text("new", "zhangsan"))
	if e := stream.next(); e.name != eventReset {
		t.Errorf("got %q", e.name)
	}
}
