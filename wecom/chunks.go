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
		c := To{Users: firstOf(&users, MaxUsers), Parties: firstOf(&parties, MaxParties), Tags: firstOf(&tags, MaxTags)}
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

// firstOf takes up to n elements from the front of a list. Appending to them does not touch the rest.
func firstOf[E any](list *[]E, n int) []E {
	n = min(n, len(*list))
	if n == 0 {
		return nil
	}
	head := (*list)[:n:n]
	*list = (*list)[n:]
	return head
}
