package browsertest

import (
	"encoding/json"
	"net/http"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/hongyan-im/hongyan/wecom"
	"github.com/hongyan-im/hongyan/wecom/wecomtest"
)

// event is what the app was told of a click.
type event struct {
	Event        string              `json:"event"`
	User         string              `json:"user"`
	EventKey     string              `json:"event_key"`
	ResponseCode string              `json:"response_code"`
	Chosen       map[string][]string `json:"chosen"`
}

func events(t *testing.T, url string) []event {
	t.Helper()
	resp, err := http.Get(url + "/_sim/callbacks")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var all struct {
		Callbacks []event `json:"callbacks"`
	}
	if err := json.NewDecoder(resp.Body).Decode(&all); err != nil {
		t.Fatal(err)
	}
	return all.Callbacks
}

// A member presses a button and votes; the app hears of it and changes the card, and the page shows
// it by itself.
func TestCards(t *testing.T) {
	url := startDev(t)
	client, err := wecom.New(wecom.Config{CorpID: wecomtest.CorpID, AgentID: wecomtest.AgentID, Secret: wecomtest.Secret, BaseURL: url})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.CloseIdleConnections)
	send := func(card wecom.Card) {
		t.Helper()
		if _, err := client.Send(t.Context(), wecom.Message{To: wecom.To{Users: []string{"zhangsan", "lisi"}}, Body: card}); err != nil {
			t.Fatal(err)
		}
	}
	b := openBrowser(t, url)
	b.open(url+"/?user=zhangsan&lang=en", 1280, 860)
	b.waitFor("the page is live", `document.querySelector("#live").dataset.state === "on"`)
	send(wecom.ButtonInteraction{
		MainTitle: wecom.MainTitle{Title: "发布 2.9 到生产环境？"}, TaskID: "deploy-1",
		Buttons: []wecom.Button{{Text: "同意", Key: "approve"}, {Text: "拒绝", Key: "decline"}},
	})
	send(wecom.VoteInteraction{
		MainTitle: wecom.MainTitle{Title: "周五午餐"}, TaskID: "lunch-1",
		Checkbox: wecom.Checkbox{QuestionKey: "lunch", Mode: wecom.MultipleChoice, Options: []wecom.CheckboxOption{
			{ID: "noodles", Text: "面"}, {ID: "rice", Text: "饭"},
		}},
		SubmitButton: wecom.SubmitButton{Text: "投票", Key: "vote"},
	})
	b.waitFor("the cards are there, and alive", `document.querySelectorAll('button[value="approve"]:enabled, button[value="vote"]:enabled').length === 2`)

	b.click(`button[value="approve"]`)
	b.waitFor("the button is marked", `document.querySelector('button[value="approve"] svg') !== null`)
	heard := events(t, url)
	if len(heard) != 1 || heard[0].Event != "template_card_event" || heard[0].User != "zhangsan" || heard[0].EventKey != "approve" || heard[0].ResponseCode == "" {
		t.Fatalf("the app heard %+v", heard)
	}
	if _, err := client.UpdateCard(t.Context(), wecom.CardUpdate{Users: []string{"zhangsan"}, ResponseCode: heard[0].ResponseCode, ReplaceName: "张三已同意"}); err != nil {
		t.Fatal(err)
	}
	b.waitFor("the buttons are replaced", `document.querySelector('button[value="approve"]') === null && document.querySelector("#items").innerText.includes("张三已同意")`)

	b.click(`input[value="rice"]`)
	b.click(`button[value="vote"]`)
	b.waitFor("the vote is counted", `document.querySelector('input[value="rice"]').checked && document.querySelector('button[value="vote"] svg') !== null`)
	if heard = events(t, url); len(heard) != 2 || len(heard[1].Chosen["lunch"]) != 1 || heard[1].Chosen["lunch"][0] != "rice" {
		t.Errorf("the app heard %+v", heard)
	}
	b.open(url+"/?user=lisi&lang=en", 1280, 860)
	b.waitFor("lisi's card is as it was", `document.querySelector('button[value="approve"]:enabled') !== null`)
}

// Every kind of message, on a phone and on a desk, in WeCom and in the WeChat plugin: nothing is wider
// than the screen, nothing is asked of anybody else.
func TestEveryKind(t *testing.T) {
	url := startDev(t, "--all-types")
	b := openBrowser(t, url)
	for _, width := range []int64{390, 1280} {
		for _, query := range []string{"&lang=zh", "&lang=en&view=wechat"} {
			b.open(url+"/?user=zhangsan"+query, width, 860, chromedp.EmulateScale(1))
			b.waitFor("the page is live", `document.querySelector("#live").dataset.state === "on"`)
			b.waitFor("all are there", `document.querySelectorAll("#items > li").length >= 15`)
			b.waitFor("nothing is wider than the screen", `document.documentElement.scrollWidth <= window.innerWidth &&
				[...document.querySelectorAll("#items *")].every(e => e.getBoundingClientRect().right <= window.innerWidth + 1 || e.closest("pre, table, .vh") !== null)`)
		}
	}
	b.open(url+"/?user=zhangsan&lang=zh", 1280, 980)
	b.waitFor("pictures are loaded", `(document.images[0]?.scrollIntoView(), [...document.images].some(i => i.naturalWidth > 0))`)
	b.waitFor("none is broken", `![...document.images].some(i => i.complete && i.loading !== "lazy" && i.naturalWidth === 0)`)
	b.picture("cards.zh.png")
	b.open(url+"/?user=zhangsan&lang=en", 1280, 980)
	b.waitFor("the page is live", `document.querySelector("#live").dataset.state === "on"`)
	b.picture("cards.png")
}
