package callback

import (
	"encoding/xml"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Reply is a passive reply (被动回复消息, path/90241): what an app may answer a message or an event
// with, instead of sending a message later. Seal its XML.
type Reply struct {
	ToUserName   string // the member's userid: FromUserName of what is answered
	FromUserName string // the CorpID: ToUserName of what is answered
	CreateTime   time.Time
	Body         ReplyBody
}

// ReplyBody is one of Text, Image, Voice, Video, News, UpdateButton, UpdateTaskCard and
// UpdateTemplateCard. The last three answer a click on a card, and change it for that member only.
type ReplyBody interface {
	msgType() string
	write(*strings.Builder) error
}

// XML is the plaintext of the reply.
func (r Reply) XML() ([]byte, error) {
	if r.Body == nil {
		return nil, fmt.Errorf("callback: the reply has no body")
	}
	var b strings.Builder
	b.WriteString("<xml>")
	element(&b, "ToUserName", r.ToUserName)
	element(&b, "FromUserName", r.FromUserName)
	bare(&b, "CreateTime", strconv.FormatInt(r.CreateTime.Unix(), 10))
	element(&b, "MsgType", r.Body.msgType())
	if err := r.Body.write(&b); err != nil {
		return nil, err
	}
	b.WriteString("</xml>")
	return []byte(b.String()), nil
}

// Text answers with text: at most 2048 bytes, the rest is cut by WeCom.
type Text struct{ Content string }

func (Text) msgType() string { return "text" }
func (t Text) write(b *strings.Builder) error {
	element(b, "Content", t.Content)
	return nil
}

// Image answers with an uploaded image.
type Image struct{ MediaID string }

func (Image) msgType() string { return "image" }
func (i Image) write(b *strings.Builder) error {
	return within(b, "Image", func() error { element(b, "MediaId", i.MediaID); return nil })
}

// Voice answers with an uploaded voice.
type Voice struct{ MediaID string }

func (Voice) msgType() string { return "voice" }
func (v Voice) write(b *strings.Builder) error {
	return within(b, "Voice", func() error { element(b, "MediaId", v.MediaID); return nil })
}

// Video answers with an uploaded video. Title has at most 128 bytes, Description 512; both may be
// empty.
type Video struct{ MediaID, Title, Description string }

func (Video) msgType() string { return "video" }
func (v Video) write(b *strings.Builder) error {
	return within(b, "Video", func() error {
		element(b, "MediaId", v.MediaID)
		element(b, "Title", v.Title)
		element(b, "Description", v.Description)
		return nil
	})
}

// News answers with at most 8 articles. Title has at most 128 bytes, Description 512.
type News struct{ Articles []Article }

// Article is one line of News.
type Article struct{ Title, Description, PicURL, URL string }

func (News) msgType() string { return "news" }
func (n News) write(b *strings.Builder) error {
	bare(b, "ArticleCount", strconv.Itoa(len(n.Articles)))
	return within(b, "Articles", func() error {
		for _, a := range n.Articles {
			b.WriteString("<item>")
			element(b, "Title", a.Title)
			element(b, "Description", a.Description)
			element(b, "PicUrl", a.PicURL)
			element(b, "Url", a.URL)
			b.WriteString("</item>")
		}
		return nil
	})
}

// UpdateButton turns the buttons of the clicked card into one dead button with this text.
type UpdateButton struct{ ReplaceName string }

func (UpdateButton) msgType() string { return "update_button" }
func (u UpdateButton) write(b *strings.Builder) error {
	return within(b, "Button", func() error { element(b, "ReplaceName", u.ReplaceName); return nil })
}

// UpdateTaskCard is UpdateButton for the old task cards.
type UpdateTaskCard struct{ ReplaceName string }

func (UpdateTaskCard) msgType() string { return "update_taskcard" }
func (u UpdateTaskCard) write(b *strings.Builder) error {
	return within(b, "TaskCard", func() error { element(b, "ReplaceName", u.ReplaceName); return nil })
}

// UpdateTemplateCard puts another card in the place of the clicked one. Card is anything that becomes
// the template_card object of message/update_template_card in JSON; task_id is left out.
type UpdateTemplateCard struct{ Card any }

func (UpdateTemplateCard) msgType() string { return "update_template_card" }
func (u UpdateTemplateCard) write(b *strings.Builder) error {
	return within(b, "TemplateCard", func() error { return writeCard(b, u.Card) })
}

func within(b *strings.Builder, name string, inside func() error) error {
	b.WriteString("<" + name + ">")
	err := inside()
	b.WriteString("</" + name + ">")
	return err
}

func element(b *strings.Builder, name, text string) { bare(b, name, cdata(text)) }

func bare(b *strings.Builder, name, value string) {
	b.WriteString("<" + name + ">" + value + "</" + name + ">")
}

// cdata wraps s, and splits what would end the wrapping early. Characters that XML cannot hold, and
// bytes that are no UTF-8, become U+FFFD.
func cdata(s string) string {
	clean := strings.Map(func(r rune) rune {
		if r == '\t' || r == '\n' || r == '\r' || r >= ' ' && r <= 0xD7FF || r >= 0xE000 && r <= 0xFFFD || r >= 0x10000 {
			return r
		}
		return '\uFFFD'
	}, s)
	return "<![CDATA[" + strings.ReplaceAll(clean, "]]>", "]]]]><![CDATA[>") + "]]>"
}

func escape(s string) string {
	var b strings.Builder
	xml.EscapeText(&b, []byte(s)) // a Builder does not fail
	return b.String()
}
