package simulator

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// decodeStrict reads JSON for the simulator's own interface, where a misspelt field would otherwise
// make a test pass for the wrong reason. Unknown fields and wrong types are errors that name the
// place, and the field that was probably meant.
func decodeStrict(data []byte, into any) error {
	var raw json.RawMessage
	if err := json.Unmarshal(data, &raw); err != nil {
		return fmt.Errorf("not JSON: %w", err)
	}
	if err := checkShape("", raw, reflect.TypeOf(into).Elem()); err != nil {
		return err
	}
	if err := json.Unmarshal(data, into); err != nil {
		return errors.New(strings.TrimPrefix(err.Error(), "json: "))
	}
	return nil
}

// checkShape compares raw, which lies at path, with the type it is for.
func checkShape(path string, raw json.RawMessage, t reflect.Type) error {
	if t.Kind() == reflect.Pointer {
		if string(raw) == "null" {
			return nil
		}
		t = t.Elem()
	}
	if reflect.PointerTo(t).Implements(reflect.TypeFor[json.Unmarshaler]()) {
		return nil // it says itself what it takes
	}
	want := map[reflect.Kind]string{
		reflect.Struct: "an object", reflect.Slice: "a list", reflect.String: "a string",
		reflect.Int: "a number", reflect.Bool: "true or false",
	}[t.Kind()]
	if got := jsonKind(raw); got != want && !(got == "null" && t.Kind() == reflect.Slice) {
		if path == "" {
			path = "the body"
		}
		return fmt.Errorf("%s: want %s, got %s", path, want, got)
	}
	switch t.Kind() {
	case reflect.Struct:
		return checkFields(path, raw, t)
	case reflect.Int:
		if _, err := strconv.Atoi(string(raw)); err != nil {
			return fmt.Errorf("%s: want a whole number, got %s", path, raw)
		}
	case reflect.Slice:
		var elements []json.RawMessage
		json.Unmarshal(raw, &elements)
		for i, element := range elements {
			if err := checkShape(fmt.Sprintf("%s[%d]", path, i), element, t.Elem()); err != nil {
				return err
			}
		}
	}
	return nil
}

func checkFields(path string, raw json.RawMessage, t reflect.Type) error {
	known := map[string]reflect.Type{}
	for i := range t.NumField() {
		name, _, _ := strings.Cut(t.Field(i).Tag.Get("json"), ",")
		known[name] = t.Field(i).Type
	}
	var fields map[string]json.RawMessage
	json.Unmarshal(raw, &fields)
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		at := strings.TrimPrefix(path+"."+name, ".")
		ft, ok := known[name]
		if !ok {
			return fmt.Errorf("unknown field %q%s", at, didYouMean(name, known))
		}
		if err := checkShape(at, fields[name], ft); err != nil {
			return err
		}
	}
	return nil
}

// jsonKind names a valid JSON value in the words of checkShape.
func jsonKind(raw json.RawMessage) string {
	switch raw[0] {
	case '{':
		return "an object"
	case '[':
		return "a list"
	case '"':
		return "a string"
	case 't', 'f':
		return "true or false"
	case 'n':
		return "null"
	}
	return "a number"
}

// didYouMean ends a message about an unknown name: with the known one that is closest, or, when none
// is close and there are few, with all of them.
func didYouMean[V any](name string, known map[string]V) string {
	const few = 12
	best, distance := "", 3 // further away is another word
	for _, k := range slices.Sorted(maps.Keys(known)) {
		if d := editDistance(strings.ToLower(name), strings.ToLower(k)); d < distance && d < len(k) {
			best, distance = k, d
		}
	}
	switch {
	case best != "":
		return fmt.Sprintf("; did you mean %q?", best)
	case 0 < len(known) && len(known) <= few:
		return "; known are " + strings.Join(slices.Sorted(maps.Keys(known)), ", ")
	}
	return ""
}

// editDistance counts the characters to insert, delete or replace between a and b. It looks at no
// more than the first 64 of each: longer names are not misspelt, they are something else.
func editDistance(a, b string) int {
	a, b = a[:min(len(a), 64)], b[:min(len(b), 64)]
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
