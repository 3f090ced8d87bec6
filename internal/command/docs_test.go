package command

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"regexp"
	"strings"
	"testing"
)

// The samples of docs/messages.md: the JSON of a message, and below it the command lines that send it.
var docsLines = regexp.MustCompile("(?s)```json\n([^`]*?)```\n+```sh\n(.*?)```")

// TestDocsLines: the first command line below each JSON sends that JSON, and the others are good too.
func TestDocsLines(t *testing.T) {
	page, err := os.ReadFile("../../docs/messages.md")
	if err != nil {
		t.Fatal(err)
	}
	samples := docsLines.FindAllSubmatch(page, -1)
	if len(samples) < 19 {
		t.Fatalf("%d samples found", len(samples))
	}
	t.Chdir(t.TempDir())
	for name, data := range map[string]string{
		"chart.png": "\x89PNG\r\n\x1a\n…", "hello.amr": "#!AMR\n…", "demo.mp4": "\x00\x00\x00\x20ftypisom", "report.xlsx": "report", "robot.key": "key",
	} {
		write(t, name, []byte(data))
	}
	for _, s := range samples {
		write(t, "message.json", s[1])
		write(t, "card.json", member(s[1], "template_card"))
		write(t, "news.json", member(s[1], "news"))
		for i, line := range commandLines(t, string(s[2])) {
			var out, errOut bytes.Buffer
			code := Run(context.Background(), append([]string{"send", "--dry-run"}, line[2:]...), Std{
				In: strings.NewReader(""), Out: &out, Err: &errOut, Getenv: func(string) string { return "" },
			})
			if code != 0 {
				t.Errorf("%q: exit code %d: %s", line, code, &errOut)
			} else if got, want := canonical(t, out.Bytes()), canonical(t, s[1]); i == 0 && got != strings.ReplaceAll(want, "iVBORw0KGgrigKY=", "file:chart.png") {
				t.Errorf("%q sends\n%s\nwant\n%s", line, got, want)
			}
		}
	}
}

// TestDocsTranslation: the Chinese page has all that the English one has, and the same samples; so what
// is tested of one holds for the other.
func TestDocsTranslation(t *testing.T) {
	for _, name := range []string{"messages", "gateway", "webhooks"} {
		page, err := os.ReadFile("../../docs/" + name + ".md")
		if err != nil {
			t.Fatal(err)
		}
		translation, err := os.ReadFile("../../docs/" + name + ".zh-CN.md")
		if err != nil {
			t.Fatal(err)
		}
		sameOutline(t, outline(string(page)), outline(string(translation)))
	}
}

// TestCurl: with "hongyan dev" running, the lines for curl in the pages do what the pages say.
func TestCurl(t *testing.T) {
	noLeaks(t)
	client := testClient(t)
	dev := start(t, nil, "dev", "--listen", "127.0.0.1:0", "--sim-listen", "127.0.0.1:0")
	dev.address()
	gateway := dev.addressOf("gateway")
	dev.line("Ctrl-C")
	for _, name := range []string{"README.md", "README.zh-CN.md", "docs/gateway.md", "docs/gateway.zh-CN.md"} {
		page, err := os.ReadFile("../../" + name)
		if err != nil {
			t.Fatal(err)
		}
		var answers []string
		for _, line := range shellLines(curlLines.FindAllString(string(page), -1)) {
			answers = append(answers, curl(t, client, line, gateway, strings.Join(answers, "")))
		}
		if len(answers) != 2 || !strings.HasPrefix(answers[0], "200 ") || !strings.HasPrefix(answers[1], "200 ") || !strings.Contains(answers[1], `"status":"sent"`) {
			t.Errorf("%s: answers %q", name, answers)
		}
	}
	if code := dev.stop(); code != 0 {
		t.Errorf("exit code %d: %s", code, &dev.errOut)
	}
}

