package command

import (
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/agnivade/levenshtein"

	"github.com/hongyan-im/hongyan/wecom"
)

// commonFields are those of a message beside its body, of every call.
var commonFields = []string{
	"touser", "toparty", "totag", "chatid", "msgtype", "agentid", "safe",
	"enable_id_trans", "enable_duplicate_check", "duplicate_check_interval",
}

// unknownField is one that WeCom does not know and passes over without a word: it is probably misspelt,
// and what it was to say is lost.
type unknownField struct{ path, near string }

func (u unknownField) text(lang wecom.Lang) string {
	text := pick(lang, "WeCom does not know this field, and passes over it", "企业微信不认识这个字段，会直接忽略")
	if u.near != "" {
		text += pick(lang, "; did you mean "+u.near+"?", "；是否想写 "+u.near+"？")
	}
	return text
}

// unknownFields compares the JSON of a message with what its body knows. Fields without a value and
// the bodies of other msgtypes do not count: some programs send all there are.
func unknownFields(data []byte, l letter) []unknownField {
	var in map[string]json.RawMessage
	if json.Unmarshal(data, &in) != nil {
		return nil
	}
	_, body := callOf(l)
	known := append([]string{body.MsgType()}, commonFields...)
	var found []unknownField
	for _, name := range slices.Sorted(maps.Keys(in)) {
		switch {
		case name == body.MsgType():
			found = append(found, unknownIn(name, in[name], reflect.TypeOf(body))...)
		case !slices.Contains(known, name) && !slices.Contains(wecom.MsgTypes(), name) && hasValue(in[name]):
			found = append(found, unknownField{name, nearest(name, known)})
		}
	}
	return found
}

// unknownIn does the same for a value that lies at path and is for the type t.
func unknownIn(path string, data json.RawMessage, t reflect.Type) (found []unknownField) {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch t.Kind() {
	case reflect.Slice:
		var elements []json.RawMessage
		if json.Unmarshal(data, &elements) != nil {
			return nil
		}
		for _, e := range elements {
			found = append(found, unknownIn(path+"[]", e, t.Elem())...)
		}
		return slices.Compact(found)
	case reflect.Struct:
	default:
		return nil
	}
	var in map[string]json.RawMessage
	fields := jsonFields(t)
	if len(fields) == 0 || json.Unmarshal(data, &in) != nil {
		return nil // what has no names of its own reads itself
	}
	names := slices.Sorted(maps.Keys(fields))
	for _, name := range slices.Sorted(maps.Keys(in)) {
		if field, ok := fields[name]; ok {
			found = append(found, unknownIn(path+"."+name, in[name], field)...)
		} else if name != "card_type" && hasValue(in[name]) {
			found = append(found, unknownField{path + "." + name, nearest(name, names)})
		}
	}
	return found
}

// jsonFields are the names and types of a struct's members in JSON.
func jsonFields(t reflect.Type) map[string]reflect.Type {
	fields := map[string]reflect.Type{}
	for i := range t.NumField() {
		f := t.Field(i)
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch {
		case f.Anonymous && name == "" && f.Type.Kind() == reflect.Struct:
			maps.Copy(fields, jsonFields(f.Type))
		case name != "" && name != "-":
			fields[name] = f.Type
		}
	}
	return fields
}

// hasValue reports whether JSON says anything: not null, "", 0, false, [] or {}.
func hasValue(data json.RawMessage) bool {
	var v any
	if json.Unmarshal(data, &v) != nil {
		return true
	}
	switch v := v.(type) {
	case nil:
		return false
	case string:
		return v != ""
	case float64:
		return v != 0
	case bool:
		return v
	case []any:
		return len(v) > 0
	case map[string]any:
		return len(v) > 0
	}
	return true
}

// nearest is the name that differs from the misspelt one by a letter or two, or "".
func nearest(misspelt string, names []string) string {
	best, least := "", 3
	for _, name := range names {
		if d := levenshtein.ComputeDistance(misspelt, name); d < least {
			best, least = name, d
		}
	}
	return best
}

// warnUnknown tells of fields that will be passed over.
func (c *cli) warnUnknown(name string, found []unknownField) {
	for _, u := range found {
		c.warn(name+": "+u.path+": "+u.text(c.lang), "")
	}
}
