package simulator

// chatTextBody is a text to a group chat, with the members it calls by name.
type chatTextBody struct {
	Content             string   `json:"content"`
	MentionedList       []string `json:"mentioned_list,omitempty"`
	MentionedMobileList []string `json:"mentioned_mobile_list,omitempty"` // of robots
}

func readChatText(_ *reading, body *object) (any, *status) {
	content := body.text("content")
	if content == "" {
		return nil, refuse(codeEmptyContent)
	}
	return chatTextBody{Content: cutBytes(content, maxText), MentionedList: body.texts("mentioned_list")}, nil
}

// readChatCard is readTextCard with the limits of group chats, which are in bytes.
func readChatCard(r *reading, body *object) (any, *status) {
	read, wrong := readTextCard(r, body)
	if wrong != nil {
		return nil, wrong
	}
	card := read.(textCardBody)
	card.Title = cutBytes(card.Title, maxCardTitle)
	card.Description = cutBytes(card.Description, maxCardDescription)
	return card, nil
}

// readLinkedNews is readNews for group chats and robots.
func readLinkedNews(r *reading, body *object) (any, *status) {
	return readArticles(body, func(o *object) (article, *status) { return readLinkedArticle(r, o) })
}
