package wecom

import (
	"encoding/json"
	"testing"
	"unicode/utf8"
)

// FuzzMember compares with what encoding/json finds.
func FuzzMember(f *testing.F) {
	for _, object := range []string{
		`{}`, ` { "text" : { "content" : "a\\"}" } , "n":-1.5e3,"text":[1,{"text":2}] } `, `{"te\u0078t":null,"a\\\\":true}`,
		`{"msgtype":"text","text":{"content":"\\\\","x":[[]]}}`, `null`, `[]`, `"text"`, `{"text":"a,]}"}`, "{\"text\"\n:\t1\r}",
	} {
		f.Add(object, "text")
	}
	f.Fuzz(func(t *testing.T, object, name string) {
		var all map[string]json.RawMessage
		if !utf8.ValidString(object) || json.Unmarshal([]byte(object), &all) != nil {
			return // encoding/json puts other characters into names that are not UTF-8
		}
		want, found := all[name]
		got := member([]byte(object), name)
		if string(got) != string(want) || found != (got != nil) {
			t.Errorf("%q of %q: %q, want %q", name, object, got, want)
		}
	})
}
