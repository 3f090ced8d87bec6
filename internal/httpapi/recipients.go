package httpapi

import (
	"cmp"
	"slices"
	"strings"

	"github.com/hongyan-im/hongyan/internal/delivery"
	"github.com/hongyan-im/hongyan/wecom"
)

// Recipients is what became of a message for each member that it names.
type Recipients struct {
	Total   int            `json:"total" doc:"Members that it names; those of departments and tags are WeCom's to know."`
	States  map[string]int `json:"states" doc:"How many members are in each state."`
	Members []Recipient    `json:"members" doc:"In the order of their names, at most 1000."`
	Next    string         `json:"next,omitempty" doc:"Give it as recipients for those that follow."`
}

// Recipient is what became of it for one member.
type Recipient struct {
	User    string `json:"user,omitempty" doc:"The user id; absent while it is not known."`
	Mobile  string `json:"mobile,omitempty" doc:"The phone number that the message names the member by."`
	Email   string `json:"email,omitempty" doc:"The email address that the message names the member by."`
	State   string `json:"state" enum:"reached,recalled,sending,waiting,uncertain,failed,unlicensed,invalid,unknown" doc:"reached: WeCom took it for the member. unknown: no member whom the app can see has the mobile or email. Of several parts, that of the one that went least well."`
	Part    int    `json:"part" doc:"The delivery that the state is from."`
	Next    string `json:"next,omitempty" format:"date-time" doc:"When it may be sent to the member."`
	Reason  string `json:"reason,omitempty" doc:"Why it waits or failed: a word of a closed list."`
	ErrCode int    `json:"errcode,omitempty" doc:"WeCom's number."`
	Hint    string `json:"hint,omitempty" doc:"Cause and cure, in the caller's language."`
}

const maxRecipients = 1000

// The states of a recipient, the best first: of several parts the worst counts.
const (
	stateReached = iota
	stateRecalled
	stateSending
	stateWaiting
	stateUncertain
	stateFailed
	stateUnlicensed
	stateInvalid
	stateUnknown
)

var stateNames = [...]string{"reached", "recalled", "sending", "waiting", "uncertain", "failed", "unlicensed", "invalid", "unknown"}

var (
	invalidHint = words{"WeCom does not know the member, or the member is not active or not in the visible range of the app: check the user id, and the range in WeCom's admin console",
		"该成员不存在、未激活，或不在应用的可见范围内：请检查成员账号，并在企业微信管理后台检查应用的可见范围"}
	unknownHint = words{"no member whom the app can see has this phone number or email address: check it, and the visible range of the app in WeCom's admin console, then resend the message. The gateway asks WeCom about it again after a day, or when it is resent",
		"应用可见范围内没有使用此手机号或邮箱的成员：请核对号码，并在企业微信管理后台检查应用的可见范围，然后重发该消息。网关一天后或重发时会再次查询"}
	unlicensedHint = words{"the member has no licence for messages of this app, or it has run out: assign one in WeCom's admin console",
		"该成员没有此应用的接口许可或许可已过期：请在企业微信管理后台分配许可"}
)

// place is a member with its state in one delivery.
type place struct {
	name  string // in small letters; an alias, if that is all that is known
	user  string
	state int
	part  int

	mobile, email string // that it was found by, or that are all that is known
}

// cursor is what names the place in a list.
func (p *place) cursor() string { return cmp.Or(p.user, p.name) }

// showRecipients tells of the members after one, in the order of their names; nil if none is named.
func (a *API) showRecipients(m *delivery.Message, after string, lang wecom.Lang) *Recipients {
	members := placesOf(m)
	if len(members) == 0 {
		return nil
	}
	shown := &Recipients{Total: len(members), States: map[string]int{}, Members: []Recipient{}}
	for _, p := range members {
		shown.States[stateNames[p.state]]++
	}
	after = strings.ToLower(after)
	first, found := slices.BinarySearchFunc(members, after, func(p place, name string) int { return strings.Compare(p.name, name) })
	if found {
		first++
	}
	held := a.holdupOf(m.Sender)
	for i, p := range members[first:] {
		if i == maxRecipients {
			shown.Next = members[first+i-1].cursor()
			break
		}
		d := showDelivery(&m.Deliveries[p.part], held, lang)
		shown.Members = append(shown.Members, showRecipient(p, &d, lang))
	}
	return shown
}

// placesOf lists the members whom a message names, each once, by name.
func placesOf(m *delivery.Message) []place {
	var all []place
	for i := range m.Deliveries {
		d := &m.Deliveries[i]
		worse := map[string]int{}
		for _, user := range d.Answer.InvalidUsers {
			worse[strings.ToLower(user)] = stateInvalid
		}
		for _, user := range d.Answer.UnlicensedUsers {
			worse[strings.ToLower(user)] = stateUnlicensed
		}
		state := stateOf(d)
		by := map[string]place{} // whom the members were found by
		if d.Lookup != nil {
			for _, f := range d.Lookup.Found {
				name := strings.ToLower(f.User)
				by[name] = by[name].named(f.Alias)
			}
			for _, alias := range d.Lookup.Unknown {
				all = append(all, place{name: alias, state: stateUnknown, part: i}.named(alias))
			}
		}
		for _, user := range d.Content.To().Users {
			name := strings.ToLower(user)
			if delivery.IsAlias(user) {
				if !d.Lookup.Has(user) {
					all = append(all, place{name: name, state: state, part: i}.named(user))
				}
				continue
			}
			p := place{name: name, user: user, state: state, part: i, mobile: by[name].mobile, email: by[name].email}
			if own, named := worse[p.name]; named {
				p.state = own
			}
			all = append(all, p)
		}
	}
	slices.SortStableFunc(all, func(a, b place) int { return cmp.Or(strings.Compare(a.name, b.name), b.state-a.state) })
	return slices.CompactFunc(all, func(a, b place) bool { return a.name == b.name })
}

// named adds what the member is named by.
func (p place) named(alias string) place {
	mobile, email := delivery.CutAlias(alias)
	p.mobile, p.email = cmp.Or(p.mobile, mobile), cmp.Or(p.email, email)
	return p
}

func stateOf(d *delivery.Delivery) int {
	switch d.Status {
	case delivery.Scheduled, delivery.Queued:
		return stateWaiting
	case delivery.Sending:
		return stateSending
	case delivery.Sent, delivery.PartlySent:
		return stateReached
	case delivery.Recalled:
		return stateRecalled
	case delivery.Uncertain:
		return stateUncertain
	}
	return stateFailed
}

func showRecipient(p place, d *Delivery, lang wecom.Lang) Recipient {
	r := Recipient{User: p.user, Mobile: p.mobile, Email: p.email, State: stateNames[p.state], Part: d.Part}
	switch p.state {
	case stateInvalid:
		r.Hint = invalidHint.in(lang)
	case stateUnknown:
		r.Hint = unknownHint.in(lang)
	case stateUnlicensed:
		r.Hint = unlicensedHint.in(lang)
	case stateWaiting, stateFailed, stateUncertain:
		if r.Next = d.Next; d.Reason != nil {
			r.Reason, r.Hint = d.Reason.Code, d.Reason.Hint
		}
		if d.Failure != nil {
			r.ErrCode = d.Failure.ErrCode
			if d.Failure.Hint != "" {
				r.Hint = d.Failure.Hint
			}
		}
	}
	return r
}
