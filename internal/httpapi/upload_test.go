package httpapi

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/hongyan-im/hongyan/internal/access"
	"github.com/hongyan-im/hongyan/internal/delivery"
)

// TestSlowUploads: a large file on a slow line takes its time; who sends next to nothing, or pauses for
// long, does not.
func TestSlowUploads(t *testing.T) {
	const minute = time.Minute
	for name, c := range map[string]struct {
		piece, pieces int
		pause         time.Duration // between pieces
		status        int
		within        time.Duration
	}{
		"slow line":            {piece: 100_000, pieces: 60, pause: 5 * time.Second, status: 201, within: 6 * minute},
		"a byte":               {piece: 1, pieces: 1000, pause: time.Second, status: 408, within: 25 * time.Second},
		"below the least rate": {piece: 8000, pieces: 1000, pause: time.Second, status: 408, within: minute},
		"pause":                {piece: 1_000_000, pieces: 2, pause: 10 * minute, status: 408, within: 25 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, w *world, network *pipes) {
				w.api.Media = newLibrary(t) // of this bubble
				conn := network.dial()
				began := time.Now()
				done := make(chan struct{})
				go func() {
					defer close(done)
					_, err := fmt.Fprintf(conn, "POST /v1/media?name=a.bin HTTP/1.1\r\nHost: x\r\nX-API-Key: %s\r\nContent-Length: %d\r\n\r\n", w.key("", access.Send), c.piece*c.pieces)
					piece := strings.Repeat("x", c.piece)
					for i := 0; i < c.pieces && err == nil; i++ {
						if _, err = io.WriteString(conn, piece); err == nil {
							time.Sleep(c.pause)
						}
					}
				}()
				answer := bufio.NewReader(conn)
				resp, err := http.ReadResponse(answer, nil)
				var body []byte
				if err == nil {
					body, err = io.ReadAll(resp.Body)
				} else {
					resp = &http.Response{}
				}
				if took := time.Since(began); err != nil || resp.StatusCode != c.status || took > c.within {
					t.Errorf("HTTP %d after %v: %s %v", resp.StatusCode, took, body, err)
				}
				_, _ = io.ReadAll(answer) // until the server has closed it
				_ = conn.Close()
				<-done
			})
		})
	}
}

// TestUploads: what is taken, and what is said about the rest.
func TestUploads(t *testing.T) {
	r := newReal(t)
	form := func(field, name, content string) (contentType, body string) {
		var b bytes.Buffer
		w := multipart.NewWriter(&b)
		part, _ := w.CreateFormFile(field, name)
		_, _ = io.WriteString(part, content)
		_ = w.Close()
		return w.FormDataContentType(), b.String()
	}
	kind, body := form("media", "图 1.png", aPNG)
	one := ask[Media](r, 201, "POST", "/v1/media", body, "Content-Type", kind)
	if one.Name != "图 1.png" || one.Type != "image" || one.Size != int64(len(aPNG)) {
		t.Errorf("%+v", one)
	}
	if again := r.upload("name=other.png", aPNG); again.ID != one.ID {
		t.Errorf("the same picture is %s and %s", one.ID, again.ID)
	}
	if got := ask[Media](r, 200, "GET", "/v1/media/"+one.ID, ""); got.ID != one.ID || got.Expires == "" {
		t.Errorf("%+v", got)
	}
	if a, b := r.upload("name=a.txt", "the same text"), r.upload("name=b.txt", "the same text"); a.ID == b.ID {
		t.Error("readers see the name of a file, so another name is another file")
	}
	r.call(t, "GET", "/v1/media/media_x", "", "X-API-Key", r.admin).problem(t, 40411)

	foreign, foreignBody := form("file", "a.txt", "hello, file")
	for _, c := range []struct {
		query, contentType, body string
		code                     int
		field                    string
		says                     string
	}{
		{"", "", "hello, file", 42201, "name", "missing"},
		{"name=a/b.txt", "", "hello, file", 42201, "name", "slash"},
		{"name=" + strings.Repeat("n", 300), "", "hello, file", 42201, "name", "has 300 bytes, the limit is 255"},
		{"name=a.txt", "", "hello", 42201, "media", "it has 5 bytes"},
		{"name=a.txt", "", "", 42201, "media", "it has 0 bytes"},
		{"type=picture", "", aPNG, 42201, "type", "image, voice, video, file"},
		{"type=image", "", "GIF89a and so on", 42201, "media", "not JPG or PNG"},
		{"type=voice", "", aPNG, 42201, "media", "not AMR"},
		{"type=video", "", aJPEG, 42201, "media", "not MP4"},
		{"", "", anAMR + strings.Repeat("x", 2<<20), 41301, "media", "the limit is 2097152"},
		{"", "", aPNG + strings.Repeat("x", 10<<20), 41301, "media", "has 10485778 bytes, the limit is 10485760"},
		{"name=a.bin", "", strings.Repeat("x", 20<<20+1), 41301, "media", "has 20971521 bytes, the limit is 20971520"},
		{"", foreign, foreignBody, 42201, "file", "in its field media"},
		{"", "multipart/form-data; boundary=x", "--x--\r\n", 42201, "media", "no file"},
		{"", "multipart/form-data", "x", 42201, "Content-Type", "boundary"},
		{"", kind, body[:len(body)-3], 40003, "", ""},
		{"", kind, body[:len(body)/2], 42201, "media", "breaks off"},
		{"kind=image", "", aPNG, 42201, "kind", ""},
	} {
		p := r.call(t, "POST", "/v1/media?"+c.query, c.body, "X-API-Key", r.admin, "Content-Type", c.contentType).problem(t, c.code)
		if c.field != "" && (len(p.Errors) != 1 || p.Errors[0].Field != c.field || !strings.Contains(p.Errors[0].Detail, c.says)) {
			t.Errorf("%s: %+v", c.query, p)
		}
		if small := strings.Contains(p.Detail, "WeCom wants at least"); small != strings.Contains(p.Hint, "see what wrote it") {
			t.Errorf("%s: hint %q", p.Detail, p.Hint)
		}
	}
	// What was refused left nothing.
	r.holds(3)
	// Twenty megabytes are taken, and a picture of ten.
	r.upload("name=a.bin", strings.Repeat("x", 20<<20))
	r.upload("", aPNG+strings.Repeat("x", 10<<20-len(aPNG)))
	r.holds(5)
}

