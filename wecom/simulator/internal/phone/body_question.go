package phone

import "slices"

// questions are what a card asks before its button is pressed.
type questions struct {
	Vote    *question  // in place of a list: one choice, or several
	Selects []question // drop-downs
}

// question is one choice. Mark names its controls among those of the card.
type question struct {
	Key, Title, Mark string
	Many             bool
	Off              bool // locked: by the card, or because its buttons are dead
	Options          []option
}

type option struct {
	ID, Text string
	On       bool
}

type questionObjects struct {
	ButtonSelection *selectObject  `json:"button_selection"`
	SelectList      []selectObject `json:"select_list"`
	Checkbox        *struct {
		QuestionKey string `json:"question_key"`
		Mode        int
		Disable     bool
		OptionList  []struct {
			ID, Text  string
			IsChecked bool `json:"is_checked"`
		} `json:"option_list"`
	}
}

type selectObject struct {
	QuestionKey string `json:"question_key"`
	Title       string
	SelectedID  string `json:"selected_id"`
	Disable     bool
	OptionList  []struct{ ID, Text string } `json:"option_list"`
}

// questions reads what the card asks. What this member chose counts more than
// what the card proposes.
func (r reading) questions(o *questionObjects, dead bool) (all questions) {
	selects := o.SelectList
	if o.ButtonSelection != nil {
		selects = append([]selectObject{*o.ButtonSelection}, selects...)
	}
	for i, s := range selects {
		q := question{Key: s.QuestionKey, Title: s.Title, Mark: "s" + string(rune('a'+i%26)), Off: s.Disable || dead}
		chosen := r.Chosen[s.QuestionKey]
		if len(chosen) == 0 {
			chosen = []string{s.SelectedID}
		}
		for _, each := range s.OptionList {
			q.Options = append(q.Options, option{each.ID, each.Text, slices.Contains(chosen, each.ID)})
		}
		all.Selects = append(all.Selects, q)
	}
	if v := o.Checkbox; v != nil {
		q := question{Key: v.QuestionKey, Mark: "v", Many: v.Mode == 1, Off: v.Disable || dead}
		chosen, answered := r.Chosen[v.QuestionKey]
		for _, each := range v.OptionList {
			on := each.IsChecked
			if answered {
				on = slices.Contains(chosen, each.ID)
			}
			q.Options = append(q.Options, option{each.ID, each.Text, on})
		}
		all.Vote = &q
	}
	return all
}
