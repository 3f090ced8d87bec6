package wecom

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"
)

func TestAttachments(t *testing.T) {
	path := filepath.Join(t.TempDir(), "report.txt")
	if err := os.WriteFile(path, []byte("the report of June"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, body := range []Body{FileFile(path), FileBytes("report.txt", []byte("the report of June"))} {
		a, ok := AttachmentOf(body)
		if again, _ := AttachmentOf(body); !ok || a != again || a.Type != MediaFile || a.Name != "report.txt" {
			t.Errorf("%+v %v", a, ok)
		}
		for range 2 { // it opens at its start each time
			file, size, err := a.Open()
			if err != nil {
				t.Fatal(err)
			}
			data, err := io.ReadAll(file)
			if err != nil || size != 18 || string(data) != "the report of June" {
				t.Errorf("%d bytes, %q, %v", size, data, err)
			}
			if err := file.Close(); err != nil {
				t.Error(err)
			}
		}
		if got := WithMediaID(body, "m"); got != (File{MediaID: "m"}) {
			t.Errorf("%#v", got)
		}
	}
	for _, body := range []Body{File{MediaID: "m"}, Markdown{Content: "a"}, nil} {
		if _, ok := AttachmentOf(body); ok || WithMediaID(body, "other") != body {
			t.Errorf("%#v brings a file", body)
		}
	}
	for _, body := range []Body{ImageFile(path), FileFile(path + ".gone"), VoiceBytes("a", nil)} {
		a, _ := AttachmentOf(body)
		var wrong *ValidationError
		if _, _, err := a.Open(); !errors.As(err, &wrong) {
			t.Errorf("%v", err)
		}
	}
	if _, _, err := (Attachment{}).Open(); err == nil {
		t.Error("nothing was opened")
	}
}
