package simulator

// markdownBody is a markdown message (markdown 消息, path/90236 and path/91770).
type markdownBody struct {
	Content string `json:"content"`
}

// maxMarkdown is in bytes. The page does not say what becomes of more; the one answer that was
// captured is 45002.
const maxMarkdown = 2048

func readMarkdown(_ *reading, body *object) (any, *status) {
	content := body.text("content")
	switch {
	case content == "":
		return nil, refuse(codeEmptyContent)
	case len(content) > maxMarkdown:
		return nil, refuse(codeContentTooLarge)
	}
	return markdownBody{content}, nil
}
