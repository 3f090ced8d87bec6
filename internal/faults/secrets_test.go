//go:build linux

package faults

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/hongyan-im/hongyan/wecom/simulator"
)

// TestSecrets takes a gateway with a log at level debug through everything that goes well and wrong,
// and looks for each secret and each text in all that was logged, answered, measured, told and printed.
func TestSecrets(t *testing.T) {
	for _, format := range []string{"text", "json"} {
		t.Run(format, func(t *testing.T) {
			t.Parallel()
			in := newInsider(t)
			for _, what := range []string{"wrong secret of shop", "password of redis", "password of the proxy", "token of the callback"} {
				in.secret(what)
			}
			in.know("key of the robot ghost", uuid())
			in.know("aes_key of the callback", strings.Repeat(in.secret("half of the aes_key")[:21], 2)+"A")
			delete(in.secrets, "half of the aes_key")
			in.configure(format, nil)
			in.used.add("configuration", in.read())
			in.makeKeys()
			p := launchHeard(t, in.said.in("log"), "serve", "-c", in.file)
			p.quiet = true
			if err := p.up(); err != nil {
				t.Fatal(err)
			}
			in.url = p.url
			in.listen()
			for _, phase := range []struct {
				name string
				do   func()
			}{
				{"what goes well", in.sendWell}, {"trouble", in.sendInTrouble}, {"wrong requests", in.sendWrongly}, {"webhooks", in.tell},
				{"tokens", in.handTokenOut}, {"commands", in.command}, {"reload", func() { in.reload(p, format) }}, {"metrics", in.look},
			} {
				began := time.Now()
				phase.do()
				t.Logf("%s: %v", phase.name, time.Since(began).Round(time.Millisecond))
			}
			// A crash writes what all goroutines do.
			if format == "text" {
				_ = p.cmd.Process.Signal(syscall.SIGQUIT)
				p.code(20 * time.Second)
				if !in.said.has("log", "goroutine 1 ") {
					t.Error("SIGQUIT shows no goroutines")
				}
			} else if code := p.terminate(30 * time.Second); code != 0 {
				t.Errorf("exit code %d", code)
			}
			in.check()
		})
	}
}

func (in *insider) read() string {
	data, err := os.ReadFile(in.file)
	if err != nil {
		in.Fatal(err)
	}
	return string(data)
}

func (in *insider) makeKeys() {
	in.key = in.know("API key", in.run(true, nil, "key", "create", "-c", in.file, "--name", plantedKey, "--all", "--scope", "send,read,manage,token", "--callback-url", in.receiver+"/hook"))
	in.tells = in.know("secret of webhooks", in.run(true, nil, "key", "webhook-secret", "-c", in.file, plantedKey))
	in.used.add("signatures", in.tells)
	revoked := in.know("revoked API key", in.run(true, nil, "key", "create", "-c", in.file, "--name", "revoked", "--all"))
	in.used.add("programs", in.key+" "+revoked)
	in.run(false, nil, "key", "revoke", "-c", in.file, "revoked")
	in.run(false, nil, "key", "list", "-c", in.file, "--all")
	in.run(false, nil, "key", "list", "-c", in.file, "--all", "--json")
	in.run(false, nil, "key", "create", "-c", in.file, "--name", plantedKey, "--all")
}

const crmApp = `"app":"crm"`

// text is a body with a secret in it, in two scripts.
func (in *insider) text(what string) string {
	return `"msgtype":"text","text":{"content":"` + in.secret(what) + ` ` + in.know(what+", in Chinese", "磁盘"+in.secret(what+"'s tail")+"已满，请处理") + `"}`
}

func (in *insider) send(path, message string) string {
	in.Helper()
	return in.ask(in.key, "POST", path, message)
}

// sent sends a message, and waits until it is sent.
func (in *insider) sent(message string) (id string) {
	in.Helper()
	var m struct{ ID, Status string }
	answer := in.send("/v1/messages?wait=20s", message)
	if _ = json.Unmarshal([]byte(answer), &m); m.Status != "sent" {
		in.Errorf("it is not sent: %s", answer)
	}
	in.ask(in.key, "GET", "/v1/messages/"+m.ID, "")
	return m.ID
}

