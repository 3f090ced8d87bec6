package config

import (
	"fmt"
	"slices"
	"strings"

	"github.com/agnivade/levenshtein"
)

// Problem is one thing that is wrong with a configuration. It has no secret in it.
type Problem struct {
	Key    string // "apps[1].secret_file", or the variable of the environment
	Line   int    // of the file; 0 if it is not in there
	Detail string
}

// String is what to tell the user.
func (p Problem) String() string {
	text := p.Detail
	if p.Key != "" {
		text = p.Key + ": " + text
	}
	if p.Line > 0 {
		text = fmt.Sprintf("line %d: %s", p.Line, text)
	}
	return text
}

// Error says all that is wrong with a configuration.
type Error struct {
	File     string // "" if there is none
	Problems []Problem
}

// Error is one line, or for several problems a line for each.
func (e *Error) Error() string {
	name := e.File
	if name == "" {
		name = "configuration"
	}
	if len(e.Problems) == 1 {
		return name + ": " + e.Problems[0].String()
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %d things are wrong", name, len(e.Problems))
	for _, p := range e.Problems {
		b.WriteString("\n  " + p.String())
	}
	return b.String()
}

// problems collects what is wrong.
type problems struct {
	lines map[string]int // of the keys in the file
	list  []Problem
}

func (p *problems) add(key, format string, args ...any) {
	p.list = append(p.list, Problem{Key: key, Line: p.line(key), Detail: fmt.Sprintf(format, args...)})
}

// line is that of the key, or of what it should be in.
func (p *problems) line(key string) int {
	for key != "" {
		if line, ok := p.lines[key]; ok {
			return line
		}
		key = key[:max(strings.LastIndexAny(key, ".["), 0)]
	}
	return 0
}

func (p *problems) err(file string) error {
	if len(p.list) == 0 {
		return nil
	}
	slices.SortStableFunc(p.list, func(a, b Problem) int { return a.Line - b.Line })
	return &Error{File: file, Problems: p.list}
}

// didYouMean names the one of names that differs by a letter or two, or says which there are.
func didYouMean(given string, names []string) string {
	best, least := "", 3
	for _, name := range names {
		if d := levenshtein.ComputeDistance(strings.ToLower(given), strings.ToLower(name)); d < least {
			best, least = name, d
		}
	}
	if best != "" {
		return "did you mean " + best + "?"
	}
	return "there are " + strings.Join(names, ", ")
}
