package phone

import "strings"

// onlyItsParts drops what the phone does not look for in a card of this type.
func (t *cardObject) onlyItsParts() {
	if t.CardType != "button_interaction" {
		t.ButtonList, t.ButtonSelection = nil, nil
	}
	if t.CardType != "vote_interaction" {
		t.Checkbox = nil
	}
	if t.CardType != "multiple_interaction" {
		t.SelectList = nil
	}
	if t.Checkbox == nil && t.SelectList == nil {
		t.SubmitButton = nil
	}
	if t.CardType == "text_notice" || t.CardType == "news_notice" {
		t.ReplaceText = ""
	}
}

var sourceTones = [...]string{"", "black", "red", "green"}

func (r reading) top(c *templateCard, t *cardObject) {
	if s := t.Source; s != nil && (s.Desc != "" || s.IconURL != "") {
		c.Source = &source{Icon: r.pictureAt(s.IconURL), Desc: s.Desc}
		if s.DescColor > 0 && s.DescColor < len(sourceTones) {
			c.Source.Tone = sourceTones[s.DescColor]
		}
	}
	if m := t.ActionMenu; m != nil && len(m.ActionList) > 0 {
		c.Menu = &menu{Desc: m.Desc}
		for _, a := range m.ActionList {
			c.Menu.Items = append(c.Menu.Items, button{Key: a.Key, Text: a.Text, Pressed: r.pressed(a.Key)})
		}
	}
	if t.EmphasisContent != (emphasis{}) {
		c.Emphasis = &t.EmphasisContent
	}
	if q := t.QuoteArea; q != nil && (q.Title != "" || q.QuoteText != "") {
		c.Quote = &aside{Title: q.Title, Text: q.QuoteText, Link: q.link()}
	}
}

func (r reading) middle(c *templateCard, t *cardObject) {
	if i := t.CardImage; i != nil {
		c.Image = r.pictureAt(i.URL).shaped(ratioOf(i.AspectRatio))
	}
	if a := t.ImageTextArea; a != nil {
		picture := r.pictureAt(a.ImageURL).shaped(1, 1)
		c.Area = &aside{Title: a.Title, Text: a.Desc, Picture: picture, Link: a.link()}
	}
	for _, v := range t.VerticalContentList {
		c.Vertical = append(c.Vertical, pair{v.Title, v.Desc})
	}
	for _, h := range t.HorizontalContentList {
		line := cardLine{Key: h.KeyName, Value: h.Value, Kind: "text"}
		switch h.Type {
		case 1:
			line.Kind, line.Href = "link", webLink(h.URL)
		case 2:
			line.Kind, line.File = "file", r.mediaOf(h.MediaID)
		case 3:
			line.Kind, line.UserID = "member", h.UserID
		}
		c.Lines = append(c.Lines, line)
	}
}

func (r reading) bottom(c *templateCard, t *cardObject) {
	for _, j := range t.JumpList {
		c.Jumps = append(c.Jumps, jump{j.Title, j.link()})
	}
	for _, o := range t.ButtonList {
		one := button{Key: o.Key, Text: o.Text, Style: o.Style, Pressed: r.pressed(o.Key)}
		if o.Type == 1 {
			one.Key, one.Href, one.Pressed = "", webLink(o.URL), false
		}
		if one.Style < 1 || one.Style > 4 {
			one.Style = 1
		}
		c.Buttons = append(c.Buttons, one)
	}
	if s := t.SubmitButton; s != nil {
		one := button{Key: s.Key, Text: s.Text, Style: 1, Pressed: r.pressed(s.Key)}
		if strings.TrimSpace(one.Text) == "" {
			one.Text = "提交" // what WeCom writes, in every language
		}
		c.Buttons = append(c.Buttons, one)
	}
	c.questions = r.questions(&t.questionObjects, c.Dead != "")
}

func (r reading) pressed(key string) bool { return key != "" && key == r.Clicked }

// ratioOf is the shape of a card's picture, as whole numbers. WeCom takes more
// than 1.3 and less than 2.25; what is outside, or absent, is 1.3.
func ratioOf(ratio float64) (width, height int) {
	if !(ratio > 1.3 && ratio < 2.25) {
		ratio = 1.3
	}
	return int(ratio * 1000), 1000
}
