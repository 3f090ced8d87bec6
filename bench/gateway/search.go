package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"path/filepath"
	"time"

	"github.com/hongyan-im/hongyan/internal/delivery"
	"github.com/hongyan-im/hongyan/internal/store/sqlite"
	"github.com/hongyan-im/hongyan/wecom"
)

// One message in so many was refused; the members whose names begin with "rare" have so many of each
// stock, spread over it.
const (
	refusedIn   = 1000
	rareMembers = 100
	rareEach    = 3
)

// stock fills a database with n messages that have ended.
func stock(database string, n int) {
	const together = 1000
	outbox, err := sqlite.Open(database, sqlite.Options{})
	check(err)
	rare := map[int]string{}
	for i := range rareMembers * rareEach {
		rare[i*(n/(rareMembers*rareEach))+1] = fmt.Sprintf("rare%02d", i%rareMembers)
	}
	ctx := context.Background()
	for first := 0; first < n; first += together {
		now := time.Now().Truncate(time.Millisecond)
		messages := make([]*delivery.Message, min(together, n-first))
		for i := range messages {
			to := []string{member(int64(first + i))}
			if name := rare[first+i]; name != "" {
				to = append(to, name)
			}
			messages[i] = &delivery.Message{
				Sender: "crm", Accepted: now, Expires: now.Add(24 * time.Hour), Producer: "bench",
				Labels: map[string]string{"order": fmt.Sprint(first + i)},
				Deliveries: []delivery.Delivery{{
					Sender: "crm", Status: delivery.Sending, Due: now, Accepted: now, Expires: now.Add(24 * time.Hour), Check: delivery.CheckOn, CheckFor: 4 * time.Hour,
					Content: delivery.Content{App: &wecom.Message{To: wecom.To{Users: to}, Body: wecom.Text{Content: words(int64(first + i))}}},
				}},
			}
		}
		_, err := outbox.AddAll(ctx, messages)
		check(err)
		ended := make([]delivery.Settlement, len(messages))
		for i, m := range messages {
			ended[i] = delivery.Settlement{ID: m.Deliveries[0].ID, Attempt: 1, Status: delivery.Sent, At: now, Answer: delivery.Answer{MsgID: fmt.Sprintf("msgid-%030d", first+i)}}
			if (first+i)%refusedIn == 0 {
				ended[i].Status, ended[i].Reason = delivery.Refused, delivery.Reason{Code: delivery.ReasonNoReceiver}
				ended[i].Answer = delivery.Answer{Failure: &delivery.Failure{Op: "message/send", Code: 81013, Msg: "user & party & tag all invalid"}}
			}
		}
		_, err = outbox.Settle(ctx, ended...)
		check(err)
	}
	check(outbox.Close())
}

// measureSearch is how long GET /v1/messages takes with many messages stored, against a hundredth.
func measureSearch(s *settings) []row {
	dir, remove := s.tempDir()
	defer remove()
	few, many := filepath.Join(dir, "few.db"), filepath.Join(dir, "many.db")
	fewer := s.stored / 100
	stock(few, fewer)
	began := time.Now()
	stock(many, s.stored)
	filled := float64(s.stored) / time.Since(began).Seconds()

	least, most := newSearcher(few), newSearcher(many)
	defer least.gateway.stop()
	defer most.gateway.stop()
	what := thousands(s.stored)
	var rows []row
	for _, q := range []struct {
		what   string
		filter func(turn int) url.Values
		want   int // messages on the first page
	}{
		{"a member's latest 50", func(i int) url.Values { return url.Values{"user": {member(int64(7919 * i % fewer))}} }, -1},
		{"all of a member who has 3", func(i int) url.Values { return url.Values{"user": {fmt.Sprintf("rare%02d", i%rareMembers)}} }, rareEach},
		{"a member who has none", func(i int) url.Values { return url.Values{"user": {fmt.Sprintf("nobody%d", i)}} }, 0},
		{"the one with a label", func(i int) url.Values { return url.Values{"label": {fmt.Sprintf("order:%d", (97*i+5)%fewer)}} }, 1},
		{"the latest 50 refused", func(int) url.Values { return url.Values{"status": {"refused"}} }, -1},
		{"the latest 50 of an app", func(int) url.Values { return url.Values{"app": {"crm"}} }, 50},
	} {
		var took [2][]time.Duration
		for turn := range 20 * s.rounds {
			for side, x := range []*searcher{least, most} {
				took[side] = append(took[side], x.search(q.filter(turn), q.want))
			}
		}
		a, b := percentiles(took[1]), percentiles(took[0])
		rows = append(rows, row{fmt.Sprintf("search of %s messages, against %s: %s", what, thousands(fewer), q.what), times(float64(a.p50), float64(b.p50)),
			fmt.Sprintf("p50 %s and %s, p99 %s and %s", ms(a.p50), ms(b.p50), ms(a.p99), ms(b.p99)), ""})
	}
	return append(rows,
		row{"storing and settling them, a thousand at a time", "", perSecond(filled), fmt.Sprintf("a file of %s", mb(size(many)))},
		row{"start with " + what + " stored", "", ms(most.gateway.about.Took) + ", and " + ms(least.gateway.about.Took), ""})
}

// searcher asks a gateway for lists.
type searcher struct{ gateway *process }

func newSearcher(database string) *searcher {
	return &searcher{start("gateway", gatewayConfig{Database: database, WeCom: "http://127.0.0.1:1", Workers: 64})}
}

// search asks for a page, and returns how long it took. It must have so many messages; want -1 is any
// number but none.
func (x *searcher) search(filter url.Values, want int) time.Duration {
	filter.Set("limit", "50")
	req, err := http.NewRequest(http.MethodGet, x.gateway.about.URL+"/v1/messages?"+filter.Encode(), nil)
	check(err)
	req.Header.Set("Authorization", "Bearer "+x.gateway.about.Key)
	began := time.Now()
	resp, err := http.DefaultClient.Do(req)
	check(err)
	data, err := io.ReadAll(resp.Body)
	took := time.Since(began)
	check(err)
	check(resp.Body.Close())
	var page struct {
		Messages []json.RawMessage `json:"messages"`
	}
	if resp.StatusCode != http.StatusOK {
		giveUp("%s: %s", req.URL, data)
	}
	check(json.Unmarshal(data, &page))
	if n := len(page.Messages); n != want && (want >= 0 || n == 0) {
		giveUp("%s: %d messages and not %d", req.URL, n, want)
	}
	return took
}
