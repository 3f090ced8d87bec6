package simulator

// The limits of a template card that WeCom enforces. Strings are in bytes.
const (
	maxMenuEntries     = 3
	maxCardKey         = 1024 // of buttons, menu entries and questions
	maxOptionID        = 128
	maxVerticalLines   = 4
	maxHorizontalLines = 6
	maxJumps           = 3
	maxButtons         = 6
	maxVoteOptions     = 20
	maxSelectOptions   = 10
	maxSelects         = 3
	minAspectRatio     = 1.3
	maxAspectRatio     = 2.25
)

// titles: a text notice needs a title or a subtitle, every other card a title.
func (k *cardCheck) titles(c *templateCard) {
	titled := c.MainTitle != nil && c.MainTitle.Title != ""
	k.param(titled || c.CardType == "text_notice" && c.SubTitleText != "", "main_title.title")
}

func (k *cardCheck) menu(m *actionMenu) {
	if m == nil {
		return
	}
	k.param(1 <= len(m.ActionList) && len(m.ActionList) <= maxMenuEntries, "action_menu.action_list")
	used := map[string]bool{}
	for _, entry := range m.ActionList {
		k.param(entry.Text != "", "action_menu.action_list.text")
		k.param(entry.Key != "" && len(entry.Key) <= maxCardKey, "action_menu.action_list.key")
		k.demand(!used[entry.Key], codeCardMenuKeys)
		used[entry.Key] = true
	}
}

// areas: a news notice has a picture, in one place or the other; robots know only one.
func (k *cardCheck) areas(c *templateCard) {
	if c.QuoteArea != nil {
		k.target(c.QuoteArea.cardTarget)
	}
	if c.CardType != "news_notice" {
		return
	}
	if area := c.ImageTextArea; area != nil {
		k.target(area.cardTarget)
		k.param(area.ImageURL != "", "image_text_area.image_url")
	}
	if c.CardImage == nil {
		k.demand(c.ImageTextArea != nil && k.use != robotCard, codeCardImage)
		return
	}
	k.demand(c.CardImage.URL != "", codeCardImage)
	if ratio := c.CardImage.AspectRatio; ratio != 0 && (ratio < minAspectRatio || ratio > maxAspectRatio) {
		k.param(!k.r.strict, "card_image.aspect_ratio")
		c.CardImage.AspectRatio = 0 // the document gives the bounds and no consequence
	}
}

func (k *cardCheck) lists(c *templateCard) {
	k.between(len(c.VerticalContentList), 0, maxVerticalLines, codeCardVerticalList)
	for _, line := range c.VerticalContentList {
		k.demand(line.Title != "", codeCardTitle)
	}
	k.between(len(c.HorizontalContentList), 0, maxHorizontalLines, codeCardHorizontalList)
	for _, line := range c.HorizontalContentList {
		k.line(line)
	}
	k.between(len(c.JumpList), 0, maxJumps, codeCardJumpList)
	for _, jump := range c.JumpList {
		k.demand(jump.Title != "", codeCardTitle)
		k.target(jump.cardTarget)
	}
}

func (k *cardCheck) line(line cardLine) {
	k.demand(line.KeyName != "", codeCardKeyName)
	switch line.Type {
	case 1:
		k.demand(line.URL != "", codeCardURL)
	case 2:
		k.demand(line.MediaID != "", codeCardMediaID)
		if k.wrong == nil {
			k.wrong = k.r.checkMedia(line.MediaID, "file")
		}
	case 3:
		k.demand(line.UserID != "", codeCardUserID)
	}
}

// action: a notice opens something, a card with buttons may.
func (k *cardCheck) action(c *templateCard) {
	notice := c.CardType == "text_notice" || c.CardType == "news_notice"
	if c.CardAction == nil {
		k.demand(!notice, codeCardAction)
		return
	}
	t := c.CardAction.cardTarget
	k.demand(t.Type == 1 || t.Type == 2 || t.Type == 0 && !notice, codeCardAction)
	k.target(t)
}

func (k *cardCheck) buttons(c *templateCard) {
	if c.CardType == "button_interaction" {
		k.param(1 <= len(c.ButtonList) && len(c.ButtonList) <= maxButtons, "button_list")
	}
	used := map[string]bool{}
	for i := range c.ButtonList {
		b := &c.ButtonList[i]
		if b.Style < 1 || b.Style > 4 {
			b.Style = 1
		}
		k.demand(b.Text != "", codeCardButtonText)
		if b.Type == 1 {
			k.demand(b.URL != "", codeCardURL)
		} else {
			k.key(b.Key, maxCardKey, codeCardButtonKey, used)
		}
	}
	if c.CardType == "vote_interaction" || c.CardType == "multiple_interaction" {
		k.submit(c.SubmitButton, c.CardType == "multiple_interaction" || k.r.strict)
	}
}

// submit: the text has a default, so it may be absent but not empty. SDKs disagree whether a vote
// needs the button at all.
func (k *cardCheck) submit(b *cardSubmit, required bool) {
	if b == nil {
		k.demand(!required, codeCardSubmitKey)
		return
	}
	k.demand(b.Key != "" && len(b.Key) <= maxCardKey, codeCardSubmitKey)
	k.demand(b.Text == nil || *b.Text != "", codeCardSubmitText)
}

func (k *cardCheck) questions(c *templateCard) {
	switch c.CardType {
	case "vote_interaction":
		k.demand(c.Checkbox != nil, codeCardQuestionKey)
	case "multiple_interaction":
		k.between(len(c.SelectList), 1, maxSelects, codeCardSelectList)
	}
	used := map[string]bool{}
	for _, q := range c.questions() {
		k.key(q.QuestionKey, maxCardKey, codeCardQuestionKey, used)
		most := maxSelectOptions
		if q == c.Checkbox {
			most = maxVoteOptions
		}
		k.between(len(q.OptionList), 1, most, codeCardOptionList)
		ids := map[string]bool{}
		for _, option := range q.OptionList {
			k.key(option.ID, maxOptionID, codeCardOptionID, ids)
			k.demand(option.Text != "", codeCardOptionText)
		}
	}
}
