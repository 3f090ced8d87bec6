package simulator

import (
	"encoding/json"
	"reflect"
	"strconv"
	"strings"
)

// into fills the struct that v points to from the fields its json tags name, with the forgiveness of
// object: what makes no sense stays zero. A pointer stays nil when its field is absent.
func (o *object) into(v any) { o.fill(reflect.ValueOf(v).Elem()) }

func (o *object) fill(v reflect.Value) {
	for i := range v.NumField() {
		field := v.Type().Field(i)
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		switch {
		case field.Anonymous:
			o.fill(v.Field(i))
		case o.field(name) != nil:
			o.set(v.Field(i), name)
		}
	}
}

// set reads the field name into v.
func (o *object) set(v reflect.Value, name string) {
	switch v.Kind() {
	case reflect.String:
		v.SetString(o.text(name))
	case reflect.Int:
		n, _ := o.number(name)
		v.SetInt(int64(n))
	case reflect.Float64:
		v.SetFloat(o.fraction(name))
	case reflect.Bool:
		v.SetBool(o.truth(name))
	case reflect.Struct:
		o.object(name).fill(v)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		o.set(v.Elem(), name)
	case reflect.Slice:
		list := o.elements(name)
		v.Set(reflect.MakeSlice(v.Type(), len(list.fields), len(list.fields)))
		for i := range v.Len() {
			if at := strconv.Itoa(i); list.field(at) != nil {
				list.set(v.Index(i), at)
			}
		}
	}
}

// elements is the list inside as an object whose fields are 0, 1, 2 and so on.
func (o *object) elements(name string) *object {
	list := &object{fields: map[string]json.RawMessage{}, slipped: o.slipped}
	raw := o.field(name)
	if raw == nil {
		return list
	}
	var elements []json.RawMessage
	if json.Unmarshal(raw, &elements) != nil {
		o.slip()
	}
	for i, element := range elements {
		list.fields[strconv.Itoa(i)] = element
	}
	return list
}

// objects are the objects in the list inside.
func (o *object) objects(name string) []*object {
	list := o.elements(name)
	found := make([]*object, len(list.fields))
	for i := range found {
		found[i] = list.object(strconv.Itoa(i))
	}
	return found
}

// texts are the strings in the list inside; numbers among them are their digits.
func (o *object) texts(name string) []string {
	list := o.elements(name)
	found := make([]string, len(list.fields))
	for i := range found {
		found[i] = list.text(strconv.Itoa(i))
	}
	return found
}

// digits are the numbers in the list inside, as the digits that targets are made of.
func (o *object) digits(name string) []string {
	list := o.elements(name)
	found := make([]string, len(list.fields))
	for i := range found {
		n, _ := list.number(strconv.Itoa(i))
		found[i] = strconv.Itoa(n)
	}
	return found
}

// truth reads true or false, also from a number or a string.
func (o *object) truth(name string) bool {
	switch raw := string(o.field(name)); raw {
	case "true":
		return true
	case "false", "":
		return false
	case `"true"`:
		o.slip()
		return true
	}
	o.slip()
	n, _ := o.number(name)
	return n != 0
}

// fraction reads a number that need not be whole.
func (o *object) fraction(name string) float64 {
	raw := o.field(name)
	if raw == nil {
		return 0
	}
	digits := string(raw)
	if !isNumber(raw) {
		digits = o.text(name)
		o.slip()
	}
	f, err := strconv.ParseFloat(digits, 64)
	if err != nil {
		o.slip()
		return 0
	}
	return f
}
