package daemon

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hongyan-im/hongyan/internal/config"
)

var examples = regexp.MustCompile("(?s)```sh\n(curl .*?)```\n```(json|text)\n(.*?)```")

// TestAPIPages: every example of docs/api.md, run in order on a gateway, answers what the page says,
// where "…" stands for anything, and members that the page leaves out may be there.
func TestAPIPages(t *testing.T) {
	for _, name := range []string{"../../docs/api.md", "../../docs/api.zh-CN.md"} {
		t.Run(name, func(t *testing.T) {
			page, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			sim := newUpstream(t)
			sim.open()
			c := settings(t, sim.url)
			c.Retention.Media = 30
			c.Robots = []config.Robot{{Name: "ops", Key: "00000000-0000-0000-0000-000000000001", Queue: config.Queue{Workers: 1, Weight: 1}}}
			var skew atomic.Int64
			g := run(t, Options{Config: c, Now: func() time.Time { return time.Now().Add(time.Duration(skew.Load())) }})
			defer g.stop()
			g.overnight(sim, &skew)
			id, ran := "", 0
			for _, example := range examples.FindAllStringSubmatch(string(page), -1) {
				method, path, body, headers := curl(t, example[1], map[string]string{"KEY": "secret", "ID": id})
				ran++
				if example[2] == "text" {
					g.listens(path, headers, example[3])
					continue
				}
				status, text := g.call(method, path, body, headers)
				var want, have any
				if err := json.Unmarshal([]byte(example[3]), &want); err != nil {
					t.Fatalf("%v in\n%s", err, example[3])
				}
				if err := json.Unmarshal([]byte(text), &have); err != nil {
					t.Fatalf("%v in\n%s", err, text)
				}
				if wrong := differ("", want, have); wrong != "" {
					t.Errorf("%s\n%s\nanswers %d %s", wrong, example[1], status, text)
				}
				if m, ok := have.(map[string]any); ok && m["id"] != nil {
					id = m["id"].(string)
				}
			}
			if ran < 25 {
				t.Errorf("only %d examples", ran)
			}
		})
	}
}

// call makes a request. headers are names and values in turn.
func (g *gateway) call(method, path, body string, headers []string) (status int, text string) {
	g.t.Helper()
	resp := g.open(context.Background(), method, path, body, headers)
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		g.t.Fatal(err)
	}
	return resp.StatusCode, string(data)
}

