package wecom_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hongyan-im/hongyan/wecom"
	"github.com/hongyan-im/hongyan/wecom/simulator"
)

// The SDK and the simulator know the same limits: what Validate lets pass arrives, and whole; what it
// says would be cut is cut, and nothing else; what it refuses is refused, but for what stands in
// stricter.
func TestValidateAgreesWithTheSimulator(t *testing.T) {
	rounds := 150
	if testing.Short() {
		rounds = 30
	}
	seed := rand.Uint64()
	if testing.Verbose() {
		t.Logf("seed %d", seed)
	}
	for _, strict := range []bool{true, false} {
		t.Run(fmt.Sprintf("strict=%t", strict), func(t *testing.T) {
			t.Parallel()
			a := newAgreement(t, seed, strict)
			for range rounds {
				a.round()
				if t.Failed() {
					t.Fatalf("seed %d", seed)
				}
			}
			if !testing.Short() {
				a.sawEverything()
			}
		})
	}
}

// round sends one message of every type by every way that has it.
func (a *agreement) round() {
	g, app, notices, chat, robot := &a.generator, a.ways[0], a.ways[1], a.ways[2], a.ways[3]
	for _, make := range []func() wecom.Body{
		func() wecom.Body { return g.text() },
		func() wecom.Body { return wecom.Image{MediaID: maybe(g, g.media["image"])} },
		func() wecom.Body { return wecom.Voice{MediaID: maybe(g, g.media["voice"])} },
		func() wecom.Body { return g.video() },
		func() wecom.Body { return wecom.File{MediaID: maybe(g, g.media["file"])} },
		func() wecom.Body { return g.textCard(g.chars) },
		func() wecom.Body { return g.news() },
		func() wecom.Body { return g.mpnews() },
		func() wecom.Body { return g.markdown() },
		func() wecom.Body { return g.taskCard() },
		func() wecom.Body { return g.interactive() },
		func() wecom.Body { return g.textNotice() },
		func() wecom.Body { return g.newsNotice() },
		func() wecom.Body { return g.buttons() },
		func() wecom.Body { return g.vote() },
		func() wecom.Body { return g.multiple() },
	} {
		g.next()
		a.compare(app, make())
	}
	g.next()
	a.compare(notices, g.notice())

	for _, make := range []func() wecom.Body{
		func() wecom.Body { return g.text() },
		func() wecom.Body { return wecom.Text{Content: g.alone(2048), Mentioned: []string{"lisi", "@all"}} },
		func() wecom.Body { return g.video() },
		func() wecom.Body { return g.textCard(g.bytes) },
		func() wecom.Body { return g.news() },
		func() wecom.Body { return g.mpnews() },
		func() wecom.Body { return g.markdown() },
		func() wecom.Body { return g.textNotice() },
		func() wecom.Body { return g.taskCard() },
	} {
		g.next()
		a.compare(chat, make())
	}

	appMedia := g.media
	g.media = a.robotMedia
	for _, make := range []func() wecom.Body{
		func() wecom.Body {
			return wecom.Text{Content: g.alone(oneOf(g, 2048, 5120)), Mentioned: []string{"lisi"}}
		},
		func() wecom.Body { return wecom.Markdown{Content: g.alone(4096)} },
		func() wecom.Body { return wecom.MarkdownV2{Content: g.alone(4096)} },
		func() wecom.Body { return wecom.File{MediaID: maybe(g, g.media["file"])} },
		func() wecom.Body { return wecom.Voice{MediaID: maybe(g, g.media["voice"])} },
		func() wecom.Body { return g.news() },
		func() wecom.Body {
			card := g.textNotice()
			card.TaskID, card.ActionMenu = "", wecom.ActionMenu{}
			return card
		},
		func() wecom.Body {
			card := g.newsNotice()
			card.TaskID, card.ActionMenu = "", wecom.ActionMenu{}
			return card
		},
		func() wecom.Body { return g.buttons() },
	} {
		g.next()
		a.compare(robot, make())
	}
	g.media = appMedia
}