func (in *insider) sendWell() {
	id := in.sent(in.message(crmApp, in.text("text"), ""))
	in.sent(in.message(crmApp, `"msgtype":"textcard","textcard":{"title":"`+in.secret("title")+`","description":"`+in.secret("description")+
		`","url":"https://example.com/?t=`+in.secret("link")+`"}`, ""))
	in.sent(in.message(crmApp, `"msgtype":"markdown","markdown":{"content":"# `+in.secret("markdown")+`"}`, ""))
	in.sent(in.message(`"robot":"ops"`, in.text("text of the robot"), ""))
	in.send("/v1/messages/batch", `{"messages":[`+in.message(crmApp, in.text("text of a batch"), "")+`,`+in.message(`"app":"nowhere"`, in.text("text to nowhere"), "")+`]}`)
	in.send("/v1/messages", in.message(crmApp, in.text("delayed text"), `,"delay":"1h"`))
	in.ask(in.key, "GET", "/v1/messages?text="+in.secret("words that are looked for"), "")
	in.ask(in.key, "GET", "/v1/messages?limit=1", "")
	in.send("/v1/messages/"+id+"/resend?all=true", "")
	in.send("/v1/messages/"+id+"/card", `{"replace_name":"`+in.secret("name of a button")+`"}`)
	in.send("/v1/messages/"+id+"/recall", "")
	in.send("/v1/messages/"+id+"/cancel", "")
}

// sendInTrouble sends while WeCom does all that it can do wrong. What net/http says of a call has its URL
// in it, and that has a token, a secret or a key.
func (in *insider) sendInTrouble() {
	in.send("/v1/messages?wait=1s", in.message(`"app":"shop"`, in.text("text with a wrong secret"), ""))
	in.send("/v1/messages?wait=1s", in.message(`"app":"far"`, in.text("text from an address that is not trusted"), ""))
	in.send("/v1/messages?wait=1s", in.message(`"robot":"ghost"`, in.text("text of a robot that does not exist"), ""))
	in.ask(in.key, "POST", "/v1/apps/shop/check", "")
	in.ask(in.key, "POST", "/v1/apps/far/check", "")
	in.ask(in.key, "GET", "/v1/apps", "")
	refused := in.send("/v1/messages?wait=10s", strings.Replace(in.message(crmApp, in.text("text for nobody"), ""), "zhangsan", "nobody-there", 1))
	if !strings.Contains(refused, `"refused"`) {
		in.Errorf("it is not refused: %s", refused)
	}
	for i, fault := range []simulator.Fault{
		{Call: "message/send", Action: simulator.DropBefore}, {Call: "message/send", Action: simulator.DropAfter}, {Call: "message/send", HTTPStatus: 502},
		{Call: "message/send", HTTPStatus: 302}, {Call: "message/send", ErrCode: -1}, {Call: "gettoken", Action: simulator.DropBefore}, {Call: "gettoken", HTTPStatus: 503},
	} {
		if err := in.sim.sim.Revoke(corpID, 1000002, 42001); err != nil {
			in.Fatal(err)
		}
		fault.Times = 1
		in.sim.fault(fault)
		in.sent(in.message(crmApp, in.text(fmt.Sprint("text in trouble ", i)), ""))
	}
	in.sim.fault(simulator.Fault{Call: "webhook/send", Action: simulator.DropBefore, Times: 1})
	in.sent(in.message(`"robot":"ops"`, in.text("text of the robot in trouble"), ""))
	in.sim.fault()
	in.sim.down()
	waits := in.send("/v1/messages?wait=1s", in.message(crmApp, in.text("text for a WeCom that is away"), ""))
	if !strings.Contains(waits, "unreachable") {
		in.Errorf("it does not wait: %s", waits)
	}
	in.send("/v1/messages?wait=1s", in.message(`"robot":"ops"`, in.text("text of the robot for a WeCom that is away"), ""))
	in.ask(in.key, "POST", "/v1/apps/crm/check", "")
	in.sim.up()
}

