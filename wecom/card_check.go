package wecom

import (
	"fmt"
	"math"
)

func (t TextNotice) check(c *checker) {
	const path = msgTypeCard
	t.Source.check(c, path+".source")
	t.ActionMenu.check(c, path+".action_menu")
	if t.MainTitle.Title == "" && t.SubTitleText == "" {
		c.add(FieldError{Field: path + ".main_title.title", Problem: Missing, Detail: "give it, or sub_title_text, or both"})
	}
	t.MainTitle.check(c, path+".main_title", false)
	t.QuoteArea.check(c, path+".quote_area")
	c.utf8(path+".emphasis_content.title", t.EmphasisContent.Title)
	c.utf8(path+".emphasis_content.desc", t.EmphasisContent.Desc)
	c.utf8(path+".sub_title_text", t.SubTitleText)
	checkLines(c, t.HorizontalContents)
	checkJumps(c, t.Jumps)
	checkCardAction(c, t.CardAction)
	c.taskID(t.TaskID, !t.ActionMenu.IsZero())
}

func (t NewsNotice) check(c *checker) {
	const path = msgTypeCard
	t.Source.check(c, path+".source")
	t.ActionMenu.check(c, path+".action_menu")
	t.MainTitle.check(c, path+".main_title", true)
	t.QuoteArea.check(c, path+".quote_area")
	if t.CardImage == (CardImage{}) && t.ImageTextArea == (ImageTextArea{}) {
		c.add(FieldError{Field: path + ".card_image", Problem: Missing, Detail: "give it, or image_text_area, or both"})
	}
	t.ImageTextArea.check(c, path+".image_text_area")
	t.CardImage.check(c, path+".card_image")
	c.count(path+".vertical_content_list", len(t.VerticalContents), 0, 4)
	for i, v := range t.VerticalContents {
		c.required(at(path+".vertical_content_list", i)+".title", v.Title)
		c.utf8(at(path+".vertical_content_list", i)+".desc", v.Desc)
	}
	checkLines(c, t.HorizontalContents)
	checkJumps(c, t.Jumps)
	checkCardAction(c, t.CardAction)
	c.taskID(t.TaskID, !t.ActionMenu.IsZero())
}

func (t ButtonInteraction) check(c *checker) {
	const path = msgTypeCard
	t.Source.check(c, path+".source")
	t.ActionMenu.check(c, path+".action_menu")
	t.MainTitle.check(c, path+".main_title", true)
	t.QuoteArea.check(c, path+".quote_area")
	c.utf8(path+".sub_title_text", t.SubTitleText)
	checkLines(c, t.HorizontalContents)
	t.CardAction.check(c, path+".card_action")
	if !t.ButtonSelection.IsZero() {
		t.ButtonSelection.check(c, path+".button_selection")
	}
	c.count(path+".button_list", len(t.Buttons), 1, 6)
	seen := map[string]string{}
	for i, b := range t.Buttons {
		b.check(c, at(path+".button_list", i), seen)
	}
	c.updateOnlyText(t.ReplaceText)
	c.taskID(t.TaskID, true)
}

func (t VoteInteraction) check(c *checker) {
	const path = msgTypeCard
	t.Source.check(c, path+".source")
	t.MainTitle.check(c, path+".main_title", true)
	t.Checkbox.check(c, path+".checkbox")
	if t.SubmitButton != (SubmitButton{}) {
		t.SubmitButton.check(c, path+".submit_button")
	}
	c.updateOnlyText(t.ReplaceText)
	c.taskID(t.TaskID, true)
}

func (t MultipleInteraction) check(c *checker) {
	const path = msgTypeCard
	t.Source.check(c, path+".source")
	t.MainTitle.check(c, path+".main_title", true)
	c.count(path+".select_list", len(t.Selects), 1, 3)
	seen := map[string]string{}
	for i, s := range t.Selects {
		field := at(path+".select_list", i)
		s.check(c, field)
		c.unique(field+".question_key", s.QuestionKey, seen)
	}
	t.SubmitButton.check(c, path+".submit_button")
	c.updateOnlyText(t.ReplaceText)
	c.taskID(t.TaskID, true)
}

// taskID checks the task_id, which a card for an update leaves out.
func (c *checker) taskID(value string, required bool) {
	const field = msgTypeCard + ".task_id"
	if required && value == "" && !c.updating {
		c.add(FieldError{Field: field, Problem: Missing, Detail: "a card that can call back needs one"})
	}
	c.id(field, value)
}

