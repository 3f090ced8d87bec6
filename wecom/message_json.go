package wecom

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// bodyTypes makes a body of each msgtype from its JSON. A new type adds its line here.
var bodyTypes = map[string]func(json.RawMessage) (Body, error){
	"text":     decodeBody[Text],
	"textcard": decodeBody[TextCard],
}

// MsgTypes returns the msgtypes that this package knows, sorted.
func MsgTypes() []string {
	return slices.Sorted(maps.Keys(bodyTypes))
}

func decodeBody[B Body](data json.RawMessage) (Body, error) {
	var b B
	if len(data) == 0 {
		return b, nil // Validate names what is missing
	}
	err := json.Unmarshal(data, &b)
	return b, err
}

// MarshalJSON returns the body of message/send. A message without AgentID has no agentid in it;
// [Client.Send] adds its own.
func (m Message) MarshalJSON() ([]byte, error) {
	return m.encode()
}

// encode writes the request. Members stand in the order of the official samples, and characters
// such as < and & as they are, not as \u escapes, which WeCom's list of codes frowns upon (40033).
func (m Message) encode() ([]byte, error) {
	if isNil(m.Body) {
		return nil, errors.New("wecom: the message has no body")
	}
	buf := bytes.NewBuffer(make([]byte, 0, 512))
	sep := byte('{')
	member := func(name string) {
		buf.WriteByte(sep)
		sep = ','
		buf.WriteByte('"')
		buf.WriteString(name)
		buf.WriteString(`":`)
	}
	if m.To.All || len(m.To.Users) > 0 {
		member("touser")
		users := everybody
		if !m.To.All {
			users = strings.Join(m.To.Users, "|")
		}
		if err := writeString(buf, users); err != nil {
			return nil, err
		}
	}
	for _, list := range [...]struct {
		name string
		ids  []int
	}{{"toparty", m.To.Parties}, {"totag", m.To.Tags}} {
		if len(list.ids) > 0 {
			member(list.name)
			writeJoined(buf, list.ids)
		}
	}
	member("msgtype")
	buf.WriteString(`"` + m.Body.MsgType() + `"`)
	member(m.Body.MsgType())
	if err := writeJSON(buf, m.Body); err != nil {
		return nil, err
	}
	for _, n := range [...]struct {
		name  string
		value int
	}{
		{"agentid", m.AgentID},
		{"safe", m.Safe},
		{"enable_id_trans", bit(m.TranslateIDs)},
		{"enable_duplicate_check", bit(m.DuplicateCheck)},
		{"duplicate_check_interval", int(m.DuplicateCheckInterval / time.Second)},
	} {
		if n.value != 0 {
			member(n.name)
			buf.Write(strconv.AppendInt(buf.AvailableBuffer(), int64(n.value), 10))
		}
	}
	buf.WriteByte('}')
	return buf.Bytes(), nil
}

// writeJSON writes v without the line break and the escapes for HTML that the encoder adds.
func writeJSON(buf *bytes.Buffer, v any) error {
	enc := json.NewEncoder(buf)
	enc.SetEscapeHTML(false)
	err := enc.Encode(v)
	buf.Truncate(buf.Len() - 1)
	return err
}

// writeString writes a JSON string; user ids are nearly always plain.
func writeString(buf *bytes.Buffer, s string) error {
	for i := range len(s) {
		if b := s[i]; b < ' ' || b == '"' || b == '\\' || b >= 0x7f {
			return writeJSON(buf, s)
		}
	}
	buf.WriteByte('"')
	buf.WriteString(s)
	buf.WriteByte('"')
	return nil
}

// writeJoined writes ids as WeCom wants them: one string, joined by "|".
func writeJoined(buf *bytes.Buffer, ids []int) {
	buf.WriteByte('"')
	for i, id := range ids {
		if i > 0 {
			buf.WriteByte('|')
		}
		buf.Write(strconv.AppendInt(buf.AvailableBuffer(), int64(id), 10))
	}
	buf.WriteByte('"')
}

func bit(b bool) int {
	if b {
		return 1
	}
	return 0
}

