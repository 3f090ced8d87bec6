package delivery

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/hongyan-im/hongyan/wecom"
)

// An alias stands among the users of a content for a member whose user id is not known yet:
// "mobile:13800000002" or "email:lisi@example.com". No user id has a colon in it.
const (
	mobilePrefix = "mobile:"
	emailPrefix  = "email:"
)

// Limits of what members are looked up by, as WeCom has them.
const (
	minMobile = 5  // digits
	maxMobile = 32 // bytes
	maxEmail  = 64 // bytes
)

// Mobile is the alias of a phone number: digits, perhaps with a + before them. Spaces and hyphens
// between them are left out. The error says what is wrong, without the number.
func Mobile(number string) (alias string, err error) {
	number = strings.Map(func(r rune) rune {
		if r == ' ' || r == '-' {
			return -1
		}
		return r
	}, number)
	digits := strings.TrimPrefix(number, "+")
	if len(digits) < minMobile || len(number) > maxMobile || strings.ContainsFunc(digits, func(r rune) bool { return r < '0' || r > '9' }) {
		return "", fmt.Errorf("a phone number has %d to %d digits, perhaps a + before them, and nothing but spaces and hyphens between", minMobile, maxMobile)
	}
	return mobilePrefix + number, nil
}

// Email is the alias of an email address, in small letters: WeCom ignores their case. The error says
// what is wrong, without the address.
func Email(address string) (alias string, err error) {
	address = strings.ToLower(strings.TrimSpace(address))
	name, domain, _ := strings.Cut(address, "@")
	switch {
	case len(address) > maxEmail:
		return "", fmt.Errorf("an address has at most %d bytes, given %d", maxEmail, len(address))
	case name == "" || domain == "" || strings.Contains(domain, "@"):
		return "", errors.New("an address has one @, with something on both of its sides")
	case strings.ContainsFunc(address, func(r rune) bool { return r <= ' ' || r == '|' || r == 0x7f || r == '�' }):
		return "", errors.New(`an address has no spaces and no "|" in it`)
	}
	return emailPrefix + address, nil
}

// Alias is an alias in one string, as Mobile and Email make it; ok is false for anything else.
func Alias(text string) (alias string, ok bool) {
	var err error
	if number, found := strings.CutPrefix(text, mobilePrefix); found {
		alias, err = Mobile(number)
	} else if address, found := strings.CutPrefix(text, emailPrefix); found {
		alias, err = Email(address)
	} else {
		return "", false
	}
	return alias, err == nil
}

// IsAlias reports whether one of a content's users is an alias.
func IsAlias(user string) bool { return strings.IndexByte(user, ':') >= 0 }

// CutAlias takes an alias apart; one of the two is "", and for a user id both are.
func CutAlias(alias string) (mobile, email string) {
	if number, found := strings.CutPrefix(alias, mobilePrefix); found {
		return number, ""
	}
	if address, found := strings.CutPrefix(alias, emailPrefix); found {
		return "", address
	}
	return "", ""
}

// Unresolved reports whether a content names members whose user id is not known yet. It cannot be
// sent before.
func (c *Content) Unresolved() bool {
	return c.App != nil && slices.ContainsFunc(c.App.To.Users, IsAlias)
}

// Aliases lists those of a content, each once.
func (c *Content) Aliases() []string {
	if !c.Unresolved() {
		return nil
	}
	var aliases []string
	seen := map[string]bool{}
	for _, user := range c.App.To.Users {
		if IsAlias(user) && !seen[user] {
			seen[user] = true
			aliases = append(aliases, user)
		}
	}
	return aliases
}

// Lookup says who was found behind aliases.
type Lookup struct {
	Found   []Found  `json:"found,omitempty"`
	Unknown []string `json:"unknown,omitempty"` // aliases that no member has whom the app can see

	// Of a delivery: Also are members of Found whom it names by their user id as well, and Attempts is
	// how many attempts it had before it was complete, which all went into looking up.
	Also     []string `json:"also,omitempty"`
	Attempts int      `json:"attempts,omitempty"`
}

// Found is an alias and whose it is.
type Found struct {
	Alias string `json:"alias"`
	User  string `json:"user"`
}

