package gateway

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"

	"github.com/hongyan-im/hongyan/wecom"
)

// Letter is a message with its address: a [wecom.Message], [wecom.ChatMessage] or
// [wecom.RobotMessage].
type Letter interface {
	json.Marshaler
	Validate() error
}

// Priority orders the messages of one sender. "" is Normal.
type Priority string

// The priorities. Higher ones go more often, and lower ones still go.
const (
	High   Priority = "high"
	Normal Priority = "normal"
	Low    Priority = "low"
)

// IfUnknown says what becomes of a message of which it is not known whether it arrived, where WeCom's
// duplicate check cannot make a repetition harmless. "" is Repeat.
type IfUnknown string

// What can become of it.
const (
	Repeat IfUnknown = "repeat" // better twice than never
	Hold   IfUnknown = "hold"   // it ends as Uncertain, and a person decides
)

// Options is what only a gateway can do with a message. The zero value is the usual.
type Options struct {
	// Key is the idempotency key: the same key with the same message answers what became of that, and
	// stores nothing. At most 255 visible ASCII characters. "" means one that is made for the call.
	Key string

	App   string // instead of Config.App
	Robot string // instead of Config.Robot

	Delay     time.Duration     // send it no sooner than this from now; at most 30 days
	TTL       time.Duration     // of no use after this long from when it is due; 0 means a day, at most 7 days
	Priority  Priority          //
	Labels    map[string]string // the program's own words; at most 16, of 128 bytes each
	OrderKey  string            // messages of a sender with the same one go one after another; at most 128 bytes
	IfUnknown IfUnknown         //
	NoSplit   bool              // refuse what is too long for one call of WeCom, instead of sending it in parts
	// CallbackURL is where the gateway tells the result.
	CallbackURL string

	// Wait is how long Submit waits for the end of the message. 0 means that it does not.
	Wait time.Duration
}

// opOf is WeCom's name of what is done with a letter.
func opOf(l Letter) string {
	switch l.(type) {
	case wecom.ChatMessage:
		return "appchat/send"
	case wecom.RobotMessage:
		return "webhook/send"
	}
	return "message/send"
}

// encode is Encode for the client's own app and robot.
func (c *Client) encode(l Letter, o Options) ([]byte, error) {
	o.App, o.Robot = orDefault(o.App, c.app), orDefault(o.Robot, c.robot)
	return Encode(l, o)
}

// Encode returns the JSON that [Client.Submit] sends: WeCom's own, but for who sends it to whom, whom
// [Mobile] and [Email] name among them. A letter that brings a file along, which Submit uploads before,
// is a *[wecom.ValidationError].
func Encode(l Letter, o Options) ([]byte, error) {
	body := bodyOf(l)
	if body == nil {
		return nil, invalid("msgtype", wecom.Missing, "the message has no body")
	}
	data, err := l.MarshalJSON()
	if err != nil {
		return nil, invalid(body.MsgType()+".media_id", wecom.Missing,
			"JSON cannot carry a file: upload it first, and give its media id")
	}
	var in map[string]json.RawMessage
	if err := json.Unmarshal(data, &in); err != nil {
		return nil, err
	}
	for _, name := range []string{"touser", "toparty", "totag", "chatid", "agentid"} {
		delete(in, name)
	}
	set := func(name string, value any) {
		if err == nil {
			in[name], err = json.Marshal(value)
		}
	}
	setText := func(name, value string) {
		if value != "" {
			set(name, value)
		}
	}
	switch m := l.(type) {
	case wecom.Message:
		if _, chosen := in["duplicate_check_interval"]; m.DuplicateCheck || chosen {
			set("enable_duplicate_check", boolNumber(m.DuplicateCheck))
		}
		set("app", o.App)
		to := byName(m.To.Users)
		to.Parties, to.Tags, to.All = m.To.Parties, m.To.Tags, m.To.All
		set("to", to)
	case wecom.ChatMessage:
		set("app", o.App)
		set("to", Receivers{Chat: m.ChatID})
	case wecom.RobotMessage:
		set("robot", o.Robot)
	}
	if o.Delay != 0 {
		set("delay", o.Delay.String())
	}
	if o.TTL != 0 {
		set("ttl", o.TTL.String())
	}
	setText("priority", string(o.Priority))
	setText("order_key", o.OrderKey)
	setText("if_unknown", string(o.IfUnknown))
	setText("callback_url", o.CallbackURL)
	if len(o.Labels) > 0 {
		set("labels", o.Labels)
	}
	if o.NoSplit {
		set("split", false)
	}
	if err != nil {
		return nil, err
	}
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	err = enc.Encode(in) // with its members in order: the same message is the same request
	return bytes.TrimSuffix(buf.Bytes(), []byte("\n")), err
}

func boolNumber(b bool) int {
	if b {
		return 1
	}
	return 0
}

// bodyOf is what a letter says, or nil.
func bodyOf(l Letter) wecom.Body {
	switch m := l.(type) {
	case wecom.Message:
		return m.Body
	case wecom.ChatMessage:
		return m.Body
	case wecom.RobotMessage:
		return m.Body
	}
	panic(fmt.Sprintf("gateway: %T is none of the three kinds of Letter", l))
}

func invalid(field string, problem wecom.Problem, detail string) error {
	return &wecom.ValidationError{Fields: []*wecom.FieldError{{Field: field, Problem: problem, Detail: detail}}}
}
