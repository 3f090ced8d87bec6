package phone

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
