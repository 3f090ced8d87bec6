package wecom

import (
	"bytes"
	"encoding/json"
)

// member returns the value of the last member of that name in a JSON object, or nil. The object must
// be valid JSON. It reads nothing twice and copies nothing, since it is done for every message.
func member(object []byte, name string) (value json.RawMessage) {
	i := skipSpace(object, 0)
	if i == len(object) || object[i] != '{' {
		return nil
	}
	for i++; ; {
		if i = skipSpace(object, i); object[i] == '}' {
			return value
		}
		key := i
		i = skipString(object, i)
		found := isName(object[key:i], name)
		i = skipSpace(object, skipSpace(object, i)+1)
		start := i
		i = skipValue(object, i)
		if found {
			value = json.RawMessage(object[start:i])
		}
		if i = skipSpace(object, i); object[i] == ',' {
			i++
		}
	}
}

func isName(quoted []byte, name string) bool {
	if bytes.IndexByte(quoted, '\\') < 0 {
		return string(quoted[1:len(quoted)-1]) == name
	}
	var plain string
	return json.Unmarshal(quoted, &plain) == nil && plain == name
}

func skipSpace(data []byte, i int) int {
	for i < len(data) && (data[i] == ' ' || data[i] == '\n' || data[i] == '\r' || data[i] == '\t') {
		i++
	}
	return i
}

// skipString returns the end of the string that begins at i.
func skipString(data []byte, i int) int {
	for i++; ; i++ {
		i += bytes.IndexByte(data[i:], '"')
		escapes := 0
		for data[i-1-escapes] == '\\' {
			escapes++
		}
		if escapes%2 == 0 {
			return i + 1
		}
	}
}

// skipValue returns the end of the value that begins at i.
func skipValue(data []byte, i int) int {
	for depth := 0; ; {
		switch data[i] {
		case '"':
			i = skipString(data, i)
		case '{', '[':
			depth++
			i++
			continue
		case '}', ']':
			depth--
			i++
		case ',', ':', ' ', '\n', '\r', '\t':
			i++
			continue
		default: // a number, true, false or null
			for i < len(data) && bytes.IndexByte([]byte(",]} \n\r\t"), data[i]) < 0 {
				i++
			}
		}
		if depth == 0 {
			return i
		}
	}
}
