package wecom

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Problem says what is wrong with a field.
type Problem string

// The problems a field can have.
const (
	Missing   Problem = "missing"     // required and not given
	TooLong   Problem = "too long"    // WeCom refuses it
	WouldCut  Problem = "would cut"   // WeCom accepts it and drops the tail without a word
	TooShort  Problem = "too short"   // WeCom refuses it
	TooMany   Problem = "too many"    // too many elements
	Malformed Problem = "malformed"   // not of the form that WeCom wants
	NotKnown  Problem = "not known"   // not a value that exists
	Conflict  Problem = "in conflict" // does not go with another field
)

// Unit is what a limit counts.
type Unit string

// The units of limits.
const (
	Bytes       Unit = "bytes"       // of the UTF-8 encoding; a Chinese character takes three
	Characters  Unit = "characters"  // Unicode code points
	Seconds     Unit = "seconds"     //
	Members     Unit = "members"     // user ids
	Departments Unit = "departments" // department ids
	Tags        Unit = "tags"        // tag ids
	Elements    Unit = "elements"    // of a list in the body, such as articles or buttons
)

// FieldError says what is wrong with one field of a message. It tells sizes, ids and names of types,
// never what the message says.
type FieldError struct {
	Field   string // WeCom's own name of the field, such as "text.content"
	Problem Problem
	Limit   int    // for TooLong, TooShort, WouldCut and TooMany
	Given   int    // what was given, in the same unit
	Unit    Unit   // what Limit and Given count
	Detail  string // for the other problems: what is wanted, and what was given
	Err     error  // what the system said, where a file cannot be read; or nil
}

// Unwrap returns what the system said, such as fs.ErrNotExist.
func (e *FieldError) Unwrap() error { return e.Err }

// Error names the field, the limit, its unit and what was given.
func (e *FieldError) Error() string {
	switch e.Problem {
	case Missing:
		return withDetail(e.Field+" is missing", e.Detail)
	case TooLong, WouldCut, TooMany:
		text := fmt.Sprintf("%s has %d %s, the limit is %d", e.Field, e.Given, e.Unit, e.Limit)
		if e.Problem == WouldCut {
			text += "; WeCom would cut off the rest without an error"
		}
		return withDetail(text, e.Detail)
	case TooShort:
		return withDetail(fmt.Sprintf("%s has %d %s, the least is %d", e.Field, e.Given, e.Unit, e.Limit), e.Detail)
	}
	return withDetail(e.Field+" is "+string(e.Problem), e.Detail)
}

func withDetail(text, detail string) string {
	if detail == "" {
		return text
	}
	return text + ": " + detail
}

// Hint returns what to do about it, in the language.
func (e *FieldError) Hint(lang Lang) string {
	if e.Err != nil {
		return lang.in("check that the file is there and may be read", "请检查文件是否存在、是否可读")
	}
	limit := strconv.Itoa(e.Limit)
	switch e.Problem {
	case Missing:
		return lang.in("give "+e.Field, "请填写 "+e.Field)
	case TooLong:
		if e.Field == mediaField || strings.HasSuffix(e.Field, "."+mediaField) {
			return lang.in("make the file smaller: at most "+limit+" bytes", "请缩小文件：最多 "+limit+" 字节")
		}
		return lang.in("shorten "+e.Field+" to "+limit+" "+string(e.Unit), "请把 "+e.Field+" 缩短到 "+limit+" "+e.Unit.chinese())
	case WouldCut:
		return lang.in(
			"shorten "+e.Field+" to "+limit+" "+string(e.Unit)+", send it in parts, or accept the cut (TruncateOK)",
			"请把 "+e.Field+" 缩短到 "+limit+" "+e.Unit.chinese()+"、分条发送，或允许截断（TruncateOK）")
	case TooShort:
		return lang.in("lengthen "+e.Field+" to "+limit+" "+string(e.Unit), "请把 "+e.Field+" 写到至少 "+limit+" "+e.Unit.chinese())
	case TooMany:
		if e.Unit == Elements {
			return lang.in("give "+e.Field+" at most "+limit+" elements", e.Field+" 最多 "+limit+" "+e.Unit.chinese())
		}
		return lang.in("send to at most "+limit+" "+string(e.Unit)+" at once", "一次最多 "+limit+" "+e.Unit.chinese()+"，请分批发送")
	}
	if strings.HasPrefix(e.Detail, notUTF8) {
		return lang.in("convert it to UTF-8 first, as by iconv -f GBK -t UTF-8", "请先转成 UTF-8，例如 iconv -f GBK -t UTF-8")
	}
	return lang.in("correct "+e.Field, "请修正 "+e.Field)
}

