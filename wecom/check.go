package wecom

import (
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"
)

// idMarker is what WeCom turns into a name when ids are translated.
var idMarker = regexp.MustCompile(`\$(userName|departmentName|userAlias|userAliasOrName|chatName|msgContent|externalUserName)=[^$\s]+\$`)

// at returns the path of an element of a list.
func at(list string, i int) string { return list + "[" + strconv.Itoa(i) + "]" }

// utf8 checks a string that may be absent, and whose length WeCom does not limit.
func (c *checker) utf8(field, value string) { c.text(field, value, false, 0, Bytes, TooLong) }

// required checks a string that must be there, and whose length WeCom does not limit.
func (c *checker) required(field, value string) { c.text(field, value, true, 0, Bytes, TooLong) }

// between checks the number of characters, if there are any. A text with id markers is not
// measured: WeCom puts names in their place.
func (c *checker) between(field, value string, least, most int) {
	if idMarker.MatchString(value) {
		c.utf8(field, value)
		return
	}
	c.text(field, value, false, most, Characters, TooLong)
	if n := utf8.RuneCountInString(value); n > 0 && n < least && utf8.ValidString(value) {
		c.add(FieldError{Field: field, Problem: TooShort, Limit: least, Given: n, Unit: Characters})
	}
}

// count checks the length of a list.
func (c *checker) count(field string, n, least, most int) {
	switch {
	case n < least:
		c.add(FieldError{Field: field, Problem: Missing, Detail: "give " + strconv.Itoa(least) + " to " + strconv.Itoa(most)})
	case n > most:
		c.add(FieldError{Field: field, Problem: TooMany, Limit: most, Given: n, Unit: Elements})
	}
}

// among checks a number that names one of a few things.
func (c *checker) among(field string, value, least, most int) {
	if value < least || value > most {
		c.add(FieldError{
			Field: field, Problem: NotKnown,
			Detail: "given " + strconv.Itoa(value) + ", known are " + strconv.Itoa(least) + " to " + strconv.Itoa(most),
		})
	}
}

// unique checks that a value is the only one of its kind; seen holds the field of each.
func (c *checker) unique(field, value string, seen map[string]string) {
	if value == "" {
		return
	}
	if first, repeated := seen[value]; repeated {
		c.add(FieldError{Field: field, Problem: Conflict, Detail: "it repeats that of " + first})
		return
	}
	seen[value] = field
}

// id checks a name of the sender's own, such as a task_id: at most 128 bytes of a few characters.
func (c *checker) id(field, value string) {
	c.text(field, value, false, 128, Bytes, TooLong)
	if strings.ContainsFunc(value, func(r rune) bool {
		return !(r >= '0' && r <= '9' || r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z' || r == '_' || r == '-' || r == '@')
	}) {
		c.add(FieldError{Field: field, Problem: Malformed, Detail: "only digits, letters of ASCII and _ - @ may be in it"})
	}
}

// key checks what comes back in an event: required, at most 1024 bytes.
func (c *checker) key(field, value string) { c.text(field, value, true, 1024, Bytes, TooLong) }

// updateOnly refuses a field that message/send does not have, so that it is not set by mistake.
func (c *checker) updateOnly(field string, given bool) {
	if given && !c.updating {
		c.add(FieldError{Field: field, Problem: Conflict, Detail: "only the update of a card knows it, not the sending"})
	}
}
