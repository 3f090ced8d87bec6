package command

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/hongyan-im/hongyan/wecom"
)

// tell reports what became of a message: one line on standard output, and on standard error
// whoever was named and did not get it.
func (c *cli) tell(to wecom.To, r wecom.Receipt, err error) error {
	if err != nil {
		c.tellMissing(r)
		return err
	}
	line := "sent to " + describe(reached(to, r))
	if r.MsgID != "" {
		line += ", msgid " + r.MsgID
	}
	if _, err := fmt.Fprintln(c.std.Out, line); err != nil {
		return failed("the message was sent, but standard output: %w", err)
	}
	if r.ReachedAll() {
		return nil
	}
	c.tellMissing(r)
	return errPartly
}

// tellMissing writes a warning for each list of receivers that WeCom left out.
func (c *cli) tellMissing(r wecom.Receipt) {
	if list := r.InvalidUsers; len(list) > 0 {
		c.warn("not reached: "+plural("member", list)+" (unknown, not active, or not in the app's visible range)", pick(c.lang,
			"compare the ids with 通讯录 in the admin console, and 可见范围 on the app's page; a member must have joined the corp",
			"请核对管理后台「通讯录」中的账号和应用的「可见范围」；成员须已加入企业"))
	}
	if list := r.UnlicensedUsers; len(list) > 0 {
		c.warn("not reached: "+plural("member", list)+" (without a licence for this app)", pick(c.lang,
			"the app's provider assigns licences (接口许可), or the corp renews them",
			"请为这些成员分配或续期接口许可"))
	}
	if list := numbers(r.InvalidParties); len(list) > 0 {
		c.warn("not reached: "+plural("department", list)+" (unknown, or not in the app's visible range)", pick(c.lang,
			"ids stand in 通讯录 in the admin console; 可见范围 is on the app's page", "部门 ID 见管理后台「通讯录」；请核对应用的「可见范围」"))
	}
	if list := numbers(r.InvalidTags); len(list) > 0 {
		c.warn("not reached: "+plural("tag", list)+" (unknown, or not in the app's visible range)", pick(c.lang,
			"the tag must exist in 通讯录 → 标签, and the app must be allowed to see it", "请确认「通讯录 → 标签」中有此标签，且应用可见"))
	}
}

// reached is to without those whom WeCom named as left out. WeCom names members in lower case.
func reached(to wecom.To, r wecom.Receipt) wecom.To {
	left := make(map[string]bool)
	for _, user := range slices.Concat(r.InvalidUsers, r.UnlicensedUsers) {
		left[strings.ToLower(user)] = true
	}
	return wecom.To{
		All:     to.All,
		Users:   except(to.Users, func(user string) bool { return left[strings.ToLower(user)] }),
		Parties: except(to.Parties, func(id int) bool { return slices.Contains(r.InvalidParties, id) }),
		Tags:    except(to.Tags, func(id int) bool { return slices.Contains(r.InvalidTags, id) }),
	}
}

func except[T any](list []T, drop func(T) bool) []T {
	return slices.DeleteFunc(slices.Clone(list), drop)
}

// describe names receivers in one short line.
func describe(to wecom.To) string {
	const most = 5 // names of a kind
	if to.All {
		return "everybody (@all)"
	}
	var parts []string
	for _, kind := range []struct {
		word string
		ids  []string
	}{{"member", to.Users}, {"department", numbers(to.Parties)}, {"tag", numbers(to.Tags)}} {
		switch n := len(kind.ids); {
		case n > most:
			parts = append(parts, fmt.Sprintf("%d %ss", n, kind.word))
		case n > 0 && kind.word == "member":
			parts = append(parts, strings.Join(kind.ids, ", "))
		case n > 0:
			parts = append(parts, plural(kind.word, kind.ids))
		}
	}
	return strings.Join(parts, ", ")
}

// plural is "tag 1" or "tags 1, 2".
func plural(word string, ids []string) string {
	if len(ids) > 1 {
		word += "s"
	}
	return word + " " + strings.Join(ids, ", ")
}

func numbers(ids []int) []string {
	list := make([]string, len(ids))
	for i, id := range ids {
		list[i] = strconv.Itoa(id)
	}
	return list
}
