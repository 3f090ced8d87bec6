package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"reflect"
	"regexp"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

const maxFileBytes = 4 << 20

func readFile(path string) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, maxFileBytes+1))
	if err == nil && len(data) > maxFileBytes {
		err = fmt.Errorf("%s has more than %d bytes", path, maxFileBytes)
	}
	return data, err
}

// reader reads the file's YAML: names, types, and variables in its texts.
type reader struct {
	*problems
	getenv    func(string) (string, bool)
	noSecrets bool
	unusable  bool // something stands where it cannot: what else is missing may follow from that
}

// refuse adds a problem after which there is nothing to look at.
func (r *reader) refuse(key, format string, args ...any) {
	r.unusable = true
	r.add(key, format, args...)
}

// read returns the file as koanf takes it. What is wrong is among the problems.
func (r *reader) read(data []byte) map[string]any {
	var (
		doc  yaml.Node
		tree map[string]any
	)
	stream := yaml.NewDecoder(bytes.NewReader(data))
	err := stream.Decode(&doc)
	if err == io.EOF {
		return nil // nothing but comments
	}
	if err == nil {
		if next := new(yaml.Node); stream.Decode(next) == nil {
			r.unusable = true
			r.list = append(r.list, Problem{Line: next.Line, Detail: "a second document begins here; there must be one"})
		}
		var whole any
		err = doc.Content[0].Decode(&whole) // finds keys that are there twice, and aliases of themselves
	}
	if err != nil {
		r.broken(err)
		return nil
	}
	if r.value("", doc.Content[0], configType) {
		if err := doc.Content[0].Decode(&tree); err != nil {
			r.broken(err)
		}
	}
	return tree
}

var yamlLine = regexp.MustCompile(`^line (\d+): `)

// broken reports errors of the YAML library, without its name and with the line apart.
func (r *reader) broken(err error) {
	r.unusable = true
	texts := []string{strings.TrimPrefix(err.Error(), "yaml: ")}
	var several *yaml.TypeError
	if errors.As(err, &several) {
		texts = several.Errors
	}
	for _, text := range texts {
		p := Problem{Detail: text}
		if found := yamlLine.FindStringSubmatch(text); found != nil {
			p.Line, _ = strconv.Atoi(found[1])
			p.Detail = text[len(found[0]):]
		}
		r.list = append(r.list, p)
	}
}

// value checks the value of a key against its type, and puts variables in. It reports whether there is
// a value of that type.
func (r *reader) value(path string, n *yaml.Node, t reflect.Type) bool {
	if n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	if n.Tag == "!!null" {
		return false
	}
	wrong := func(want string) bool {
		r.refuse(path, "it must be %s, not %s", want, kindOf(n))
		return false
	}
	switch {
	case t.Kind() == reflect.Struct:
		if n.Kind != yaml.MappingNode {
			return wrong("a mapping of keys")
		}
		r.mapping(path, n, keysOf(t))
	case t.Kind() == reflect.Slice:
		if n.Kind != yaml.SequenceNode {
			return wrong("a list, each element with a - before it")
		}
		for i, element := range n.Content {
			at := fmt.Sprintf("%s[%d]", path, i)
			r.lines[at] = element.Line
			if !r.value(at, element, t.Elem()) && element.Tag == "!!null" {
				r.refuse(at, "it is empty")
			}
		}
	case t.Kind() == reflect.String:
		if n.Tag != "!!str" {
			if n.Kind == yaml.ScalarNode {
				return wrong("text, which needs quotes where it looks like something else")
			}
			return wrong("text")
		}
		if t != secretType || !r.noSecrets {
			n.Value = r.expand(path, n.Value)
		}
	case t.Kind() == reflect.Int:
		if n.Tag != "!!int" {
			return wrong("a whole number")
		}
	case t.Kind() == reflect.Float64:
		if n.Tag != "!!int" && n.Tag != "!!float" {
			return wrong("a number")
		}
	}
	return true
}

// mapping goes through the pairs; those without a value are taken out, so that defaults hold.
func (r *reader) mapping(path string, n *yaml.Node, keys []key) {
	var kept []*yaml.Node
	for i := 0; i+1 < len(n.Content); i += 2 {
		name, value := n.Content[i], n.Content[i+1]
		if name.Tag == "!!merge" {
			kept = append(kept, name, value)
			r.merged(path, value, keys)
			continue
		}
		at := strings.TrimPrefix(path+"."+name.Value, ".")
		r.lines[at] = name.Line
		t, ok := find(keys, name.Value)
		if !ok {
			r.refuse(at, "there is no such key; %s", didYouMean(name.Value, namesOf(keys)))
			continue
		}
		if r.value(at, value, t) {
			kept = append(kept, name, value)
		}
	}
	n.Content = kept
}

// merged goes through what "<<" brings in: a mapping, or a list of them.
func (r *reader) merged(path string, n *yaml.Node, keys []key) {
	if n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	switch n.Kind {
	case yaml.MappingNode:
		r.mapping(path, n, keys)
	case yaml.SequenceNode:
		for _, element := range n.Content {
			r.merged(path, element, keys)
		}
	}
}

func kindOf(n *yaml.Node) string {
	switch n.Kind {
	case yaml.MappingNode:
		return "a mapping"
	case yaml.SequenceNode:
		return "a list"
	}
	switch n.Tag {
	case "!!int":
		return "a number"
	case "!!float":
		return "a fraction"
	case "!!bool":
		return "true or false"
	case "!!timestamp":
		return "a date"
	}
	return "text"
}

var variable = regexp.MustCompile(`\$\{([A-Za-z_][A-Za-z0-9_]*)\}`)

// expand puts the environment's values in for ${NAME}.
func (r *reader) expand(path, text string) string {
	return variable.ReplaceAllStringFunc(text, func(whole string) string {
		name := whole[2 : len(whole)-1]
		value, ok := r.getenv(name)
		if !ok {
			r.add(path, "the environment has no %s", name)
		}
		return strings.TrimSpace(value)
	})
}
