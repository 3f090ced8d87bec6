package simulator

import (
	"encoding/json"
	"math"
	"strconv"
	"strings"
)

// object is a JSON object read as forgivingly as WeCom reads it: a number may be a string and the
// reverse, and what makes no sense is taken as absent. Each such slip leaves a mark, which turns
// into a warning in errmsg.
type object struct {
	fields  map[string]json.RawMessage
	slipped *bool // shared with the objects inside
}

// jsonWarning is how WeCom says that it had to guess. The blank at its end is part of it.
const jsonWarning = "Warning: wrong json format. "

// parseObject never fails: what is not a JSON object is an empty one, with a mark.
func parseObject(data []byte) *object {
	o := &object{slipped: new(bool)}
	o.read(data)
	return o
}

func (o *object) read(data []byte) {
	if err := json.Unmarshal(data, &o.fields); err != nil || o.fields == nil {
		o.fields = nil
		o.slip()
	}
}

func (o *object) slip() { *o.slipped = true }

// warn puts the warning where WeCom puts it: behind a success, before a failure.
func (o *object) warn(s *status) {
	switch {
	case !*o.slipped:
	case s.ErrCode == 0:
		s.ErrMsg += ". " + jsonWarning
	default:
		s.ErrMsg = jsonWarning + s.ErrMsg
	}
}

// withObject serves a call whose body is one object, and adds the warning to its answer.
func withObject(serve func(*call, *object) reply) func(*call) reply {
	return func(c *call) reply {
		o := parseObject(c.body)
		answer := serve(c, o)
		o.warn(answer.head())
		return answer
	}
}

// field is the raw value of name, or nil when it is absent or null.
func (o *object) field(name string) json.RawMessage {
	raw := o.fields[name]
	if string(raw) == "null" {
		return nil
	}
	return raw
}

// text reads a string. A number is accepted as its digits.
func (o *object) text(name string) string {
	raw := o.field(name)
	if raw == nil {
		return ""
	}
	var s string
	if raw[0] == '"' && json.Unmarshal(raw, &s) == nil {
		return s
	}
	o.slip()
	if isNumber(raw) {
		return string(raw)
	}
	return ""
}

// number reads a whole number. A string of digits is accepted. given is false when the field is
// absent, null or an empty string; a value that is no number at all is given, and 0.
func (o *object) number(name string) (n int, given bool) {
	raw := o.field(name)
	if raw == nil {
		return 0, false
	}
	digits := string(raw)
	if !isNumber(raw) {
		o.slip()
		if raw[0] != '"' {
			return 0, true
		}
		if digits = strings.TrimSpace(o.text(name)); digits == "" {
			return 0, false
		}
	}
	f, err := strconv.ParseFloat(digits, 64)
	if err != nil || f != math.Trunc(f) || math.Abs(f) > math.MaxInt32 {
		o.slip()
		return 0, true
	}
	return int(f), true
}

// flag reads one of the 0 or 1 fields. true and false are accepted.
func (o *object) flag(name string) bool {
	if string(o.field(name)) == "true" {
		o.slip()
		return true
	}
	n, _ := o.number(name)
	return n == 1
}

// object reads the object inside, empty if there is none.
func (o *object) object(name string) *object {
	inner := &object{slipped: o.slipped}
	if raw := o.field(name); raw != nil {
		inner.read(raw)
	}
	return inner
}

// isNumber takes a valid JSON value.
func isNumber(raw json.RawMessage) bool {
	return raw[0] == '-' || raw[0] >= '0' && raw[0] <= '9'
}
