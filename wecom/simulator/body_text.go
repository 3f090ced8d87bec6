package simulator

// textBody is a text message (文本消息, path/90236).
type textBody struct {
	Content string `json:"content"`
}

// maxText is in bytes: about 682 Chinese characters. The rest is cut and the answer is 0.
const maxText = 2048

func readText(_ *reading, body *object) (any, *status) {
	content := body.text("content")
	if content == "" {
		return nil, refuse(codeEmptyContent)
	}
	return textBody{cutBytes(content, maxText)}, nil
}
