package wecom

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// joined is a list that travels as one string joined by "|". An array is understood too, of strings
// or numbers, and a single number, as some programs send. It takes whatever comes: an error of one
// member would end the decoding of the others.
type joined struct {
	parts []string
	odd   string // what was none of these, as JSON calls it
}

func (j *joined) UnmarshalJSON(data []byte) error {
	*j = joined{}
	switch data[0] {
	case 'n': // null
	case '"':
		var text string
		if err := json.Unmarshal(data, &text); err != nil {
			return err
		}
		j.add(text)
	case '[':
		var elements []json.RawMessage
		if err := json.Unmarshal(data, &elements); err != nil {
			return err
		}
		for _, e := range elements {
			if e[0] == '[' {
				j.odd = "array"
				continue
			}
			var one joined
			if err := one.UnmarshalJSON(e); err != nil {
				return err
			}
			j.parts = append(j.parts, one.parts...)
			j.odd = cmp.Or(j.odd, one.odd)
		}
	case '{':
		j.odd = "object"
	case 't', 'f':
		j.odd = "boolean"
	default:
		j.add(string(data))
	}
	return nil
}

func (j *joined) add(text string) {
	for part := range strings.SplitSeq(text, "|") {
		if part = strings.TrimSpace(part); part != "" {
			j.parts = append(j.parts, part)
		}
	}
}

// list returns the elements of a request's field.
func (j joined) list(field string) ([]string, error) {
	if j.odd != "" {
		return nil, fieldError(field, Malformed, "it is a string, given "+article(j.odd))
	}
	return j.parts, nil
}

// ids returns the elements of a request's field as numbers.
func (j joined) ids(field string) ([]int, error) {
	parts, err := j.list(field)
	if err != nil {
		return nil, err
	}
	var ids []int
	for _, part := range parts {
		id, err := strconv.Atoi(part)
		if err != nil {
			return nil, fieldError(field, Malformed, fmt.Sprintf("ids are whole numbers, given %.40q", part))
		}
		ids = append(ids, id)
	}
	return ids, nil
}

// numbers returns the elements of an answer as numbers. One that is none counts as 0, so that the
// list does not look empty: somebody was not reached.
func (j joined) numbers() []int {
	var ids []int
	for _, part := range j.names() {
		id, _ := strconv.Atoi(part)
		ids = append(ids, id)
	}
	return ids
}

// names returns the elements of an answer. What cannot be read is one element with a question mark,
// for the same reason.
func (j joined) names() []string {
	if j.odd != "" {
		return append(j.parts, "?")
	}
	return j.parts
}

// lenientInt is a number that may stand in quotes, or be true or false, as it was given.
type lenientInt string

func (n *lenientInt) UnmarshalJSON(data []byte) error {
	*n = lenientInt(strings.Trim(string(data), `"`))
	return nil
}

// number returns the value, 0 to most; absent is 0.
func (n lenientInt) number(field string, most int) (int, error) {
	switch n {
	case "", "null", "false":
		return 0, nil
	case "true":
		return 1, nil
	}
	v, err := strconv.Atoi(string(n))
	switch {
	case err != nil:
		return 0, fieldError(field, Malformed, fmt.Sprintf("it is a whole number, given %.40q", string(n)))
	case v < 0 || v > most:
		return 0, fieldError(field, Malformed, fmt.Sprintf("it is a whole number from 0 to %d, given %.40q", most, string(n)))
	}
	return v, nil
}

// wrongType names the field of JSON that has another type than it should, in JSON's words. within is
// the field that was decoded.
func wrongType(within string, err error) error {
	var wrong *json.UnmarshalTypeError
	if !errors.As(err, &wrong) {
		return err
	}
	field, path := within, jsonPath(wrong.Field)
	switch {
	case field == "":
		field = cmp.Or(path, "message")
	case path != "":
		field += "." + path
	}
	given, _, _ := strings.Cut(wrong.Value, " ")
	return fieldError(field, Malformed, "it is "+jsonKind(wrong.Type)+", given "+article(given))
}

// jsonPath takes the names of embedded Go structs out of the path of a field: JSON does not have
// them, and WeCom's own names are all lower case.
func jsonPath(field string) string {
	steps := strings.Split(field, ".")
	return strings.Join(slices.DeleteFunc(steps, func(step string) bool {
		return step != "" && step[0] >= 'A' && step[0] <= 'Z'
	}), ".")
}

// jsonKind is what JSON calls the values that fit into a Go type.
func jsonKind(t reflect.Type) string {
	switch t.Kind() {
	case reflect.String:
		return "a string"
	case reflect.Bool:
		return "true or false"
	case reflect.Slice:
		return "an array"
	case reflect.Struct, reflect.Map:
		return "an object"
	case reflect.Pointer:
		return jsonKind(t.Elem())
	}
	return "a number"
}

func article(noun string) string {
	if strings.HasPrefix(noun, "a") || strings.HasPrefix(noun, "o") {
		return "an " + noun
	}
	return "a " + noun
}
