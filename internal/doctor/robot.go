package doctor

import (
	"context"
	"net/url"
	"regexp"
	"strings"

	"github.com/hongyan-im/hongyan/wecom"
)

// Robot is a group robot to examine.
type Robot struct {
	Name  string // "" for the one robot of a command line
	Key   string // or the whole webhook address
	Robot *wecom.Robot
}

// Subject is what findings about the robot are headed with.
func (b Robot) Subject() string {
	if b.Name == "" {
		return "robot"
	}
	return "robot " + b.Name
}

var robotKey = regexp.MustCompile(`^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`)

// examine looks at the key's form. Whether WeCom takes it shows only when something is sent.
func (b Robot) examine(ctx context.Context, r reached, send bool) []Finding {
	found := Finding{Subject: b.Subject(), Check: CheckKey}
	key := strings.TrimSpace(b.Key)
	if u, err := url.Parse(key); err == nil && u.Query().Get("key") != "" {
		key = u.Query().Get("key")
	}
	switch {
	case send && !r.ok:
		return []Finding{skipped(b.Subject(), CheckKey)}
	case send:
		if err := b.Robot.Send(ctx, wecom.RobotMessage{Body: wecom.Text{Content: "hongyan doctor: a test 测试消息"}}); err != nil {
			found.fail(err)
			return []Finding{found}
		}
		found.Level, found.Text = Green, Text{"a line was written to the group", "已向群里发送一行测试消息"}
	case !robotKey.MatchString(key):
		found.Level = Yellow
		found.Text = Text{"the key is not of the usual form, 8-4-4-4-12 hexadecimal digits", "key 的格式与通常的 8-4-4-4-12 位十六进制不同"}
		found.Hint = Text{"copy the whole webhook address again from the group, then try it: hongyan doctor --send",
			"请从群里重新复制完整的 webhook 地址，再用 hongyan doctor --send 试发"}
	default:
		found.Level = Green
		found.Text = Text{"the key has the usual form; only sending shows whether WeCom knows it (--send)",
			"key 格式正常；是否有效只有发送才知道（--send）"}
	}
	return []Finding{found}
}