// compare sends one body and compares what the SDK says with what the simulator does.
func (a *agreement) compare(way endpoint, b wecom.Body) {
	a.sim.Advance(4 * time.Second) // a member gets 30 messages a minute of an app, a robot sends 20
	before := a.last().MsgID
	encoded, err := way.encode(b)
	if err != nil {
		a.t.Fatalf("%s, %T: %v", way.name, b, err)
	}
	wrong := way.validate(b, false)
	var invalid *wecom.ValidationError
	if errors.As(wrong, &invalid) && !invalid.WouldTruncate() {
		a.refuses(way, b, invalid, encoded)
		return
	}
	if err := way.validate(b, true); err != nil {
		a.tooLong(way, b, err, encoded)
		return
	}
	if err := way.send(b); err != nil {
		a.t.Errorf("%s, %T: Validate %v, the simulator %v\n%s", way.name, b, wrong, err, short(encoded))
		return
	}
	last := a.last()
	if last.MsgID == before {
		a.t.Errorf("%s, %T: it did not arrive", way.name, b)
		return
	}
	a.arrives(way, b, invalid, encoded, last)
}

// arrives compares a body as sent with what members got: the fields that invalid names are cut, all
// others whole.
func (a *agreement) arrives(way endpoint, b wecom.Body, invalid *wecom.ValidationError, encoded []byte, got simulator.Message) {
	sent, arrived := leaves(encoded, b.MsgType()), map[string]string{}
	flatten(arrived, b.MsgType(), decode(got.Body))
	var cut []string
	if invalid != nil {
		for _, f := range invalid.Fields {
			cut = append(cut, f.Field)
		}
	}
	for path, value := range sent {
		switch isCut := slices.Contains(cut, path); {
		case isCut && way.name == "robot" && path == "text.content":
			if arrived[path] != value { // up to 5120 bytes they were seen to arrive, whatever the page promises
				a.t.Errorf("%s: cut", path)
			}
		case isCut && (arrived[path] == value || !strings.HasPrefix(value, arrived[path]) || arrived[path] == ""):
			a.t.Errorf("%s, %s: Validate says that it would be cut; of %d bytes %d arrived", way.name, path, len(value), len(arrived[path]))
		case !isCut && arrived[path] != value:
			a.t.Errorf("%s, %s: sent %.60q, arrived %.60q", way.name, path, value, arrived[path])
		}
		delete(arrived, path)
	}
	for path, value := range arrived {
		a.t.Errorf("%s, %s: nothing sent, arrived %.60q", way.name, path, value)
	}
	a.note(way, b, map[bool]string{true: "cut", false: "whole"}[len(cut) > 0])
}

// stricter is what the SDK refuses and the simulator takes, by field and problem, and why.
var stricter = []struct {
	what    *regexp.Regexp
	lenient bool // only a world that is not strict takes it
	why     string
}{
	{regexp.MustCompile(`^template_card\..*url malformed$`), false, "the page wants a scheme of the links of other types, and says nothing of a card's"},
	{regexp.MustCompile(`^template_card\..*type not known$`), false, "no type is known that opens anything else"},
	{regexp.MustCompile(`^template_card\.task_id (malformed|too long)$`), false, "a notice without menu has no use for its task_id"},
	{regexp.MustCompile(`taskcard\.btn\.key in conflict$`), false, "of two buttons with one key nobody knows which was pressed"},
	{regexp.MustCompile(`^news\.articles\.appid in conflict$`), false, "groups do not see it"},
	{regexp.MustCompile(`^news\.articles\.(picurl|pagepath) too long$`), true, "the page gives a limit and no consequence"},
	{regexp.MustCompile(`^miniprogram_notice\.(page|content_item\.(key|value)) too long$`), true, "the page gives a limit and no consequence"},
}

// isStricter reports whether f is one of these.
func (a *agreement) isStricter(f *wecom.FieldError) bool {
	what := withoutIndex(f.Field) + " " + string(f.Problem)
	for _, s := range stricter {
		if s.what.MatchString(what) && !(s.lenient && a.generator.strict) {
			return true
		}
	}
	return false
}

// refuses says that the simulator refuses what the SDK does.
func (a *agreement) refuses(way endpoint, b wecom.Body, invalid *wecom.ValidationError, encoded []byte) {
	a.note(way, b, "refused")
	if err := way.post(encoded); err != nil {
		return
	}
	for _, f := range invalid.Fields {
		if f.Problem != wecom.WouldCut && !a.isStricter(f) {
			a.t.Errorf("%s, %T: Validate %v, the simulator took it\n%s", way.name, b, f, short(encoded))
		}
	}
}

// tooLong is a text that is refused although cuts are welcome: a robot's.
func (a *agreement) tooLong(way endpoint, b wecom.Body, wrong error, encoded []byte) {
	a.note(way, b, "refused")
	if err := way.post(encoded); !errors.Is(err, &wecom.Error{Code: 40058}) {
		a.t.Errorf("%s, %T: Validate %v, the simulator %v", way.name, b, wrong, err)
	}
}
