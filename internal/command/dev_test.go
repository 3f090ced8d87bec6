package command

import (
	"net/http"
	"strings"
	"testing"
)

func TestDevSendsThreeSamples(t *testing.T) {
	noLeaks(t)
	client := testClient(t)
	dev := start(t, nil, "dev", "--listen", "127.0.0.1:0", "--sim-listen", "127.0.0.1:0")
	url := dev.address()
	gateway := dev.addressOf("gateway")
	dev.line("API key    " + devKey)
	for _, what := range []string{"1  a text to ChenPengWei", "2  a text card to @all", "3  a notice to zhangsan"} {
		dev.line(what)
		dev.line("the gateway answered: sent, id msg_")
	}
	dev.line(url + "/?user=zhangsan")
	dev.line("curl -s " + gateway + "/v1/messages -H")
	id := strings.Fields(strings.SplitAfter(dev.line("curl -s "+gateway+"/v1/messages/"), "/v1/messages/")[1])[0]
	if status := ask(t, client, http.MethodGet, gateway+"/v1/messages/"+id, devKey, ""); !strings.Contains(status, `"status":"sent"`) {
		t.Errorf("the last message: %s", status)
	}
	dev.line("HONGYAN_BASE_URL=" + url + " HONGYAN_CORP_ID=ww0000000000000001")
	dev.line(`hongyan send --to zhangsan "磁盘已满"`)
	dev.line("Ctrl-C")
	for user, want := range map[string][]string{
		"ChenPengWei": {"你好，鹏伟", "领奖通知"},
		"zhangsan":    {"领奖通知", "磁盘已满"},
		"lisi":        {"领奖通知"},
	} {
		inbox := body(t, client, url+"/_sim/messages?user="+user)
		for _, text := range want {
			if !strings.Contains(inbox, text) {
				t.Errorf("%s did not get %q: %s", user, text, inbox)
			}
		}
		if n := strings.Count(inbox, `"msgid"`); n != len(want) {
			t.Errorf("%s got %d messages, want %d", user, n, len(want))
		}
	}
	if code := dev.stop(); code != 0 {
		t.Errorf("exit code %d: %s", code, &dev.errOut)
	}
}

// TestDevSendsEveryType: a developer sees one message of each kind in the inbox of zhangsan.
func TestDevSendsEveryType(t *testing.T) {
	noLeaks(t)
	client := testClient(t)
	dev := start(t, nil, "dev", "--all-types", "--listen", "127.0.0.1:0", "--sim-listen", "127.0.0.1:0")
	url := dev.address()
	dev.line("Ctrl-C")
	inbox := body(t, client, url+"/_sim/messages?user=zhangsan")
	for _, kind := range []string{
		`"msgtype":"text"`, `"msgtype":"textcard"`, `"msgtype":"markdown"`, `"msgtype":"image"`, `"msgtype":"voice"`, `"msgtype":"file"`,
		`"msgtype":"news"`, `"msgtype":"mpnews"`, `"msgtype":"markdown_v2"`, `"text_notice"`, `"news_notice"`, `"button_interaction"`,
		`"vote_interaction"`, `"multiple_interaction"`,
	} {
		if !strings.Contains(inbox, kind) {
			t.Errorf("zhangsan got no %s", kind)
		}
	}
	if code := dev.stop(); code != 0 {
		t.Errorf("exit code %d: %s", code, &dev.errOut)
	}
}
