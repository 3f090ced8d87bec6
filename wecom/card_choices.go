package wecom

// Button is a button of a [ButtonInteraction]. Without a Type it comes back to the app with its Key;
// [URLButton] makes one that opens a link instead, and sends no event.
type Button struct {
	Type  ButtonType  `json:"type,omitempty"`
	Text  string      `json:"text"`            // required, better at most 10 characters
	Style ButtonStyle `json:"style,omitempty"` // 0 is shown as StyleMain
	Key   string      `json:"key,omitempty"`   // required for ButtonCallback, at most 1024 bytes, unique in the card; the EventKey of the event
	URL   string      `json:"url,omitempty"`   // required for ButtonURL, http:// or https://
}

// URLButton is a button that opens a link.
func URLButton(text, url string) Button { return Button{Type: ButtonURL, Text: text, URL: url} }

// ButtonType is what a [Button] does.
type ButtonType int

// The types of a Button.
const (
	ButtonCallback ButtonType = 0 // tells the app its Key
	ButtonURL      ButtonType = 1 // opens its URL
)

// ButtonStyle is the look of a [Button].
type ButtonStyle int

// The styles of a Button, by the names of the official page's picture. The cards of AI bots have
// other looks under the same numbers: there 3 is red and 4 is black.
const (
	StyleMain      ButtonStyle = 1
	StyleSecondary ButtonStyle = 2
	StyleNeutral   ButtonStyle = 3
	StyleNegative  ButtonStyle = 4
)

// Select is a drop-down: the ButtonSelection of a [ButtonInteraction] (shown by WeCom 3.1.18 and
// newer), or one of the Selects of a [MultipleInteraction].
type Select struct {
	QuestionKey string   `json:"question_key"`          // required, at most 1024 bytes, unique in the card; comes back in the event
	Title       string   `json:"title,omitempty"`       // stands at its left
	SelectedID  string   `json:"selected_id,omitempty"` // the ID of the option chosen at first; "" is the first
	Options     []Option `json:"option_list"`           // required, 1 to 10
	Disable     bool     `json:"disable,omitempty"`     // update only: the choice can no longer be changed
}

// IsZero reports whether there is no drop-down. An empty list of options is none: encoding/json asks,
// and leaves it out where it may be absent.
func (s Select) IsZero() bool {
	return s.QuestionKey == "" && s.Title == "" && s.SelectedID == "" && len(s.Options) == 0 && !s.Disable
}

// Option is an option of a [Select].
type Option struct {
	ID   string `json:"id"`   // required, at most 128 bytes, unique in its list; comes back in the event
	Text string `json:"text"` // required, better at most 16 characters
}

// Checkbox is the question of a [VoteInteraction].
type Checkbox struct {
	QuestionKey string           `json:"question_key"` // required, at most 1024 bytes; comes back in the event
	Mode        CheckboxMode     `json:"mode,omitempty"`
	Options     []CheckboxOption `json:"option_list"`       // required, 1 to 20
	Disable     bool             `json:"disable,omitempty"` // update only: the choice can no longer be changed
}

// CheckboxMode is how many options of a [Checkbox] can be chosen.
type CheckboxMode int

// The modes of a Checkbox.
const (
	SingleChoice   CheckboxMode = 0
	MultipleChoice CheckboxMode = 1
)

// CheckboxOption is an option of a [Checkbox].
type CheckboxOption struct {
	ID        string `json:"id"`         // required, at most 128 bytes, unique in the list; comes back in the event
	Text      string `json:"text"`       // required, better at most 17 characters
	IsChecked bool   `json:"is_checked"` // chosen at first
}

// SubmitButton sends what was chosen on the card.
type SubmitButton struct {
	Text string `json:"text"` // better at most 10 characters; "" is sent as 提交
	Key  string `json:"key"`  // required, at most 1024 bytes; the EventKey of the event
}

func (b Button) check(c *checker, path string, seen map[string]string) {
	c.among(path+".type", int(b.Type), int(ButtonCallback), int(ButtonURL))
	c.required(path+".text", b.Text)
	c.text(path+".key", b.Key, b.Type == ButtonCallback, 1024, Bytes, TooLong)
	c.unique(path+".key", b.Key, seen)
	c.text(path+".url", b.URL, b.Type == ButtonURL, 0, Bytes, TooLong)
	if b.Type == ButtonURL {
		c.scheme(path+".url", b.URL)
	}
}

func (s Select) check(c *checker, path string) {
	c.key(path+".question_key", s.QuestionKey)
	c.utf8(path+".title", s.Title)
	c.utf8(path+".selected_id", s.SelectedID)
	c.updateOnly(path+".disable", s.Disable)
	c.count(path+".option_list", len(s.Options), 1, 10)
	seen := map[string]string{}
	for i, o := range s.Options {
		checkOption(c, at(path+".option_list", i), o, seen)
	}
}

func (b Checkbox) check(c *checker, path string) {
	c.key(path+".question_key", b.QuestionKey)
	c.among(path+".mode", int(b.Mode), int(SingleChoice), int(MultipleChoice))
	c.updateOnly(path+".disable", b.Disable)
	c.count(path+".option_list", len(b.Options), 1, 20)
	seen := map[string]string{}
	for i, o := range b.Options {
		checkOption(c, at(path+".option_list", i), Option{ID: o.ID, Text: o.Text}, seen)
	}
}

func checkOption(c *checker, path string, o Option, seen map[string]string) {
	c.text(path+".id", o.ID, true, 128, Bytes, TooLong)
	c.unique(path+".id", o.ID, seen)
	c.required(path+".text", o.Text)
}

func (b SubmitButton) check(c *checker, path string) {
	c.utf8(path+".text", b.Text)
	c.key(path+".key", b.Key)
}
