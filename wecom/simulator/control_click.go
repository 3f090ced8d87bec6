package simulator

import (
	"encoding/json"
	"errors"
	"net/http"
)

// optionIDs are the options of a click: a list for any question, or an object with a list for each.
type optionIDs map[string][]string

func (o *optionIDs) UnmarshalJSON(data []byte) error {
	var list []string
	if json.Unmarshal(data, &list) == nil {
		if *o = nil; len(list) > 0 {
			*o = optionIDs{"": list}
		}
		return nil
	}
	var byQuestion map[string][]string
	if json.Unmarshal(data, &byQuestion) != nil {
		return errors.New(`option_ids: want a list of ids, or an object with a list for each question_key`)
	}
	*o = byQuestion
	return nil
}

// postClick answers POST /_sim/click with the event that the click became.
func postClick(s *WeCom, r *http.Request) (any, error) {
	var wanted struct {
		MsgID     string    `json:"msgid"`
		User      string    `json:"user"`
		Key       string    `json:"key"`
		OptionIDs optionIDs `json:"option_ids"`
	}
	if err := errors.Join(noQuery(r), readControl(r, &wanted)); err != nil {
		return nil, err
	}
	e, err := s.click(r.Context(), Click{wanted.MsgID, wanted.User, wanted.Key, wanted.OptionIDs})
	if err != nil {
		return nil, err
	}
	return struct {
		Event CallbackEvent `json:"event"`
	}{e}, nil
}

func getCallbacks(s *WeCom, r *http.Request) (any, error) {
	return struct {
		Callbacks []CallbackEvent `json:"callbacks"`
	}{s.Callbacks()}, noQuery(r)
}

func deleteCallbacks(s *WeCom, r *http.Request) (any, error) {
	if err := noQuery(r); err != nil {
		return nil, err
	}
	return struct {
		Deleted int `json:"deleted"`
	}{s.events.clear()}, nil
}