const notUTF8 = "not UTF-8"

func (u Unit) chinese() string {
	switch u {
	case Bytes:
		return "字节（UTF-8，一个汉字占 3 字节）"
	case Characters:
		return "个字符"
	case Seconds:
		return "秒"
	case Members:
		return "个成员"
	case Departments:
		return "个部门"
	case Tags:
		return "个标签"
	case Elements:
		return "项"
	}
	return string(u)
}

// ValidationError says that a message was not sent, or another call not made, and why: one entry per
// field that is wrong.
// errors.As finds the first *[FieldError] in it.
type ValidationError struct {
	Fields []*FieldError // never empty

	of string // what is invalid: `image "plan.png"`; "" means a message
}

// Error lists every field that is wrong.
func (e *ValidationError) Error() string {
	parts := make([]string, len(e.Fields))
	for i, f := range e.Fields {
		parts[i] = f.Error()
	}
	return "wecom: invalid " + orDefault(e.of, "message") + ": " + strings.Join(parts, "; ")
}

// Unwrap returns the field errors.
func (e *ValidationError) Unwrap() []error {
	errs := make([]error, len(e.Fields))
	for i, f := range e.Fields {
		errs[i] = f
	}
	return errs
}

// Hint returns what to do about each field, in the language.
func (e *ValidationError) Hint(lang Lang) string {
	parts := make([]string, len(e.Fields))
	for i, f := range e.Fields {
		parts[i] = f.Hint(lang)
	}
	return strings.Join(parts, lang.in("; ", "；"))
}

// WouldTruncate reports whether err says no more than that WeCom would cut fields of the message
// in silence: setting [Message.TruncateOK] would let it pass.
func (e *ValidationError) WouldTruncate() bool {
	for _, f := range e.Fields {
		if f.Problem != WouldCut {
			return false
		}
	}
	return true
}

// invalid returns a ValidationError of one field of something other than a message.
func invalid(of string, f FieldError) error {
	return &ValidationError{Fields: []*FieldError{&f}, of: of}
}

// fieldError returns a ValidationError of one field of a message.
func fieldError(field string, problem Problem, detail string) error {
	return &ValidationError{Fields: []*FieldError{{Field: field, Problem: problem, Detail: detail}}}
}

// checker collects what is wrong with a message.
type checker struct {
	of         string // what is checked; "" means a message
	place      place
	truncateOK bool
	updating   bool // the card is for update_template_card, which knows other fields than message/send
	fields     []*FieldError
}

func (c *checker) add(f FieldError) { c.fields = append(c.fields, &f) }

func (c *checker) err() error {
	if len(c.fields) == 0 {
		return nil
	}
	return &ValidationError{Fields: c.fields, of: c.of}
}

// text checks a string: valid UTF-8, there if required, and within limit (0 means none). A cut
// beyond the limit is a problem of its own, because WeCom does it without a word.
func (c *checker) text(field, value string, required bool, limit int, unit Unit, past Problem) {
	if value == "" {
		if required {
			c.add(FieldError{Field: field, Problem: Missing})
		}
		return
	}
	if !utf8.ValidString(value) {
		c.add(FieldError{Field: field, Problem: Malformed, Detail: notUTF8 + " at byte " + strconv.Itoa(invalidAt(value)) + ", perhaps GBK"})
		return
	}
	given := len(value)
	if unit == Characters {
		given = utf8.RuneCountInString(value)
	}
	if limit == 0 || given <= limit || past == WouldCut && c.truncateOK {
		return
	}
	c.add(FieldError{Field: field, Problem: past, Limit: limit, Given: given, Unit: unit})
}

// url checks a link: at most 2048 bytes, with a scheme that WeCom takes.
func (c *checker) url(field, value string, required bool) {
	c.text(field, value, required, 2048, Bytes, TooLong)
	c.scheme(field, value)
}

// scheme checks that a link begins as WeCom wants it (45034).
func (c *checker) scheme(field, value string) {
	if value != "" && !strings.HasPrefix(value, "http://") && !strings.HasPrefix(value, "https://") {
		c.add(FieldError{Field: field, Problem: Malformed, Detail: "it must begin with http:// or https://"})
	}
}

// invalidAt returns the offset of the first byte that is not UTF-8.
func invalidAt(s string) int {
	for i, r := range s {
		if r == utf8.RuneError {
			if _, size := utf8.DecodeRuneInString(s[i:]); size == 1 {
				return i
			}
		}
	}
	return len(s)
}
