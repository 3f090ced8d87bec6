package phone

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

func TestChosenMember(t *testing.T) {
	t.Parallel()
	chosen := func(user string) string {
		return `aria-current="true" data-corp="` + testCorp + `" data-user="` + user + `"`
	}
	t.Run("the first, when nobody has messages", func(t *testing.T) {
		page := get(t, world(), "/")
		contains(t, page, "<body>", chosen("zhangsan"), `id="hello"`)
	})
	t.Run("the first with messages", func(t *testing.T) {
		f := world()
		f.deliver(text("hi", "lisi"))
		page := get(t, f, "/")
		contains(t, page, "<body>", chosen("lisi"))
		lacks(t, page, `id="hello"`)
	})
	t.Run("the one asked for", func(t *testing.T) {
		f := world()
		f.deliver(text("hi", "lisi"))
		contains(t, get(t, f, "/?corp="+testCorp+"&user=zhangsan"), `<body class="picked">`, chosen("zhangsan"))
		contains(t, get(t, f, "/?user=zhangsan"), `<body class="picked">`, chosen("zhangsan"))
	})
	t.Run("the default, when the one asked for is not there", func(t *testing.T) {
		page := absent(t, world(), "/?corp=wwother&user=zhangsan")
		contains(t, page, "<body>", "There is no member “zhangsan (wwother)”", chosen("zhangsan"))
		contains(t, absent(t, world(), "/?lang=zh&user=<b>"), "没有成员「&lt;b&gt;」")
	})
	t.Run("in letters of another case, as WeCom reads user ids", func(t *testing.T) {
		contains(t, get(t, world(), "/?user=LiSi"), `<body class="picked">`, chosen("lisi"))
	})
	t.Run("nobody, in an empty world", func(t *testing.T) {
		contains(t, get(t, newFake(), "/"), "This world has no members.", `id="hello"`, "&#34;touser&#34;: &#34;@all&#34;")
	})
}

func TestMembersByCorp(t *testing.T) {
	t.Parallel()
	f := world()
	f.members = append(f.members, Member{testCorp, "鸿雁科技", "wangwu", "王五"})
	f.deliver(text("早上\n好", "lisi"))
	contains(t, get(t, f, "/"),
		"<h2>鸿雁科技 <small>"+testCorp, `data-user="zhangsan" data-count="0"`, ">三</span>", "张三",
		`data-user="lisi" data-count="1" data-last="m1"`, ">L</span>", "Li Si", "12:00", "早上 好",
		"王五", "<h2>wwother</h2>", ">N</span>", "nina")
}

func TestChat(t *testing.T) {
	t.Parallel()
	f := world()
	say := func(at time.Time, agent int, app, content string) {
		m := text(content, "zhangsan")
		m.At, m.AgentID, m.AppName = at, agent, app
		f.deliver(m)
	}
	say(noon.AddDate(-1, 0, 0), 1, "CRM", "last year")
	say(noon.AddDate(0, 0, -1), 1, "CRM", "yesterday")
	say(noon, 1, "CRM", "first")
	say(noon.Add(time.Minute), 1, "CRM", "follows")
	say(noon.Add(2*time.Minute), 2, "", "other app")
	say(noon.Add(8*time.Minute), 2, "", "later")
	contains(t, get(t, f, "/?lang=en"),
		`class="leads"><p class="time"><time datetime="2025-03-05T12:00:00.000&#43;08:00">Wed 5 Mar 2025 12:00</time>`, "last year",
		`class="leads"><p class="time">`, "Wed 4 Mar 12:00", "yesterday",
		"Thu 5 Mar 12:00", "<h3>CRM</h3>", "first",
		`<li data-msgid="m4"><article aria-label="CRM">`+"\n", "follows",
		`<li data-msgid="m5" class="leads"><article aria-label="App 2">`, "<h3>App 2</h3>", "other app",
		`class="leads"><p class="time">`, ">12:08</time>", "later")
	contains(t, get(t, f, "/?lang=zh"), "2025年3月5日 星期三 12:00", "3月4日 星期三", "应用 2")
}

func TestApps(t *testing.T) {
	t.Parallel()
	f := world()
	f.deliver(text("from crm", "zhangsan"))
	contains(t, get(t, f, "/"), `<nav id="apps" aria-label="Conversations" hidden>`)
	ops := text("from ops", "zhangsan")
	ops.AgentID, ops.AppName = 1000003, "Ops"
	f.deliver(ops)
	contains(t, get(t, f, "/"), `<nav id="apps" aria-label="Conversations">`, `data-app="" data-chat="" aria-current="true">All</a>`,
		`data-app="1000002" data-chat="">`, `C</span>CRM`, `data-app="1000003" data-chat="">`, `O</span>Ops`, `id="items"`, "from crm", "from ops")
	_, chat, _ := strings.Cut(get(t, f, "/?user=zhangsan&app=1000003"), `id="thread"`)
	contains(t, chat, "app=1000003", "from ops")
	lacks(t, chat, "from crm")
}

