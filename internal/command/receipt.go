package command

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/hongyan-im/hongyan/wecom"
)

// part is which of how many messages a text became.
type part struct{ n, of int }

// tell writes one line about a letter that was sent.
func (c *cli) tell(l letter, p part, r wecom.Receipt, asJSON bool) error {
	line := ""
	switch m := l.(type) {
	case wecom.Message:
		line = "sent to " + describe(reached(m.To, r))
	case wecom.ChatMessage:
		line = "sent to chat " + m.ChatID
	case wecom.RobotMessage:
		line = "sent to the group of the robot"
	}
	if p.of > 1 {
		line = fmt.Sprintf("part %d of %d %s", p.n, p.of, line)
	}
	if r.MsgID != "" {
		line += ", msgid " + r.MsgID
	}
	if r.ResponseCode != "" {
		line += ", response_code " + r.ResponseCode
	}
	if asJSON {
		line = answerJSON(r)
	}
	if _, err := fmt.Fprintln(c.std.Out, line); err != nil {
		return failed("the message was sent, but standard output: %w", err)
	}
	return nil
}

// answerJSON is a receipt with the names that WeCom uses, and lists as lists.
func answerJSON(r wecom.Receipt) string {
	data, err := json.Marshal(struct {
		MsgID           string   `json:"msgid,omitempty"`
		ResponseCode    string   `json:"response_code,omitempty"`
		InvalidUsers    []string `json:"invaliduser,omitempty"`
		InvalidParties  []int    `json:"invalidparty,omitempty"`
		InvalidTags     []int    `json:"invalidtag,omitempty"`
		UnlicensedUsers []string `json:"unlicenseduser,omitempty"`
	}{r.MsgID, r.ResponseCode, r.InvalidUsers, r.InvalidParties, r.InvalidTags, r.UnlicensedUsers})
	if err != nil {
		panic(err) // strings and numbers always have a form in JSON
	}
	return string(data)
}

// failedPart says which parts of a text went out before one that did not.
func failedPart(i, of int, err error) error {
	if of == 1 {
		return err
	}
	text := fmt.Sprintf("part %d of %d: %s", i+1, of, strings.TrimPrefix(err.Error(), "wecom: "))
	if i > 0 {
		text += "; sent before it: " + span(1, i)
	}
	if i+1 < of {
		text += "; not tried: " + span(i+2, of)
	}
	f := &failure{exit: exitFailed, text: text, cause: err}
	var hinter interface{ Hint(wecom.Lang) string }
	if errors.As(err, &hinter) {
		f.hint(hinter.Hint(wecom.English), hinter.Hint(wecom.Chinese))
	}
	return f
}

func span(from, to int) string {
	if from == to {
		return fmt.Sprintf("part %d", from)
	}
	return fmt.Sprintf("parts %d to %d", from, to)
}

// describeMissing is the same for the same people.
func describeMissing(r wecom.Receipt) string {
	return fmt.Sprint(r.InvalidUsers, r.UnlicensedUsers, r.InvalidParties, r.InvalidTags)
}

// tellMissing writes a warning for each list of receivers that WeCom left out, and reports whether
// there was any.
func (c *cli) tellMissing(r wecom.Receipt) (told bool) {
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
	return !r.ReachedAll()
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
