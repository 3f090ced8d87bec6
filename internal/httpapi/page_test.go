package httpapi

import (
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"
)

var examples = regexp.MustCompile("(?s)```sh\n(curl .*?)```\n```json\n(.*?)```")

// TestAPIPages: every example of docs/api.md, run in order on a gateway, answers what the page says,
// where "…" stands for anything, and members that the page leaves out may be there.
func TestAPIPages(t *testing.T) {
	for _, name := range []string{"../../docs/api.md", "../../docs/api.zh-CN.md"} {
		t.Run(name, func(t *testing.T) {
			page, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			r := newReal(t)
			r.overnight()
			id, run := "", 0
			seen := map[string]bool{}
			for _, example := range examples.FindAllStringSubmatch(string(page), -1) {
				method, url, body, headers := curl(t, example[1], map[string]string{"KEY": r.admin, "ID": id})
				seen[method+" "+regexp.MustCompile(`msg_\w+`).ReplaceAllString(strings.Split(url, "?")[0], "{id}")] = true
				got := r.call(t, method, url, body, headers...)
				var want, have any
				if err := json.Unmarshal([]byte(example[2]), &want); err != nil {
					t.Fatalf("%v in\n%s", err, example[2])
				}
				if err := json.Unmarshal([]byte(got.text), &have); err != nil {
					t.Fatalf("%v in\n%s", err, got.text)
				}
				if wrong := differ("", want, have); wrong != "" {
					t.Errorf("%s\n%s\nanswers %d %s", wrong, example[1], got.status, got.text)
				}
				if m, ok := have.(map[string]any); ok && m["id"] != nil {
					id = m["id"].(string)
				}
				run++
			}
			if run < 15 {
				t.Errorf("only %d examples", run)
			}
			for _, e := range methodsOf(r.api.huma.OpenAPI()) {
				if !seen[e.Method+" "+e.Path] {
					t.Errorf("there is no example of %s %s", e.Method, e.Path)
				}
			}
			words := append(append(append(statusNames(), reasonNames()[1:]...), filterNames...), stateNames[:]...)
			for why := range whys {
				words = append(words, why)
			}
			for _, word := range words {
				if word != "" && !strings.Contains(string(page), "`"+word+"`") && !strings.Contains(string(page), "`"+word+"=") {
					t.Errorf("%q is not explained", word)
				}
			}
		})
	}
}

// overnight lets a message of zhangsan expire because of an untrusted IP.
func (r *real) overnight() {
	r.t.Helper()
	r.sim.Fail("message/send", 60020)
	m := ask[Message](r, 202, "POST", "/v1/messages", item("overnight", `,"ttl":"10m"`))
	deadline := time.Now().Add(30 * time.Second)
	for len(r.list("reason=misconfigured&status=queued")) == 0 {
		if time.Now().After(deadline) {
			r.t.Fatal("it does not wait")
		}
	}
	r.later(time.Hour)
	r.until(m.ID, "expired")
	// A message that works ends the app's rest.
	r.until(ask[Message](r, 202, "POST", "/v1/messages", strings.Replace(item("works again"), "zhangsan", "wangwu", 1)).ID, "sent")
}

// TestAPIPagesAgree: the translation has the same headings, tables and blocks of code in the same order.
func TestAPIPagesAgree(t *testing.T) {
	outline := func(name string) (parts []string) {
		page, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		code := false
		for line := range strings.Lines(string(page)) {
			switch {
			case strings.HasPrefix(line, "```"):
				code = !code
				parts = append(parts, line)
			case code:
				parts = append(parts, line)
			case strings.HasPrefix(line, "#"):
				level, _, _ := strings.Cut(line, " ")
				parts = append(parts, level)
			case strings.HasPrefix(line, "|"):
				parts = append(parts, fmt.Sprintf("row of %d cells", strings.Count(line, "|")-1))
			}
		}
		return parts
	}
	page, translation := outline("../../docs/api.md"), outline("../../docs/api.zh-CN.md")
	for i := range max(len(page), len(translation)) {
		if i >= len(page) || i >= len(translation) || page[i] != translation[i] {
			t.Fatalf("they part after %d parts", i)
		}
	}
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
		if begin, rest, any := strings.Cut(want, "…"); any && strings.HasPrefix(have, begin) && strings.HasSuffix(have, rest) {
			return ""
		}
		if want != have {
			return fmt.Sprintf("%s is %v", path, got)
		}
	default:
		if want != got {
			return fmt.Sprintf("%s is %v, want %v", path, got, want)
		}
	}
	return ""
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
		case "-s":
		case "-X":
			method = next()
		case "-H":
			name, value, _ := strings.Cut(next(), ": ")
			headers = append(headers, name, value)
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
