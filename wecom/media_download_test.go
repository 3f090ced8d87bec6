package wecom

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// serve gives out content as WeCom does: at most 20 MB at once.
func serve(w http.ResponseWriter, r *http.Request, name string, content io.ReadSeeker) {
	size, _ := content.Seek(0, io.SeekEnd)
	if size > pieceBytes && r.Header.Get("Range") == "" {
		_, _ = io.WriteString(w, `{"errcode":830002,"errmsg":"media too large"}`)
		return
	}
	w.Header().Set("Content-Type", "image/png")
	w.Header().Set("Content-Disposition", `attachment; filename="`+name+`"`)
	http.ServeContent(w, r, "", time.Time{}, content)
}

func TestDownload(t *testing.T) {
	for _, c := range []struct {
		name      string
		answer    http.HandlerFunc
		content   string
		file      string
		wantError string // of Download
	}{
		{"picture", func(w http.ResponseWriter, r *http.Request) { serve(w, r, "计划.png", strings.NewReader("content")) }, "content", "计划.png", ""},
		{"path in the name", func(w http.ResponseWriter, r *http.Request) {
			serve(w, r, `../..\etc/passwd`, strings.NewReader("content"))
		}, "content", "passwd", ""},
		{"a file that is JSON", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			w.Header().Set("Content-disposition", `attachment; filename=a.json`)
			w.Header().Set("Error-Code", "0")
			_, _ = io.WriteString(w, `{"errcode":1}`)
		}, `{"errcode":1}`, "a.json", ""},
		{"without length and name", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "audio/amr")
			_, _ = io.WriteString(w, "con")
			w.(http.Flusher).Flush()
			_, _ = io.WriteString(w, "tent")
		}, "content", "", ""},
		{"refused", answerJSON(`{"errcode":40007,"errmsg":"invalid media_id, hint: [17]"}`), "", "", "wecom: media/get: 40007 invalid media_id, hint id 17"},
		{"refused, as a header tells", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Error-Code", "40007")
			w.Header().Set("Content-Type", "application/octet-stream")
			_, _ = io.WriteString(w, `{"errcode":40007,"errmsg":"invalid media_id"}`)
		}, "", "", "wecom: media/get: 40007"},
		{"success without a file", answerJSON(`{"errcode":0,"errmsg":"ok"}`), "", "", "the answer has no file in it"},
		{"a page", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			_, _ = io.WriteString(w, "<title>Log in</title>")
		}, "", "", `not an answer of WeCom (HTTP 200, text/html, 21 bytes, titled "Log in")`},
		{"502", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(502) }, "", "", "HTTP 502"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newStub(t, c.answer)
			m, err := s.client(t, nil).Download(t.Context(), "m&1")
			if c.wantError != "" {
				if err == nil || !strings.Contains(err.Error(), c.wantError) || !NeverSent(err) {
					t.Errorf("error %v, want one with %q", err, c.wantError)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			defer m.Close()
			got, err := io.ReadAll(m)
			if err != nil || string(got) != c.content || m.Name != c.file || m.Size >= 0 && m.Size != int64(len(c.content)) {
				t.Errorf("%v holds %q, error %v", m, got, err)
			}
			if found := leaks(everyVerb(m)); found != nil {
				t.Errorf("prints %v", found)
			}
		})
	}
}

func answerJSON(body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json; charset=UTF-8")
		_, _ = io.WriteString(w, body)
	}
}

// pattern is a long file whose bytes tell where they stand.
type pattern struct{}

func (pattern) ReadAt(p []byte, at int64) (int, error) {
	for i := range p {
		p[i] = patternByte(at + int64(i))
	}
	return len(p), nil
}

func patternByte(at int64) byte { return byte(at ^ at>>8 ^ at>>16) }

// checkPattern reads m to its end and compares it with the pattern from offset.
func checkPattern(t *testing.T, m io.Reader, offset, size int64) {
	t.Helper()
	buf := make([]byte, 64<<10)
	for at := offset; ; {
		n, err := m.Read(buf)
		for i := range n {
			if buf[i] != patternByte(at+int64(i)) {
				t.Fatalf("byte %d is wrong", at+int64(i))
			}
		}
		at += int64(n)
		switch {
		case errors.Is(err, io.EOF) && at == size:
			return
		case err != nil:
			t.Fatalf("after %d of %d bytes: %v", at, size, err)
		}
	}
}

