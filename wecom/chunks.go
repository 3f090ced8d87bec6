package wecom

import "strings"

// Chunks splits receivers into lists that one message takes: at most 1000 members, 100 departments and 100
// tags each (path/90236). Send the message to each of them. Receivers that fit are returned as they are.
//
// The order is kept: the first chunk has the first of each list, so few departments and tags beside many
// members all go with the first. Names that come twice (WeCom ignores the case of user ids) are dropped but
// for the first, since WeCom removes doubles only within one message. It cannot be known here who belongs
// to a department or a tag: a member who is in one of them and named in a later chunk as well gets the
// message twice.
//
// With All there is one chunk, without departments and tags, which WeCom would ignore.
func (t To) Chunks() []To {
	if t.All {
		return []To{{All: true, Users: t.Users}} // Validate refuses members beside @all
	}
	if t.fits() {
		return []To{t}
	}
	same := func(id int) int { return id }
	users, parties, tags := distinct(t.Users, strings.ToLower), distinct(t.Parties, same), distinct(t.Tags, same)
	var chunks []To
	for len(users)+len(parties)+len(tags) > 0 {
		var c To
		c.Users, users = take(users, MaxUsers)
		c.Parties, parties = take(parties, MaxParties)
		c.Tags, tags = take(tags, MaxTags)
		chunks = append(chunks, c)
	}
	return chunks
}

func (t To) fits() bool {
	return len(t.Users) <= MaxUsers && len(t.Parties) <= MaxParties && len(t.Tags) <= MaxTags
}

// distinct returns a new list without those whose key came before.
func distinct[E any, K comparable](list []E, key func(E) K) []E {
	seen := make(map[K]bool, len(list))
	kept := make([]E, 0, len(list))
	for _, e := range list {
		if k := key(e); !seen[k] {
			seen[k] = true
			kept = append(kept, e)
		}
	}
	return kept
}

// take returns up to n elements and the rest. Appending to the first does not touch the second.
func take[E any](list []E, n int) (head, rest []E) {
	n = min(n, len(list))
	if n == 0 {
		return nil, nil
	}
	return list[:n:n], list[n:]
}
