package simulator

import (
	"fmt"
	"net/http"
	"strconv"
	"time"
)

type messageList struct {
	Messages []Message `json:"messages"`
}

// getMessages answers GET /_sim/messages with the messages that its query selects, oldest first.
func getMessages(s *WeCom, r *http.Request) (any, error) {
	f, err := readFilter(r)
	if err != nil {
		return nil, err
	}
	return messageList{s.Messages(f)}, nil
}

func deleteMessages(s *WeCom, r *http.Request) (any, error) {
	if err := noQuery(r); err != nil {
		return nil, err
	}
	return struct {
		Deleted int `json:"deleted"`
	}{s.store.clear()}, nil
}

// readFilter turns a query into a Filter. Empty parameters are as good as absent, unknown ones are
// errors.
func readFilter(r *http.Request) (f Filter, err error) {
	parameters := map[string]func(string) error{
		"user":    func(v string) error { f.User = v; return nil },
		"msgtype": func(v string) error { f.MsgType = v; return nil },
		"corpid":  func(v string) error { f.CorpID = v; return nil },
		"agentid": func(v string) error { f.AgentID, err = positive(v); return err },
		"limit":   func(v string) error { f.Limit, err = positive(v); return err },
		"since":   func(v string) error { f.Since, err = readTime(v); return err },
	}
	for name, values := range r.URL.Query() {
		set, ok := parameters[name]
		switch {
		case !ok:
			return Filter{}, fmt.Errorf("unknown parameter %q%s", name, didYouMean(name, parameters))
		case len(values) > 1:
			return Filter{}, fmt.Errorf("%s is given %d times", name, len(values))
		case values[0] == "":
			continue
		}
		if err := set(values[0]); err != nil {
			return Filter{}, fmt.Errorf("%s: %w", name, err)
		}
	}
	return f, nil
}

func positive(v string) (int, error) {
	n, err := strconv.Atoi(v)
	if err != nil || n < 1 {
		return 0, fmt.Errorf("%q is not a positive number", v)
	}
	return n, nil
}

// readTime takes RFC 3339 or unix seconds, in which a fraction is allowed.
func readTime(v string) (time.Time, error) {
	if t, err := time.Parse(time.RFC3339, v); err == nil {
		return t, nil
	}
	if seconds, err := strconv.ParseFloat(v, 64); err == nil && seconds > 0 && seconds < float64(lastTime.Unix()) {
		return time.UnixMicro(int64(seconds * 1e6)), nil
	}
	return time.Time{}, fmt.Errorf("%q is neither RFC 3339 (2026-01-02T03:04:05Z) nor unix seconds", v)
}
