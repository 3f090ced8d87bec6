package wecom

// Card is a template card (msgtype template_card, path/90236): a [TextNotice], [NewsNotice],
// [ButtonInteraction], [VoteInteraction] or [MultipleInteraction]. Each is a type of its own with
// the parts that it has, so that a part cannot stand on the wrong card. A card is a [Body].
//
// A notice leads somewhere when it is tapped. The other three, and a notice with an ActionMenu, tell
// the app what was chosen: they need a TaskID and an app with a callback URL (43012), and can be
// changed once per ResponseCode. Cards are not shown in the WeChat plugin (微工作台).
//
// Where a part says "better at most", clients show the beginning of what is longer. [Lint] finds it;
// WeCom does not refuse it.
type Card interface {
	Body
	// CardType returns WeCom's name of the type, such as "text_notice".
	CardType() string
	// forUpdate returns the card as update_template_card wants it: without the task_id, since that
	// of the card that was sent stays. A checker with updating set checks it.
	forUpdate() Card
}

const msgTypeCard = "template_card"

// TextNotice is a card of text (card_type text_notice). CardAction is required, and one of
// MainTitle.Title and SubTitleText.
type TextNotice struct {
	Source             Source              `json:"source,omitzero"`
	ActionMenu         ActionMenu          `json:"action_menu,omitzero"` // makes the card one that can be updated
	MainTitle          MainTitle           `json:"main_title,omitzero"`
	QuoteArea          QuoteArea           `json:"quote_area,omitzero"`
	EmphasisContent    EmphasisContent     `json:"emphasis_content,omitzero"`
	SubTitleText       string              `json:"sub_title_text,omitempty"` // better at most 160 characters
	HorizontalContents []HorizontalContent `json:"horizontal_content_list,omitempty"`
	Jumps              []Jump              `json:"jump_list,omitempty"`
	CardAction         Link                `json:"card_action"`       // required: a tap on the card; not NoLink
	TaskID             string              `json:"task_id,omitempty"` // with ActionMenu required; at most 128 bytes of 0-9 A-Z a-z _ - @, unique within the app
}

// CardType returns "text_notice".
func (TextNotice) CardType() string { return "text_notice" }

// NewsNotice is a card with a picture (card_type news_notice). MainTitle and CardAction are
// required, and one of CardImage and ImageTextArea; by a robot CardImage (path/99110).
type NewsNotice struct {
	Source             Source              `json:"source,omitzero"`
	ActionMenu         ActionMenu          `json:"action_menu,omitzero"` // makes the card one that can be updated
	MainTitle          MainTitle           `json:"main_title"`           // required
	QuoteArea          QuoteArea           `json:"quote_area,omitzero"`
	ImageTextArea      ImageTextArea       `json:"image_text_area,omitzero"`
	CardImage          CardImage           `json:"card_image,omitzero"`
	VerticalContents   []VerticalContent   `json:"vertical_content_list,omitempty"`
	HorizontalContents []HorizontalContent `json:"horizontal_content_list,omitempty"`
	Jumps              []Jump              `json:"jump_list,omitempty"`
	CardAction         Link                `json:"card_action"`       // required: a tap on the card; not NoLink
	TaskID             string              `json:"task_id,omitempty"` // with ActionMenu required; as in TextNotice
}

// CardType returns "news_notice".
func (NewsNotice) CardType() string { return "news_notice" }

// ButtonInteraction is a card with one to six buttons and perhaps a drop-down (card_type
// button_interaction). MainTitle, Buttons and TaskID are required.
type ButtonInteraction struct {
	Source             Source              `json:"source,omitzero"`
	ActionMenu         ActionMenu          `json:"action_menu,omitzero"`
	MainTitle          MainTitle           `json:"main_title"` // required
	QuoteArea          QuoteArea           `json:"quote_area,omitzero"`
	SubTitleText       string              `json:"sub_title_text,omitempty"` // better at most 160 characters
	HorizontalContents []HorizontalContent `json:"horizontal_content_list,omitempty"`
	CardAction         Link                `json:"card_action,omitzero"`
	ButtonSelection    Select              `json:"button_selection,omitzero"`
	Buttons            []Button            `json:"button_list"`            // required, 1 to 6
	TaskID             string              `json:"task_id,omitempty"`      // required; as in TextNotice
	ReplaceText        string              `json:"replace_text,omitempty"` // update only: one dead button with this text replaces them all
}

// CardType returns "button_interaction".
func (ButtonInteraction) CardType() string { return "button_interaction" }

// VoteInteraction is a card with a question, one or several answers, and a button that submits
// them (card_type vote_interaction). MainTitle, Checkbox and TaskID are required.
type VoteInteraction struct {
	Source       Source       `json:"source,omitzero"`
	MainTitle    MainTitle    `json:"main_title"` // required
	Checkbox     Checkbox     `json:"checkbox"`   // required
	SubmitButton SubmitButton `json:"submit_button,omitzero"`
	TaskID       string       `json:"task_id,omitempty"`      // required; as in TextNotice
	ReplaceText  string       `json:"replace_text,omitempty"` // update only: a dead button with this text replaces SubmitButton
}

// CardType returns "vote_interaction".
func (VoteInteraction) CardType() string { return "vote_interaction" }

// MultipleInteraction is a card with one to three drop-downs and a button that submits what was
// chosen (card_type multiple_interaction). MainTitle, Selects, SubmitButton and TaskID are required.
type MultipleInteraction struct {
	Source       Source       `json:"source,omitzero"`
	MainTitle    MainTitle    `json:"main_title"`             // required
	Selects      []Select     `json:"select_list"`            // required, 1 to 3
	SubmitButton SubmitButton `json:"submit_button"`          // required
	TaskID       string       `json:"task_id,omitempty"`      // required; as in TextNotice
	ReplaceText  string       `json:"replace_text,omitempty"` // update only: a dead button with this text replaces SubmitButton
}

// CardType returns "multiple_interaction".
func (MultipleInteraction) CardType() string { return "multiple_interaction" }

// MsgType returns "template_card".
func (TextNotice) MsgType() string { return msgTypeCard }

// MsgType returns "template_card".
func (NewsNotice) MsgType() string { return msgTypeCard }

// MsgType returns "template_card".
func (ButtonInteraction) MsgType() string { return msgTypeCard }

// MsgType returns "template_card".
func (VoteInteraction) MsgType() string { return msgTypeCard }

// MsgType returns "template_card".
func (MultipleInteraction) MsgType() string { return msgTypeCard }

func (TextNotice) safe() int          { return 0 }
func (NewsNotice) safe() int          { return 0 }
func (ButtonInteraction) safe() int   { return 0 }
func (VoteInteraction) safe() int     { return 0 }
func (MultipleInteraction) safe() int { return 0 }

func (t TextNotice) forUpdate() Card          { t.TaskID = ""; return t }
func (t NewsNotice) forUpdate() Card          { t.TaskID = ""; return t }
func (t ButtonInteraction) forUpdate() Card   { t.TaskID = ""; return t }
func (t VoteInteraction) forUpdate() Card     { t.TaskID = ""; return t }
func (t MultipleInteraction) forUpdate() Card { t.TaskID = ""; return t }