func (c *checker) updateOnlyText(replaceText string) {
	c.updateOnly(msgTypeCard+".replace_text", replaceText != "")
	c.utf8(msgTypeCard+".replace_text", replaceText)
}

func (s Source) check(c *checker, path string) {
	c.utf8(path+".icon_url", s.IconURL)
	c.utf8(path+".desc", s.Desc)
}

func (m ActionMenu) check(c *checker, path string) {
	if m.IsZero() {
		return
	}
	c.utf8(path+".desc", m.Desc)
	c.count(path+".action_list", len(m.Actions), 1, 3)
	seen := map[string]string{}
	for i, a := range m.Actions {
		field := at(path+".action_list", i)
		c.required(field+".text", a.Text)
		c.key(field+".key", a.Key)
		c.unique(field+".key", a.Key, seen)
	}
}

func (m MainTitle) check(c *checker, path string, required bool) {
	c.text(path+".title", m.Title, required, 0, Characters, TooLong)
	c.utf8(path+".desc", m.Desc)
}

func (q QuoteArea) check(c *checker, path string) {
	q.Link.check(c, path)
	c.utf8(path+".title", q.Title)
	c.utf8(path+".quote_text", q.QuoteText)
}

func (a ImageTextArea) check(c *checker, path string) {
	if a == (ImageTextArea{}) {
		return
	}
	a.Link.check(c, path)
	c.utf8(path+".title", a.Title)
	c.utf8(path+".desc", a.Desc)
	c.required(path+".image_url", a.ImageURL)
}

func (i CardImage) check(c *checker, path string) {
	if i == (CardImage{}) {
		return
	}
	c.required(path+".url", i.URL)
	if math.IsNaN(i.AspectRatio) || math.IsInf(i.AspectRatio, 0) {
		c.add(FieldError{Field: path + ".aspect_ratio", Problem: Malformed, Detail: fmt.Sprintf("it is a number, given %v", i.AspectRatio)})
	}
}

// check checks what the type of the link needs. What it does not need is ignored, as WeCom does:
// its own samples have both a url and an appid.
func (l Link) check(c *checker, path string) {
	c.among(path+".type", int(l.Type), int(NoLink), int(LinkMiniProgram))
	c.text(path+".url", l.URL, l.Type == LinkURL, 0, Bytes, TooLong)
	if l.Type == LinkURL {
		c.scheme(path+".url", l.URL)
	}
	c.text(path+".appid", l.AppID, l.Type == LinkMiniProgram, 0, Bytes, TooLong)
	c.utf8(path+".pagepath", l.PagePath)
}

// checkCardAction checks the card_action of a notice, which must open something (42045).
func checkCardAction(c *checker, l Link) {
	const path = msgTypeCard + ".card_action"
	switch {
	case l == Link{}:
		c.add(FieldError{Field: path, Problem: Missing, Detail: "a notice opens something when it is tapped"})
	case l.Type == NoLink:
		c.add(FieldError{Field: path + ".type", Problem: Missing, Detail: "a notice opens something when it is tapped: 1 a url, 2 a mini program"})
	default:
		l.check(c, path)
	}
}

func checkJumps(c *checker, jumps []Jump) {
	const path = msgTypeCard + ".jump_list"
	c.count(path, len(jumps), 0, 3)
	for i, j := range jumps {
		j.Link.check(c, at(path, i))
		c.required(at(path, i)+".title", j.Title)
	}
}

func checkLines(c *checker, lines []HorizontalContent) {
	const path = msgTypeCard + ".horizontal_content_list"
	c.count(path, len(lines), 0, 6)
	for i, l := range lines {
		field := at(path, i)
		c.among(field+".type", int(l.Type), int(LineText), int(LineMember))
		c.required(field+".keyname", l.KeyName)
		c.utf8(field+".value", l.Value)
		c.text(field+".url", l.URL, l.Type == LineLink, 0, Bytes, TooLong)
		if l.Type == LineLink {
			c.scheme(field+".url", l.URL)
		}
		c.text(field+".media_id", l.MediaID, l.Type == LineFile, 0, Bytes, TooLong)
		c.text(field+".userid", l.UserID, l.Type == LineMember, 0, Bytes, TooLong)
	}
}
