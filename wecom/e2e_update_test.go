package wecom_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/hongyan-im/hongyan/wecom"
	"github.com/hongyan-im/hongyan/wecom/simulator"
	"github.com/hongyan-im/hongyan/wecom/wecomtest"
)

// A card of any type takes the place of one with buttons, whole and under its task_id, if UpdateCard
// lets it pass.
func TestUpdatesArriveAsSent(t *testing.T) {
	seed := rand.Uint64()
	sim := wecomtest.NewServer(t)
	client := sim.Client()
	file, err := client.Upload(t.Context(), wecom.MediaFile, "f", strings.NewReader("a file"))
	if err != nil {
		t.Fatal(err)
	}
	g := &generator{Rand: rand.New(rand.NewPCG(seed, 0)), strict: true, media: map[string]string{"file": file.MediaID}}
	taken := map[string]int{}
	for range 60 {
		for _, make := range []func() wecom.Card{
			func() wecom.Card { return g.textNotice() },
			func() wecom.Card { return g.newsNotice() },
			func() wecom.Card {
				card := g.buttons()
				card.ReplaceText = maybe(g, "已处理")
				if !card.ButtonSelection.IsZero() {
					card.ButtonSelection.Disable = g.often()
				}
				return card
			},
			func() wecom.Card {
				card := g.vote()
				card.ReplaceText, card.Checkbox.Disable = maybe(g, "已投票"), g.often()
				return card
			},
			func() wecom.Card {
				card := g.multiple()
				for i := range card.Selects {
					card.Selects[i].Disable = g.often()
				}
				return card
			},
		} {
			g.next()
			taskID := fmt.Sprintf("sent-%d", g.made)
			receipt, err := client.Send(t.Context(), wecom.Message{To: wecom.To{Users: []string{"zhangsan"}}, Body: wecom.ButtonInteraction{
				MainTitle: wecom.MainTitle{Title: "?"}, TaskID: taskID, Buttons: []wecom.Button{{Text: "a", Key: "a"}},
			}})
			if err != nil {
				t.Fatal(err)
			}
			card := make()
			_, err = client.UpdateCard(t.Context(), wecom.CardUpdate{All: true, ResponseCode: receipt.ResponseCode, Card: card})
			var invalid *wecom.ValidationError
			if errors.As(err, &invalid) {
				continue
			}
			encoded, _ := json.Marshal(card)
			if err != nil {
				t.Fatalf("seed %d, %s: %v\n%s", seed, card.CardType(), err, short(encoded))
			}
			taken[card.CardType()]++
			want, got := map[string]string{}, map[string]string{}
			flatten(want, "card", decode(encoded))
			want["card.task_id"] = taskID
			flatten(got, "card", decode(sim.Messages(simulator.Filter{User: "zhangsan", Limit: 1})[0].Body))
			if !maps.Equal(want, got) {
				t.Fatalf("seed %d, %s: sent %v, arrived %v", seed, card.CardType(), want, got)
			}
		}
		sim.Advance(30 * time.Second) // a member gets 30 messages a minute
	}
	if len(taken) != 5 {
		t.Errorf("taken: %v", taken)
	}
}
