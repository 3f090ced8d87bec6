package phone

import "strings"

// doneText is what WeCom writes on a pressed task card without replace_name.
const doneText = "已处理"

// readTaskCard reads the older cards, of both generations. They differ in what
// follows a click: taskcard shows the button's replace_name by itself, the other
// waits for an update. Updated ones carry replace_text, or the key in clicked_key.
func readTaskCard(r reading, b *body) bool {
	var t struct {
		Title            *string
		Description, URL string
		Btn              []struct {
			Key, Name, Color string
			ReplaceName      string `json:"replace_name"`
			IsBold           bool   `json:"is_bold"`
		}
		ReplaceText string `json:"replace_text"`
		ReplaceName string `json:"replace_name"`
		ClickedKey  string `json:"clicked_key"`
	}
	if !r.into(&t) || t.Title == nil {
		return false
	}
	c := &templateCard{
		CardType: r.MsgType, MsgID: r.MsgID, Title: *t.Title, Blocks: cardBlocks(t.Description),
		Action: link{Href: webLink(t.URL)}, Dead: t.ReplaceText,
	}
	if c.Dead == "" {
		c.Dead = t.ReplaceName
	}
	for _, o := range t.Btn {
		style := 2
		if strings.EqualFold(o.Color, "red") {
			style = 4
		}
		c.Buttons = append(c.Buttons, button{Key: o.Key, Text: o.Name, Style: style, Bold: o.IsBold, Pressed: r.pressed(o.Key)})
		clicked := r.MsgType == "taskcard" && r.pressed(o.Key) || t.ClickedKey != "" && t.ClickedKey == o.Key
		if clicked && c.Dead == "" {
			if c.Dead = o.ReplaceName; c.Dead == "" {
				c.Dead = doneText
			}
		}
	}
	b.Template, b.Brief = c, c.Title
	return true
}
