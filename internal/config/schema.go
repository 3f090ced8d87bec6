package config

import (
	"reflect"
	"strings"
)

// key is one that a mapping of the file may have.
type key struct {
	name string
	of   reflect.Type
}

// keysOf lists those of a struct, in its order.
func keysOf(t reflect.Type) (keys []key) {
	for i := range t.NumField() {
		f := t.Field(i)
		name, squash, _ := strings.Cut(f.Tag.Get("koanf"), ",")
		switch {
		case squash == "squash":
			keys = append(keys, keysOf(f.Type)...)
		case name != "":
			keys = append(keys, key{name, f.Type})
		}
	}
	return keys
}

func namesOf(keys []key) []string {
	names := make([]string, len(keys))
	for i, k := range keys {
		names[i] = k.name
	}
	return names
}

func find(keys []key, name string) (reflect.Type, bool) {
	for _, k := range keys {
		if k.name == name {
			return k.of, true
		}
	}
	return nil, false
}

var (
	configType = reflect.TypeFor[Config]()
	secretType = reflect.TypeFor[Secret]()
)
