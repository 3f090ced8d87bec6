package wecom

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// bodyTypes makes a body of each msgtype from its JSON. A new type adds its line here.
var bodyTypes = map[string]func(json.RawMessage) (Body, error){
	"text":                 decodeBody[Text],
	"textcard":             decodeBody[TextCard],
	"news":                 decodeBody[News],
	"mpnews":               decodeBody[MPNews],
	"markdown":             decodeBody[Markdown],
	"miniprogram_notice":   decodeBody[MiniProgramNotice],
	"template_card":        decodeCardBody,
	"taskcard":             decodeBody[TaskCard],
	"interactive_taskcard": decodeBody[InteractiveTaskCard],
	"image":                decodeBody[Image],
	"voice":                decodeBody[Voice],
	"video":                decodeBody[Video],
	"file":                 decodeBody[File],
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
// [Client.Send] adds its own. A [MiniProgramNotice] never has one.
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
	buf.WriteByte(sep)
	sep = ','
	if err := writeBody(buf, m.Body); err != nil {
		return nil, err
	}
	agentID := m.AgentID
	if namesNoApp(m.Body) {
		agentID = 0
	}
	for _, n := range [...]struct {
		name  string
		value int
	}{
		{"agentid", agentID},
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

// writeBody writes the members that say what a message is: its msgtype and the body of that name.
func writeBody(buf *bytes.Buffer, b Body) error {
	if file, ok := b.(carrier); ok && file.file() != nil {
		return fmt.Errorf("wecom: the %s has yet to be uploaded; JSON has a media_id", b.MsgType())
	}
	buf.WriteString(`"msgtype":"` + b.MsgType() + `","` + b.MsgType() + `":`)
	return writeJSON(buf, b)
}

// writeJSON writes v without the line break and the escapes for HTML that the encoder adds.
func writeJSON(buf *bytes.Buffer, v any) error {
	enc := json.NewEncoder(buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return err
	}
	buf.Truncate(buf.Len() - 1)
	return nil
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
	if string(data) == "null" {
		return nil
	}
	var in struct {
		MsgType                string     `json:"msgtype"`
		ToUser                 joined     `json:"touser"`
		ToParty                joined     `json:"toparty"`
		ToTag                  joined     `json:"totag"`
		AgentID                lenientInt `json:"agentid"`
		Safe                   lenientInt `json:"safe"`
		TranslateIDs           lenientInt `json:"enable_id_trans"`
		DuplicateCheck         lenientInt `json:"enable_duplicate_check"`
		DuplicateCheckInterval lenientInt `json:"duplicate_check_interval"`
	}
	if err := json.Unmarshal(data, &in); err != nil {
		return wrongType("", err)
	}
	body, err := unmarshalBody(data, in.MsgType, bodyTypes)
	if err != nil {
		return err
	}
	var to To
	if to.Users, err = in.ToUser.list("touser"); err != nil {
		return err
	}
	if len(to.Users) == 1 && to.Users[0] == everybody {
		to = To{All: true}
	}
	if to.Parties, err = in.ToParty.ids("toparty"); err != nil {
		return err
	}
	if to.Tags, err = in.ToTag.ids("totag"); err != nil {
		return err
	}
	var numbers [5]int
	for i, n := range [...]struct {
		field string
		given lenientInt
		most  int
	}{
		{"agentid", in.AgentID, math.MaxInt32},
		{"safe", in.Safe, math.MaxInt32},
		{"enable_id_trans", in.TranslateIDs, 1},
		{"enable_duplicate_check", in.DuplicateCheck, 1},
		{"duplicate_check_interval", in.DuplicateCheckInterval, int(MaxDuplicateCheckInterval / time.Second)},
	} {
		if numbers[i], err = n.given.number(n.field, n.most); err != nil {
			return err
		}
	}
	*m = Message{
		To: to, Body: body,
		AgentID: numbers[0], Safe: numbers[1], TranslateIDs: numbers[2] == 1, DuplicateCheck: numbers[3] == 1,
		DuplicateCheckInterval: time.Duration(numbers[4]) * time.Second,
		TruncateOK:             m.TruncateOK,
	}
	return nil
}

// unmarshalBody reads the body that has the name of the message's msgtype. data is an object that was
// read before, so that it is known to be JSON.
func unmarshalBody(data []byte, msgType string, types map[string]func(json.RawMessage) (Body, error)) (Body, error) {
	decode, ok := types[msgType]
	if !ok {
		return nil, msgTypeError(msgType, slices.Sorted(maps.Keys(types)))
	}
	body, err := decode(member(data, msgType))
	if err != nil {
		return nil, wrongType(msgType, err)
	}
	return body, nil
}

func msgTypeError(given string, types []string) error {
	known := strings.Join(types, ", ")
	if given == "" {
		return fieldError("msgtype", Missing, "it is one of "+known)
	}
	return fieldError("msgtype", NotKnown, fmt.Sprintf("given %.40q, known here: %s", given, known))
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

func (a *sendAnswer) complete() bool { return a.MsgID != "" }

func (a *sendAnswer) receipt() Receipt {
	return Receipt{
		MsgID: a.MsgID, ResponseCode: a.ResponseCode,
		InvalidUsers: a.InvalidUser.names(), InvalidParties: a.InvalidParty.numbers(), InvalidTags: a.InvalidTag.numbers(),
		UnlicensedUsers: a.UnlicensedUser.names(),
	}
}
