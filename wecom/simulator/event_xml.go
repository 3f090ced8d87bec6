package simulator

import (
	"encoding/xml"
	"strings"
)

// eventXML is an event as it is before encryption (path/90240).
type eventXML struct {
	XMLName       xml.Name `xml:"xml"`
	ToUserName    cdata
	FromUserName  cdata
	CreateTime    int64
	MsgType       cdata
	Event         cdata
	EventKey      *cdata
	TaskID        *cdata `xml:"TaskId"`
	CardType      *cdata
	ResponseCode  *cdata
	JobID         *cdata `xml:"JobId"`
	AgentID       int    `xml:",omitempty"`
	SelectedItems *selectedItems
}

type selectedItems struct{ SelectedItem []selectedItem }

type selectedItem struct {
	QuestionKey cdata
	OptionIDs   []cdata `xml:"OptionIds>OptionId"`
}

type cdata struct {
	Text string `xml:",cdata"`
}

// given is nil for an empty string, whose element is left out.
func given(s string) *cdata {
	if s == "" {
		return nil
	}
	c := wrap(s)
	return &c
}

// wrap drops the characters that XML has no place for.
func wrap(s string) cdata {
	return cdata{strings.Map(func(r rune) rune {
		if r < ' ' && r != '\t' && r != '\n' || r == 0xFFFE || r == 0xFFFF {
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, ""))}
}

// xml writes the event. order is that of the questions on the card.
func (e *CallbackEvent) xml(jobID string, order []string) []byte {
	x := eventXML{
		ToUserName: wrap(e.CorpID), FromUserName: wrap(e.User), CreateTime: e.At.Unix(),
		MsgType: wrap("event"), Event: wrap(e.Event),
		EventKey: given(e.EventKey), TaskID: given(e.TaskID), CardType: given(e.CardType),
		ResponseCode: given(e.ResponseCode), JobID: given(jobID),
	}
	if jobID == "" {
		x.AgentID = e.AgentID
	}
	for _, key := range order {
		if x.SelectedItems == nil {
			x.SelectedItems = &selectedItems{}
		}
		item := selectedItem{QuestionKey: wrap(key)}
		for _, id := range e.Chosen[key] {
			item.OptionIDs = append(item.OptionIDs, wrap(id))
		}
		x.SelectedItems.SelectedItem = append(x.SelectedItems.SelectedItem, item)
	}
	b, err := xml.Marshal(x)
	if err != nil {
		panic("simulator: an event cannot be encoded: " + err.Error()) // the types above exclude it
	}
	return b
}
