package wecom

import (
	"encoding/json"
	"testing"
)

// FuzzMember holds it against the decoder of the standard library.
func FuzzMember(f *testing.F) {
	for _, object := range []string{
		`{}`, `{"a":1}`, ` { "a" : [1,{"a":2}] , "b":"}\\"" , "a":null } `, `{"\u0061":"x","b":true}`, `{"a":-1.5e3}`, `{"a":{"b":"c,d"},"b":[]}`, `{"":""}`, `{"b":"\\\\","a":false}`,
		`{"`, `{"a"`, `{"a":`, `{"a" 1`, `{`, `[1]`, ``, `{"a\\`,
	} {
		f.Add(object, "a")
	}
	f.Fuzz(func(t *testing.T, object, name string) {
		got := member([]byte(object), name) // whatever it is given, it does not panic
		var want map[string]json.RawMessage
		if json.Unmarshal([]byte(object), &want) != nil || want == nil {
			return // callers have an object
		}
		if string(got) != string(want[name]) {
			t.Errorf("member %q of %s is %s, want %s", name, object, got, want[name])
		}
	})
}
