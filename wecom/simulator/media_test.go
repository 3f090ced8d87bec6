package simulator

import (
	"bytes"
	"fmt"
	"mime/multipart"
	"net/http/httptest"
	"net/textproto"
	"strings"
	"testing"
	"time"
)

const (
	png  = "\x89PNG\r\n\x1a\n...."
	jpeg = "\xff\xd8\xff\xe0...."
	mp4  = "\x00\x00\x00\x18ftypisom"
)

// amr is a voice of so many seconds.
func amr(seconds int) string {
	return "#!AMR\n" + strings.Repeat("\x3c"+strings.Repeat("v", 31), seconds*50)
}

// form is a multipart body with one part.
func form(field, name, data string) (contentType, body string) {
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	head := textproto.MIMEHeader{}
	head.Set("Content-Type", "application/octet-stream")
	quoted := strings.ReplaceAll(name, `"`, `\"`)
	head.Set("Content-Disposition", fmt.Sprintf(`form-data; name="%s"; filename="%s"; filelength=%d`, field, quoted, len(data)))
	if name == "" {
		head.Set("Content-Disposition", fmt.Sprintf(`form-data; name="%s"`, field))
	}
	part, _ := w.CreatePart(head)
	part.Write([]byte(data))
	w.Close()
	return w.FormDataContentType(), b.String()
}

func upload(t testing.TB, sim *WeCom, target, field, name, data string) answer {
	t.Helper()
	contentType, body := form(field, name, data)
	r := newRequest("POST", target, body)
	r.Header.Set("Content-Type", contentType)
	return do(t, sim, r)
}

// uploaded uploads with the token of 鸿雁 and gives the media_id.
func uploaded(t testing.TB, sim *WeCom, kind, name, data string) string {
	t.Helper()
	a := upload(t, sim, "/cgi-bin/media/upload?type="+kind+"&access_token="+tokenOf(t, sim, hongyan), "media", name, data)
	if a.code() != 0 {
		t.Fatalf("uploading %s: %v", name, a)
	}
	return a.str("media_id")
}

func TestUpload(t *testing.T) {
	sim := newStill()
	token := "&access_token=" + tokenOf(t, sim, hongyan)
	big := func(head string, size int) string { return head + strings.Repeat("x", size-len(head)) }
	for _, c := range []struct {
		name, kind, field, file, data string
		code                          int
	}{
		{"PNG", "image", "media", "a.png", png, 0},
		{"JPG", "image", "media", "a.jpg", jpeg, 0},
		{"image of the limit", "image", "media", "a.png", big(png, 10<<20), 0},
		{"image above it", "image", "media", "a.png", big(png, 10<<20+1), 40009},
		{"image that is none", "image", "media", "a.png", "GIF89a....", 40004},
		{"AMR of 60 s", "voice", "media", "a.amr", amr(60), 0},
		{"AMR of 61 s", "voice", "media", "a.amr", amr(61), 45007},
		{"wide-band AMR", "voice", "media", "a.amr", "#!AMR-WB\n\x44", 0},
		{"voice that is none", "voice", "media", "a.mp3", "ID3......", 301017},
		{"voice too large", "voice", "media", "a.amr", big("#!AMR\n", 2<<20+1), 40006},
		{"MP4", "video", "media", "a.mp4", mp4, 0},
		{"video that is none", "video", "media", "a.avi", "RIFF....AVI ", 40004},
		{"video too large", "video", "media", "a.mp4", big(mp4, 10<<20+1), 40011},
		{"file of the limit", "file", "media", "a.bin", big("", 20<<20), 0},
		{"file above it", "file", "media", "a.bin", big("", 20<<20+1), 40006},
		{"six bytes", "file", "media", "a", "mytext", 0},
		{"five bytes", "file", "media", "a", "mytex", 40006},
		{"nothing", "file", "media", "a", "", 44001},
		{"another field", "file", "file", "a", "mytext", 44001},
		{"no file name", "file", "media", "", "mytext", 44001},
		{"no type", "", "media", "a", "mytext", 40005},
		{"unknown type", "audio", "media", "a", "mytext", 40005},
		{"the type of uploadimg", "picture", "media", "a", png, 40005},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := upload(t, sim, "/cgi-bin/media/upload?type="+c.kind+token, c.field, c.file, c.data)
			if a.code() != c.code {
				t.Fatalf("%v, want %d", a, c.code)
			}
			if c.code != 0 {
				return
			}
			m, ok := sim.Media(corpID, a.str("media_id"))
			if a.str("type") != c.kind || a.str("created_at") != fmt.Sprint(start.Unix()) || !ok || string(m.Data) != c.data || m.Name != c.file {
				t.Errorf("%v: %v", a, ok)
			}
		})
	}
	if a := api(t, sim, "POST", "/cgi-bin/media/upload?type=file"+token, "mytext"); a.code() != 44001 {
		t.Errorf("a body that is no form: %v", a)
	}
	if a := upload(t, sim, "/cgi-bin/media/upload?type=file&access_token=x", "media", "a", "mytext"); a.code() != 40014 {
		t.Errorf("a wrong token: %v", a)
	}
}

