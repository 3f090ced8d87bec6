package simulator

import (
	"fmt"
	"maps"
	"slices"
)

// choose gives the options of every question on the card: those that the member chose now, or those
// that their phone shows.
func (c cardCopy) choose(t *templateCard, given map[string][]string) (map[string][]string, error) {
	questions := t.questions()
	if len(questions) == 0 {
		for _, ids := range given {
			if len(ids) > 0 {
				return nil, errNothingToChoose
			}
		}
		return nil, nil
	}
	chosen, err := sortOptions(questions, given)
	if err != nil {
		return nil, err
	}
	for _, q := range questions {
		shown, many := c.shown(q, t.Checkbox), q == t.Checkbox && q.Mode == 1
		ids, ok := chosen[q.QuestionKey]
		if !ok {
			ids = shown
			chosen[q.QuestionKey] = ids
		}
		switch {
		case len(ids) > 1 && !many:
			return nil, fmt.Errorf("question %q takes one option, not %d", q.QuestionKey, len(ids))
		case len(ids) == 0:
			return nil, fmt.Errorf("question %q: choose at least one option", q.QuestionKey)
		case q.Disable && !slices.Equal(ids, shown):
			return nil, fmt.Errorf("question %q is locked", q.QuestionKey)
		}
	}
	return chosen, nil
}

// sortOptions gives each option to its question, once.
func sortOptions(questions []*cardQuestion, given map[string][]string) (map[string][]string, error) {
	chosen := map[string][]string{}
	for _, key := range slices.Sorted(maps.Keys(given)) {
		if key != "" && len(given[key]) == 0 {
			chosen[key] = []string{}
		}
		for _, id := range given[key] {
			q := questionFor(questions, key, id)
			if q == nil {
				return nil, fmt.Errorf("the card has no option %q to choose%s", id, ofQuestion(key))
			}
			if !slices.Contains(chosen[q.QuestionKey], id) {
				chosen[q.QuestionKey] = append(chosen[q.QuestionKey], id)
			}
		}
	}
	return chosen, nil
}

func ofQuestion(key string) string {
	if key == "" {
		return ""
	}
	return fmt.Sprintf(" of question %q", key)
}

// questionFor is the question that has the option: the one with this key, or, if it is empty, the
// first.
func questionFor(questions []*cardQuestion, key, optionID string) *cardQuestion {
	for _, q := range questions {
		fits := key == "" || key == q.QuestionKey
		if fits && slices.ContainsFunc(q.OptionList, func(o cardOption) bool { return o.ID == optionID }) {
			return q
		}
	}
	return nil
}

// shown is what the phone shows as chosen: what the member chose before, if that is still there, or
// what is preset.
func (c cardCopy) shown(q, checkbox *cardQuestion) []string {
	before := c.chosen[q.QuestionKey]
	for _, id := range before {
		if questionFor([]*cardQuestion{q}, "", id) == nil {
			return q.preset(q == checkbox)
		}
	}
	if len(before) > 0 {
		return before
	}
	return q.preset(q == checkbox)
}

// preset is what is chosen when nobody chooses: the ticked options of a checkbox; the selected one of
// a drop-down, or its first.
func (q *cardQuestion) preset(checkbox bool) []string {
	if !checkbox {
		if slices.ContainsFunc(q.OptionList, func(o cardOption) bool { return o.ID == q.SelectedID }) {
			return []string{q.SelectedID}
		}
		return []string{q.OptionList[0].ID}
	}
	var ids []string
	for _, o := range q.OptionList {
		if o.IsChecked {
			ids = append(ids, o.ID)
		}
	}
	return ids
}
