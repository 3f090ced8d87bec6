package wecom

// TaskCard is the first generation of cards with buttons (msgtype taskcard, path/91579). WeCom
// still answers it; new programs send a [ButtonInteraction]. The app needs a callback URL (43012).
//
// The text that a button shows once it is pressed is in the card itself (ReplaceName). The second
// generation, [InteractiveTaskCard], gets it with the update; the two do not mix.
type TaskCard struct {
	Title       string       `json:"title"`         // required, at most 128 bytes; WeCom cuts the rest
	Description string       `json:"description"`   // required, at most 512 bytes; WeCom cuts the rest
	URL         string       `json:"url,omitempty"` // at most 2048 bytes, http:// or https://
	TaskID      string       `json:"task_id"`       // required, at most 128 bytes of 0-9 A-Z a-z _ - @; unique within the app
	Buttons     []TaskButton `json:"btn"`           // required, 1 or 2
}

// TaskButton is a button of a [TaskCard] or [InteractiveTaskCard].
type TaskButton struct {
	Key         string `json:"key"`                    // required, at most 128 bytes of 0-9 A-Z a-z _ - @; comes back in the event
	Name        string `json:"name"`                   // required
	ReplaceName string `json:"replace_name,omitempty"` // TaskCard only: shown once it is pressed; "" is 已处理
	Color       string `json:"color,omitempty"`        // "red" or "blue"; "" is blue
	IsBold      bool   `json:"is_bold,omitempty"`
}

// MsgType returns "taskcard".
func (TaskCard) MsgType() string { return "taskcard" }

func (t TaskCard) check(c *checker) { t.checkAs(c, t.MsgType()) }

func (TaskCard) safe() int { return 0 }

// InteractiveTaskCard is the second generation of cards with buttons (msgtype
// interactive_taskcard, path/91579), with the fields of a [TaskCard].
type InteractiveTaskCard TaskCard

// MsgType returns "interactive_taskcard".
func (InteractiveTaskCard) MsgType() string { return "interactive_taskcard" }

func (t InteractiveTaskCard) check(c *checker) { TaskCard(t).checkAs(c, t.MsgType()) }

func (InteractiveTaskCard) safe() int { return 0 }

func (t TaskCard) checkAs(c *checker, path string) {
	c.text(path+".title", t.Title, true, 128, Bytes, WouldCut)
	c.text(path+".description", t.Description, true, 512, Bytes, WouldCut)
	c.url(path+".url", t.URL, false)
	c.required(path+".task_id", t.TaskID)
	c.id(path+".task_id", t.TaskID)
	c.count(path+".btn", len(t.Buttons), 1, 2)
	seen := map[string]string{}
	for i, b := range t.Buttons {
		field := at(path+".btn", i)
		c.required(field+".key", b.Key)
		c.id(field+".key", b.Key)
		c.unique(field+".key", b.Key, seen)
		c.required(field+".name", b.Name)
		c.utf8(field+".replace_name", b.ReplaceName)
		if b.Color != "" && b.Color != "red" && b.Color != "blue" {
			c.add(FieldError{Field: field + ".color", Problem: NotKnown, Detail: "it is red or blue"})
		}
	}
}