func TestGetMedia(t *testing.T) {
	sim := newStill()
	id := uploaded(t, sim, "file", "计划\".txt", "mytext")
	image := uploaded(t, sim, "image", "a.png", png)
	target := "/cgi-bin/media/get?access_token=" + tokenOf(t, sim, monitor) + "&media_id=" // media are of the corp
	get := func(id, ranged string) *httptest.ResponseRecorder {
		r := newRequest("GET", target+id, "")
		if ranged != "" {
			r.Header.Set("Range", ranged)
		}
		w := httptest.NewRecorder()
		sim.ServeHTTP(w, r)
		return w
	}
	w := get(id, "")
	if w.Code != 200 || w.Body.String() != "mytext" || w.Header().Get("Content-Type") != "application/octet-stream" ||
		!strings.HasPrefix(w.Header().Get("Content-Disposition"), `attachment; filename="计划`) || w.Header().Get("Accept-Ranges") != "bytes" {
		t.Errorf("%d %q %v", w.Code, w.Body, w.Header())
	}
	if w := get(id, "bytes=2-3"); w.Code != 206 || w.Body.String() != "te" || w.Header().Get("Content-Range") != "bytes 2-3/6" {
		t.Errorf("%d %q %v", w.Code, w.Body, w.Header())
	}
	if w := get(image, ""); w.Header().Get("Content-Type") != "image/png" {
		t.Errorf("%v", w.Header())
	}
	for id, code := range map[string]int{"": 41006, "3nope": 40007} {
		if a := api(t, sim, "GET", target+id, ""); a.code() != code {
			t.Errorf("%q: %v, want %d", id, a, code)
		}
		if a := by(t, sim, hongyan, "GET", "media/get/jssdk", "", "media_id="+id); a.code() != code {
			t.Errorf("jssdk %q: %v, want %d", id, a, code)
		}
	}
	sim.Advance(mediaLife)
	target = "/cgi-bin/media/get?access_token=" + tokenOf(t, sim, monitor) + "&media_id="
	if a := api(t, sim, "GET", target+id, ""); a.code() != 40007 {
		t.Errorf("after three days: %v", a)
	}
}

func TestLargeMediaComeInPieces(t *testing.T) {
	sim := newStill()
	m := &medium{shelf: corpShelf(corpID), kind: "file", contentType: "application/octet-stream", data: make([]byte, 30<<20), created: start}
	sim.media.keep(m)
	target := "/cgi-bin/media/get?access_token=" + tokenOf(t, sim, hongyan) + "&media_id=" + m.id
	for ranged, size := range map[string]int{
		"": 0, "bytes=0-": 0, "bytes=0-20971520": 0, "bytes=0-20971519": 20 << 20, "bytes=-1": 1, "bytes=20971520-": 10 << 20, "lines=1-2": 0,
	} {
		r := newRequest("GET", target, "")
		r.Header.Set("Range", ranged)
		w := httptest.NewRecorder()
		sim.ServeHTTP(w, r)
		refused := strings.Contains(w.Body.String()[:min(w.Body.Len(), 40)], "830002")
		if size == 0 && !refused || size > 0 && (w.Code != 206 || w.Body.Len() != size) {
			t.Errorf("Range %q: %d, %d bytes", ranged, w.Code, w.Body.Len())
		}
	}
}

