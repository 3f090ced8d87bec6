package wecom_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"mime/multipart"
	"net/http"
	"net/url"
	"testing"

	"github.com/hongyan-im/hongyan/wecom"
	"github.com/hongyan-im/hongyan/wecom/wecomtest"
)

// What Upload lets pass WeCom takes, and what it refuses WeCom refuses, by the size and by the first
// bytes.
func TestUploadRulesAgree(t *testing.T) {
	sim := wecomtest.NewServer(t)
	client := sim.Client()
	filled := func(head string, size int) []byte {
		content := bytes.Repeat([]byte{0}, size)
		copy(content, head)
		return content
	}
	const mb = 1 << 20
	for _, c := range []struct {
		kind    wecom.MediaType
		name    string
		content []byte
		takes   bool
	}{
		{wecom.MediaFile, "nothing.txt", nil, false},
		{wecom.MediaFile, "five.txt", []byte("12345"), false},
		{wecom.MediaFile, "six.txt", []byte("123456"), true},
		{wecom.MediaFile, "full.bin", filled("", 20*mb), true},
		{wecom.MediaFile, "over.bin", filled("", 20*mb+1), false},
		{wecom.MediaImage, "a.png", filled(mediaContents[wecom.MediaImage], 10*mb), true},
		{wecom.MediaImage, "a.png", filled(mediaContents[wecom.MediaImage], 10*mb+1), false},
		{wecom.MediaImage, "a.jpg", []byte("\xff\xd8\xff\xe0 jpeg"), true},
		{wecom.MediaImage, "a.gif", []byte("GIF89a gif"), false},
		{wecom.MediaImage, "a.png", []byte("\xff\xd8\xff\xe0 not what its name says"), true},
		{wecom.MediaVoice, "a.amr", []byte("#!AMR\n\x3c"), true},
		{wecom.MediaVoice, "a.amr", []byte("#!AMR-WB\n\x04"), true},
		{wecom.MediaVoice, "a.mp3", []byte("ID3\x04 mp3"), false},
		{wecom.MediaVoice, "a.amr", filled("#!AMR\n", 2*mb+1), false},
		{wecom.MediaVideo, "a.mp4", filled("\x00\x00\x00\x18ftypmp42", 10*mb), true},
		{wecom.MediaVideo, "a.mp4", filled("\x00\x00\x00\x18ftypmp42", 10*mb+1), false},
		{wecom.MediaVideo, "a.avi", []byte("RIFF\x00\x00\x00\x00AVI "), false},
	} {
		_, err := client.Upload(t.Context(), c.kind, c.name, bytes.NewReader(c.content))
		var invalid *wecom.ValidationError
		if c.takes && err != nil || !c.takes && !errors.As(err, &invalid) {
			t.Errorf("%s %s of %d bytes: %v", c.kind, c.name, len(c.content), err)
		}
		if code := uploadPast(t, sim, client, c.kind, c.name, c.content); (code == wecom.CodeOK) != c.takes {
			t.Errorf("%s %s of %d bytes: the simulator %d", c.kind, c.name, len(c.content), code)
		}
	}
}

// uploadPast uploads without the client's checks, and returns the errcode.
func uploadPast(t *testing.T, sim *wecomtest.Server, client *wecom.Client, kind wecom.MediaType, name string, content []byte) wecom.Code {
	t.Helper()
	token, err := client.Token(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	part, err := form.CreateFormFile("media", name)
	if err != nil {
		t.Fatal(err)
	}
	_, _ = part.Write(content)
	_ = form.Close()
	query := url.Values{"access_token": {token}, "type": {string(kind)}}
	resp, err := http.Post(sim.URL+"/cgi-bin/media/upload?"+query.Encode(), form.FormDataContentType(), &body)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var answer struct {
		ErrCode wecom.Code `json:"errcode"`
	}
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil {
		t.Fatal(err)
	}
	return answer.ErrCode
}