// TestGatewayLines: with "hongyan dev" running, the lines of docs/gateway.md for a shell do what they say.
func TestGatewayLines(t *testing.T) {
	page, err := os.ReadFile("../../docs/gateway.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(page), "\n## From a shell\n")
	section, _, _ = strings.Cut(section, "\n## ")
	noLeaks(t)
	dev := start(t, nil, "dev", "--listen", "127.0.0.1:0", "--sim-listen", "127.0.0.1:0")
	env := map[string]string{"HONGYAN_URL": dev.addressOf("gateway"), "HONGYAN_KEY": devKey, "HONGYAN_APP": "crm"}
	dev.line("Ctrl-C")
	t.Chdir(t.TempDir())
	write(t, "people.csv", []byte("user,name,order\nlisi,李四,4711\n"))
	write(t, "report.xlsx", []byte("PK, as far as anybody looks"))
	write(t, "chart.png", []byte("\x89PNG\r\n\x1a\n, as far as anybody looks"))
	ran, before := 0, ""
	for _, line := range shellLines(regexp.MustCompile("(?m)^hongyan .*\n").FindAllString(section, -1)) {
		if line[len(line)-1] == "msg_…" {
			ids := messageID.FindAllString(before, -1)
			line[len(line)-1] = ids[1] // of the one that was waited for
			if line[1] == "cancel" {
				line[len(line)-1] = ids[len(ids)-1]
			}
		}
		if line[len(line)-1] == "media_…" {
			line[len(line)-1] = mediaID.FindString(before)
		}
		var out, errOut bytes.Buffer
		code := Run(context.Background(), line[1:], Std{
			In: strings.NewReader(""), Out: &out, Err: &errOut, Getenv: func(name string) string { return env[name] },
		})
		if before += out.String(); code != 0 {
			t.Errorf("%q: exit code %d: %s", line, code, &errOut)
		}
		ran++
	}
	if ran < 15 || !strings.Contains(before, "1 of 1 lines accepted") || !strings.Contains(before, "recalled") || !strings.Contains(before, "cancelled msg_") {
		t.Errorf("%d lines ran:\n%s", ran, before)
	}
	if code := dev.stop(); code != 0 {
		t.Errorf("exit code %d: %s", code, &dev.errOut)
	}
}

var (
	curlLines = regexp.MustCompile(`(?m)^curl (?:.*\\\n)*.*\n`)
	messageID = regexp.MustCompile(`msg_[0-9a-z]{11}`)
	mediaID   = regexp.MustCompile(`media_[2-7a-z]{52}`)
)

// curl makes the request of a line, at the address of a gateway. The id of a message, which the page
// leaves out, is the one in the answers before.
func curl(t *testing.T, client *http.Client, words []string, gateway, before string) string {
	t.Helper()
	method, url, body, header := http.MethodGet, "", "", http.Header{}
	for i := 1; i < len(words); i++ {
		switch words[i] {
		case "-s":
		case "-H":
			i++
			name, value, _ := strings.Cut(words[i], ": ")
			header.Set(name, value)
		case "-d":
			i++
			method, body = http.MethodPost, words[i]
		default:
			url = words[i]
		}
	}
	address, ok := strings.CutPrefix(url, "http://127.0.0.1:9470")
	if !ok {
		t.Fatalf("%q does not ask the gateway", words)
	}
	address = strings.Replace(address, "msg_…", messageID.FindString(before), 1)
	req, err := http.NewRequestWithContext(t.Context(), method, gateway+address, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header = header
	return exchange(t, client, req)
}

// outline returns what a page and its translation have in common: the blocks of code as they are, of a
// heading its level, of a table its beginning, and of each row its number of cells.
func outline(page string) []string {
	var parts []string
	code, table := false, false
	for line := range strings.Lines(page) {
		fence, row := strings.HasPrefix(line, "```"), strings.HasPrefix(line, "|")
		switch {
		case code:
			parts[len(parts)-1] += line
		case fence:
			parts = append(parts, line)
		case strings.HasPrefix(line, "#"):
			level, _, _ := strings.Cut(line, " ")
			parts = append(parts, "heading "+level)
		case row:
			if !table {
				parts = append(parts, "table")
			}
			parts = append(parts, fmt.Sprintf("row of %d cells", strings.Count(line, "|")-1))
		}
		code, table = code != fence, row && !code
	}
	return parts
}

// sameOutline: the translation has the same headings, tables and blocks of code in the same order.
func sameOutline(t *testing.T, page, translation []string) {
	t.Helper()
	for i := range max(len(page), len(translation)) {
		if i >= len(page) || i >= len(translation) || page[i] != translation[i] {
			t.Fatalf("after %d equal parts the page goes on with\n%q\nand its translation with\n%q",
				i, page[min(i, len(page)):min(i+3, len(page))], translation[min(i, len(translation)):min(i+3, len(translation))])
		}
	}
}

func write(t *testing.T, name string, data []byte) {
	t.Helper()
	if err := os.WriteFile(name, data, 0o600); err != nil {
		t.Fatal(err)
	}
}

func canonical(t *testing.T, data []byte) string {
	t.Helper()
	var v any
	if err := json.Unmarshal(data, &v); err != nil {
		t.Fatalf("%v in\n%s", err, data)
	}
	out, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

// commandLines splits a script of plain "hongyan send" commands into words.
func commandLines(t *testing.T, script string) [][]string {
	t.Helper()
	lines := shellLines([]string{script})
	for _, words := range lines {
		if len(words) < 3 || words[0] != "hongyan" || words[1] != "send" {
			t.Fatalf("%q is no hongyan send", words)
		}
	}
	return lines
}

// shellLines splits scripts into commands and their words, as far as the documentation needs: quotes of
// both kinds, and a line that goes on after a backslash.
func shellLines(scripts []string) [][]string {
	var (
		lines [][]string
		words []string
		word  *strings.Builder
		quote rune
	)
	end := func() {
		if word != nil {
			words = append(words, word.String())
			word = nil
		}
	}
	add := func(r ...rune) {
		if word == nil {
			word = new(strings.Builder)
		}
		word.WriteString(string(r))
	}
	for _, r := range strings.ReplaceAll(strings.Join(scripts, ""), "\\\n", " ") {
		switch {
		case r == quote:
			quote = 0
		case quote != 0:
			add(r)
		case r == '\'' || r == '"':
			quote = r
			add()
		case r == '\n':
			end()
			lines, words = append(lines, words), nil
		case r == ' ':
			end()
		default:
			add(r)
		}
	}
	return lines
}
