package phone

import "strings"

// templateCard is any of the five cards, and the older task cards: the parts it
// has, in the order the phone shows them. A part that is not there is empty.
type templateCard struct {
	CardType string
	MsgID    string
	Source   *source
	Menu     *menu
	Title    string
	Desc     string
	Blocks   []block // the description of a task card
	Emphasis *emphasis
	Quote    *aside
	SubTitle string
	Image    *picture
	Area     *aside
	Vertical []pair
	Lines    []cardLine
	Jumps    []jump
	Action   link
	questions
	Buttons []button
	Dead    string // the text of the dead button that stands for all of them
}

// source is the line that says where the card is from. Tone is one of four.
type source struct {
	Icon *picture
	Desc string
	Tone string
}

// menu is what opens behind the three dots.
type menu struct {
	Desc  string
	Items []button
}

// emphasis is the big figure and what it counts.
type emphasis struct{ Title, Desc string }

// aside is a box within the card: a quote, or a picture with text beside it.
type aside struct {
	Title, Text string
	Picture     *picture
	Link        link
}

// cardLine is a line of the horizontal list. Kind is "text", "link", "file" or
// "member".
type cardLine struct {
	Key, Value, Kind string
	Href, UserID     string
	File             media
}

// jump is a link at the bottom of the card.
type jump struct {
	Title string
	Link  link
}

// button calls back with its key, or opens an address. Style is 1 main,
// 2 secondary, 3 neutral, 4 negative.
type button struct {
	Key, Text string
	Style     int
	Bold      bool
	Href      string
	Pressed   bool // this member has pressed it
}

// linkObject is how a part says where a click on it leads.
type linkObject struct {
	Type                 int
	URL, AppID, PagePath string
}

func (o linkObject) link() link {
	switch o.Type {
	case 1:
		return link{Href: webLink(o.URL)}
	case 2:
		return linkTo("", o.AppID, o.PagePath)
	}
	return link{}
}

type cardObject struct {
	CardType string `json:"card_type"`
	Source   *struct {
		IconURL   string `json:"icon_url"`
		Desc      string
		DescColor int `json:"desc_color"`
	}
	ActionMenu *struct {
		Desc       string
		ActionList []struct{ Text, Key string } `json:"action_list"`
	} `json:"action_menu"`
	MainTitle struct{ Title, Desc string } `json:"main_title"`
	QuoteArea *struct {
		linkObject
		Title     string
		QuoteText string `json:"quote_text"`
	} `json:"quote_area"`
	EmphasisContent emphasis `json:"emphasis_content"`
	SubTitleText    string   `json:"sub_title_text"`
	ImageTextArea   *struct {
		linkObject
		Title, Desc string
		ImageURL    string `json:"image_url"`
	} `json:"image_text_area"`
	CardImage *struct {
		URL         string
		AspectRatio float64 `json:"aspect_ratio"`
	} `json:"card_image"`
	VerticalContentList   []struct{ Title, Desc string } `json:"vertical_content_list"`
	HorizontalContentList []struct {
		Type                        int
		KeyName, Value, URL, UserID string
		MediaID                     string `json:"media_id"`
	} `json:"horizontal_content_list"`
	JumpList []struct {
		linkObject
		Title string
	} `json:"jump_list"`
	CardAction linkObject `json:"card_action"`
	ButtonList []struct {
		Type, Style    int
		Text, Key, URL string
	} `json:"button_list"`
	SubmitButton *struct{ Text, Key string } `json:"submit_button"`
	ReplaceText  string                      `json:"replace_text"`
	questionObjects
}

var cardTypes = map[string]bool{
	"text_notice": true, "news_notice": true, "button_interaction": true,
	"vote_interaction": true, "multiple_interaction": true,
}

func readTemplateCard(r reading, b *body) bool {
	var t cardObject
	if !r.into(&t) || !cardTypes[t.CardType] {
		return false
	}
	c := &templateCard{
		CardType: t.CardType, MsgID: r.MsgID, Title: t.MainTitle.Title, Desc: t.MainTitle.Desc,
		SubTitle: t.SubTitleText, Action: t.CardAction.link(), Dead: t.ReplaceText,
	}
	t.onlyItsParts()
	r.top(c, &t)
	r.middle(c, &t)
	r.bottom(c, &t)
	b.Template, b.Brief = c, c.Title
	if c.Title == "" {
		b.Brief = c.SubTitle
	}
	return true
}

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
