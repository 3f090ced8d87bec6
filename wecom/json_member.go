package wecom

import (
	"bytes"
	"encoding/json"
)

// member returns the value of an object's last member of that name, or nil. The value lies in
// object; of one that is not valid JSON it may be anything. To decode the whole object for one member of it would cost more than all
// else that is done to a message.
func member(object []byte, name string) (value json.RawMessage) {
	i := skipSpace(object, 0) + 1
	for {
		i = skipSpace(object, i)
		if i >= len(object) || object[i] != '"' {
			return value // at its end
		}
		end := skipValue(object, i)
		if end < i+2 {
			return value
		}
		found := string(object[i+1:end-1]) == name
		if bytes.IndexByte(object[i:end], '\\') >= 0 {
			var plain string
			found = json.Unmarshal(object[i:end], &plain) == nil && plain == name
		}
		i = skipSpace(object, skipSpace(object, end)+1) // behind the colon
		if i >= len(object) {
			return value
		}
		end = skipValue(object, i)
		if found {
			value = object[i:end:end]
		}
		i = skipSpace(object, end) + 1 // behind the comma
	}
}

func skipSpace(data []byte, i int) int {
	for i < len(data) && (data[i] == ' ' || data[i] == '\t' || data[i] == '\n' || data[i] == '\r') {
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
			for i++; i < len(data) && data[i] != '"'; i++ {
				if data[i] == '\\' {
					i++
				}
			}
			if depth == 0 {
				return min(i+1, len(data))
			}
		case '{', '[':
			depth++
		case '}', ']':
			if depth == 0 {
				return i // the end of what a number or word stands in
			}
			if depth--; depth == 0 {
				return i + 1
			}
		case ',', ' ', '\t', '\n', '\r':
			if depth == 0 {
				return i
			}
		}
	}
	return i
}
