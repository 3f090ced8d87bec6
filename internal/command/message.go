package command

import (
	"github.com/spf13/cobra"

	"github.com/hongyan-im/hongyan/wecom"
)

// letters is what the line, standard input and files say together: one letter, or the parts of a text.
func (c *cli) letters(cmd *cobra.Command, args []string, f *sendFlags, kind string, to target) ([]letter, error) {
	if kind == "json" {
		l, err := c.jsonLetter(cmd, f, to)
		if err != nil {
			return nil, err
		}
		return []letter{l}, nil
	}
	if err := f.checkPlace(cmd, to.place); err != nil {
		return nil, err
	}
	body, err := c.body(cmd, args, f, kind, to.place)
	if err != nil {
		return nil, err
	}
	var letters []letter
	for _, part := range f.parts(body, to.place) {
		letters = append(letters, f.address(cmd, to, part))
	}
	return letters, nil
}

// address puts a body into the letter that the flags describe.
func (f *sendFlags) address(cmd *cobra.Command, to target, body wecom.Body) letter {
	switch to.place {
	case toChat:
		return f.options(cmd, wecom.ChatMessage{ChatID: to.chat, Body: body})
	case byRobot:
		return f.options(cmd, wecom.RobotMessage{Body: body})
	}
	return f.options(cmd, wecom.Message{To: to.to, Body: body})
}

// options sets what flags say about a letter beside its address and body.
func (f *sendFlags) options(cmd *cobra.Command, l letter) letter {
	switch m := l.(type) {
	case wecom.ChatMessage:
		if m.TruncateOK = f.truncate; f.safe {
			m.Safe = 1
		}
		return m
	case wecom.RobotMessage:
		m.TruncateOK = f.truncate
		return m
	case wecom.Message:
		if m.TruncateOK = f.truncate; f.safe {
			m.Safe = 1
		}
		if f.translateIDs {
			m.TranslateIDs = true
		}
		if given(cmd, "duplicate-check") != "" {
			m.DuplicateCheck, m.DuplicateCheckInterval = true, f.duplicateCheck
		}
		return m
	}
	return l
}

// jsonLetter reads a whole body. Flags for receivers replace all those in it; without any it says
// itself where it goes, and last of all the environment names a robot.
func (c *cli) jsonLetter(cmd *cobra.Command, f *sendFlags, to target) (letter, error) {
	name, data, err := c.readJSON(cmd.Context(), f.json, maxInput)
	if err != nil {
		return nil, err
	}
	at := to.place
	if at == nowhere {
		at = guessPlace(data)
	}
	if at == nowhere && (c.std.Getenv("HONGYAN_ROBOT") != "" || c.std.Getenv("HONGYAN_ROBOT_FILE") != "") {
		at = byRobot
	}
	l, err := readLetter(name, data, at)
	if err != nil {
		return nil, err
	}
	c.warnUnknown(name, unknownFields(data, l))
	switch m := l.(type) {
	case wecom.ChatMessage:
		if to.chat != "" {
			m.ChatID = to.chat
		}
		l = m
	case wecom.Message:
		if to.place == toMembers {
			m.To = to.to
		}
		if !named(m.To) {
			return nil, nobody(cmd)
		}
		l = m
	}
	if err := f.checkPlace(cmd, placeOf(l)); err != nil {
		return nil, err
	}
	return f.options(cmd, l), nil
}

// body is what the flags of the kind describe.
func (c *cli) body(cmd *cobra.Command, args []string, f *sendFlags, kind string, at place) (wecom.Body, error) {
	switch kind {
	case "card":
		return c.readCard(cmd.Context(), f.card)
	case "news":
		return readArticles(cmd, f.news)
	case "news-json":
		return c.readNews(cmd.Context(), f.newsJSON)
	case "image", "voice", "video", "file", "media-id":
		return f.mediaBody(kind, at)
	}
	text, err := c.text(cmd, args)
	if err != nil {
		return nil, err
	}
	switch kind {
	case textCard:
		return wecom.TextCard{Title: f.title, Description: text, URL: f.url, ButtonText: f.button}, nil
	case "markdown":
		return wecom.Markdown{Content: text}, nil
	case "markdown-v2":
		return wecom.MarkdownV2{Content: text}, nil
	}
	return wecom.Text{Content: text, Mentioned: elements(f.mentioned), MentionedMobiles: elements(f.mentionedMobiles)}, nil
}

// parts splits a text that is too long, if the flags allow that. Attention is called once, by the
// first part.
func (f *sendFlags) parts(body wecom.Body, at place) []wecom.Body {
	if !f.split {
		return []wecom.Body{body}
	}
	var parts []wecom.Body
	options := wecom.SplitOptions{Numbered: true}
	switch b := body.(type) {
	case wecom.Text:
		for _, content := range wecom.SplitText(b.Content, options) {
			b.Content = content
			parts = append(parts, b)
			b.Mentioned, b.MentionedMobiles = nil, nil
		}
	case wecom.Markdown:
		dialect := wecom.DialectApp
		switch at {
		case toChat:
			dialect, options.Limit = wecom.DialectGroup, 2048 // of an app, whose chat knows mentions
		case byRobot:
			dialect = wecom.DialectGroup
		}
		for _, content := range wecom.SplitMarkdown(b.Content, dialect, options) {
			parts = append(parts, wecom.Markdown{Content: content})
		}
	case wecom.MarkdownV2:
		for _, content := range wecom.SplitMarkdown(b.Content, wecom.DialectV2, options) {
			parts = append(parts, wecom.MarkdownV2{Content: content})
		}
	}
	return parts
}
