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
		{`{"msgtype":"text","text":{"content":5}}`, "wecom: invalid message: text.content is malformed: it is a string, given a number"},
		{`{"msgtype":"text","text":[]}`, "wecom: invalid message: text is malformed: it is an object, given an array"},
		{`{"msgtype":5}`, "wecom: invalid message: msgtype is malformed: it is a string, given a number"},
		{`[]`, "wecom: invalid message: message is malformed: it is an object, given an array"},
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