// holds wants so many files in the folder, and nothing else.
func (r *real) holds(want int) {
	r.t.Helper()
	files, err := os.ReadDir(r.library.Dir)
	if err != nil {
		r.t.Fatal(err)
	}
	for _, f := range files {
		if !strings.HasPrefix(f.Name(), "media_") {
			r.t.Errorf("%s is left", f.Name())
		}
	}
	if len(files) != want {
		r.t.Errorf("%d files, want %d", len(files), want)
	}
}

// TestUploadBreaksOff: a client that goes in the middle leaves nothing.
func TestUploadBreaksOff(t *testing.T) {
	r := newReal(t)
	for _, head := range []string{"Content-Length: 1000000\r\n\r\n" + strings.Repeat("x", 300_000), "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n"} {
		conn, err := net.Dial("tcp", strings.TrimPrefix(r.url, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(conn, "POST /v1/media?name=a.bin HTTP/1.1\r\nHost: x\r\nX-API-Key: %s\r\n%s", r.admin, head)
		_ = conn.(*net.TCPConn).CloseWrite()
		answer, _ := io.ReadAll(conn)
		if !strings.Contains(string(answer), `"code":40003`) {
			t.Errorf("%s", answer)
		}
		_ = conn.Close()
	}
	r.holds(0)
}

// TestUploadTakesItsTime: the time-out follows what arrives, and still ends who sends next to nothing.
func TestUploadTakesItsTime(t *testing.T) {
	u := &upload{began: time.Unix(0, 0)}
	for _, c := range []struct {
		after    time.Duration
		received int64
		want     time.Duration
	}{
		{0, 0, 20 * time.Second},
		{19 * time.Second, 0, 20 * time.Second},
		{19 * time.Second, 19, 20 * time.Second}, // a byte a second
		{100 * time.Second, 2 << 20, 120 * time.Second},
		{1280 * time.Second, 20 << 20, 1300 * time.Second}, // 20 MB at the least rate
		{1290 * time.Second, 20 << 20, 1300 * time.Second},
	} {
		u.received = c.received
		if got := u.deadline(u.began.Add(c.after)).Sub(u.began).Truncate(time.Second); got != c.want {
			t.Errorf("after %v with %d bytes: %v, want %v", c.after, c.received, got, c.want)
		}
	}
}

// TestUploadIsNotHeld: many large uploads at once take no memory that grows with them.
func TestUploadIsNotHeld(t *testing.T) {
	r := newReal(t)
	piece := bytes.Repeat([]byte("0123456789abcdef"), 4096)
	var before, during runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	const uploads, size = 4, 20 << 20
	for i := range uploads {
		body := io.LimitReader(&endless{piece: piece}, size)
		req, err := http.NewRequestWithContext(context.Background(), "POST", fmt.Sprintf("%s/v1/media?name=%d.bin", r.url, i), body)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("X-API-Key", r.admin)
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		text, _ := io.ReadAll(resp.Body)
		resp.Body.Close()
		if resp.StatusCode != 201 {
			t.Fatalf("HTTP %d %s", resp.StatusCode, text)
		}
	}
	runtime.ReadMemStats(&during)
	if used := during.TotalAlloc - before.TotalAlloc; used > size/2 { // of all four, at both ends of the connection
		t.Errorf("%d uploads of %d bytes allocated %d bytes", uploads, size, used)
	}
	r.holds(uploads)
}

type endless struct{ piece []byte }

func (e *endless) Read(p []byte) (int, error) { return copy(p, e.piece), nil }

// TestUploadWhileTheDiskFails: a fault of the disk is the storage's, and says no path.
func TestUploadWhileTheDiskFails(t *testing.T) {
	r := newReal(t)
	if err := os.RemoveAll(r.library.Dir); err != nil {
		t.Fatal(err)
	}
	got := r.call(t, "POST", "/v1/media?name=a.txt", "hello, file", "X-API-Key", r.admin)
	if p := got.problem(t, 50301); strings.Contains(got.text, filepath.Dir(r.library.Dir)) {
		t.Errorf("%+v", p)
	}
}

// TestUploadNeedsTheScope: a key that may look alone leaves nothing behind.
func TestUploadNeedsTheScope(t *testing.T) {
	r := newReal(t)
	r.call(t, "POST", "/v1/media?name=a.txt", "hello, file", "X-API-Key", r.key("", access.Read)).problem(t, 40301)
	r.call(t, "POST", "/v1/media?name=a.txt", "hello, file").problem(t, 40101)
	r.holds(0)
	if _, err := r.library.Info(t.Context(), "media_x"); !errors.Is(err, delivery.ErrNoMedia) {
		t.Error(err)
	}
}