func TestDetails(t *testing.T) {
	t.Parallel()
	f := world()
	m := text("磁盘 <已满>", "zhangsan", "lisi")
	m.Body = []byte(`{"content":"\u78c1\u76d8 \u003c已满\u003e","n":1.0}`)
	m.At = noon.Add(123 * time.Millisecond)
	f.deliver(m)
	contains(t, get(t, f, "/"), "<summary>", "text · 12:00:00.123", "<code>m1</code>", "CRM <code>1000002</code>",
		`>2026-03-05T12:00:00.123&#43;08:00</time>`, "<code>zhangsan</code> <code>lisi</code>",
		"{\n  &#34;content&#34;: &#34;磁盘 &lt;已满&gt;&#34;,\n  &#34;n&#34;: 1.0\n}")
}

func TestRecalled(t *testing.T) {
	t.Parallel()
	f := world()
	m := text("oops", "zhangsan")
	m.Recalled = true
	f.deliver(m)
	page := get(t, f, "/?lang=en")
	contains(t, page, `class="preview">CRM recalled a message`, `class="gone"`, "CRM recalled a message", "oops")
	lacks(t, page, `class="bubble"`)
}

func TestEarlierMessages(t *testing.T) {
	t.Parallel()
	f := world()
	for i := range 350 {
		f.deliver(text(fmt.Sprintf("number %d.", i+1), "zhangsan"))
	}
	page := get(t, f, "/")
	contains(t, page, `href="?corp=`+testCorp+`&amp;show=300&amp;user=zhangsan#newest">Show 200 earlier`, "number 251.", "number 350.")
	lacks(t, page, "number 250.")
	contains(t, get(t, f, "/?user=zhangsan&show=300"), "show=350", "Show 50 earlier", "number 51.")
	lacks(t, get(t, f, "/?user=zhangsan&show=350"), "earlier")
}

func TestManyMembers(t *testing.T) {
	t.Parallel()
	f := newFake()
	var all []string
	for i := range 500 {
		user := fmt.Sprintf("user%03d", i)
		all = append(all, user)
		f.members = append(f.members, Member{testCorp, "鸿雁科技", user, "成员"})
	}
	f.deliver(text("to everybody", all...))
	page := get(t, f, "/")
	if n := strings.Count(page, `class="row"`); n != 500 {
		t.Errorf("%d rows", n)
	}
	contains(t, page, "user039</code>", "and 460 more")
	lacks(t, page, "<code>user040</code>")
	if len(page) > 500<<10 {
		t.Errorf("the page has %d bytes", len(page))
	}
}

// TestEscaping puts markup wherever a program or a person can put text.
func TestEscaping(t *testing.T) {
	t.Parallel()
	const evil = `"><script>alert(1)</script><img src=x onerror=alert(1)>'`
	f := newFake(Member{evil, evil, evil, evil})
	bodies := map[string]string{"text": `{"content":%q}`, "textcard": `{"title":%q,"description":%[1]q,"url":%[1]q,"btntxt":%[1]q}`, evil: `{"x":%q}`}
	for msgtype, body := range bodies {
		f.deliver(Message{MsgID: evil + msgtype, CorpID: evil, AgentID: 1, AppName: evil, MsgType: msgtype, Body: fmt.Appendf(nil, body, evil), Users: []string{evil}})
	}
	page := get(t, f, "/?corp="+evilQuery+"&user="+evilQuery+"&lang="+evilQuery+"&app="+evilQuery)
	lacks(t, page, "<script>", "<img")
	if n := strings.Count(page, "<script"); n != 2 {
		t.Errorf("%d script elements", n)
	}
	contains(t, page, "&lt;script&gt;alert(1)&lt;/script&gt;")
}

const evilQuery = "%22%3E%3Cscript%3Ealert(1)%3C/script%3E%3Cimg%20src=x%20onerror=alert(1)%3E'"

func BenchmarkPage(b *testing.B) {
	f := world()
	for range usual {
		f.deliver(textCard("Title", `<div class="gray">3 March</div>Text`, "https://example.com", "zhangsan"))
	}
	for b.Loop() {
		ask(f, "GET", "/")
	}
}
