package delivery

import (
	"errors"
	"strconv"
	"strings"
)

// MessageID names a message: the moment it was accepted and a count within it, so that later
// messages have greater ids. It is positive and below 1<<51.
type MessageID int64

// MaxParts is the most deliveries that one message can become.
const MaxParts = 1 << 12

// ID names a delivery: its message, and which part of it, from 0.
type ID struct {
	Message MessageID
	Part    int
}

const (
	idPrefix = "msg_"
	// Crockford's base 32: no letter that looks like a digit, and the order of the text is that of
	// the number.
	idDigits = "0123456789abcdefghjkmnpqrstvwxyz"
	idLength = 11
	maxID    = MessageID(1)<<51 - 1
)

// String is how the API names the message: "msg_" and 11 digits or small letters.
func (id MessageID) String() string {
	var text [idLength]byte
	for i := len(text) - 1; i >= 0; i-- {
		text[i] = idDigits[id&31]
		id >>= 5
	}
	return idPrefix + string(text[:])
}

// ErrBadID says that a text is not the id of a message.
var ErrBadID = errors.New(`not the id of a message, which is "msg_" and 11 digits or small letters`)

// ParseMessageID reads what String wrote, or returns ErrBadID.
func ParseMessageID(text string) (MessageID, error) {
	digits, ok := strings.CutPrefix(text, idPrefix)
	if !ok || len(digits) != idLength {
		return 0, ErrBadID
	}
	var id MessageID
	for i := range len(digits) {
		digit := strings.IndexByte(idDigits, digits[i])
		if digit < 0 {
			return 0, ErrBadID
		}
		id = id<<5 | MessageID(digit)
	}
	if id <= 0 || id > maxID {
		return 0, ErrBadID
	}
	return id, nil
}

// String is the message and the part, from 1: "msg_0123456789a/1".
func (id ID) String() string { return id.Message.String() + "/" + strconv.Itoa(id.Part+1) }
