package command

import (
	"encoding/json"
	"testing"

	"github.com/hongyan-im/hongyan/wecom"
)

func TestExplainJSON(t *testing.T) {
	for _, test := range []struct{ data, want string }{
		{``, "m.json: it is empty, where JSON should be"},
		{`{"a":1,}`, "m.json:1:8: invalid character '}' looking for beginning of object key string"},
		{"{\n \"磁盘\":x}", "m.json:2:7: invalid character 'x' looking for beginning of value"},
		{`{"touser":`, "m.json:1:11: unexpected end of JSON input"},
		{`{"msgtype":"text","text":{"content":5}}`, "m.json: text.content must be a string, not a number"},
		{`{"msgtype":"text","text":[]}`, "m.json: text must be an object, not an array"},
		{`{"msgtype":5}`, "m.json: msgtype must be a string, not a number"},
		{`[]`, "m.json: it must be an object, not an array"},
	} {
		var m wecom.Message
		err := json.Unmarshal([]byte(test.data), &m)
		if err == nil {
			t.Errorf("%s: no error", test.data)
			continue
		}
		if got := explainJSON("m.json", []byte(test.data), err).Error(); got != test.want {
			t.Errorf("%s:\n got %s\nwant %s", test.data, got, test.want)
		}
	}
}
