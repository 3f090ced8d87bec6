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
	t.Users = distinct(t.Users, strings.ToLower)
	t.Parties = distinct(t.Parties, func(id int) int { return id })
	t.Tags = distinct(t.Tags, func(id int) int { return id })
	var chunks []To
	for {
		var c To
		c.Users, t.Users = take(t.Users, MaxUsers)
		c.Parties, t.Parties = take(t.Parties, MaxParties)
		c.Tags, t.Tags = take(t.Tags, MaxTags)
		if len(c.Users)+len(c.Parties)+len(c.Tags) == 0 {
			return chunks
		}
		chunks = append(chunks, c)
	}
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
