package config

import (
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Prefix begins the name of every variable that means a key.
const Prefix = "HONGYAN_"

// environ turns variables into keys.
type environ struct {
	*problems
	names map[string]string // of the variables, by path
}

// ofKubernetes matches the variables by which Kubernetes tells a container of its services: one that is
// called hongyan-wecom makes HONGYAN_WECOM_SERVICE_HOST.
var ofKubernetes = regexp.MustCompile(`_(SERVICE_HOST|SERVICE_PORT(_.+)?|PORT(_\d+_[A-Z]+(_[A-Z]+)?)?)$`)

// key is the path that a variable means, with its value, or "" if it means none. In a path, an app or
// robot stands under its name in capitals: "apps.CRM.secret".
func (e *environ) key(name, text string) (path string, value any) {
	text = strings.TrimSpace(text)
	if text == "" {
		return "", nil
	}
	path, t, ours := e.lookup(strings.TrimPrefix(name, Prefix))
	if path == "" {
		if ours != nil && !ofKubernetes.MatchString(name) {
			e.add(name, "there is no such key; %s", didYouMean(name, ours))
		}
		return "", nil
	}
	switch t.Kind() {
	case reflect.Int:
		n, err := strconv.Atoi(text)
		if err != nil {
			e.add(name, "it must be a whole number")
			return "", nil
		}
		value = n
	case reflect.Float64:
		f, err := strconv.ParseFloat(text, 64)
		if err != nil {
			e.add(name, "it must be a number")
			return "", nil
		}
		value = f
	default:
		value = text
	}
	e.names[path] = name
	return path, value
}

// lookup finds the path of a variable without its prefix. If there is none, but the variable cannot be
// anybody else's, it returns those that there are.
func (e *environ) lookup(name string) (path string, t reflect.Type, ours []string) {
	for _, k := range keysOf(configType) {
		head := strings.ToUpper(k.name)
		rest, inside := strings.CutPrefix(name, head+"_")
		switch k.of.Kind() {
		case reflect.Struct:
			if inside {
				for _, leaf := range leaves(k.of) {
					if rest == leaf.variable() {
						return k.name + "." + leaf.path, leaf.of, nil
					}
					ours = append(ours, Prefix+head+"_"+leaf.variable())
				}
				return "", nil, ours
			}
		case reflect.Slice:
			if inside {
				return listed(k, rest)
			}
		default:
			if name == head {
				return k.name, k.of, nil
			}
		}
	}
	return "", nil, nil
}

// listed finds the key of an app or robot. Where two fit, as in CRM_SECRET_FILE, the longer is meant.
func listed(list key, rest string) (path string, t reflect.Type, ours []string) {
	longest := 0
	for _, leaf := range leaves(list.of.Elem()) {
		if leaf.path == "name" {
			continue
		}
		ours = append(ours, Prefix+strings.ToUpper(list.name)+"_NAME_"+leaf.variable())
		name, ok := strings.CutSuffix(rest, "_"+leaf.variable())
		if ok && name != "" && len(leaf.variable()) > longest {
			longest = len(leaf.variable())
			path, t = list.name+"."+name+"."+leaf.path, leaf.of
		}
	}
	return path, t, ours
}

type leaf struct {
	path string
	of   reflect.Type
}

func (l leaf) variable() string { return strings.ToUpper(strings.ReplaceAll(l.path, ".", "_")) }

// leaves lists the keys of a struct that have no keys in them.
func leaves(t reflect.Type) (all []leaf) {
	for _, k := range keysOf(t) {
		if k.of.Kind() != reflect.Struct {
			all = append(all, leaf{k.name, k.of})
			continue
		}
		for _, inner := range leaves(k.of) {
			all = append(all, leaf{k.name + "." + inner.path, inner.of})
		}
	}
	return all
}

// variableName is how the environment calls an app or robot.
func variableName(name string) string { return strings.ToUpper(strings.ReplaceAll(name, "-", "_")) }

// merge is for koanf: it puts what the environment says (src) over the file (dest). Of a list, the
// element of that name is meant, or a new one.
func (e *environ) merge(src, dest map[string]any) error {
	for name, value := range src {
		inner, ok := value.(map[string]any)
		switch below := dest[name].(type) {
		case map[string]any:
			if ok {
				_ = e.merge(inner, below)
				continue
			}
		case []any:
			dest[name] = e.mergeList(name, inner, below)
			continue
		case nil:
			if name == "apps" || name == "robots" {
				dest[name] = e.mergeList(name, inner, nil)
				continue
			}
		}
		dest[name] = value
	}
	return nil
}

// eitherOr are keys of which one replaces the other.
var eitherOr = map[string]string{"secret": "secret_file", "secret_file": "secret", "key": "key_file", "key_file": "key"}

func (e *environ) mergeList(list string, elements map[string]any, below []any) []any {
	names := make([]string, 0, len(elements))
	for name := range elements {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		settings, _ := elements[name].(map[string]any)
		var meant []map[string]any
		for _, b := range below {
			if element, ok := b.(map[string]any); ok {
				if its, _ := element["name"].(string); variableName(its) == name {
					meant = append(meant, element)
				}
			}
		}
		if len(meant) > 1 {
			e.add(Prefix+strings.ToUpper(list)+"_"+name, "it could mean %v and %v: give one of them another name", meant[0]["name"], meant[1]["name"])
		}
		if len(meant) == 0 {
			element := map[string]any{"name": strings.ToLower(name)}
			below, meant = append(below, element), append(meant, element)
		}
		for key := range settings {
			if other, ok := eitherOr[key]; ok {
				delete(meant[0], other)
			}
		}
		_ = e.merge(settings, meant[0])
	}
	return below
}
