package wecom

// Markdown is a text with headings, links and colours (msgtype markdown, path/90236), and in group
// chats and by robots <@userid>. The WeChat plugin (微工作台) shows nothing of it but a hint to open
// WeCom.
type Markdown struct {
	Content string `json:"content"` // required, at most 2048 bytes; by a robot 4096
}

// MsgType returns "markdown".
func (Markdown) MsgType() string { return "markdown" }

func (m Markdown) check(c *checker) {
	c.text("markdown.content", m.Content, true, c.markdownBytes(), Bytes, TooLong)
}

func (Markdown) safe() int { return 0 }
