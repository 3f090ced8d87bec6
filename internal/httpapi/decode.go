package httpapi

import (
	"bytes"
	"encoding/json"
	"errors"
	"iter"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/agnivade/levenshtein"

	"github.com/hongyan-im/hongyan/wecom"
)

// The limits of a body.
const (
	maxBody  = 1 << 20 // bytes
	maxDepth = 32      // of objects and arrays in one another
	// maxFaults is how many wrong fields are told of one request.
	maxFaults = 10
)

// checkJSON returns what keeps data from being a JSON object, as a fault.
func checkJSON(data []byte) error {
	if !utf8.Valid(data) {
		at := 0
		for at < len(data) {
			r, size := utf8.DecodeRune(data[at:])
			if r == utf8.RuneError && size == 1 {
				break
			}
			at += size
		}
		return &fault{is: problemNotUTF8, detail: "not UTF-8 at byte " + strconv.Itoa(at+1) + ", perhaps GBK"}
	}
	if tooDeep(data) {
		return &fault{is: problemTooDeep, detail: "the limit is " + strconv.Itoa(maxDepth) + " levels"}
	}
	if !json.Valid(data) {
		var wrong *json.SyntaxError
		detail := ""
		if errors.As(json.Unmarshal(data, new(json.RawMessage)), &wrong) {
			detail = wrong.Error() + " at byte " + strconv.FormatInt(wrong.Offset, 10)
		}
		return &fault{is: problemBadJSON, detail: detail}
	}
	if k := kindOf(bytes.TrimSpace(data)); k != "an object" {
		return &fault{is: problemBadJSON, detail: "the body is an object, given " + k}
	}
	return nil
}

func tooDeep(data []byte) bool {
	depth, quoted := 0, false
	for i := 0; i < len(data); i++ {
		switch c := data[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '{' || c == '[':
			if depth++; depth > maxDepth {
				return true
			}
		case c == '}' || c == ']':
			depth--
		}
	}
	return false
}

// kindOf is what JSON calls a valid value.
func kindOf(value []byte) string {
	switch value[0] {
	case '{':
		return "an object"
	case '[':
		return "an array"
	case '"':
		return "a string"
	case 't', 'f':
		return "true or false"
	case 'n':
		return "null"
	}
	return "a number"
}

// members returns the names and values of an object, which is valid JSON. They lie in data.
func members(object []byte) iter.Seq2[[]byte, []byte] {
	return func(yield func(name, value []byte) bool) {
		i := skipSpace(object, 0) + 1
		for {
			if i = skipSpace(object, i); object[i] == '}' {
				return
			}
			end := skipValue(object, i)
			name := object[i+1 : end-1]
			if bytes.IndexByte(name, '\\') >= 0 {
				var plain string
				_ = json.Unmarshal(object[i:end], &plain) // it is valid
				name = []byte(plain)
			}
			i = skipSpace(object, skipSpace(object, end)+1)
			end = skipValue(object, i)
			if !yield(name, object[i:end]) {
				return
			}
			if i = skipSpace(object, end); object[i] == ',' {
				i++
			}
		}
	}
}

func skipSpace(data []byte, i int) int {
	for data[i] == ' ' || data[i] == '\n' || data[i] == '\r' || data[i] == '\t' {
		i++
	}
	return i
}

// skipValue returns the end of the value that begins at i.
func skipValue(data []byte, i int) int {
	depth := 0
	for ; i < len(data); i++ {
		switch data[i] {
		case '"':
			for i++; data[i] != '"'; i++ {
				if data[i] == '\\' {
					i++
				}
			}
		case '{', '[':
			depth++
			continue
		case '}', ']':
			if depth == 0 {
				return i
			}
			depth--
		case ',', ' ', '\n', '\r', '\t', ':':
			if depth == 0 {
				return i
			}
			continue
		default:
			if depth > 0 {
				continue
			}
			for i+1 < len(data) && !bytes.ContainsRune([]byte(",]} \n\r\t"), rune(data[i+1])) {
				i++
			}
		}
		if depth == 0 {
			return i + 1
		}
	}
	return i
}

// values reads the values of one object, and collects what is wrong with them.
type values struct {
	within string // the path of the object, with a dot at its end; "" for the body itself
	faults []*wecom.FieldError
}

func (v *values) wrong(field string, problem wecom.Problem, detail string) {
	v.faults = append(v.faults, &wecom.FieldError{Field: v.within + field, Problem: problem, Detail: detail})
}

// decode tells of a value that is not what it should be, such as "a string".
func (v *values) decode(field, want string, value []byte, into any) bool {
	if err := json.Unmarshal(value, into); err != nil {
		given := kindOf(value)
		if given == want || strings.HasPrefix(want, given+" ") {
			given = "one of other things"
		}
		v.wrong(field, wecom.Malformed, "it is "+want+", given "+given)
		return false
	}
	return true
}

func (v *values) text(field string, value []byte, into *string) {
	v.decode(field, "a string", value, into)
}

const aDuration = `a duration such as "90s", "30m", "2h" or "1d12h"`

func (v *values) duration(field string, value []byte, into *time.Duration) {
	var text string
	if !v.decode(field, aDuration, value, &text) {
		return
	}
	d, err := parseDuration(text)
	if err != nil {
		v.wrong(field, wecom.Malformed, "it is "+aDuration+", given "+strconv.Quote(shown(text)))
		return
	}
	*into = d
}

// parseDuration reads Go's durations, with whole days of 24 hours before them: "2d", "1d12h".
func parseDuration(text string) (time.Duration, error) {
	days, rest, found := strings.Cut(text, "d")
	if !found {
		return time.ParseDuration(text)
	}
	n, err := strconv.ParseUint(days, 10, 16)
	if err != nil {
		return 0, err
	}
	whole := time.Duration(n) * 24 * time.Hour
	if rest == "" {
		return whole, nil
	}
	part, err := time.ParseDuration(rest)
	if err == nil && part < 0 {
		err = errors.New("negative hours after days")
	}
	return whole + part, err
}

// unknown tells of a field that is not known, and of the known one that it may be a slip for.
func (v *values) unknown(name string, known []string) {
	detail := "fields that are not known are refused"
	if ours := ourNames[name]; ours != "" && v.within == "" {
		detail = "here it is called " + ours
	} else if near := nearest(name, known); near != "" {
		detail = "did you mean " + v.within + near + "?"
	}
	v.wrong(shown(name), wecom.NotKnown, detail)
}

// nearest is the name that differs from the misspelt one by a letter or two, or "".
func nearest(misspelt string, names []string) string {
	if len(misspelt) > 64 {
		return ""
	}
	best, least := "", min(3, len(misspelt))
	for _, name := range names {
		if d := levenshtein.ComputeDistance(strings.ToLower(misspelt), name); d < least {
			best, least = name, d
		}
	}
	return best
}
