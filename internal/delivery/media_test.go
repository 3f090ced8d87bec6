package delivery

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hongyan-im/hongyan/wecom"
)

// TestMediaOfContents: every place is found, with the type that WeCom wants there, and another id takes
// its place without a change of the content itself.
func TestMediaOfContents(t *testing.T) {
	lines := []wecom.HorizontalContent{wecom.TextLine("a", "b"), wecom.FileLine("c", "d", "media_1"), wecom.FileLine("e", "f", "3wecom")}
	const line = "template_card.horizontal_content_list[1].media_id"
	for _, c := range []struct {
		body wecom.Body
		uses []MediaUse
	}{
		{wecom.Image{MediaID: "media_1"}, []MediaUse{{"image.media_id", wecom.MediaImage, "media_1"}}},
		{wecom.Voice{MediaID: "media_1"}, []MediaUse{{"voice.media_id", wecom.MediaVoice, "media_1"}}},
		{wecom.Video{MediaID: "media_1", Title: "t"}, []MediaUse{{"video.media_id", wecom.MediaVideo, "media_1"}}},
		{wecom.File{MediaID: "media_1"}, []MediaUse{{"file.media_id", wecom.MediaFile, "media_1"}}},
		{wecom.MPNews{Articles: []wecom.MPArticle{{ThumbMediaID: "3wecom"}, {ThumbMediaID: "media_1"}, {ThumbMediaID: "media_2"}}}, []MediaUse{
			{"mpnews.articles[1].thumb_media_id", wecom.MediaImage, "media_1"}, {"mpnews.articles[2].thumb_media_id", wecom.MediaImage, "media_2"}}},
		{wecom.TextNotice{HorizontalContents: lines}, []MediaUse{{line, wecom.MediaFile, "media_1"}}},
		{wecom.NewsNotice{HorizontalContents: lines}, []MediaUse{{line, wecom.MediaFile, "media_1"}}},
		{wecom.ButtonInteraction{HorizontalContents: lines}, []MediaUse{{line, wecom.MediaFile, "media_1"}}},

		{wecom.Image{MediaID: "3wecom"}, nil},
		{wecom.File{MediaID: "amedia_1"}, nil},
		{wecom.TextNotice{HorizontalContents: lines[:1]}, nil},
		{wecom.Text{Content: "media_1"}, nil},
		{wecom.RobotImage{Data: []byte("media_1")}, nil},
		{wecom.VoteInteraction{}, nil},
	} {
		for _, content := range []Content{{App: &wecom.Message{Body: c.body}}, {Chat: &wecom.ChatMessage{ChatID: "c", Body: c.body}}, {Robot: &wecom.RobotMessage{Body: c.body}}} {
			before := fmt.Sprintf("%+v", content.Body())
			if got := content.Media(); !slices.Equal(got, c.uses) || content.NamesMedia() != (c.uses != nil) {
				t.Errorf("%T: %+v, want %+v", c.body, got, c.uses)
			}
			other, err := content.WithMedia(func(u MediaUse) (string, error) { return "3" + u.ID, nil })
			if err != nil {
				t.Fatal(err)
			}
			if after := fmt.Sprintf("%+v", content.Body()); after != before {
				t.Errorf("%s became %s", before, after)
			}
			want := strings.NewReplacer("media_1", "3media_1", "media_2", "3media_2").Replace(before)
			if c.uses == nil {
				want = before
			}
			if got := fmt.Sprintf("%+v", other.Body()); got != want {
				t.Errorf("%s, want %s", got, want)
			}
			if diff := cmp.Diff(content.Kind(), other.Kind()); diff != "" {
				t.Error(diff)
			}
			wrong := errors.New("no")
			if _, err := content.WithMedia(func(MediaUse) (string, error) { return "", wrong }); c.uses != nil && err != wrong {
				t.Errorf("%T: %v", c.body, err)
			}
		}
	}
	if allocs := testing.AllocsPerRun(100, func() {
		if (Content{App: benign}).NamesMedia() {
			t.Error("a text names a file")
		}
	}); allocs != 0 {
		t.Errorf("to look at a text allocates %v times", allocs)
	}
}

var benign = &wecom.Message{Body: wecom.Text{Content: "hello"}}

// TestRobotsPictureIsStored: what names a file is stored as it is, and read again.
func TestRobotsPictureIsStored(t *testing.T) {
	contents, _, err := split(Content{Robot: &wecom.RobotMessage{Body: wecom.Image{MediaID: "media_1"}}}, false)
	if err != nil || len(contents) != 1 {
		t.Fatal(contents, err)
	}
	data, err := contents[0].Encode()
	if err != nil {
		t.Fatal(err)
	}
	back, err := DecodeContent(KindRobot, data)
	if err != nil || back.Robot.Body != (wecom.Image{MediaID: "media_1"}) {
		t.Errorf("%+v %v", back.Robot, err)
	}
	if _, _, err := split(Content{Robot: &wecom.RobotMessage{Body: wecom.Image{MediaID: "3wecom"}}}, false); err == nil {
		t.Error("a robot would send a picture by WeCom's id")
	}
	if _, _, err := split(Content{Robot: &wecom.RobotMessage{Body: wecom.Video{MediaID: "media_1"}}}, false); err == nil {
		t.Error("a robot would send a film")
	}
}

