package wecom

import (
	"errors"
	"strings"
	"testing"
)

func TestMediaTypeOf(t *testing.T) {
	for head, want := range map[string]MediaType{
		"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01": MediaImage,
		"\x89PNG\r\n\x1a\n\x00\x00\x00\x0d":    MediaImage,
		"GIF89a\x01\x00\x01\x00\x80\x00":       MediaFile, // which WeCom takes as a file alone
		"#!AMR\n\x3c":                          MediaVoice,
		"#!AMR-WB\n":                           MediaVoice,
		"\x00\x00\x00\x18ftypmp42":             MediaVideo,
		"\x00\x00\x00\x20ftypisom":             MediaVideo,
		"\x00\x00\x00\x18ftypheic":             MediaFile, // a photo
		"\x00\x00\x00\x14ftypqt  ":             MediaFile, // QuickTime
		"\x00\x00\x00\x1cftypM4A ":             MediaFile, // sound
		"\x00\x00\x00\x18ftyp":                 MediaFile, // breaks off
		"%PDF-1.7":                             MediaFile,
		"":                                     MediaFile,
		"\x89PNG\r\n\x1a":                      MediaFile,
		"\x00\x00\x00\x18ftypavc1" + strings.Repeat("x", 9): MediaVideo,
	} {
		if got := MediaTypeOf([]byte(head)); got != want {
			t.Errorf("%q is %s, want %s", head, got, want)
		}
	}
}

func TestMediaTypeCheck(t *testing.T) {
	for _, c := range []struct {
		kind  MediaType
		name  string
		size  int64
		head  string
		field string // "" if it is good
		says  string
	}{
		{MediaFile, "a.txt", 6, "hello!", "", ""},
		{MediaImage, "a", 10 << 20, "\xff\xd8\xff", "", ""},
		{MediaFile, "a.txt", 5, "hello", "media", "it has 5 bytes"},
		{MediaFile, "a.txt", 20<<20 + 1, "hello!", "media", "has 20971521 bytes, the limit is 20971520"},
		{MediaVoice, "a.amr", 2<<20 + 1, "#!AMR", "media", "the limit is 2097152"},
		{MediaVideo, "a.mp4", 100, "hello!", "media", "not MP4"},
		{MediaFile, "", 6, "hello!", "filename", "missing"},
		{MediaFile, "a/b", 6, "hello!", "filename", "slash"},
		{MediaFile, "a\xff", 6, "hello!", "filename", "UTF-8"},
		{"picture", "a", 6, "hello!", "type", "image, voice, video, file"},
	} {
		err := c.kind.Check(c.name, c.size, []byte(c.head))
		var wrong *ValidationError
		switch {
		case c.field == "" && err != nil:
			t.Errorf("%+v: %v", c, err)
		case c.field != "" && (!errors.As(err, &wrong) || len(wrong.Fields) != 1 || wrong.Fields[0].Field != c.field || !strings.Contains(err.Error(), c.says)):
			t.Errorf("%+v: %v", c, err)
		}
	}
	if MediaVoice.MaxBytes() != 2<<20 || MediaType("picture").MaxBytes() != 0 {
		t.Errorf("%d, %d", MediaVoice.MaxBytes(), MediaType("picture").MaxBytes())
	}
}

// A robot's picture that is named by a media_id is read and written as such, and not sent.
func TestRobotImageByMediaID(t *testing.T) {
	const text = `{"msgtype":"image","image":{"media_id":"media_x"}}`
	var m RobotMessage
	if err := m.UnmarshalJSON([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if m.Body != (Image{MediaID: "media_x"}) {
		t.Errorf("read as %#v", m.Body)
	}
	if data, err := m.MarshalJSON(); err != nil || string(data) != text {
		t.Errorf("written as %s, %v", data, err)
	}
	var wrong *ValidationError
	if err := m.Validate(); !errors.As(err, &wrong) || wrong.Fields[0].Field != "image.media_id" {
		t.Errorf("%v", err)
	}
	if err := m.UnmarshalJSON([]byte(`{"msgtype":"image","image":{"media_id":"","base64":"aGVsbG8="}}`)); err != nil || string(m.Body.(RobotImage).Data) != "hello" {
		t.Errorf("%#v %v", m.Body, err)
	}
}
