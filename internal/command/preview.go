package command

import (
	"bytes"
	"cmp"
	"crypto/md5"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strconv"

	"github.com/hongyan-im/hongyan/wecom"
)

// preview prints the JSON that would be sent, and tells advice about it. A file, of which the JSON
// would have the media_id, stands there by its name.
func (c *cli) preview(f *sendFlags, letters []letter) error {
	app, _ := strconv.Atoi(setting(c.std.Getenv, f.agentID, "HONGYAN_AGENT_ID")) // a real send says what is wrong with it
	for _, l := range letters {
		if err := l.Validate(); err != nil {
			return f.explainMedia(err)
		}
		if m, ok := l.(wecom.Message); ok {
			m.AgentID = cmp.Or(m.AgentID, app)
			l = m
		}
		data, err := previewJSON(l, "file:"+cmp.Or(f.files()...))
		if err != nil {
			return failed("%w", err)
		}
		var out bytes.Buffer
		if err := json.Indent(&out, data, "", "  "); err != nil {
			return failed("%w", err)
		}
		if _, err := fmt.Fprintln(c.std.Out, &out); err != nil {
			return failed("standard output: %w", err)
		}
		for _, w := range advice(l) {
			c.warn("advice: "+w.Field+": "+w.Text(c.lang), "")
		}
	}
	return nil
}

// previewJSON is the JSON of the letter with name in place of what would be uploaded.
func previewJSON(l letter, name string) ([]byte, error) {
	_, body := callOf(l)
	switch b := body.(type) {
	case wecom.RobotImage:
		sum := md5.Sum(b.Data)
		var out bytes.Buffer
		enc := json.NewEncoder(&out)
		enc.SetEscapeHTML(false)
		err := enc.Encode(map[string]any{
			"msgtype": "image", "image": map[string]string{"base64": name, "md5": hex.EncodeToString(sum[:])},
		})
		return out.Bytes(), err
	case wecom.Image:
		if b.MediaID == "" {
			body = wecom.Image{MediaID: name}
		}
	case wecom.Voice:
		if b.MediaID == "" {
			body = wecom.Voice{MediaID: name}
		}
	case wecom.Video:
		if b.MediaID == "" {
			body = wecom.Video{MediaID: name, Title: b.Title, Description: b.Description}
		}
	case wecom.File:
		if b.MediaID == "" {
			body = wecom.File{MediaID: name}
		}
	}
	return withBody(l, body).MarshalJSON()
}

func withBody(l letter, body wecom.Body) letter {
	switch m := l.(type) {
	case wecom.ChatMessage:
		m.Body = body
		return m
	case wecom.RobotMessage:
		m.Body = body
		return m
	case wecom.Message:
		m.Body = body
		return m
	}
	return l
}
