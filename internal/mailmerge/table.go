// Package mailmerge makes a text for each line of a table: it reads CSV as spreadsheets write it, and
// fills templates with the columns of a line.
package mailmerge

import (
	"bytes"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Table is a table with a heading.
type Table struct {
	Name    string // of the file, for errors
	Columns []string
	Lines   []Line
}

// Line is one line of it.
type Line struct {
	Number int // where it begins in the file, counted from 1
	Fields []string
}

// Error says what is wrong with a table, at which line of its file.
type Error struct {
	Name   string
	Line   int // 0: of the file as a whole
	Detail string
	Code   Code
}

// Code says what to do about an [Error].
type Code uint8

// What can be wrong.
const (
	Broken   Code = iota // it is no CSV
	Encoding             // it is no UTF-8
	Heading              // its heading is missing or contradicts itself
	Column               // a template names a column that it does not have
	Text                 // a template cannot be filled
)

// Error names file and line, as compilers do.
func (e *Error) Error() string {
	if e.Line == 0 {
		return e.Name + ": " + e.Detail
	}
	return e.Name + ":" + strconv.Itoa(e.Line) + ": " + e.Detail
}

// Read reads CSV in UTF-8, with or without a byte order mark, whose first line names the columns. What
// separates them is a comma, or a tab or semicolon if the heading has no comma. The errors are
// *[Error].
func Read(name string, data []byte) (*Table, error) {
	wrong := func(code Code, line int, format string, args ...any) (*Table, error) {
		return nil, &Error{Name: name, Line: line, Code: code, Detail: fmt.Sprintf(format, args...)}
	}
	if bytes.HasPrefix(data, []byte("\xff\xfe")) || bytes.HasPrefix(data, []byte("\xfe\xff")) {
		return wrong(Encoding, 0, "it is UTF-16, and must be UTF-8: iconv -f UTF-16 -t UTF-8")
	}
	if line := notUTF8(data); line > 0 {
		return wrong(Encoding, line, "not UTF-8, perhaps GBK: iconv -f GBK -t UTF-8")
	}
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	if len(bytes.TrimSpace(data)) == 0 {
		return wrong(Heading, 0, "it is empty, where a heading and lines should be")
	}
	r := csv.NewReader(bytes.NewReader(data))
	r.Comma = separator(data)
	heading, err := r.Read()
	if err != nil {
		return wrong(Broken, lineOf(err), "%s", whatIs(err))
	}
	t := &Table{Name: name}
	first, _ := r.FieldPos(0)
	seen := map[string]bool{}
	for i, column := range heading {
		column = strings.TrimSpace(column)
		switch {
		case column == "":
			return wrong(Heading, first, "the heading has no name for column %d", i+1)
		case seen[column]:
			return wrong(Heading, first, "the heading has the column %q twice", column)
		}
		seen[column] = true
		t.Columns = append(t.Columns, column)
	}
	for {
		fields, err := r.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if errors.Is(err, csv.ErrFieldCount) {
			return wrong(Broken, lineOf(err), "it has %d columns, and the heading %d: put what has a %q in it into quotes",
				len(fields), len(t.Columns), r.Comma)
		}
		if err != nil {
			return wrong(Broken, lineOf(err), "%s", whatIs(err))
		}
		line, _ := r.FieldPos(0)
		t.Lines = append(t.Lines, Line{line, fields})
	}
	if len(t.Lines) == 0 {
		return wrong(Heading, 0, "it has a heading and no lines")
	}
	return t, nil
}

// notUTF8 is the first line that is not UTF-8, or 0.
func notUTF8(data []byte) int {
	if utf8.Valid(data) {
		return 0
	}
	n := 0
	for line := range bytes.Lines(data) {
		n++
		if !utf8.Valid(line) {
			break
		}
	}
	return n
}

// separator is what the heading has between its names.
func separator(data []byte) rune {
	heading, _, _ := bytes.Cut(data, []byte("\n"))
	for _, r := range ",\t;" {
		if bytes.ContainsRune(heading, r) {
			return r
		}
	}
	return ','
}

func lineOf(err error) int {
	var wrong *csv.ParseError
	if errors.As(err, &wrong) {
		return wrong.StartLine
	}
	return 0
}

func whatIs(err error) string {
	switch {
	case errors.Is(err, csv.ErrQuote):
		return `a quote " is not at its place: a field with quotes in it is in quotes itself, and each of them is written twice`
	case errors.Is(err, csv.ErrBareQuote):
		return `there is a quote " in a field that does not begin with one: put the field into quotes, and write the quote twice`
	}
	return err.Error()
}

// Column is the place of the first column of one of these names, in any case; -1 if there is none.
// twice is a second one.
func (t *Table) Column(names ...string) (at int, twice string) {
	at = -1
	for i, column := range t.Columns {
		for _, name := range names {
			if !strings.EqualFold(column, name) {
				continue
			}
			if at >= 0 {
				return at, column
			}
			at = i
		}
	}
	return at, ""
}

// Keys returns a key for each line, which is the same for the same line in another reading of the
// table of a round, wherever it stands by then: a line that was corrected has another one, and the
// second of two equal lines as well.
func (t *Table) Keys(round string) []string {
	keys := make([]string, len(t.Lines))
	seen := map[[sha256.Size]byte]int{}
	for i, line := range t.Lines {
		h := sha256.New()
		for _, text := range append([]string{round}, line.Fields...) {
			fmt.Fprintf(h, "%d:%s", len(text), text)
		}
		sum := [sha256.Size]byte(h.Sum(nil))
		seen[sum]++
		keys[i] = "csv-" + hex.EncodeToString(sum[:16]) + "-" + strconv.Itoa(seen[sum])
	}
	return keys
}
