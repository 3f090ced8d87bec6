package simulator

import (
	"strings"
	"unicode/utf8"
)

// A bodyReader takes the object named like the msgtype and returns it as members receive it, overlong
// texts cut and unknown fields gone, ready to become JSON; or the refusal that WeCom would answer.
type bodyReader func(r *reading, body *object) (any, *status)

// bodyReaders has one reader for each msgtype of message/send. Another msgtype is another file with a
// reader, and a line here; msgtypes that are not here answer 40008.
var bodyReaders = map[string]bodyReader{
	"text":                 readText,
	"image":                readMedia("image"),
	"voice":                readMedia("voice"),
	"video":                readVideo,
	"file":                 readMedia("file"),
	"textcard":             readTextCard,
	"news":                 readNews,
	"mpnews":               readMPNews,
	"markdown":             readMarkdown,
	"miniprogram_notice":   readNotice,
	"template_card":        readCard,
	"taskcard":             readTaskCard(true),
	"interactive_taskcard": readTaskCard(false),
}

// reading is what a reader knows beside the body: who sends it, and how.
type reading struct {
	app    *app // nil when a robot sends
	strict bool
	safe   int
	media  *media
	shelf  string // where the sender's media_ids are
	clock  *clock
}

// interactive is a body that may call the app back when somebody presses something on it.
type interactive interface {
	callsBack() bool
	taskID() string
}

// cutBytes drops the tail of s beyond max bytes, and never a part of a character: WeCom's page does
// not say whether it splits one at the border, and half a character is of no use to a test.
func cutBytes(s string, max int) string {
	if len(s) <= max {
		return s
	}
	for max > 0 && !utf8.RuneStart(s[max]) {
		max--
	}
	return s[:max]
}

// cutChars drops the tail of s beyond max characters. A Chinese character is one.
func cutChars(s string, max int) string {
	for i := range s {
		if max == 0 {
			return s[:i]
		}
		max--
	}
	return s
}

const maxURL = 2048 // bytes

// checkLink demands http:// or https:// before url, and at most 2048 bytes. name is for the text.
func checkLink(name, url string) *status {
	switch {
	case url == "":
		return refuse(codeURLMissing)
	case !hasPrefixFold(url, "http://") && !hasPrefixFold(url, "https://"):
		return refuse(codeURLWithoutScheme)
	case len(url) > maxURL:
		return invalidField("%s exceed max length %d", name, maxURL)
	}
	return nil
}

func hasPrefixFold(s, prefix string) bool {
	return len(s) >= len(prefix) && strings.EqualFold(s[:len(prefix)], prefix)
}
