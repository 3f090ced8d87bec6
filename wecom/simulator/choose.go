package simulator

import (
	"errors"
	"fmt"
	"maps"
	"slices"
)

// choose gives the options of every question on the card: those the member chose, or the preset ones.
func (t *templateCard) choose(given map[string][]string) (map[string][]string, error) {
	questions := t.questions()
	if len(questions) == 0 {
		if len(given) > 0 {
			return nil, errNothingToChoose
		}
		return nil, nil
	}
	chosen := map[string][]string{}
	for _, key := range slices.Sorted(maps.Keys(given)) {
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
	for _, q := range questions {
		ids := chosen[q.QuestionKey]
		if ids == nil {
			ids = q.preset(q == t.Checkbox)
			chosen[q.QuestionKey] = ids
		}
		switch many := q == t.Checkbox && q.Mode == 1; {
		case len(ids) > 1 && !many:
			return nil, fmt.Errorf("question %q takes one option, not %d", q.QuestionKey, len(ids))
		case len(ids) == 0:
			return nil, errors.New("choose at least one option")
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
// first. A locked question has nothing to choose.
func questionFor(questions []*cardQuestion, key, optionID string) *cardQuestion {
	for _, q := range questions {
		fits := key == "" || key == q.QuestionKey
		if fits && !q.Disable && slices.ContainsFunc(q.OptionList, func(o cardOption) bool { return o.ID == optionID }) {
			return q
		}
	}
	return nil
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
