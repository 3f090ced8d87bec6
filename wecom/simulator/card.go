package simulator

// templateCard is a template card (模板卡片, path/90236): one type for all five, because an update may
// turn one into another. The XML names are those of passive replies (path/90241).
type templateCard struct {
	CardType string `json:"card_type" xml:"CardType"`

	Source     *cardSource `json:"source,omitempty" xml:"Source"`
	ActionMenu *actionMenu `json:"action_menu,omitempty" xml:"ActionMenu"`
	MainTitle  *cardTitle  `json:"main_title,omitempty" xml:"MainTitle"`
	QuoteArea  *cardArea   `json:"quote_area,omitempty" xml:"QuoteArea"`

	EmphasisContent *cardTitle `json:"emphasis_content,omitempty" xml:"EmphasisContent"`
	SubTitleText    string     `json:"sub_title_text,omitempty" xml:"SubTitleText"`
	ImageTextArea   *cardArea  `json:"image_text_area,omitempty" xml:"ImageTextArea"`
	CardImage       *cardImage `json:"card_image,omitempty" xml:"CardImage"`

	VerticalContentList   []cardTitle `json:"vertical_content_list,omitempty" xml:"VerticalContentList"`
	HorizontalContentList []cardLine  `json:"horizontal_content_list,omitempty" xml:"HorizontalContentList"`
	JumpList              []cardLink  `json:"jump_list,omitempty" xml:"JumpList"`
	CardAction            *cardLink   `json:"card_action,omitempty" xml:"CardAction"`

	ButtonSelection *cardQuestion  `json:"button_selection,omitempty" xml:"ButtonSelection"`
	ButtonList      []cardButton   `json:"button_list,omitempty" xml:"ButtonList"`
	Checkbox        *cardQuestion  `json:"checkbox,omitempty" xml:"CheckBox"`
	SelectList      []cardQuestion `json:"select_list,omitempty" xml:"SelectList"`
	SubmitButton    *cardSubmit    `json:"submit_button,omitempty" xml:"SubmitButton"`

	TaskID      string `json:"task_id,omitempty" xml:"-"`
	ReplaceText string `json:"replace_text,omitempty" xml:"ReplaceText"` // the buttons are dead and say this
}

type cardSource struct {
	IconURL   string `json:"icon_url,omitempty" xml:"IconUrl"`
	Desc      string `json:"desc,omitempty" xml:"Desc"`
	DescColor int    `json:"desc_color,omitempty" xml:"DescColor"`
}

type actionMenu struct {
	Desc       string      `json:"desc,omitempty" xml:"Desc"`
	ActionList []menuEntry `json:"action_list" xml:"ActionList"`
}

type menuEntry struct {
	Text string `json:"text" xml:"Text"`
	Key  string `json:"key" xml:"Key"`
}

type cardTitle struct {
	Title string `json:"title,omitempty" xml:"Title"`
	Desc  string `json:"desc,omitempty" xml:"Desc"`
}

// cardTarget is what a click opens: nothing (0), a URL (1) or a page of a mini program (2).
type cardTarget struct {
	Type     int    `json:"type,omitempty" xml:"Type"`
	URL      string `json:"url,omitempty" xml:"Url"`
	AppID    string `json:"appid,omitempty" xml:"AppId"`
	PagePath string `json:"pagepath,omitempty" xml:"PagePath"`
}

// cardArea is quote_area, which has QuoteText, or image_text_area, which has Desc and ImageURL.
type cardArea struct {
	cardTarget
	Title     string `json:"title,omitempty" xml:"Title"`
	QuoteText string `json:"quote_text,omitempty" xml:"QuoteText"`
	Desc      string `json:"desc,omitempty" xml:"Desc"`
	ImageURL  string `json:"image_url,omitempty" xml:"ImageUrl"`
}

type cardImage struct {
	URL         string  `json:"url" xml:"Url"`
	AspectRatio float64 `json:"aspect_ratio,omitempty" xml:"AspectRatio"`
}

type cardLine struct {
	Type    int    `json:"type,omitempty" xml:"Type"`
	KeyName string `json:"keyname" xml:"KeyName"`
	Value   string `json:"value,omitempty" xml:"Value"`
	URL     string `json:"url,omitempty" xml:"Url"`
	MediaID string `json:"media_id,omitempty" xml:"MediaId"`
	UserID  string `json:"userid,omitempty" xml:"UserId"`
}

type cardLink struct {
	cardTarget
	Title string `json:"title,omitempty" xml:"Title"`
}

// cardQuestion is button_selection, checkbox or one of select_list. Mode and IsChecked belong to a
// checkbox, Title and SelectedID to the other two, Disable to updates.
type cardQuestion struct {
	QuestionKey string       `json:"question_key" xml:"QuestionKey"`
	Title       string       `json:"title,omitempty" xml:"Title"`
	OptionList  []cardOption `json:"option_list" xml:"OptionList"`
	SelectedID  string       `json:"selected_id,omitempty" xml:"SelectedId"`
	Mode        int          `json:"mode,omitempty" xml:"Mode"`
	Disable     bool         `json:"disable,omitempty" xml:"Disable"`
}

type cardOption struct {
	ID        string `json:"id" xml:"Id"`
	Text      string `json:"text" xml:"Text"`
	IsChecked bool   `json:"is_checked,omitempty" xml:"IsChecked"`
}

type cardButton struct {
	Type  int    `json:"type,omitempty" xml:"Type"`
	Text  string `json:"text" xml:"Text"`
	Style int    `json:"style,omitempty" xml:"Style"`
	Key   string `json:"key,omitempty" xml:"Key"`
	URL   string `json:"url,omitempty" xml:"Url"`
}

// cardSubmit has a Text that is nil when the sender gave none; clients then show 提交.
type cardSubmit struct {
	Text *string `json:"text,omitempty" xml:"Text"`
	Key  string  `json:"key" xml:"Key"`
}

// callsBack says whether somebody can press something that becomes an event. Such cards can be
// updated, have a task_id, and need an app with a callback.
func (c *templateCard) callsBack() bool {
	return c.ActionMenu != nil || c.canReplace()
}

func (c *templateCard) taskID() string { return c.TaskID }

// canReplace says whether the card has buttons that a text can take the place of.
func (c *templateCard) canReplace() bool {
	return c.CardType == "button_interaction" || c.CardType == "vote_interaction" || c.CardType == "multiple_interaction"
}

// replaced is the card with its buttons dead and text on them.
func (c *templateCard) replaced(text string) *templateCard {
	copied := *c
	copied.ReplaceText = text
	return &copied
}

// questions are all that can be answered on the card.
func (c *templateCard) questions() []*cardQuestion {
	var list []*cardQuestion
	for _, q := range []*cardQuestion{c.ButtonSelection, c.Checkbox} {
		if q != nil {
			list = append(list, q)
		}
	}
	for i := range c.SelectList {
		list = append(list, &c.SelectList[i])
	}
	return list
}