func TestDownloadInPieces(t *testing.T) {
	const size = 2*pieceBytes + 7
	var ranges []string
	s := newStub(t, func(w http.ResponseWriter, r *http.Request) {
		ranges = append(ranges, r.Header.Get("Range"))
		serve(w, r, "big", io.NewSectionReader(pattern{}, 0, size))
	})
	c := s.client(t, nil)
	m, err := c.Download(t.Context(), "m")
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	if m.Size != size {
		t.Errorf("size %d", m.Size)
	}
	checkPattern(t, m, 0, size)
	if want := "[ bytes=0-20971519 bytes=20971520-41943039 bytes=41943040-41943046]"; fmt.Sprint(ranges) != want {
		t.Errorf("asked for %v, want %s", ranges, want)
	}
	ranges = nil
	rest, err := c.DownloadFrom(t.Context(), "m", size-10)
	if err != nil {
		t.Fatal(err)
	}
	defer rest.Close()
	checkPattern(t, rest, size-10, size)
	if rest.Size != size || len(ranges) != 1 {
		t.Errorf("size %d, asked for %v", rest.Size, ranges)
	}
}

// breaking answers a download and breaks off after so many bytes.
type breaking struct {
	http.ResponseWriter
	left int
}

func (b *breaking) Write(p []byte) (int, error) {
	if len(p) > b.left {
		_, _ = b.ResponseWriter.Write(p[:b.left])
		_ = http.NewResponseController(b.ResponseWriter).Flush()
		panic(http.ErrAbortHandler)
	}
	b.left -= len(p)
	return b.ResponseWriter.Write(p)
}

func TestDownloadResumes(t *testing.T) {
	const size = 1 << 20
	for name, serveRange := range map[string]func(w http.ResponseWriter, r *http.Request){
		"by range": func(w http.ResponseWriter, r *http.Request) {
			serve(w, r, "f", io.NewSectionReader(pattern{}, 0, size))
		},
		"range ignored": func(w http.ResponseWriter, r *http.Request) {
			r.Header.Del("Range")
			serve(w, r, "f", io.NewSectionReader(pattern{}, 0, size))
		},
	} {
		t.Run(name, func(t *testing.T) {
			var n atomic.Int32
			s := newStub(t, func(w http.ResponseWriter, r *http.Request) {
				if n.Add(1) < 3 {
					w = &breaking{w, int(n.Load()) * 300_000}
				}
				serveRange(w, r)
			})
			m, err := s.client(t, nil).Download(t.Context(), "m")
			if err != nil {
				t.Fatal(err)
			}
			defer m.Close()
			checkPattern(t, m, 0, size)
			if n.Load() != 3 {
				t.Errorf("%d requests", n.Load())
			}
		})
	}
}

