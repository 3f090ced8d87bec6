package wecom

import (
	"context"
	"reflect"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// Message is a message of an app to members (path/90236). It marshals to the JSON of message/send
// and back.
type Message struct {
	To   To
	Body Body

	// AgentID is the app that sends. 0 means the client's own, which is nearly always right: a token
	// can send for no other app.
	AgentID int
	// Safe keeps the message from leaving the corp: 0 no, 1 it cannot be shared and is watermarked,
	// 2 only within the corp (mpnews alone). Types that cannot be kept safe refuse anything but 0.
	Safe int
	// TranslateIDs turns markers such as $userName=zhangsan$ into names. For apps of providers,
	// who do not see the names.
	TranslateIDs bool
	// DuplicateCheck makes WeCom swallow a message whose JSON it has had from this app within
	// DuplicateCheckInterval. It makes a retry harmless, and swallows a legitimate twin as well.
	DuplicateCheck bool
	// DuplicateCheckInterval is whole seconds, at most 4 hours. 0 means WeCom's default of 30 minutes.
	DuplicateCheckInterval time.Duration

	// TruncateOK lets fields pass that WeCom will cut to their limit without a word. It is not sent.
	TruncateOK bool
}

// Limits of one message/send.
const (
	MaxUsers                  = 1000 // members named in one message
	MaxParties                = 100  // departments
	MaxTags                   = 100  // tags
	MaxDuplicateCheckInterval = 4 * time.Hour
	maxUserIDBytes            = 64
	everybody                 = "@all"
)

// To names the receivers: everybody in the union of the three lists who is in the visible range of
// the app, each once.
type To struct {
	Users   []string // user ids, at most 1000; WeCom ignores their case
	Parties []int    // department ids, at most 100; sub-departments are included
	Tags    []int    // tag ids, at most 100
	All     bool     // everybody in the visible range; WeCom then ignores Parties and Tags
}

// Body is what a message says: [Text], [TextCard], [Markdown], [News], a [Card] and the other
// msgtypes of WeCom. The set is closed; a new msgtype is a new type of this package.
type Body interface {
	// MsgType returns WeCom's name of the type, such as "text".
	MsgType() string
	// check adds what is wrong with the body. The fields of other types go by the path of WeCom's
	// JSON, such as "textcard.title".
	check(c *checker)
	// safe returns the largest value of Message.Safe that the type knows.
	safe() int
}

// Receipt is WeCom's answer to a message: it took it, which does not say that anybody has read it.
type Receipt struct {
	MsgID string // needed to recall the message within 24 hours; opaque, up to 255 bytes
	// Members that did not get it: unknown, outside the app's visible range, or not active.
	// WeCom answers in lower case, whatever was sent.
	InvalidUsers    []string
	InvalidParties  []int    // departments that do not exist or are out of range
	InvalidTags     []int    // tags that do not exist or are out of range
	UnlicensedUsers []string // members without a licence for messages of this app
	ResponseCode    string   // template cards that can be updated: needed once, within 72 hours
}

// ReachedAll reports whether WeCom took the message for every receiver that was named. WeCom says
// nothing about members it skips because they had 30 messages of the app this minute already.
func (r Receipt) ReachedAll() bool {
	return len(r.InvalidUsers)+len(r.InvalidParties)+len(r.InvalidTags)+len(r.UnlicensedUsers) == 0
}

// Send sends a message and returns WeCom's answer (path/90236). A dead token is renewed and the
// message sent once more, without the caller noticing. A file that the body brings along is uploaded
// first, unless it was before; if WeCom has forgotten it (40007), again.
//
// A message to some wrong receivers succeeds: look at [Receipt.ReachedAll]. When no receiver is
// left the error has [CodeNoReceiver], and the receipt still says who was refused.
//
// The errors are *[ValidationError] (nothing was sent), *[Error] (WeCom refused) and
// *[TransportError] (no answer); [NeverSent] tells whether sending again can repeat the message.
func (c *Client) Send(ctx context.Context, m Message) (Receipt, error) {
	if m.AgentID == 0 {
		m.AgentID = c.agentID
	}
	if err := c.validate(m); err != nil {
		return Receipt{}, err
	}
	var a sendAnswer
	err := c.media.deliver(ctx, m.Body, func(body Body) error {
		m.Body = body
		request, err := m.encode()
		if err != nil {
			return err
		}
		a = sendAnswer{}
		return c.post(ctx, opSend, request, &a)
	})
	return a.receipt(), err
}

const opSend = "message/send"

// Notify tells one member something: a text card with a title (at most 128 characters), a text
// (at most 512 characters) and the link that opens when it is tapped (path/90236). The errors are
// those of [Client.Send].
func (c *Client) Notify(ctx context.Context, user, title, text, url string) (Receipt, error) {
	return c.Send(ctx, Message{
		To:   To{Users: []string{user}},
		Body: TextCard{Title: title, Description: text, URL: url},
	})
}

// validate is Validate with what only the client knows: its own app.
func (c *Client) validate(m Message) error {
	check := checker{truncateOK: m.TruncateOK}
	if m.AgentID == 0 && !namesNoApp(m.Body) {
		check.add(FieldError{Field: "agentid", Problem: Missing, Detail: "set AgentID of the client's Config"})
	} else if c.agentID != 0 && m.AgentID != 0 && m.AgentID != c.agentID {
		check.add(FieldError{
			Field: "agentid", Problem: Conflict,
			Detail: "the message names app " + strconv.Itoa(m.AgentID) + ", this client is app " + strconv.Itoa(c.agentID),
		})
	}
	m.check(&check)
	return check.err()
}

// Validate reports every field that WeCom would refuse or cut, as a *[ValidationError]. It asks
// nobody, so it cannot know whether receivers exist.
func (m Message) Validate() error {
	check := checker{truncateOK: m.TruncateOK}
	m.check(&check)
	return check.err()
}

func (m Message) check(c *checker) {
	m.To.check(c)
	if isNil(m.Body) {
		c.add(FieldError{Field: "msgtype", Problem: Missing, Detail: "the message has no body"})
	} else {
		c.allowed(m.Body)
		m.Body.check(c)
		m.checkSafe(c)
		if m.To.All && namesNoApp(m.Body) {
			c.add(FieldError{
				Field: "touser", Problem: Conflict,
				Detail: "msgtype " + m.Body.MsgType() + " does not go to @all: name members, departments or tags",
			})
		}
	}
	interval := m.DuplicateCheckInterval
	if interval%time.Second != 0 || interval < 0 {
		c.add(FieldError{
			Field: "duplicate_check_interval", Problem: Malformed,
			Detail: "it must be whole seconds, given " + interval.String(),
		})
	} else if interval > MaxDuplicateCheckInterval {
		c.add(FieldError{
			Field: "duplicate_check_interval", Problem: TooLong, Unit: Seconds,
			Limit: int(MaxDuplicateCheckInterval / time.Second), Given: int(interval / time.Second),
		})
	}
}

// isNil reports whether there is no body, be it a nil pointer to one.
func isNil(b Body) bool {
	if b == nil {
		return true
	}
	v := reflect.ValueOf(b)
	return v.Kind() == reflect.Pointer && v.IsNil()
}

func (m Message) checkSafe(c *checker) {
	most := m.Body.safe()
	if m.Safe >= 0 && m.Safe <= most {
		return
	}
	detail := "msgtype " + m.Body.MsgType() + " knows no safe"
	if most > 0 {
		detail = "msgtype " + m.Body.MsgType() + " knows 0 to " + strconv.Itoa(most) + ", given " + strconv.Itoa(m.Safe)
	}
	c.add(FieldError{Field: "safe", Problem: Conflict, Detail: detail})
}

func (t To) check(c *checker) {
	if !t.All && len(t.Users)+len(t.Parties)+len(t.Tags) == 0 {
		c.add(FieldError{Field: "touser", Problem: Missing, Detail: "name members, departments or tags, or @all"})
	}
	if t.All && len(t.Users) > 0 {
		c.add(FieldError{Field: "touser", Problem: Conflict, Detail: "@all stands alone, given beside " + strconv.Itoa(len(t.Users)) + " members"})
	}
	if n := len(t.Users); n > MaxUsers {
		c.add(FieldError{Field: "touser", Problem: TooMany, Limit: MaxUsers, Given: n, Unit: Members})
	}
	if n := len(t.Parties); n > MaxParties {
		c.add(FieldError{Field: "toparty", Problem: TooMany, Limit: MaxParties, Given: n, Unit: Departments})
	}
	if n := len(t.Tags); n > MaxTags {
		c.add(FieldError{Field: "totag", Problem: TooMany, Limit: MaxTags, Given: n, Unit: Tags})
	}
	t.checkUsers(c)
}

// checkUsers looks for what would turn into other receivers on the way: the list travels as one
// string joined by "|", and "@all" inside it means everybody.
func (t To) checkUsers(c *checker) { c.userIDs("touser", t.Users) }

// userIDs checks a list of members.
func (c *checker) userIDs(field string, users []string) {
	for i, user := range users {
		problem := FieldError{}
		switch {
		case strings.TrimSpace(user) == "":
			problem = FieldError{Problem: Missing, Detail: "an empty user id"}
		case strings.Contains(user, "|"):
			problem = FieldError{Problem: Malformed, Detail: `one user id has no "|" in it; give each its own element`}
		case user == everybody:
			problem = FieldError{Problem: Conflict, Detail: "@all is not a member"}
			if field == "touser" {
				problem.Detail += "; set All instead"
			}
		case !utf8.ValidString(user):
			problem = FieldError{Problem: Malformed, Detail: "not UTF-8"}
		case len(user) > maxUserIDBytes:
			problem = FieldError{Problem: TooLong, Limit: maxUserIDBytes, Given: len(user), Unit: Bytes}
		default:
			continue
		}
		problem.Field = field + "[" + strconv.Itoa(i) + "]"
		c.add(problem)
		if len(c.fields) > 10 {
			return // a list that is wrong throughout need not be told a thousand times
		}
	}
}
