package httpapi

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/hongyan-im/hongyan/internal/delivery"
	"github.com/hongyan-im/hongyan/wecom"
)

// letter is a message as a program writes it, while it is read.
type letter struct {
	values
	app, robot string
	to         recipients
	msgType    string
	body       []byte   // what stands under the name of msgType
	options    []option // WeCom's own members beside the body
	key        *string  // where the message may have a key of its own; nil if it may not

	request delivery.Request
}

type option struct {
	name  string
	value []byte
}

type recipients struct {
	values
	given           bool
	to              wecom.To
	mobiles, emails []string
	chat            string
}

// decodeMessage reads the JSON of a message. The error is a fault that names all that is wrong;
// the limits of the message are the intake's to check.
func decodeMessage(data []byte) (delivery.Request, error) {
	if err := checkJSON(data); err != nil {
		return delivery.Request{}, err
	}
	l := letter{}
	return l.readMessage(data)
}

// readMessage reads a message, which is a JSON object.
func (l *letter) readMessage(data []byte) (delivery.Request, error) {
	l.readAll(data)
	l.address()
	if len(l.faults) == 0 {
		l.compose()
	}
	if len(l.faults) > 0 {
		return delivery.Request{}, &fault{is: problemInvalid, fields: l.faults}
	}
	return l.request, nil
}

// readAll reads the members of the body, each by its entry in messageFields.
func (l *letter) readAll(data []byte) {
	seen := make([]bool, len(messageFields))
	var bodies [][2][]byte
	for name, value := range members(data) {
		if len(l.faults) >= maxFaults {
			return
		}
		i, known := messageIndex[string(name)]
		switch {
		case l.key != nil && string(name) == keyField:
			if *l.key != "" {
				l.wrong(keyField, wecom.Conflict, "it is given twice")
			}
			l.text(keyField, value, l.key)
			continue
		case !known:
			l.unknown(string(name), messageNames)
			continue
		case seen[i]:
			l.wrong(string(name), wecom.Conflict, "it is given twice")
			continue
		}
		seen[i] = true
		if string(value) == "null" {
			continue
		}
		if read := messageFields[i].read; read != nil {
			read(l, messageFields[i].name, value)
		} else {
			bodies = append(bodies, [2][]byte{name, value})
		}
	}
	for _, b := range bodies {
		if string(b[0]) == l.msgType {
			l.body = b[1]
		} else if !isEmpty(b[1]) && slices.Contains(bodyNames, l.msgType) {
			l.wrong(string(b[0]), wecom.Conflict, "msgtype is "+shown(l.msgType)+", so this would not be sent")
		}
	}
}

// isEmpty reports whether a body says nothing: some programs send one of every msgtype.
func isEmpty(body []byte) bool {
	switch strings.Join(strings.Fields(string(body[:min(len(body), 16)])), "") {
	case "{}", "[]", `""`, "0", "false":
		return true
	}
	return false
}

// address finds out who sends, and to whom.
func (l *letter) address() {
	l.faults = append(l.faults, l.to.faults...)
	switch {
	case l.app == "" && l.robot == "":
		l.wrong("app", wecom.Missing, "the name of an app of the configuration, or robot for that of a group robot")
	case l.app != "" && l.robot != "":
		l.wrong("robot", wecom.Conflict, "a message goes by app or by robot, given both")
	case l.robot != "":
		l.request.Sender = delivery.Robot(l.robot)
		if l.to.given {
			l.wrong("to", wecom.Conflict, "a robot speaks in its own group chat")
		}
	default:
		l.request.Sender = delivery.App(l.app)
		if l.to.chat != "" && (l.to.to.All || len(l.to.to.Users)+len(l.to.to.Parties)+len(l.to.to.Tags) > 0) {
			l.wrong("to.chat", wecom.Conflict, "a group chat stands alone: send to the others by a message of their own")
		}
	}
	if strings.HasPrefix(l.app, "robot:") {
		l.wrong("app", wecom.Malformed, "give the name of a robot as robot")
	}
}

