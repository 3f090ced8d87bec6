package command

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/hongyan-im/hongyan/wecom"
)

// explainJSON says what is wrong with the JSON of name, at which line and column, without the words
// of Go.
func explainJSON(name string, data []byte, err error) error {
	var (
		syntax  *json.SyntaxError
		invalid *wecom.ValidationError
	)
	switch {
	case len(bytes.TrimSpace(data)) == 0:
		return failed("%s: it is empty, where JSON should be", name)
	case errors.As(err, &syntax):
		at := syntax.Offset - 1 // the offset counts the character that is wrong
		if strings.HasPrefix(syntax.Error(), "unexpected end") {
			at = int64(len(data))
		}
		return failed("%s:%s: %v", name, position(data, at), err).hint(
			"the JSON is broken there or just before: look for a quote, comma or bracket",
			"JSON 在此处或之前有误：请检查引号、逗号和括号")
	case errors.As(err, &invalid):
		return err
	}
	return failed("%s: %s", name, strings.TrimPrefix(err.Error(), "json: "))
}

// position is the line and column of the byte at, in characters, counted from 1.
func position(data []byte, at int64) string {
	before := data[:min(max(at, 0), int64(len(data)))]
	line := bytes.Count(before, []byte("\n")) + 1
	column := utf8.RuneCount(before[bytes.LastIndexByte(before, '\n')+1:]) + 1
	return fmt.Sprintf("%d:%d", line, column)
}