// TestBegan: a retry that WeCom's duplicate check covers goes as of the attempt that it repeats.
func TestBegan(t *testing.T) {
	first := time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		name    string
		change  func(*Delivery)
		started time.Duration
		want    time.Duration
	}{
		{"the first attempt", func(d *Delivery) { d.Doubt = time.Time{} }, 0, 0},
		{"a retry of one that was not sent", func(d *Delivery) { d.Doubt = time.Time{} }, time.Minute, time.Minute},
		{"a retry", func(*Delivery) {}, time.Minute, 0},
		{"a retry of a checked one", func(d *Delivery) { d.Check = CheckOwn }, time.Minute, 0},
		{"one that is not covered any more", func(*Delivery) {}, time.Hour, time.Hour},
		{"one without the check", func(d *Delivery) { d.Check = CheckNone }, time.Minute, time.Minute},
		{"a twin", func(d *Delivery) { d.Check = CheckTwin }, time.Minute, time.Minute},
		{"a robot's", func(d *Delivery) {
			d.Content, d.Check = Content{Robot: &wecom.RobotMessage{Body: wecom.File{MediaID: "media_1"}}}, CheckNone
		}, time.Minute, time.Minute},
	} {
		d := Delivery{Content: Content{App: &wecom.Message{Body: wecom.File{MediaID: "media_1"}}}, Check: CheckOn, CheckFor: 10 * time.Minute, Doubt: first, Started: first.Add(c.started)}
		c.change(&d)
		if got := d.Outgoing().Began.Sub(first); got != c.want {
			t.Errorf("%s goes as of %v, want %v", c.name, got, c.want)
		}
	}
}

// files are what a test says they are.
type files struct {
	has   map[string]File
	until map[string]time.Time
	fails error
	asked int
}

func (f *files) Keep(_ context.Context, id string, until time.Time) (File, error) {
	f.asked++
	if f.fails != nil {
		return File{}, f.fails
	}
	file, ok := f.has[id]
	if !ok {
		return File{}, ErrNoMedia
	}
	f.until[id] = until
	return file, nil
}

func TestKeepFiles(t *testing.T) {
	f := &files{until: map[string]time.Time{}, has: map[string]File{"media_i": {wecom.MediaImage, 3 << 20}, "media_f": {wecom.MediaFile, 100}}}
	in := &Intake{Files: f}
	expires := time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)
	message := func(sender Sender, bodies ...wecom.Body) *Message {
		m := &Message{Sender: sender, Expires: expires}
		for _, body := range bodies {
			c := Content{App: &wecom.Message{Body: body}}
			if sender.IsRobot() {
				c = Content{Robot: &wecom.RobotMessage{Body: body}}
			}
			m.Deliveries = append(m.Deliveries, Delivery{Sender: sender, Content: c})
		}
		return m
	}
	good := message("crm", wecom.File{MediaID: "media_f"}, wecom.File{MediaID: "media_f"}, wecom.Image{MediaID: "media_i"})
	if err := in.keepFiles(t.Context(), good); err != nil || f.asked != 2 || !f.until["media_f"].Equal(expires) || !f.until["media_i"].Equal(expires) {
		t.Errorf("%v, asked %d times: %v", err, f.asked, f.until)
	}
	if err := in.keepFiles(t.Context(), message("crm", wecom.Text{Content: "a"}, wecom.File{MediaID: "3wecom"})); err != nil || f.asked != 2 {
		t.Errorf("%v, asked %d times", err, f.asked)
	}
	for _, c := range []struct {
		m     *Message
		field string
	}{
		{message("crm", wecom.File{MediaID: "media_x"}), "file.media_id"},
		{message("crm", wecom.Image{MediaID: "media_f"}), "image.media_id"},
		{message("robot:ops", wecom.Image{MediaID: "media_i"}), "image.media_id"}, // too large for a robot
		{message("crm", wecom.File{MediaID: "media_f"}, wecom.MPNews{Articles: []wecom.MPArticle{{ThumbMediaID: "media_f"}}}), "mpnews.articles[0].thumb_media_id"},
	} {
		var wrong *RequestError
		if err := in.keepFiles(t.Context(), c.m); !errors.As(err, &wrong) || wrong.Field != c.field {
			t.Errorf("%+v: %v", c.m.Deliveries[0].Content.Body(), err)
		}
	}
	f.fails = fmt.Errorf("%w: the disk is full", ErrStorage)
	all := []Accepted{{Message: good}}
	if err := in.store(t.Context(), all); !errors.Is(err, ErrStorage) || all[0].Err != nil {
		t.Errorf("%v, %v", err, all[0].Err)
	}
	var wrong *RequestError
	if err := (&Intake{}).keepFiles(t.Context(), good); !errors.As(err, &wrong) {
		t.Errorf("without files: %v", err)
	}
}
