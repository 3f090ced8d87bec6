package delivery

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/hongyan-im/hongyan/wecom"
)

func members(n int) []string {
	list := make([]string, n)
	for i := range list {
		list[i] = fmt.Sprintf("member%d", i)
	}
	return list
}

func TestSplit(t *testing.T) {
	long := strings.Repeat("磁盘已满。", 300) // 4500 bytes
	for _, c := range []struct {
		name  string
		c     Content
		calls int
		after []bool
	}{
		{"fits", Content{App: &wecom.Message{To: wecom.To{Users: members(1000)}, Body: wecom.Text{Content: "a"}}}, 1, []bool{false}},
		{"members", Content{App: &wecom.Message{To: wecom.To{Users: members(2500), Parties: []int{1}}, Body: wecom.Text{Content: "a"}}}, 3, []bool{false, false, false}},
		{"text", Content{App: &wecom.Message{To: wecom.To{All: true}, Body: wecom.Text{Content: long}}}, 3, []bool{false, true, true}},
		{"both", Content{App: &wecom.Message{To: wecom.To{Users: members(1001)}, Body: wecom.Text{Content: long}}}, 6, []bool{false, true, true, false, true, true}},
		{"markdown", Content{App: &wecom.Message{To: wecom.To{All: true}, Body: wecom.Markdown{Content: long}}}, 3, []bool{false, true, true}},
		{"a robot's markdown", Content{Robot: &wecom.RobotMessage{Body: wecom.Markdown{Content: long}}}, 2, []bool{false, true}},
		{"a robot's markdown_v2", Content{Robot: &wecom.RobotMessage{Body: wecom.MarkdownV2{Content: long}}}, 2, []bool{false, true}},
		{"a robot's text", Content{Robot: &wecom.RobotMessage{Body: wecom.Text{Content: long, Mentioned: []string{"zhangsan"}}}}, 3, []bool{false, true, true}},
		{"markdown in a chat", Content{Chat: &wecom.ChatMessage{ChatID: "c", Body: wecom.Markdown{Content: long}}}, 3, []bool{false, true, true}},
	} {
		t.Run(c.name, func(t *testing.T) {
			contents, after, err := split(c.c, false)
			if err != nil {
				t.Fatal(err)
			}
			if len(contents) != c.calls || !slices.Equal(after, c.after) {
				t.Fatalf("%d calls, %v", len(contents), after)
			}
			var users []string
			for i, part := range contents {
				if err := part.validate(); err != nil {
					t.Error(err)
				}
				if !after[i] {
					users = append(users, part.To().Users...)
				}
				if text, ok := part.Body().(wecom.Text); ok && i > 0 && text.Mentioned != nil {
					t.Errorf("part %d calls for attention again", i+1)
				}
			}
			if !slices.Equal(users, c.c.To().Users) {
				t.Errorf("%d of %d members are left", len(users), len(c.c.To().Users))
			}
			if c.calls > 1 {
				if _, _, err := split(c.c, true); err == nil {
					t.Error("not to be split, and taken as it is")
				}
			}
		})
	}
}

func TestSplitRefuses(t *testing.T) {
	card := wecom.ButtonInteraction{
		TaskID: "task1", MainTitle: wecom.MainTitle{Title: "a"}, Buttons: []wecom.Button{{Text: "ok", Key: "ok"}},
	}
	_, _, err := split(Content{App: &wecom.Message{To: wecom.To{Users: members(1001)}, Body: card}}, false)
	var wrong *RequestError
	if !errors.As(err, &wrong) || wrong.Field != "to" {
		t.Errorf("a card with task_id to 1001 members: %v", err)
	}
	huge := Content{App: &wecom.Message{To: wecom.To{Users: members(1000 * (MaxParts/2 + 1))}, Body: wecom.Text{Content: "a"}}}
	if _, _, err := split(huge, false); !errors.As(err, &wrong) {
		t.Errorf("too many receivers: %v", err)
	}
	var invalid *wecom.ValidationError
	if _, _, err := split(Content{App: &wecom.Message{Body: wecom.Text{Content: "a"}}}, false); !errors.As(err, &invalid) {
		t.Errorf("nobody to send to: %v", err)
	}
}