// compose makes the content, by way of WeCom's JSON: what WeCom takes is taken here.
func (l *letter) compose() {
	buf := bytes.NewBuffer(make([]byte, 0, len(l.body)+128))
	buf.WriteString(`{"msgtype":`)
	name, _ := json.Marshal(l.msgType)
	buf.Write(name)
	if l.body != nil {
		buf.WriteByte(',')
		buf.Write(name)
		buf.WriteByte(':')
		buf.Write(l.body)
	}
	for _, o := range l.options {
		if l.robot != "" || l.to.chat != "" && o.name != "safe" {
			l.wrong(o.name, wecom.Conflict, "it is only for messages to members, departments and tags")
		}
		buf.WriteString(`,"` + o.name + `":`)
		buf.Write(o.value)
	}
	buf.WriteByte('}')

	var err error
	switch c := &l.request.Content; {
	case l.robot != "":
		c.Robot = &wecom.RobotMessage{}
		err = c.Robot.UnmarshalJSON(buf.Bytes())
	case l.to.chat != "":
		c.Chat = &wecom.ChatMessage{}
		err = c.Chat.UnmarshalJSON(buf.Bytes())
		c.Chat.ChatID = l.to.chat
	default:
		c.App = &wecom.Message{}
		err = c.App.UnmarshalJSON(buf.Bytes())
		c.App.To = l.to.to
	}
	if err == nil {
		return
	}
	var invalid *wecom.ValidationError
	if errors.As(err, &invalid) {
		l.faults = append(l.faults, renamed(invalid.Fields)...)
		return
	}
	l.wrong(l.msgType, wecom.Malformed, "it is not what WeCom's documents show")
}

// readTo reads the receivers.
func (l *letter) readTo(value []byte) {
	l.to.given = true
	if kindOf(value) != "an object" {
		l.wrong("to", wecom.Malformed, `it is an object such as {"users": ["zhangsan"]}, given `+kindOf(value))
		return
	}
	l.to.within = "to."
	var seen []string
	for name, value := range members(value) {
		if len(l.to.faults) >= maxFaults {
			return
		}
		field := string(name)
		if slices.Contains(seen, field) {
			l.to.wrong(field, wecom.Conflict, "it is given twice")
			continue
		}
		if !slices.Contains(receiverNames, field) {
			l.to.unknown(field, receiverNames)
			continue
		}
		seen = append(seen, field)
		if string(value) == "null" {
			continue
		}
		switch field {
		case "users":
			l.to.decode(field, "an array of strings", value, &l.to.to.Users)
		case "mobiles":
			l.to.decode(field, "an array of strings", value, &l.to.mobiles)
		case "emails":
			l.to.decode(field, "an array of strings", value, &l.to.emails)
		case "parties":
			l.to.decode(field, "an array of whole numbers", value, &l.to.to.Parties)
		case "tags":
			l.to.decode(field, "an array of whole numbers", value, &l.to.to.Tags)
		case "all":
			l.to.decode(field, "true or false", value, &l.to.to.All)
		case "chat":
			l.to.text(field, value, &l.to.chat)
		}
	}
	for i, user := range l.to.to.Users {
		if delivery.IsAlias(user) {
			l.to.malformed("users", i, user, "a user id has no colon in it; phone numbers go into mobiles, and email addresses into emails")
		}
	}
	l.to.aliases("mobiles", l.to.mobiles, delivery.Mobile)
	l.to.aliases("emails", l.to.emails, delivery.Email)
}

// aliases adds members who are named by something else than their user id.
func (r *recipients) aliases(field string, given []string, parse func(string) (string, error)) {
	for i, text := range given {
		alias, err := parse(text)
		if err != nil {
			r.malformed(field, i, text, err.Error())
			continue
		}
		r.to.Users = append(r.to.Users, alias)
	}
}

func (r *recipients) malformed(list string, i int, given, detail string) {
	if len(r.faults) < maxFaults {
		r.wrong(list+"["+strconv.Itoa(i)+"]", wecom.Malformed, detail+`; given "`+shown(given)+`"`)
	}
}

var receiverNames = []string{"users", "mobiles", "emails", "parties", "tags", "all", "chat"}

// digestOf tells a request from another one with the same Idempotency-Key. The order of members and
// the space between them make no difference, nor do the members of these names.
func digestOf(operation string, body []byte, without ...string) (delivery.Digest, error) {
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.UseNumber()
	var value any
	if err := dec.Decode(&value); err != nil {
		return delivery.Digest{}, err
	}
	if members, ok := value.(map[string]any); ok {
		for _, name := range without {
			delete(members, name)
		}
	}
	canonical, err := json.Marshal(value) // sorts the members
	if err != nil {
		return delivery.Digest{}, err
	}
	return sha256.Sum256(append([]byte(operation+"\n"), canonical...)), nil
}