// A download that cannot go on ends, with the reason, and without end of trying.
func TestDownloadGivesUp(t *testing.T) {
	for _, c := range []struct {
		name  string
		later http.HandlerFunc // answers what is asked after the connection broke
		want  string
	}{
		{"nothing more comes", func(w http.ResponseWriter, r *http.Request) {
			serve(&breaking{w, 0}, r, "f", io.NewSectionReader(pattern{}, 0, 1000))
		}, "the file broke off after 500 bytes"},
		{"forgotten", answerJSON(`{"errcode":40007,"errmsg":"invalid media_id"}`), "40007"},
		{"another file", func(w http.ResponseWriter, r *http.Request) {
			serve(w, r, "f", io.NewSectionReader(pattern{}, 0, 2000))
		}, "the file had 1000 bytes and now has 2000"},
		{"another piece", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "image/png")
			w.Header().Set("Content-Range", "bytes 700-999/1000")
			w.WriteHeader(http.StatusPartialContent)
		}, "asked for the file from byte 500, got it from byte 700"},
		{"a piece of unknown place", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "image/png")
			w.Header().Set("Content-Range", "bytes 500-999/*")
			w.WriteHeader(http.StatusPartialContent)
		}, `but not which: Content-Range is "bytes 500-999/*"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			var n atomic.Int32
			s := newStub(t, func(w http.ResponseWriter, r *http.Request) {
				if n.Add(1) == 1 {
					serve(&breaking{w, 500}, r, "f", io.NewSectionReader(pattern{}, 0, 1000))
					return
				}
				c.later(w, r)
			})
			m, err := s.client(t, nil).Download(t.Context(), "m")
			if err != nil {
				t.Fatal(err)
			}
			defer m.Close()
			got, err := io.ReadAll(m)
			if err == nil || !strings.Contains(err.Error(), c.want) || len(got) != 500 || leaks(everyVerb(err)) != nil {
				t.Errorf("%d bytes, error %v, want one with %q", len(got), err, c.want)
			}
			if _, again := m.Read(make([]byte, 1)); again != err {
				t.Errorf("the error changed to %v", again)
			}
			if n.Load() > maxDownloadAttempts {
				t.Errorf("%d requests", n.Load())
			}
		})
	}
}

func TestDownloadEndsWithItsContext(t *testing.T) {
	leave := make(chan struct{})
	s := newStub(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "image/png")
		w.Header().Set("Content-Length", "100")
		_, _ = io.WriteString(w, "begin")
		w.(http.Flusher).Flush()
		<-leave
	})
	defer close(leave)
	ctx, cancel := context.WithCancel(t.Context())
	m, err := s.client(t, nil).Download(ctx, "m")
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	if _, err := io.ReadFull(m, make([]byte, 5)); err != nil {
		t.Fatal(err)
	}
	cancel()
	if _, err := m.Read(make([]byte, 1)); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: error %v", err)
	}
	stalled, err := s.client(t, func(c *Config) { c.Timeout, c.TokenSource = 300*time.Millisecond, fixedToken("t") }).Download(t.Context(), "m")
	if err != nil {
		t.Fatal(err)
	}
	defer stalled.Close()
	_, err = io.ReadAll(stalled)
	var transport *TransportError
	if !errors.As(err, &transport) || !transport.Timeout() || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("stalled: error %v", err)
	}
}

func TestDownloadClosed(t *testing.T) {
	s := newStub(t, func(w http.ResponseWriter, r *http.Request) { serve(w, r, "f", bytes.NewReader(png("1"))) })
	m, err := s.client(t, nil).DownloadHDVoice(t.Context(), "m")
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Close(); err != nil {
		t.Error(err)
	}
	if _, err := m.Read(make([]byte, 1)); err == nil || errors.Is(err, io.EOF) {
		t.Errorf("error %v", err)
	}
}

// To read nothing changes nothing, wherever the file stands.
func TestDownloadReadsNothing(t *testing.T) {
	s := newStub(t, func(w http.ResponseWriter, r *http.Request) { serve(w, r, "f", strings.NewReader("content")) })
	m, err := s.client(t, nil).Download(t.Context(), "m")
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	if n, err := m.Read(nil); n != 0 || err != nil {
		t.Errorf("at the beginning: %d, %v", n, err)
	}
	if got, err := io.ReadAll(m); err != nil || string(got) != "content" {
		t.Errorf("%q, %v", got, err)
	}
	if n, err := m.Read([]byte{}); n != 0 || !errors.Is(err, io.EOF) {
		t.Errorf("at the end: %d, %v", n, err)
	}
}

func TestDownloadRenewsTheToken(t *testing.T) {
	s := newStub(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("access_token") == "token-1" {
			answerJSON(`{"errcode":42001,"errmsg":"expired"}`)(w, r)
			return
		}
		serve(w, r, "f", strings.NewReader("content"))
	})
	m, err := s.client(t, nil).Download(t.Context(), "m")
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	if got, err := io.ReadAll(m); err != nil || string(got) != "content" {
		t.Errorf("%q, %v", got, err)
	}
}

func FuzzFileName(f *testing.F) {
	f.Add(`attachment; filename="a.txt"`)
	f.Add("attachment; filename=计划.txt")
	f.Add(`attachment; filename="..\..\x"`)
	f.Fuzz(func(t *testing.T, header string) {
		name := fileName(header)
		if strings.ContainsAny(name, `/\`) || name == ".." || name == "." {
			t.Errorf("%q gives %q", header, name)
		}
	})
}

func FuzzContentRange(f *testing.F) {
	f.Add("bytes 0-9/10")
	f.Add("bytes */10")
	f.Fuzz(func(t *testing.T, header string) {
		if first, size := contentRange(header); size < -1 || first < -1 && !strings.Contains(header, "-") {
			t.Errorf("%q gives %d, %d", header, first, size)
		}
	})
}
