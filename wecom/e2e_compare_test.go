package wecom_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"

	"github.com/hongyan-im/hongyan/wecom"
	"github.com/hongyan-im/hongyan/wecom/simulator"
)

// last is the newest message of a member who gets them all.
func (a *agreement) last() simulator.Message {
	for _, m := range a.sim.Messages(simulator.Filter{User: "zhangsan", Limit: 1}) {
		return m
	}
	return simulator.Message{}
}

// post returns a way past Validate, with the client's token.
func (a *agreement) post(client *wecom.Client, path string) func([]byte) error {
	return func(encoded []byte) error {
		return client.Do(a.t.Context(), http.MethodPost, path, nil, json.RawMessage(encoded), nil)
	}
}

func (a *agreement) postByRobot(encoded []byte) error {
	resp, err := http.Post(a.sim.URL+"/cgi-bin/webhook/send?key="+robotKey, "application/json", bytes.NewReader(encoded))
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	var answer struct {
		ErrCode wecom.Code `json:"errcode"`
	}
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil || answer.ErrCode == wecom.CodeOK {
		return err
	}
	return &wecom.Error{Code: answer.ErrCode}
}

// note counts what became of the bodies of each type, by each way.
func (a *agreement) note(way endpoint, b wecom.Body, outcome string) {
	a.seen[fmt.Sprintf("%s, %T: %s", way.name, b, outcome)]++
}

// sawEverything says that the comparison was one: every type was taken whole by every way it was sent,
// and what can be cut or refused was.
func (a *agreement) sawEverything() {
	for _, want := range []string{
		"app, wecom.Text: whole", "app, wecom.Text: cut", "app, wecom.Text: refused",
		"app, wecom.Image: whole", "app, wecom.Voice: whole", "app, wecom.Video: cut", "app, wecom.File: whole",
		"app, wecom.TextCard: whole", "app, wecom.TextCard: cut", "app, wecom.TextCard: refused",
		"app, wecom.News: whole", "app, wecom.News: cut", "app, wecom.News: refused",
		"app, wecom.MPNews: whole", "app, wecom.MPNews: cut", "app, wecom.MPNews: refused",
		"app, wecom.Markdown: whole", "app, wecom.Markdown: refused",
		"app, wecom.TaskCard: whole", "app, wecom.TaskCard: cut", "app, wecom.TaskCard: refused", "app, wecom.InteractiveTaskCard: whole",
		"app, wecom.TextNotice: whole", "app, wecom.TextNotice: refused", "app, wecom.NewsNotice: whole", "app, wecom.NewsNotice: refused",
		"app, wecom.ButtonInteraction: whole", "app, wecom.ButtonInteraction: refused",
		"app, wecom.VoteInteraction: whole", "app, wecom.VoteInteraction: refused",
		"app, wecom.MultipleInteraction: whole", "app, wecom.MultipleInteraction: refused",
		"mini program, wecom.MiniProgramNotice: whole", "mini program, wecom.MiniProgramNotice: refused",
		"chat, wecom.Text: whole", "chat, wecom.Text: cut", "chat, wecom.TextCard: cut", "chat, wecom.News: whole", "chat, wecom.TaskCard: refused",
		"robot, wecom.Text: whole", "robot, wecom.Text: cut", "robot, wecom.Text: refused", "robot, wecom.Markdown: refused",
		"robot, wecom.MarkdownV2: whole", "robot, wecom.MarkdownV2: refused", "robot, wecom.File: whole", "robot, wecom.Voice: whole",
		"robot, wecom.News: whole", "robot, wecom.TextNotice: whole", "robot, wecom.NewsNotice: whole", "robot, wecom.ButtonInteraction: refused",
	} {
		if a.seen[want] == 0 {
			a.t.Errorf("never seen: %s", want)
		}
	}
}

// leaves are the strings, numbers and truths in the body of a request by WeCom's path, such as
// "news.articles[2].title"; what is empty, 0 or false is as if it was not there.
func leaves(request []byte, msgType string) map[string]string {
	members, _ := decode(request).(map[string]any)
	found := map[string]string{}
	flatten(found, msgType, members[msgType])
	return found
}

func flatten(into map[string]string, path string, value any) {
	switch v := value.(type) {
	case map[string]any:
		for name, member := range v {
			flatten(into, path+"."+name, member)
		}
	case []any:
		for i, element := range v {
			flatten(into, fmt.Sprintf("%s[%d]", path, i), element)
		}
	case nil:
	default:
		if text := fmt.Sprint(v); text != "" && text != "0" && text != "false" {
			into[path] = text
		}
	}
}

func decode(data []byte) any {
	var v any
	if err := json.Unmarshal(data, &v); err != nil {
		panic(err)
	}
	return v
}

var index = regexp.MustCompile(`\[\d+\]`)

func withoutIndex(path string) string { return index.ReplaceAllString(path, "") }

func short(data []byte) string { return fmt.Sprintf("%.1500s", data) }
