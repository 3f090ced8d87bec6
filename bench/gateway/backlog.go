package main

import (
	"context"
	"net/http"
	"time"

	"github.com/hongyan-im/hongyan/internal/delivery"
	"github.com/hongyan-im/hongyan/internal/store/sqlite"
	"github.com/hongyan-im/hongyan/wecom"
)

// fill makes a database in which n messages of a sender wait.
func fill(database string, sender delivery.Sender, n int) {
	outbox, err := sqlite.Open(database, sqlite.Options{})
	check(err)
	now := time.Now().Truncate(time.Millisecond)
	eachOf(n, 512, func(i int) {
		c := delivery.Content{App: &wecom.Message{To: wecom.To{Users: []string{member(int64(i))}}, Body: wecom.Text{Content: words(number.Add(1))}}}
		m := &delivery.Message{Sender: sender, Accepted: now, Expires: now.Add(24 * time.Hour), Producer: "bench", Deliveries: []delivery.Delivery{{
			Sender: sender, Content: c, Status: delivery.Queued, Due: now, Accepted: now, Expires: now.Add(24 * time.Hour),
			Check: delivery.CheckOn, CheckFor: 4 * time.Hour,
		}}}
		_, err := outbox.Add(context.Background(), m)
		check(err)
	})
	check(outbox.Close())
}

// claimsConfig names databases with backlogs of the app slow.
type claimsConfig struct{ Databases []string }

// runClaims claims from databases in turns, and says how long it took from each: a batch as large as
// the usual number of workers, which goes back to the backlog afterwards.
func runClaims() {
	ctx := context.Background()
	var outboxes []*sqlite.Outbox
	for _, name := range hear[claimsConfig]().Databases {
		outbox, err := sqlite.Open(name, sqlite.Options{})
		check(err)
		outboxes = append(outboxes, outbox)
	}
	const batch, turns = delivery.DefaultWorkers, 200
	took := make([][]time.Duration, len(outboxes))
	wants := []delivery.Want{{Sender: "slow", N: batch}}
	goAll := func(due []*delivery.Delivery) []delivery.Decision { return make([]delivery.Decision, len(due)) }
	for range turns {
		for i, outbox := range outboxes {
			began := time.Now()
			claimed, err := outbox.Claim(ctx, began, wants, goAll)
			check(err)
			took[i] = append(took[i], time.Since(began))
			var back []delivery.Settlement
			for _, d := range claimed[0].Deliveries {
				back = append(back, delivery.Settlement{ID: d.ID, Attempt: d.Attempts, Status: delivery.Queued, Due: d.Due, At: time.Now()})
			}
			_, err = outbox.Settle(ctx, back...)
			check(err)
		}
	}
	medians := make([]time.Duration, len(took))
	for i := range took {
		medians[i] = percentiles(took[i]).p50
	}
	http.HandleFunc("/claims", func(w http.ResponseWriter, _ *http.Request) { answer(w, medians) })
	present(about{})
	for _, outbox := range outboxes {
		check(outbox.Close())
	}
}
