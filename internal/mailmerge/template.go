package mailmerge

import (
	"fmt"
	"regexp"
	"strings"
	"text/template"
)

// Template is a text with {{.column}} where a column of the line stands, as of text/template.
type Template struct {
	parsed  *template.Template
	table   *Table
	columns string
}

// NewTemplate reads a template for the lines of a table; name is what errors call it.
func NewTemplate(name, text string, table *Table) (*Template, error) {
	parsed, err := template.New(name).Option("missingkey=error").Parse(text)
	if err != nil {
		return nil, &Error{Name: name, Code: Text, Detail: plain(err)}
	}
	return &Template{parsed, table, strings.Join(table.Columns, ", ")}, nil
}

// maxText is far above any message: a template that makes more is at fault.
const maxText = 1 << 20

// Fill returns the text of a line. The error is an *[Error].
func (t *Template) Fill(line Line) (string, error) {
	fields := make(map[string]string, len(line.Fields))
	for i, column := range t.table.Columns {
		fields[column] = line.Fields[i]
	}
	var out bounded
	err := t.parsed.Execute(&out, fields)
	if err == nil {
		return out.String(), nil
	}
	wrong := &Error{Name: t.table.Name, Line: line.Number, Code: Text, Detail: plain(err)}
	if missing := noKey.FindStringSubmatch(err.Error()); missing != nil {
		wrong.Code, wrong.Line = Column, 0
		wrong.Detail = fmt.Sprintf("%s names the column %s, and the table has %s", t.parsed.Name(), missing[1], t.columns)
	}
	return "", wrong
}

var noKey = regexp.MustCompile(`map has no entry for key ("(?:[^"\\]|\\.)*")`)

// plain is the error of a template without the words of Go.
func plain(err error) string { return strings.TrimPrefix(err.Error(), "template: ") }

// bounded is a text that does not grow without end.
type bounded struct{ strings.Builder }

func (b *bounded) Write(p []byte) (int, error) {
	if b.Len()+len(p) > maxText {
		return 0, fmt.Errorf("the text has more than %d bytes", maxText)
	}
	return b.Builder.Write(p)
}