func (g *gateway) open(ctx context.Context, method, path, body string, headers []string) *http.Response {
	g.t.Helper()
	req, err := http.NewRequestWithContext(ctx, method, "http://"+g.Addr().String()+path, strings.NewReader(body))
	if err != nil {
		g.t.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	resp, err := g.client.Do(req)
	if err != nil {
		g.t.Fatal(err)
	}
	return resp
}

// listens opens a stream of events, sends a message, and waits for the lines that the page shows.
func (g *gateway) listens(path string, headers []string, want string) {
	g.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	resp := g.open(ctx, http.MethodGet, path, "", headers)
	defer resp.Body.Close()
	g.send("", "for those who listen")
	lines := strings.Split(strings.TrimSpace(want), "\n")
	for in := bufio.NewScanner(resp.Body); len(lines) > 0; {
		if !in.Scan() {
			g.t.Fatalf("the stream ended before %q: %v", lines[0], in.Err())
		}
		if lines[0] == "" || matches(lines[0], in.Text()) {
			lines = lines[1:]
		}
	}
}

// overnight lets a message of zhangsan expire because of an untrusted IP.
func (g *gateway) overnight(sim *upstream, skew *atomic.Int64) {
	g.t.Helper()
	sim.Fail("message/send", 60020)
	m := g.ask(http.MethodPost, "/v1/messages", `{"app":"crm","to":{"users":["zhangsan"]},"msgtype":"text","text":{"content":"disk full"},"ttl":"10m"}`)
	deadline := time.Now().Add(30 * time.Second)
	for {
		if _, text := g.call(http.MethodGet, "/v1/messages?reason=misconfigured&status=queued", "", []string{"X-API-Key", "secret"}); strings.Contains(text, m.ID) {
			break
		}
		if time.Now().After(deadline) {
			g.t.Fatal("it does not wait")
		}
	}
	// What ran out is ended here, and not within a minute by the dispatcher.
	now := time.Now().Add(time.Duration(skew.Add(int64(time.Hour))))
	if _, _, _, err := g.outbox.Expire(g.t.Context(), now, 10); err != nil {
		g.t.Fatal(err)
	}
	g.dispatcher.Refresh()
	g.status(m.ID, "expired")
	// A message that works ends the app's rest.
	works := g.ask(http.MethodPost, "/v1/messages", `{"app":"crm","to":{"users":["wangwu"]},"msgtype":"text","text":{"content":"works again"}}`)
	g.status(works.ID, "sent")
}

// differ says where an answer is not what a page says; "" if it is.
func differ(path string, want, got any) string {
	switch want := want.(type) {
	case map[string]any:
		have, ok := got.(map[string]any)
		if !ok {
			return fmt.Sprintf("%s is %v", path, got)
		}
		for name, value := range want {
			there, ok := have[name]
			if !ok {
				return path + "." + name + " is missing"
			}
			if wrong := differ(path+"."+name, value, there); wrong != "" {
				return wrong
			}
		}
	case []any:
		have, ok := got.([]any)
		if !ok || len(have) != len(want) {
			return fmt.Sprintf("%s is %v", path, got)
		}
		for i := range want {
			if wrong := differ(fmt.Sprintf("%s[%d]", path, i), want[i], have[i]); wrong != "" {
				return wrong
			}
		}
	case string:
		have, _ := got.(string)
		if !matches(want, have) {
			return fmt.Sprintf("%s is %v", path, got)
		}
	default:
		if want != got {
			return fmt.Sprintf("%s is %v, want %v", path, got, want)
		}
	}
	return ""
}

// matches reports whether a text is what the page says; one "…" stands for anything.
func matches(want, have string) bool {
	begin, end, open := strings.Cut(want, "…")
	if !open {
		return want == have
	}
	return len(have) >= len(begin)+len(end) && strings.HasPrefix(have, begin) && strings.HasSuffix(have, end)
}

// curl reads a command line for curl, as far as the pages need: both kinds of quotes, lines that go on
// after a backslash or in quotes, and variables.
func curl(t *testing.T, line string, variables map[string]string) (method, url, body string, headers []string) {
	t.Helper()
	var words []string
	var word strings.Builder
	var quote rune
	some := false
	for _, r := range strings.ReplaceAll(line, "\\\n", " ") {
		switch {
		case r == quote:
			quote = 0
		case quote == 0 && (r == '\'' || r == '"'):
			quote, some = r, true
		case quote == 0 && (r == ' ' || r == '\n'):
			if some {
				words = append(words, word.String())
			}
			word.Reset()
			some = false
		case quote == '\'' && r == '$':
			t.Fatalf("the shell would leave a variable alone in %s", line)
		default:
			word.WriteRune(r)
			some = true
		}
	}
	method = "GET"
	for i := 1; i < len(words); i++ {
		for name, value := range variables {
			words[i] = strings.ReplaceAll(words[i], "$"+name, value)
		}
		next := func() string {
			i++
			for name, value := range variables {
				words[i] = strings.ReplaceAll(words[i], "$"+name, value)
			}
			return words[i]
		}
		switch words[i] {
		case "-s", "-N", "-sN":
		case "-X":
			method = next()
		case "-H":
			name, value, _ := strings.Cut(next(), ": ")
			headers = append(headers, name, value)
		case "--data-binary":
			if file := next(); file != "@report.csv" {
				t.Fatalf("there is no file %s", file)
			}
			method, body = "POST", "day,sum\n1,4711\n2,9"
			headers = append(headers, "Content-Type", "application/x-www-form-urlencoded") // as curl says
		case "-d":
			method, body = "POST", next()
			headers = append(headers, "Content-Type", "application/x-www-form-urlencoded") // as curl says
		default:
			path, ok := strings.CutPrefix(words[i], "http://127.0.0.1:9470")
			if !ok {
				t.Fatalf("%q does not ask the gateway", words[i])
			}
			url = path
		}
	}
	return method, url, body, headers
}
