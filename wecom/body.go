package wecom

// Text is a plain text (msgtype text, path/90236). Line breaks and <a href="https://…">label</a>
// links are shown as such, everything else as typed.
type Text struct {
	Content string `json:"content"` // required, at most 2048 bytes: about 682 Chinese characters; WeCom cuts the rest
	// Mentioned are members whose attention is called, by user id; "@all" is everybody. Group chats
	// and robots alone know it. <@userid> in the content does the same.
	Mentioned []string `json:"mentioned_list,omitempty"`
	// MentionedMobiles are members by their phone number; "@all" is everybody. Robots alone know it.
	MentionedMobiles []string `json:"mentioned_mobile_list,omitempty"`
}

// MsgType returns "text".
func (Text) MsgType() string { return "text" }

func (t Text) check(c *checker) {
	if c.place == byRobot && c.truncateOK {
		c.text("text.content", t.Content, true, maxRobotTextBytes, Bytes, TooLong)
	} else {
		c.text("text.content", t.Content, true, 2048, Bytes, WouldCut)
	}
	c.mentions("text.mentioned_list", t.Mentioned, c.place != toMembers)
	c.mentions("text.mentioned_mobile_list", t.MentionedMobiles, c.place == byRobot)
}

// maxRobotTextBytes is what a robot was seen to take; its page promises 2048.
const maxRobotTextBytes = 5120

func (Text) safe() int { return 1 }

// TextCard is a card with a title, a text and a link (msgtype textcard, path/90236).
type TextCard struct {
	Title string `json:"title"` // required, at most 128 characters; WeCom cuts the rest
	// Description is required, at most 512 characters; WeCom cuts the rest. In a group chat the limits
	// of title and description are 128 and 512 bytes. Line breaks and
	// <div class="gray">…</div>, "normal" (black) and "highlight" (orange) are shown as such.
	Description string `json:"description"`
	URL         string `json:"url"`              // required, at most 2048 bytes, http:// or https://
	ButtonText  string `json:"btntxt,omitempty"` // at most 4 characters; "" is shown as 详情
}

// MsgType returns "textcard".
func (TextCard) MsgType() string { return "textcard" }

func (t TextCard) check(c *checker) {
	unit := Characters
	if c.place == inChat {
		unit = Bytes
	}
	c.text("textcard.title", t.Title, true, 128, unit, WouldCut)
	c.text("textcard.description", t.Description, true, 512, unit, WouldCut)
	c.url("textcard.url", t.URL, true)
	c.text("textcard.btntxt", t.ButtonText, false, 4, Characters, WouldCut)
}

func (TextCard) safe() int { return 0 }

// Markdown is a text with headings, links and colours (msgtype markdown, path/90236), and in group
// chats and by robots <@userid>. WeCom shows a small part of markdown; [LintMarkdown] finds what it
// does not. In the WeChat plugin (微工作台) nothing of it is shown but a hint to open WeCom.
type Markdown struct {
	// Content is required, at most 2048 bytes, by a robot 4096. Shown are headings from "# " to "###### ", **bold**,
	// [links](https://…), `code` within a line, > quotes, and <font color="…"> with info (green),
	// comment (grey) or warning (orange).
	Content string `json:"content"`
}

// MsgType returns "markdown".
func (Markdown) MsgType() string { return "markdown" }

func (m Markdown) check(c *checker) {
	c.text("markdown.content", m.Content, true, c.markdownBytes(), Bytes, TooLong)
}

func (Markdown) safe() int { return 0 }