// UnmarshalJSON reads the body of message/send as the official documents show it. It takes what
// WeCom takes: numbers in quotes, blanks round "|", fields it does not know, and the bodies of
// other msgtypes beside the real one. A msgtype that is not known is a *[ValidationError].
func (m *Message) UnmarshalJSON(data []byte) error {
	var in struct {
		ToUser                 joined     `json:"touser"`
		ToParty                joined     `json:"toparty"`
		ToTag                  joined     `json:"totag"`
		MsgType                string     `json:"msgtype"`
		AgentID                lenientInt `json:"agentid"`
		Safe                   lenientInt `json:"safe"`
		TranslateIDs           lenientInt `json:"enable_id_trans"`
		DuplicateCheck         lenientInt `json:"enable_duplicate_check"`
		DuplicateCheckInterval lenientInt `json:"duplicate_check_interval"`
	}
	if err := json.Unmarshal(data, &in); err != nil {
		return err
	}
	decode, ok := bodyTypes[in.MsgType]
	if !ok {
		return msgTypeError(in.MsgType)
	}
	var bodies map[string]json.RawMessage
	if err := json.Unmarshal(data, &bodies); err != nil {
		return err
	}
	body, err := decode(bodies[in.MsgType])
	if err != nil {
		return fmt.Errorf("%s: %w", in.MsgType, err)
	}
	to := To{Users: in.ToUser}
	if len(in.ToUser) == 1 && in.ToUser[0] == everybody {
		to = To{All: true}
	}
	if to.Parties, err = in.ToParty.ids("toparty"); err != nil {
		return err
	}
	if to.Tags, err = in.ToTag.ids("totag"); err != nil {
		return err
	}
	if in.DuplicateCheckInterval < 0 || in.DuplicateCheckInterval > 1<<31 {
		return fmt.Errorf("duplicate_check_interval is %d seconds, out of range", in.DuplicateCheckInterval)
	}
	*m = Message{
		To: to, Body: body,
		AgentID: int(in.AgentID), Safe: int(in.Safe),
		TranslateIDs: in.TranslateIDs != 0, DuplicateCheck: in.DuplicateCheck != 0,
		DuplicateCheckInterval: time.Duration(in.DuplicateCheckInterval) * time.Second,
		TruncateOK:             m.TruncateOK,
	}
	return nil
}

func msgTypeError(given string) error {
	f := FieldError{Field: "msgtype", Problem: Missing}
	known := strings.Join(MsgTypes(), ", ")
	if given == "" {
		f.Detail = "it is one of " + known
	} else {
		f.Problem = NotKnown
		f.Detail = fmt.Sprintf("given %.40q, known here: %s", given, known)
	}
	return &ValidationError{Fields: []*FieldError{&f}}
}

// joined is a list that travels as one string joined by "|". An array is understood too, and a
// single number, as some programs send.
type joined []string

func (j *joined) UnmarshalJSON(data []byte) error {
	var text string
	switch {
	case bytes.Equal(data, []byte("null")):
		return nil
	case data[0] == '[':
		return json.Unmarshal(data, (*[]string)(j))
	case data[0] == '"':
		if err := json.Unmarshal(data, &text); err != nil {
			return err
		}
	default:
		text = string(data)
	}
	*j = nil
	for part := range strings.SplitSeq(text, "|") {
		if part = strings.TrimSpace(part); part != "" {
			*j = append(*j, part)
		}
	}
	return nil
}

// ids returns the elements as numbers.
func (j joined) ids(field string) ([]int, error) {
	var ids []int
	for _, part := range j {
		id, err := strconv.Atoi(part)
		if err != nil {
			return nil, &ValidationError{Fields: []*FieldError{{
				Field: field, Problem: Malformed, Detail: fmt.Sprintf("ids are whole numbers, given %.40q", part),
			}}}
		}
		ids = append(ids, id)
	}
	return ids, nil
}

// numbers returns the elements that are numbers; WeCom sends back only ids that it was given.
func (j joined) numbers() []int {
	var ids []int
	for _, part := range j {
		if id, err := strconv.Atoi(part); err == nil {
			ids = append(ids, id)
		}
	}
	return ids
}

// lenientInt is a number that may stand in quotes.
type lenientInt int64

func (n *lenientInt) UnmarshalJSON(data []byte) error {
	text := strings.Trim(string(data), `"`)
	switch text {
	case "", "null", "false":
		*n = 0
		return nil
	case "true":
		*n = 1
		return nil
	}
	v, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return fmt.Errorf("%.40q is not a whole number", text)
	}
	*n = lenientInt(v)
	return nil
}

// sendAnswer is WeCom's answer to message/send.
type sendAnswer struct {
	status
	MsgID          string `json:"msgid"`
	InvalidUser    joined `json:"invaliduser"`
	InvalidParty   joined `json:"invalidparty"`
	InvalidTag     joined `json:"invalidtag"`
	UnlicensedUser joined `json:"unlicenseduser"`
	ResponseCode   string `json:"response_code"`
}

func (a *sendAnswer) receipt() Receipt {
	return Receipt{
		MsgID: a.MsgID, ResponseCode: a.ResponseCode,
		InvalidUsers: a.InvalidUser, InvalidParties: a.InvalidParty.numbers(), InvalidTags: a.InvalidTag.numbers(),
		UnlicensedUsers: a.UnlicensedUser,
	}
}
