package command

import "testing"

func TestGuessPlace(t *testing.T) {
	for body, want := range map[string]place{
		`{"chatid":"c","touser":"a"}`:                               toChat,
		`{"touser":""}`:                                             toMembers,
		`{"agentid":1}`:                                             toMembers,
		`{"msgtype":"markdown_v2","markdown_v2":{}}`:                byRobot,
		`{"msgtype":"image","image":{"base64":"x"}}`:                byRobot,
		`{"msgtype":"text","text":{"mentioned_mobile_list":["x"]}}`: byRobot,
		`{"msgtype":"text","text":{"content":"x"}}`:                 nowhere,
		`[]`: nowhere,
		`{`:  nowhere,
	} {
		if got := guessPlace([]byte(body)); got != want {
			t.Errorf("%s: %d, want %d", body, got, want)
		}
	}
}