// sendWrongly makes requests that are not valid, with texts in them, and with keys that are not good.
func (in *insider) sendWrongly() {
	for i, message := range []string{
		`{"app":"crm","to":{"users":["zhangsan"]},"msgtype":"text","text":{"content":"%s"`,         // cut off
		`{"app":"crm","to":{"users":["zhangsan"]},"msgtype":"text","text":{"content":"%s"},}`,      // a comma too many
		"{\"app\":\"crm\",\"msgtype\":\"text\",\"text\":{\"content\":\"%s \xc4\xe3\"}}",            // GBK
		`{"app":"crm","to":{"users":["zhangsan"]},"msgtype":"text","text":{"content":["%s"]}}`,     // of another type
		`{"app":"crm","to":{"users":["zhangsan"]},"msgtype":"text","text":"%s"}`,                   // not an object
		`{"app":"crm","to":{"users":["zhangsan"]},"msgtype":"markdown","text":{"content":"%s"}}`,   // another msgtype
		`{"app":"crm","to":{"users":["zhangsan"]},"msgtype":"text","text":{"content":"%s","x":1}}`, // what is not known
		`{"app":"crm","msgtype":"text","text":{"content":"%s"}}`,                                   // for nobody
		`{"to":{"all":true},"msgtype":"text","text":{"content":"%s"}}`,                             // from nobody
		`{"robot":"ops","to":{"all":true},"msgtype":"text","text":{"content":"%s"}}`,               // a conflict
		`{"app":"crm","to":{"users":["zhangsan"]},"msgtype":"textcard","textcard":{"title":"%s"}}`, // something is missing
		`{"app":"crm","to":{"users":["zhangsan"]},"msgtype":"text","split":false,"text":{"content":"%s` + strings.Repeat("长", 1000) + `"}}`,
		`{"app":"crm","to":{"users":["zhangsan"]},"msgtype":"text","text":{"content":"%s"},"callback_url":"http://169.254.169.254/"}`,
		`["%s"]`, `"%s"`,
	} {
		message = fmt.Sprintf(message, in.secret(fmt.Sprint("text of the invalid message ", i)))
		in.send("/v1/messages", message)
		in.ask(in.key, "POST", "/v1/messages", message, "Accept-Language", "zh", "Idempotency-Key", "one")
		in.send("/v1/messages/batch", `{"messages":[`+message+`]}`)
	}
	good := in.message(crmApp, in.text("text with a key that is not good"), "")
	for _, key := range []string{in.the("revoked API key"), in.know("unknown API key", "hy_"+in.secret("unknown key")), in.key + "x"} {
		in.ask(key, "POST", "/v1/messages", good)
		in.ask(key, "GET", "/v1/events", "")
	}
	in.ask(in.key, "PUT", "/v1/messages", good)
	in.ask(in.key, "POST", "/v1/nothing", good)
	in.ask(in.key, "POST", "/v1/messages", good, "Content-Type", "text/plain")
	in.ask(in.key, "POST", "/v1/messages?wait=5m", good)
	in.ask(in.key, "POST", "/v1/messages", strings.Repeat(good, 1<<20/len(good)+1)) // too large
}

// tell has results told to receivers in trouble.
func (in *insider) tell() {
	for _, path := range []string{"/hook", "/broken", "/gone", "/cut"} {
		id := in.sent(in.message(crmApp, in.text("text that is told to "+path), `,"callback_url":"`+in.receiver+path+`"`))
		eventually(in, 20*time.Second, path+" is told", func() bool {
			list := in.ask(in.key, "GET", "/v1/messages/"+id+"/webhooks", "")
			return strings.Contains(list, `"attempts":1`) || strings.Contains(list, `"history":[`) || strings.Contains(list, "delivered") || strings.Contains(list, "failed")
		}, func() string { return in.ask(in.key, "GET", "/v1/messages/"+id+"/webhooks", "") })
	}
	in.ask(in.key, "GET", "/v1/webhooks?status=failed", "")
	in.send("/v1/webhooks/replay", `{"since":"2026-01-01T00:00:00Z","dry_run":true}`)
	in.run(true, nil, "key", "webhook-secret", "-c", in.file, "nobody")
}

// handTokenOut gets a token, for which the answer is the right place, and no other.
func (in *insider) handTokenOut() {
	for _, stale := range []bool{false, true} {
		var headers []string
		if stale {
			headers = []string{"X-Stale-Token", in.the("token that is handed out")}
		}
		text, header := in.askPrivately(in.key, "GET", "/v1/apps/crm/token", "", headers...)
		var answer struct {
			Token string `json:"access_token"`
		}
		if err := json.Unmarshal([]byte(text), &answer); err != nil || answer.Token == "" {
			in.Fatalf("no token: %s", text)
		}
		in.used.add("token", in.know("token that is handed out", answer.Token))
		in.said.add("answers", header)
	}
	in.ask(in.key, "GET", "/v1/apps/shop/token", "")
	in.ask(in.key, "GET", "/v1/apps/crm/token", "", "Authorization", "Bearer nothing")
}

