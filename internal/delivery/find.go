package delivery

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"time"
)

// Filter says which messages are looked for: those with a delivery for which all holds that is set.
// The zero Filter finds all.
type Filter struct {
	Senders  []Sender // one of them
	Statuses []Status // one of them
	// Reasons: one of them is why the delivery waits or ended, or what it waited for when it ended, or
	// why its sender is at rest, if it waits for that.
	Reasons []string

	// Who the delivery names; that a member belongs to a department is not known here.
	User       string   // in any case; whoever was found by an alias is named too
	Aliases    []string // all of them, as Mobile and Email make them
	Party, Tag int      // 0 means any
	All        bool

	Labels []string // all of them, as "name:value"
	Text   string   // part of what the message says, in any case

	// Since and Until bound the moment of acceptance, as the message's id has it: from Since, and
	// before Until.
	Since, Until time.Time
}

// Matches reports whether the delivery has what the filter says of deliveries: all but Labels, Since
// and Until. rest is that of its sender.
func (f *Filter) Matches(d *Delivery, rest Rest) bool {
	if len(f.Senders) > 0 && !slices.Contains(f.Senders, d.Sender) || len(f.Statuses) > 0 && !slices.Contains(f.Statuses, d.Status) {
		return false
	}
	return (len(f.Reasons) == 0 || f.matchesReason(d, rest)) && f.matchesTo(d) && (f.Text == "" || d.Content.says(f.Text))
}

func (f *Filter) matchesReason(d *Delivery, rest Rest) bool {
	if slices.Contains(f.Reasons, d.Reason.Code) || d.Reason.Cause != "" && slices.Contains(f.Reasons, d.Reason.Cause) {
		return true
	}
	return d.Status == Queued && !d.Waiting && !rest.Until.IsZero() && slices.Contains(f.Reasons, rest.Reason.Code)
}

func (f *Filter) matchesTo(d *Delivery) bool {
	if f.User == "" && len(f.Aliases) == 0 && f.Party == 0 && f.Tag == 0 && !f.All {
		return true
	}
	to := d.Content.To()
	for _, alias := range f.Aliases {
		if !d.Lookup.Has(alias) && !slices.Contains(to.Users, alias) {
			return false
		}
	}
	same := func(user string) bool { return strings.EqualFold(user, f.User) }
	return (f.User == "" || slices.ContainsFunc(to.Users, same)) && (f.Party == 0 || slices.Contains(to.Parties, f.Party)) &&
		(f.Tag == 0 || slices.Contains(to.Tags, f.Tag)) && (!f.All || to.All)
}

// NeedsContent reports whether Matches looks at what the delivery says and to whom.
func (f *Filter) NeedsContent() bool {
	return f.User != "" || len(f.Aliases) > 0 || f.Party != 0 || f.Tag != 0 || f.All || f.Text != ""
}

// MatchesLabels reports whether a message with these labels has those of the filter.
func (f *Filter) MatchesLabels(labels map[string]string) bool {
	for _, want := range f.Labels {
		if !slices.ContainsFunc(LabelTexts(labels), func(label string) bool { return label == want }) {
			return false
		}
	}
	return true
}

// LabelTexts are labels as a filter names them: "name:value".
func LabelTexts(labels map[string]string) []string {
	texts := make([]string, 0, len(labels))
	for name, value := range labels {
		texts = append(texts, name+":"+value)
	}
	return texts
}

// says reports whether a text of the body contains part.
func (c *Content) says(part string) bool {
	data, err := c.Encode()
	if err != nil {
		return false
	}
	part = strings.ToLower(part)
	var quoted bytes.Buffer
	enc := json.NewEncoder(&quoted)
	enc.SetEscapeHTML(false)
	if enc.Encode(part) != nil {
		return false
	}
	// Nearly all that does not match is told from its JSON; only the rest is read.
	inner := bytes.TrimSuffix(bytes.TrimPrefix(bytes.TrimSpace(quoted.Bytes()), []byte{'"'}), []byte{'"'})
	if !bytes.Contains(bytes.ToLower(data), bytes.ToLower(inner)) {
		return false
	}
	var members map[string]any
	return json.Unmarshal(data, &members) == nil && contains(members[c.MsgType()], part)
}

// contains reports whether a text in a value of JSON contains part, which is in small letters.
func contains(value any, part string) bool {
	switch v := value.(type) {
	case string:
		return strings.Contains(strings.ToLower(v), part)
	case []any:
		return slices.ContainsFunc(v, func(e any) bool { return contains(e, part) })
	case map[string]any:
		for _, e := range v {
			if contains(e, part) {
				return true
			}
		}
	}
	return false
}

// Page is some of the messages that were looked for.
type Page struct {
	Messages []*Message // the latest first
	// Next is where to go on; zero when there is no more. A page can have few messages, or none, and
	// not be the last: it ends when much was looked at.
	Next   MessageID
	Looked int // at how many deliveries and parts of an index
}

// The bounds of a [Page].
const (
	MaxPage = 200 // messages
	// MaxShown is how many deliveries the messages of a page have, or a few more.
	MaxShown = 1000
)