func TestUploadPicture(t *testing.T) {
	sim := newStill()
	target := "/prefix/cgi-bin/media/uploadimg?access_token=" + tokenOf(t, sim, hongyan)
	a := upload(t, sim, target, "media", "a.png", png)
	if a["media_id"] != nil || !strings.HasPrefix(a.str("url"), "http://example.com/prefix/_sim/images?id=3") {
		t.Fatalf("%v", a)
	}
	sim.Advance(365 * 24 * time.Hour)
	w := exchange(sim, "GET", strings.TrimPrefix(a.str("url"), "http://example.com"), "")
	if w.Body.String() != png || w.Header().Get("Content-Type") != "image/png" || w.Header().Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("%d %v", w.Code, w.Header())
	}
	target = "/cgi-bin/media/uploadimg?access_token=" + tokenOf(t, sim, hongyan)
	for data, code := range map[string]int{"": 44001, png[:5]: 40006, "GIF89a..": 40004, png + strings.Repeat("x", 2<<20): 40009} {
		if a := upload(t, sim, target, "media", "a.png", data); a.code() != code {
			t.Errorf("%d bytes: %v, want %d", len(data), a, code)
		}
	}
	for range 1000 {
		if a := upload(t, sim, target, "media", "a.png", png); a.code() == 45009 {
			t.Fatal("the limit of a day is reached too early")
		}
	}
	if a := upload(t, sim, target, "media", "a.png", png); a.code() != 45009 {
		t.Errorf("%v, want 45009", a)
	}
}

func TestMediaByHTTP(t *testing.T) {
	sim := newStill()
	id := uploaded(t, sim, "image", "a.png", png)
	w := exchange(sim, "GET", "/_sim/media?corpid="+corpID+"&media_id="+id, "")
	if w.Code != 200 || w.Body.String() != png || w.Header().Get("Content-Disposition") != `inline; filename="a.png"` {
		t.Errorf("%d %v", w.Code, w.Header())
	}
	for query, want := range map[string]string{
		"?corpid=ww2&media_id=" + id:         `{"error":"corp \"ww2\" has no media with this media_id now"}`,
		"?corpid=" + corpID + "&media_id=3x": `{"error":"corp \"ww0000000000000001\" has no media with this media_id now"}`,
		"?corpid=" + corpID:                  `{"error":"media_id is missing"}`,
		"?corpid=x&media_id=x&media-id=y":    `{"error":"unknown parameter \"media-id\"; did you mean \"media_id\"?"}`,
	} {
		if status, got := control(t, sim, "GET", "/_sim/media"+query, ""); status != 400 || got != want {
			t.Errorf("%s: %d %s", query, status, got)
		}
	}
	if status, _ := control(t, sim, "GET", "/_sim/images?id="+id, ""); status != 400 {
		t.Error("temporary media are shown as pictures")
	}
	sim.Reset()
	if _, ok := sim.Media(corpID, id); ok {
		t.Error("media outlive a reset")
	}
}

func TestMediaAreBounded(t *testing.T) {
	var s media
	var ids []string
	for range 5 {
		m := &medium{shelf: "s", kind: "file", data: make([]byte, maxMediaBytes/4), created: start}
		s.keep(m)
		ids = append(ids, m.id)
	}
	if s.find("s", ids[0], start) != nil || s.find("s", ids[1], start) == nil || s.find("t", ids[1], start) != nil {
		t.Error("the oldest does not make room, or not alone")
	}
	s.keep(&medium{data: make([]byte, 2*maxMediaBytes)})
	if len(s.order) != 1 {
		t.Errorf("%d media beside one that fills everything", len(s.order))
	}
}
