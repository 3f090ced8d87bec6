package simulator

import "strings"

// taskCardBody is a card of the old kind (任务卡片消息, path/91579), of the first generation, taskcard,
// or the second, interactive_taskcard. ReplaceText stands in place of the buttons once it is set.
type taskCardBody struct {
	Title       string       `json:"title"`       // 128 bytes, cut
	Description string       `json:"description"` // 512 bytes, cut
	URL         string       `json:"url,omitempty"`
	TaskID      string       `json:"task_id"`
	Btn         []taskButton `json:"btn"`
	ReplaceText string       `json:"replace_text,omitempty"`
}

type taskButton struct {
	Key         string `json:"key"`
	Name        string `json:"name"`
	ReplaceName string `json:"replace_name,omitempty"` // of taskcard only
	Color       string `json:"color,omitempty"`
	IsBold      bool   `json:"is_bold,omitempty"`
}

const (
	maxTaskID      = 128 // bytes, of a button's key too
	maxTaskButtons = 2
	taskDone       = "已处理" // what a pressed button says when the sender gave no replace_name
)

// readTaskCard makes the reader of one generation. Only the first says on each button what it will
// say once it is pressed.
func readTaskCard(first bool) bodyReader {
	return func(_ *reading, body *object) (any, *status) {
		var t taskCardBody
		body.into(&t)
		for i := range t.Btn {
			switch b := &t.Btn[i]; {
			case !first:
				b.ReplaceName = ""
			case b.ReplaceName == "":
				b.ReplaceName = taskDone
			}
		}
		if wrong := t.check(); wrong != nil {
			return nil, wrong
		}
		return &t, nil
	}
}

func (t *taskCardBody) check() *status {
	t.Title, t.Description = cutBytes(t.Title, 128), cutBytes(t.Description, 512)
	t.ReplaceText = ""
	switch {
	case t.Title == "":
		return refuse(codeTitleMissing)
	case t.Description == "":
		return refuse(codeDescriptionMissing)
	case !isTaskID(t.TaskID):
		return refuse(codeTaskID)
	case len(t.Btn) == 0 || len(t.Btn) > maxTaskButtons:
		return invalidParam("btn")
	}
	for _, b := range t.Btn {
		switch {
		case b.Key == "":
			return refuse(codeButtonKeyMissing)
		case !isTaskID(b.Key):
			return refuse(codeButtonKey)
		case b.Name == "":
			return refuse(codeButtonNameMissing)
		}
	}
	if t.URL != "" {
		if wrong := checkLink("url", t.URL); wrong != nil {
			return wrong
		}
	}
	return nil
}

func (t *taskCardBody) callsBack() bool { return true }
func (t *taskCardBody) taskID() string  { return t.TaskID }

// button is the one with this key, or nil.
func (t *taskCardBody) button(key string) *taskButton {
	for i := range t.Btn {
		if t.Btn[i].Key == key {
			return &t.Btn[i]
		}
	}
	return nil
}

// replaced is the card with its buttons dead and text on them.
func (t *taskCardBody) replaced(text string) *taskCardBody {
	copied := *t
	copied.ReplaceText = text
	return &copied
}

// isTaskID says whether id may name a task, or a button of a task card.
func isTaskID(id string) bool {
	const allowed = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_-@"
	return id != "" && len(id) <= maxTaskID && strings.Trim(id, allowed) == ""
}