func (in *insider) command() {
	for _, args := range [][]string{{}, {"--json"}, {"--lang", "zh"}, {"--send"}} {
		in.run(false, nil, append([]string{"doctor", "-c", in.file}, args...)...)
	}
	through := []string{"HONGYAN_URL=" + in.url, "HONGYAN_KEY=" + in.key, "HONGYAN_APP=crm"}
	in.run(false, through, "send", "--wait", "5s", "--to", "zhangsan", in.secret("text of the command"))
	in.run(false, through, "send", "--app", "shop", "--wait", "1s", "--to", "zhangsan", in.secret("text of the command for shop"))
	in.run(false, through, "send", "--to", strings.Repeat("x", 70), in.secret("text of the command for nobody"))
	in.run(false, through, "list", "--json")
	in.run(false, through, "app", "list")
	in.run(false, through, "app", "check", "far")
	in.run(false, []string{"HONGYAN_URL=" + in.url, "HONGYAN_KEY=" + in.the("revoked API key")}, "app", "list")
	direct := []string{"HONGYAN_CORP_ID=" + corpID, "HONGYAN_AGENT_ID=1000002", "HONGYAN_TOKEN_DIR=off", "HONGYAN_BASE_URL=" + in.wecom}
	in.run(false, append(direct, "HONGYAN_SECRET="+in.secret("wrong secret of the command")), "send", "--to", "zhangsan", in.secret("text that is sent directly"))
	in.run(false, append(direct, "HONGYAN_BASE_URL=http://"+in.proxy, "HONGYAN_SECRET="+in.the("secret of crm")), "send", "--to", "zhangsan", in.secret("text that goes nowhere"))
}

// reload takes up settings that are right, useless and wrong, with secrets in all of them.
func (in *insider) reload(p *process, format string) {
	hup := func(says string) {
		in.Helper()
		in.used.add("configuration", in.read())
		before := in.said.count("log", says)
		if err := p.cmd.Process.Signal(syscall.SIGHUP); err != nil {
			in.Fatal(err)
		}
		eventually(in, 20*time.Second, "the log says "+says, func() bool { return in.said.count("log", says) > before }, in.read)
	}
	const done, wrong = "configuration reloaded", "configuration not reloaded"
	in.configure(format, func(c map[string]any) {
		c["wecom"].(map[string]any)["proxy"] = "http://somebody:" + in.secrets["password of the proxy"] + "@" + in.proxy
	})
	hup(done)
	in.send("/v1/messages?wait=1s", in.message(crmApp, in.text("text through a proxy that hangs up"), ""))
	in.ask(in.key, "POST", "/v1/apps/crm/check", "")
	for i, spoil := range []func(c map[string]any, app map[string]any, s string){
		func(_, app map[string]any, s string) { app["secret"] = []string{s} },
		func(_, app map[string]any, s string) { app["secrets"] = s },
		func(_, app map[string]any, s string) { app["callback"] = map[string]any{"aes_key": s} },
		func(c, _ map[string]any, s string) {
			c["robots"] = []any{map[string]any{"name": "ops", "key": map[string]any{s: 1}}}
		},
		func(c, _ map[string]any, s string) {
			c["wecom"] = map[string]any{"proxy": "ftp://somebody:" + s + "@127.0.0.1"}
		},
	} {
		secret := in.secret(fmt.Sprint("secret in a wrong setting ", i))
		in.configure(format, func(c map[string]any) { spoil(c, c["apps"].([]any)[0].(map[string]any), secret) })
		hup(wrong)
		in.run(false, nil, "serve", "-c", in.file)
	}
	in.configure(format, func(c map[string]any) { c["apps"].([]any)[1].(map[string]any)["secret"] = in.secrets["secret of shop"] })
	hup(done)
	in.sent(in.message(`"app":"shop"`, in.text("text after the reload"), ""))
}

// look asks for all there is to see.
func (in *insider) look() {
	for _, path := range []string{"/metrics", "/healthz", "/readyz", "/v1/apps", "/v1/messages?limit=200", "/v1/messages?status=refused", "/docs", "/openapi.json"} {
		in.ask(in.key, "GET", path, "")
	}
}