// Missed reports whether an alias is nobody's.
func (l *Lookup) Missed() bool { return l != nil && len(l.Unknown) > 0 }

// Tries is Attempts; of none it is 0.
func (l *Lookup) Tries() int {
	if l == nil {
		return 0
	}
	return l.Attempts
}

// Has reports whether an alias was looked up.
func (l *Lookup) Has(alias string) bool {
	return l != nil && (slices.Contains(l.Unknown, alias) || slices.ContainsFunc(l.Found, func(f Found) bool { return f.Alias == alias }))
}

// For is what concerns the delivery to these users; with unknown, it is the part of the message that
// the aliases belong to that are nobody's, and had the Attempts. It is nil if nothing does.
func (l *Lookup) For(users []string, unknown bool) *Lookup {
	if l == nil {
		return nil
	}
	in := fold(users)
	own := Lookup{}
	for _, f := range l.Found {
		if in[strings.ToLower(f.User)] {
			own.Found = append(own.Found, f)
		}
	}
	for _, user := range l.Also {
		if in[strings.ToLower(user)] {
			own.Also = append(own.Also, user)
		}
	}
	if unknown {
		own.Unknown, own.Attempts = l.Unknown, l.Attempts
	}
	if len(own.Found)+len(own.Unknown) == 0 && own.Attempts == 0 {
		return nil
	}
	return &own
}

// fold is a set of user ids, whose case WeCom ignores.
func fold(users []string) map[string]bool {
	set := make(map[string]bool, len(users))
	for _, user := range users {
		set[strings.ToLower(user)] = true
	}
	return set
}

// resolve puts members in the place of aliases, each member once however often it is named. left are
// the aliases about which known says nothing: they are not in the content that it returns.
func (c Content) resolve(known Lookup) (resolved Content, l Lookup, left []string) {
	users := make(map[string]string, len(known.Found))
	for _, f := range known.Found {
		users[f.Alias] = f.User
	}
	given := c.App.To.Users
	byID, kept := map[string]bool{}, map[string]bool{}
	for _, user := range given {
		if !IsAlias(user) {
			byID[strings.ToLower(user)] = true
		}
	}
	var to []string
	keep := func(user string) {
		if name := strings.ToLower(user); !kept[name] {
			kept[name] = true
			to = append(to, user)
		}
	}
	seen := map[string]bool{}
	for _, user := range given {
		if !IsAlias(user) {
			keep(user)
			continue
		}
		if seen[user] {
			continue
		}
		seen[user] = true
		member, found := users[user]
		switch {
		case found:
			l.Found = append(l.Found, Found{user, member})
			if byID[strings.ToLower(member)] && !slices.Contains(l.Also, member) {
				l.Also = append(l.Also, member)
			}
			keep(member)
		case slices.Contains(known.Unknown, user):
			l.Unknown = append(l.Unknown, user)
		default:
			left = append(left, user)
		}
	}
	return c.WithUsers(to), l, left
}

// Named lists whom the program named: user ids, and the aliases that members were found by, or that
// are nobody's.
func (d *Delivery) Named() []string {
	users := d.Content.To().Users
	if d.Lookup == nil {
		return users
	}
	var named []string
	found, also := map[string]bool{}, fold(d.Lookup.Also)
	for _, f := range d.Lookup.Found {
		found[strings.ToLower(f.User)] = true
	}
	for _, user := range users {
		// What nobody was found for stands in the content still, if it was refused for that.
		if name := strings.ToLower(user); !IsAlias(user) && (!found[name] || also[name]) {
			named = append(named, user)
		}
	}
	for _, f := range d.Lookup.Found {
		named = append(named, f.Alias)
	}
	return append(named, d.Lookup.Unknown...)
}

// given is the content as the program gave it, to be looked up anew.
func (d *Delivery) given() Content {
	if d.Lookup == nil {
		return d.Content
	}
	return d.Content.WithUsers(d.Named())
}

// nobodyIn reports whether there is no receiver.
func nobodyIn(to wecom.To) bool {
	return !to.All && len(to.Users)+len(to.Parties)+len(to.Tags) == 0
}
