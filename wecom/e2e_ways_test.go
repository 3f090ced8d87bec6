package wecom_test

import (
	"encoding/json"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/hongyan-im/hongyan/wecom"
	"github.com/hongyan-im/hongyan/wecom/simulator"
	"github.com/hongyan-im/hongyan/wecom/wecomtest"
)

const noticeAppID = "wx0000invented0001" // the mini program that the app 1000004 of the tests is

// endpoint is one way to send a body.
type endpoint struct {
	name     string
	validate func(b wecom.Body, truncateOK bool) error
	send     func(b wecom.Body) error // with TruncateOK
	encode   func(b wecom.Body) ([]byte, error)
	post     func(encoded []byte) error // as it is, past Validate
}

// agreement sends bodies by every way there is, and compares.
type agreement struct {
	t          *testing.T
	sim        *wecomtest.Server
	client     *wecom.Client
	generator  generator
	robotMedia map[string]string
	ways       []endpoint
	seen       map[string]int // "text: whole", by way, type and outcome
}

func newAgreement(t *testing.T, seed uint64, strict bool) *agreement {
	world := simulator.DefaultWorld()
	world.Strict = strict
	world.Corps[0].Apps = append(world.Corps[0].Apps, simulator.App{AgentID: 1000004, Name: "订房", Secret: "sim-secret-1000004", MiniProgram: noticeAppID})
	sim := wecomtest.NewServer(t, simulator.WithWorld(world))
	a := &agreement{t: t, sim: sim, client: sim.Client(), seen: map[string]int{}}
	a.generator = generator{Rand: rand.New(rand.NewPCG(seed, 0)), strict: strict, media: map[string]string{}}
	robot, err := wecom.NewRobot(wecom.RobotConfig{Key: robotKey, BaseURL: sim.URL})
	if err != nil {
		t.Fatal(err)
	}
	a.robotMedia = map[string]string{}
	for kind, content := range mediaContents {
		up, err := a.client.Upload(t.Context(), kind, "f", strings.NewReader(content))
		if err != nil {
			t.Fatal(err)
		}
		a.generator.media[string(kind)] = up.MediaID
		if kind == wecom.MediaFile || kind == wecom.MediaVoice {
			if up, err = robot.Upload(t.Context(), kind, "f", strings.NewReader(content)); err != nil {
				t.Fatal(err)
			}
			a.robotMedia[string(kind)] = up.MediaID
		}
	}
	chat, err := a.client.CreateChat(t.Context(), wecom.Chat{Users: []string{"zhangsan", "lisi"}})
	if err != nil {
		t.Fatal(err)
	}
	notices := sim.ClientOf(wecom.Config{CorpID: wecomtest.CorpID, AgentID: 1000004, Secret: "sim-secret-1000004"})
	a.ways = []endpoint{
		a.members("app", a.client), a.members("mini program", notices), a.chat(chat), a.robot(robot),
	}
	return a
}

// mediaContents is the least of each type that WeCom takes.
var mediaContents = map[wecom.MediaType]string{
	wecom.MediaImage: "\x89PNG\r\n\x1a\n", wecom.MediaVoice: "#!AMR\n\x3c", wecom.MediaVideo: "\x00\x00\x00\x18ftypmp42", wecom.MediaFile: "a file",
}

func (a *agreement) members(name string, client *wecom.Client) endpoint {
	message := func(b wecom.Body) wecom.Message {
		return wecom.Message{To: wecom.To{Users: []string{"zhangsan"}}, Body: b}
	}
	return endpoint{
		name: name, post: a.post(client, "message/send"),
		validate: func(b wecom.Body, truncateOK bool) error {
			m := message(b)
			m.TruncateOK = truncateOK
			return m.Validate()
		},
		send: func(b wecom.Body) error {
			m := message(b)
			m.TruncateOK = true
			_, err := client.Send(a.t.Context(), m)
			return err
		},
		encode: func(b wecom.Body) ([]byte, error) {
			m := message(b)
			if name == "app" {
				m.AgentID = wecomtest.AgentID
			}
			return json.Marshal(m)
		},
	}
}

func (a *agreement) chat(id string) endpoint {
	return endpoint{
		name: "chat", post: a.post(a.client, "appchat/send"),
		validate: func(b wecom.Body, truncateOK bool) error {
			return wecom.ChatMessage{ChatID: id, Body: b, TruncateOK: truncateOK}.Validate()
		},
		send: func(b wecom.Body) error {
			return a.client.SendChat(a.t.Context(), wecom.ChatMessage{ChatID: id, Body: b, TruncateOK: true})
		},
		encode: func(b wecom.Body) ([]byte, error) { return json.Marshal(wecom.ChatMessage{ChatID: id, Body: b}) },
	}
}

func (a *agreement) robot(robot *wecom.Robot) endpoint {
	return endpoint{
		name: "robot", post: a.postByRobot,
		validate: func(b wecom.Body, truncateOK bool) error {
			return wecom.RobotMessage{Body: b, TruncateOK: truncateOK}.Validate()
		},
		send: func(b wecom.Body) error {
			return robot.Send(a.t.Context(), wecom.RobotMessage{Body: b, TruncateOK: true})
		},
		encode: func(b wecom.Body) ([]byte, error) { return json.Marshal(wecom.RobotMessage{Body: b}) },
	}
}
