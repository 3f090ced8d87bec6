package command

import (
	"time"

	"github.com/spf13/cobra"
)

// kinds are the flags of which each makes a message of its own kind. Without any of them it is a text,
// or with cardFlags a text card.
var (
	kinds     = []string{"json", "card", "news", "news-json", "image", "voice", "video", "file", "media-id", "markdown", "markdown-v2"}
	cardFlags = []string{"title", "url", "button"}
)

// The kinds that no flag of their own names.
const (
	plainText = "text"
	textCard  = "textcard"
)

// check refuses flags and arguments that contradict each other, before anything is read, and returns
// the kind of message: one of kinds, plainText or textCard.
func (f *sendFlags) check(cmd *cobra.Command, args []string) (string, error) {
	if err := filled(cmd, "json", "card", "news-json", "image", "voice", "video", "file", "media-id", "type"); err != nil {
		return "", err
	}
	kind := given(cmd, kinds...)
	if kind == "" {
		kind = plainText
		if given(cmd, cardFlags...) != "" {
			kind = textCard
		}
	}
	for _, other := range kinds {
		if kind != other && given(cmd, other) != "" {
			return "", usage(cmd, "--%s and --%s are two kinds of message: give one", kind, other)
		}
	}
	if err := f.checkCompanions(cmd, kind); err != nil {
		return "", err
	}
	if !takesText(kind) && len(args) > 0 {
		return "", usage(cmd, "--%s is the whole message: %q would not be sent", kind, args[0]).hint(
			"send the text as a message of its own", "请把文本作为另一条消息发送")
	}
	return kind, f.checkOptions(cmd, args, kind)
}

// takesText says whether the arguments or standard input are a part of the message.
func takesText(kind string) bool {
	switch kind {
	case plainText, textCard, "markdown", "markdown-v2":
		return true
	}
	return false
}

// checkCompanions refuses flags that say more about another kind of message.
func (f *sendFlags) checkCompanions(cmd *cobra.Command, kind string) error {
	titled := kind == "video" || kind == "media-id" && f.mediaType == "video"
	for _, flag := range append(cardFlags, "description", "type") {
		fits := false
		switch flag {
		case "title":
			fits = kind == textCard || titled
		case "url", "button":
			fits = kind == textCard
		case "description":
			fits = titled
		case "type":
			fits = kind == "media-id"
		}
		if fits || given(cmd, flag) == "" {
			continue
		}
		switch {
		case kind == textCard:
			return usage(cmd, "--%s does not go with --%s", flag, given(cmd, cardFlags...)).hint(
				"the description of a text card is the text: give it as an argument or on standard input",
				"文本卡片的描述就是文本本身：请作为参数或从标准输入给出")
		case kind == plainText:
			return usage(cmd, "--%s needs --%s", flag, map[string]string{"description": "video", "type": "media-id"}[flag])
		case kind == "json":
			return usage(cmd, "--json is the whole message: it does not go with --%s", flag)
		}
		return usage(cmd, "--%s does not go with --%s", flag, kind)
	}
	switch {
	case kind == textCard && (f.title == "" || f.url == ""):
		return usage(cmd, "--title and --url make a text card together: one alone does not").hint(
			"WeCom's cards always open something when they are tapped", "企业微信的卡片必须有点击后打开的链接")
	case kind == "media-id" && f.mediaType == "":
		return usage(cmd, "--media-id needs --type: image, voice, video or file")
	case kind == "media-id" && mediaFromID(f.mediaType, "") == nil:
		return usage(cmd, "--type %q: it is image, voice, video or file", f.mediaType)
	}
	return nil
}

func (f *sendFlags) checkOptions(cmd *cobra.Command, args []string, kind string) error {
	switch {
	case f.split && (!takesText(kind) || kind == textCard):
		return usage(cmd, "--split and --%s do not go together: only a text or markdown has parts", orTitle(kind))
	case f.split && f.truncate:
		return usage(cmd, "--split and --truncate do not go together: either all is sent, or the rest is cut")
	case kind != plainText && given(cmd, "mention", "mention-mobile") != "":
		return usage(cmd, "--%s and --%s do not go together: only a text calls attention", given(cmd, "mention", "mention-mobile"), orTitle(kind)).hint(
			"in markdown write <@userid>", "在 markdown 中请写 <@userid>")
	case given(cmd, "duplicate-check") != "" && f.duplicateCheck <= 0:
		return usage(cmd, "--duplicate-check=%v: it must be longer than nothing", f.duplicateCheck)
	}
	if f.duplicateCheck == usualDuplicateCheck && len(args) > 0 { // perhaps given alone
		if _, err := time.ParseDuration(args[0]); err == nil {
			return usage(cmd, "%q would be sent as text", args[0]).hint(
				"the time needs an equals sign: --duplicate-check="+args[0],
				"时长前要用等号：--duplicate-check="+args[0])
		}
	}
	return nil
}

// orTitle is the flag by which a kind is known.
func orTitle(kind string) string {
	if kind == textCard {
		return "title"
	}
	return kind
}

// checkPlace refuses flags that mean nothing where the message goes.
func (f *sendFlags) checkPlace(cmd *cobra.Command, at place) error {
	only := func(flag, where string) *failure {
		return usage(cmd, "--%s is for %s, and this goes %s", flag, where, map[place]string{
			toMembers: "to members", toChat: "to a group chat (--chat)", byRobot: "by a robot (--robot-file, HONGYAN_ROBOT)",
		}[at])
	}
	const (
		members = "members (--to, --party, --tag, --all)"
		robots  = "robots (--robot-file, HONGYAN_ROBOT)"
	)
	switch {
	case f.safe && at == byRobot:
		return only("safe", "members and group chats (--to, --chat)")
	case at != toMembers && given(cmd, "duplicate-check", "translate-ids") != "":
		return only(given(cmd, "duplicate-check", "translate-ids"), members)
	case at != byRobot && given(cmd, "markdown-v2", "mention-mobile") != "":
		return only(given(cmd, "markdown-v2", "mention-mobile"), robots)
	case at == toMembers && given(cmd, "mention") != "":
		return only("mention", "group chats and robots (--chat, --robot-file)").hint(
			"a message to members calls their attention by itself", "发给成员的消息本身就会提醒")
	}
	return nil
}
