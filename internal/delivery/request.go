package delivery

import (
	"errors"
	"fmt"
	"time"
)

// Request is what a program asks for: a message of any length to any number of receivers.
type Request struct {
	Sender  Sender
	Content Content

	Delay    time.Duration // not before this long from now; at most MaxDelay
	TTL      time.Duration // of no use after this long from when it is due; 0 means DefaultTTL, at most MaxTTL
	Priority Priority
	OrderKey string // at most MaxOrderKey bytes
	// NoSplit refuses what does not fit into one call, instead of splitting it.
	NoSplit   bool
	IfUnknown Unknown
	// OwnCheck: the program chose itself whether the duplicate check is on, in Content.
	OwnCheck bool

	Labels      map[string]string // at most MaxLabels, of at most MaxLabel bytes each
	CallbackURL string

	Producer string // name of the API key
	Key      string // idempotency key, at most MaxKey bytes; "" means none
	Digest   Digest // of the request, where there is a key
}

// Limits of a [Request].
const (
	DefaultTTL  = 24 * time.Hour
	MaxTTL      = 7 * 24 * time.Hour
	MaxDelay    = 30 * 24 * time.Hour
	MaxOrderKey = 128 // bytes
	MaxKey      = 255 // bytes
	MaxLabels   = 16
	MaxLabel    = 128 // bytes, of a name or a value
)

// RequestError says which field of a [Request] is wrong. What the message itself says wrong is a
// *wecom.ValidationError.
type RequestError struct {
	Field  string // as the API names it, such as "ttl"
	Detail string // what is wrong, the limit, and what was given
}

// Error names the field and what is wrong with it.
func (e *RequestError) Error() string { return fmt.Sprintf("%s: %s", e.Field, e.Detail) }

// check reports the first field that is out of its limits.
func (r *Request) check() error {
	wrong := func(field, format string, args ...any) error {
		return &RequestError{field, fmt.Sprintf(format, args...)}
	}
	switch kind := r.Content.Kind(); {
	case kind == 0 || r.Content.Body() == nil:
		return wrong("msgtype", "the message has no body")
	case r.Sender.IsRobot() != (kind == KindRobot):
		return wrong("robot", "a robot speaks in its own group chat, and an app to members or a chat of its own")
	case r.Delay < 0 || r.Delay > MaxDelay:
		return wrong("delay", "it is at most %v, given %v", MaxDelay, r.Delay)
	case r.TTL < 0 || r.TTL > MaxTTL:
		return wrong("ttl", "it is at most %v, given %v", MaxTTL, r.TTL)
	case r.TTL != 0 && r.TTL < time.Second:
		return wrong("ttl", "it is at least 1s, given %v", r.TTL)
	case r.Priority < High || r.Priority > Low:
		return wrong("priority", "it is high, normal or low, given %d", r.Priority)
	case len(r.OrderKey) > MaxOrderKey:
		return wrong("order_key", "it has at most %d bytes, given %d", MaxOrderKey, len(r.OrderKey))
	case len(r.Key) > MaxKey:
		return wrong("Idempotency-Key", "it has at most %d bytes, given %d", MaxKey, len(r.Key))
	case len(r.Labels) > MaxLabels:
		return wrong("labels", "there are at most %d, given %d", MaxLabels, len(r.Labels))
	}
	for name, value := range r.Labels {
		if name == "" || max(len(name), len(value)) > MaxLabel {
			return wrong("labels", "a name has 1 to %d bytes, a value at most %[1]d; given %d and %d", MaxLabel, len(name), len(value))
		}
	}
	return nil
}

// ErrUnknownSender says that the configuration has no such app or robot.
var ErrUnknownSender = errors.New("the configuration has no such sender")
