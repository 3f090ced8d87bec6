package simulator

import (
	"strings"
	"testing"
)

// TestLeniency sends what unmodified clients send.
func TestLeniency(t *testing.T) {
	const warned = "ok. Warning: wrong json format. "
	sim := newStill()
	for _, c := range []struct{ name, body, msg string }{
		{"agentid as string", `{"touser":"lisi","msgtype":"text","agentid":"1000002","text":{"content":"x"}}`, warned},
		{"safe as string", `{"touser":"lisi","msgtype":"text","agentid":1000002,"text":{"content":"x"},"safe":"0"}`, warned},
		{"flags as strings", `{"touser":"lisi","msgtype":"text","agentid":1000002,"text":{"content":"x"},"enable_id_trans":"0","enable_duplicate_check":"0","duplicate_check_interval":"600"}`, warned},
		{"flag as boolean", `{"touser":"lisi","msgtype":"text","agentid":1000002,"text":{"content":"x"},"enable_duplicate_check":false}`, warned},
		{"content as number", `{"touser":"lisi","msgtype":"text","agentid":1000002,"text":{"content":42}}`, warned},
		{"department as number", `{"toparty":2,"msgtype":"text","agentid":1000002,"text":{"content":"x"}}`, warned},
		{"one bad target beside a good one", `{"touser":["lisi"],"toparty":"2","msgtype":"text","agentid":1000002,"text":{"content":"x"}}`, warned},
		{"unknown fields", `{"touser":"lisi","msgtype":"text","agentid":1000002,"text":{"content":"x","mentioned":[]},"trace":{"a":1}}`, "ok"},
		{"empty body of another type", `{"touser":"lisi","msgtype":"text","agentid":1000002,"text":{"content":"x"},"image":{},"news":null,"textcard":{"title":""}}`, "ok"},
		{"empty and null fields", `{"touser":"lisi","toparty":"","totag":null,"msgtype":"text","agentid":1000002,"text":{"content":"x"},"duplicate_check_interval":0,"safe":null}`, "ok"},
		{"number written at length", `{"touser":"lisi","msgtype":"text","agentid":1000002.0,"text":{"content":"x"},"safe":0e0}`, "ok"},
		{"white space", " {\n\"touser\" : \"lisi\",\t\"msgtype\":\"text\",\"agentid\":1000002,\"text\":{\"content\":\"x\"} } \n", "ok"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if a := post(t, sim, c.body); a.code() != 0 || a.msg() != c.msg {
				t.Errorf("%v, want errmsg %q", a, c.msg)
			}
		})
	}
}

func TestFailuresCarryTheWarningInFront(t *testing.T) {
	sim := newStill()
	for _, c := range []struct {
		name, body string
		code       int
	}{
		{"nothing", ``, 40008},
		{"not JSON", `touser=lisi&msgtype=text`, 40008},
		{"cut off", `{"touser":"lisi","msgtype":"text","agentid":1000002,"text":{"content":"x"`, 40008},
		{"something after it", text("lisi", "hi").json() + "}", 40008},
		{"a list", `[1,2]`, 40008},
		{"null", `null`, 40008},
		{"a string", `"text"`, 40008},
		{"agentid that is no number", `{"touser":"lisi","msgtype":"text","agentid":"crm","text":{"content":"x"}}`, 40056},
		{"agentid that is half a number", `{"touser":"lisi","msgtype":"text","agentid":1000002.5,"text":{"content":"x"}}`, 40056},
		{"agentid beyond all numbers", `{"touser":"lisi","msgtype":"text","agentid":1e999,"text":{"content":"x"}}`, 40056},
		{"empty agentid", `{"touser":"lisi","msgtype":"text","agentid":"","text":{"content":"x"}}`, 41011},
		{"agentid as an object", `{"touser":"lisi","msgtype":"text","agentid":{},"text":{"content":"x"}}`, 40056},
		{"list of members", `{"touser":["lisi"],"msgtype":"text","agentid":1000002,"text":{"content":"x"}}`, 82001},
		{"body as string", `{"touser":"lisi","msgtype":"text","agentid":1000002,"text":"x"}`, 44004},
		{"wrong type anywhere", `{"touser":"ghost","msgtype":"text","agentid":1000002,"text":{"content":"x"},"safe":"0"}`, 81013},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := post(t, sim, c.body)
			if a.code() != c.code || !strings.HasPrefix(a.msg(), "Warning: wrong json format. "+refuse(c.code).ErrMsg) {
				t.Errorf("%v, want %d with the warning in front", a, c.code)
			}
		})
	}
}

// FuzzParseObject reads every field in every way.
func FuzzParseObject(f *testing.F) {
	for _, seed := range []string{`{"a":1}`, `{"a":"1"}`, `{"a":{"a":null}}`, `{"a":1e400}`, `{"a":"NaN"}`, `{"a":true}`, `[`, `{"a":[[[`, "{\"a\":\"\xff\"}"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		o := parseObject(data)
		for _, x := range []*object{o, o.object("a")} {
			x.text("a")
			x.flag("a")
			if n, given := x.number("a"); n != 0 && !given {
				t.Errorf("number %d is not given", n)
			}
		}
	})
}
