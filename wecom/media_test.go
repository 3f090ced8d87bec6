package wecom

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"mime"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/iotest"
	"time"
)

// What files of each kind begin with.
const (
	pngHead  = "\x89PNG\r\n\x1a\n"
	jpegHead = "\xff\xd8\xff\xe0"
	amrHead  = "#!AMR\n"
	mp4Head  = "\x00\x00\x00\x18ftypmp42"
)

func png(content string) []byte { return []byte(pngHead + content) }

// shop is a WeCom that takes files: it answers uploads with m-1, m-2 and so on, and everything else
// with reply.
type shop struct {
	*stub
	mu      sync.Mutex
	uploads []string // kind, file name and content of each
	sent    []string // bodies of everything else
}

func newShop(t *testing.T, reply func(n int) string) *shop {
	s := &shop{}
	s.stub = newStub(t, func(w http.ResponseWriter, r *http.Request) {
		if !strings.Contains(r.URL.Path, "upload") {
			body, _ := io.ReadAll(r.Body)
			s.mu.Lock()
			s.sent = append(s.sent, string(body))
			n := len(s.sent)
			s.mu.Unlock()
			_, _ = io.WriteString(w, reply(n))
			return
		}
		file, header, err := r.FormFile("media")
		if err != nil {
			if errors.Is(err, http.ErrMissingFile) || errors.Is(err, http.ErrNotMultipart) {
				t.Errorf("form: %v", err)
			}
			return // the client broke off
		}
		content, _ := io.ReadAll(file)
		if r.ContentLength <= int64(len(content)) {
			t.Errorf("Content-Length %d of a file of %d bytes", r.ContentLength, len(content))
		}
		s.mu.Lock()
		s.uploads = append(s.uploads, fmt.Sprintf("%s %s %s", r.URL.Query().Get("type"), header.Filename, content))
		n := len(s.uploads)
		s.mu.Unlock()
		fmt.Fprintf(w, `{"errcode":0,"errmsg":"","type":"%s","media_id":"m-%d","created_at":"1772000000","url":"https://p/%d"}`, r.URL.Query().Get("type"), n, n)
	})
	return s
}

func delivered(int) string { return `{"errcode":0,"errmsg":"ok","msgid":"M"}` }

func TestUpload(t *testing.T) {
	s := newShop(t, delivered)
	c := s.client(t, nil)
	for i, x := range []struct {
		kind MediaType
		name string
		file io.Reader
		want string
	}{
		{MediaFile, `计划 "终稿".txt`, strings.NewReader("mytext"), `file 计划 "终稿".txt mytext`},
		{MediaImage, "a.png", bytes.NewReader(png("1")), "image a.png " + pngHead + "1"},
		{MediaImage, "photo", strings.NewReader(jpegHead + "12"), "image photo.jpg " + jpegHead + "12"},
		{MediaImage, "photo.JPEG", strings.NewReader(jpegHead + "12"), "image photo.JPEG " + jpegHead + "12"},
		{MediaVoice, "v", strings.NewReader(amrHead + "1"), "voice v.amr " + amrHead + "1"},
		{MediaVideo, "v.mov", strings.NewReader(mp4Head), "video v.mov.mp4 " + mp4Head},
		{MediaFile, "no seeker", iotest.OneByteReader(strings.NewReader("mytext")), "file no seeker mytext"},
		{MediaFile, "buffer", bytes.NewBufferString("mytext"), "file buffer mytext"},
	} {
		up, err := c.Upload(t.Context(), x.kind, x.name, x.file)
		if err != nil {
			t.Errorf("%s: %v", x.name, err)
			continue
		}
		if want := (Uploaded{MediaID: fmt.Sprint("m-", i+1), Type: x.kind, CreatedAt: time.Unix(1772000000, 0)}); up != want {
			t.Errorf("%s: answer %+v, want %+v", x.name, up, want)
		}
		if got := s.uploads[i]; got != x.want {
			t.Errorf("uploaded %q, want %q", got, x.want)
		}
	}
	from := strings.NewReader("skipmytext")
	_, _ = from.Seek(4, io.SeekStart)
	if _, err := c.Upload(t.Context(), MediaFile, "rest", from); err != nil || s.uploads[len(s.uploads)-1] != "file rest mytext" {
		t.Errorf("error %v, uploaded %q", err, s.uploads[len(s.uploads)-1])
	}
	if url, err := c.UploadImage(t.Context(), "a.png", bytes.NewReader(png("1"))); err != nil || url != "https://p/10" {
		t.Errorf("UploadImage: %q, %v", url, err)
	}
}

// The form is what the official page shows, byte for byte.
func TestUploadForm(t *testing.T) {
	f := newForm(`a"b\c.txt`, 6, nil, func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader("mytext")), nil })
	body, err := f.open()
	if err != nil {
		t.Fatal(err)
	}
	got, err := io.ReadAll(body)
	if err != nil {
		t.Fatal(err)
	}
	want := "--BOUND\r\nContent-Disposition: form-data; name=\"media\"; filename=\"a\\\"b\\\\c.txt\"; filelength=6\r\n" +
		"Content-Type: application/octet-stream\r\n\r\nmytext\r\n--BOUND--\r\n"
	if strings.ReplaceAll(string(got), f.boundary, "BOUND") != want || int64(len(got)) != f.length() {
		t.Errorf("form of %d bytes, said %d:\n%s", len(got), f.length(), got)
	}
	if kind, params, err := mime.ParseMediaType(f.contentType()); err != nil || kind != "multipart/form-data" || params["boundary"] != f.boundary {
		t.Errorf("content type %s", f.contentType())
	}
}

func TestUploadRefuses(t *testing.T) {
	s := newStub(t, func(_ http.ResponseWriter, r *http.Request) { t.Errorf("asked %s", r.URL.Path) })
	c := s.client(t, nil)
	dir, err := os.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer dir.Close()
	for _, x := range []struct {
		kind MediaType
		name string
		file io.Reader
		want string
	}{
		{MediaImage, "big.png", bytes.NewReader(append(png(""), make([]byte, 11<<20)...)), `wecom: invalid image "big.png": media has 11534344 bytes, the limit is 10485760`},
		{MediaVoice, "v.amr", strings.NewReader(""), `wecom: invalid voice "v.amr": media is malformed: it has 0 bytes, WeCom wants at least 6`},
		{MediaFile, "f", strings.NewReader("12345"), "it has 5 bytes, WeCom wants at least 6"},
		{MediaFile, "f", io.LimitReader(zeros{}, 30<<20), "media has 20971521 bytes, the limit is 20971520"},
		{MediaVideo, "v.mp4", io.NewSectionReader(zerosAt{}, 0, 11<<20), "media has 11534336 bytes"},
		{MediaImage, "a.gif", strings.NewReader("GIF89a…"), `wecom: invalid image "a.gif": media is malformed: by its first bytes it is not JPG or PNG`},
		{MediaVoice, "a.mp3", strings.NewReader("ID3\x03…"), "it is not AMR"},
		{MediaVideo, "a.avi", strings.NewReader("RIFF1234AVI "), "it is not MP4"},
		{MediaFile, "", strings.NewReader("mytext"), "filename is missing"},
		{MediaFile, "../etc/passwd", strings.NewReader("mytext"), "filename is malformed: it has a slash"},
		{MediaFile, "a\r\nb", strings.NewReader("mytext"), "control character"},
		{MediaFile, "\xff", strings.NewReader("mytext"), "not UTF-8"},
		{MediaFile, "f", iotest.ErrReader(errors.New("disk on fire")), `wecom: invalid file "f": media is missing: after 0 bytes: disk on fire`},
		{MediaFile, "f", dir, "it is a directory"},
		{"picture", "f", strings.NewReader("mytext"), `wecom: invalid upload: type is not known: given "picture", it is one of image, voice, video, file`},
	} {
		_, err := c.Upload(t.Context(), x.kind, x.name, x.file)
		if err == nil || !strings.Contains(err.Error(), x.want) || !NeverSent(err) {
			t.Errorf("%s: error %v, want one with %q", x.name, err, x.want)
		}
	}
	if _, err := c.UploadImage(t.Context(), "a.png", bytes.NewReader(append(png(""), make([]byte, 2<<20)...))); err == nil || !strings.Contains(err.Error(), `wecom: invalid picture "a.png": media has 2097160 bytes, the limit is 2097152`) {
		t.Errorf("error %v", err)
	}
}

type zerosAt struct{}

func (zerosAt) ReadAt(p []byte, _ int64) (int, error) { clear(p); return len(p), nil }

// The token dies while the file goes up: before WeCom has read all of it, and after.
func TestTokenDiesDuringUpload(t *testing.T) {
	for _, read := range []int64{0, 100 << 10, 1 << 30} {
		content := append(png(""), bytes.Repeat([]byte("0123456789abcdef"), 40<<10)...)
		for name, file := range map[string]io.Reader{"seeker": bytes.NewReader(content), "no seeker": bytes.NewBuffer(bytes.Clone(content))} {
			t.Run(fmt.Sprint(name, " after ", read), func(t *testing.T) {
				var got []byte
				s := newStub(t, func(w http.ResponseWriter, r *http.Request) {
					if r.URL.Query().Get("access_token") == "token-1" {
						_, _ = io.CopyN(io.Discard, r.Body, read)
						_ = http.NewResponseController(w).EnableFullDuplex()
						_, _ = io.WriteString(w, `{"errcode":42001,"errmsg":"access_token expired"}`)
						_ = http.NewResponseController(w).Flush()
						_, _ = io.Copy(io.Discard, r.Body) // as nginx does, lest the answer be lost
						return
					}
					part, _, err := r.FormFile("media")
					if err != nil {
						t.Error(err)
						return
					}
					got, _ = io.ReadAll(part)
					_, _ = io.WriteString(w, `{"errcode":0,"media_id":"m","created_at":1772000000}`)
				})
				up, err := s.client(t, nil).Upload(t.Context(), MediaImage, "a.png", file)
				if err != nil || up.MediaID != "m" || up.CreatedAt.IsZero() || !bytes.Equal(got, content) {
					t.Errorf("error %v, answer %+v, %d of %d bytes arrived", err, up, len(got), len(content))
				}
				if s.gettokens.Load() != 2 || s.sends.Load() != 2 {
					t.Errorf("%d gettokens, %d uploads", s.gettokens.Load(), s.sends.Load())
				}
			})
		}
	}
}

// An upload may last longer than the time-out, but not stand still for so long.
func TestUploadTimeout(t *testing.T) {
	leave := make(chan struct{})
	defer close(leave)
	s := newStub(t, func(_ http.ResponseWriter, r *http.Request) { <-leave })
	c := s.client(t, func(c *Config) { c.Timeout, c.TokenSource = 50*time.Millisecond, fixedToken("t") })
	_, err := c.Upload(t.Context(), MediaFile, "f", io.NewSectionReader(zerosAt{}, 0, 20<<20))
	var transport *TransportError
	if !errors.As(err, &transport) || !transport.Timeout() || !errors.Is(err, context.DeadlineExceeded) || !NeverSent(err) {
		t.Errorf("error %v", err)
	}
}

// A file that changes between the look and the upload must not be remembered as what it was.
func TestFileChangesDuringUpload(t *testing.T) {
	s := newShop(t, delivered)
	c := s.client(t, nil)
	for name, change := range map[string]func(f *inspected){
		"other content": func(f *inspected) {
			f.open = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(png("2"))), nil }
		},
		"shorter": func(f *inspected) {
			f.open = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(png(""))), nil }
		},
		"gone": func(f *inspected) {
			f.open = func() (io.ReadCloser, error) { return nil, fs.ErrNotExist }
		},
	} {
		f, err := ImageBytes("a.png", png("1")).source.inspect(mediaRules[MediaImage])
		if err != nil {
			t.Fatal(err)
		}
		change(f)
		_, err = c.uploadForm(t.Context(), MediaImage, f.form())
		want := "the file changed while it was uploaded"
		if name == "gone" {
			want = `invalid file "a.png": media is missing: file does not exist`
		}
		if err == nil || !strings.Contains(err.Error(), want) || !NeverSent(err) {
			t.Errorf("%s: error %v", name, err)
		}
		if len(s.uploads) != 0 {
			t.Errorf("%s: uploaded %q", name, s.uploads)
		}
		s.uploads = nil
	}
}

func TestSendUploadsWhatABodyBrings(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "报表.png")
	if err := os.WriteFile(path, png("1"), 0o600); err != nil {
		t.Fatal(err)
	}
	s := newShop(t, delivered)
	c := s.client(t, nil)
	video := VideoBytes("v.mp4", []byte(mp4Head))
	video.Title, video.Description = "T", "D"
	to := To{Users: []string{"zhangsan"}}
	for i, x := range []struct {
		body Body
		want string // body of the message
		ups  int    // uploads until then
	}{
		{ImageFile(path), `"image","image":{"media_id":"m-1"}`, 1},
		{ImageBytes("another name.png", png("1")), `"image","image":{"media_id":"m-1"}`, 1}, // a name that nobody sees
		{FileFile(path), `"file","file":{"media_id":"m-2"}`, 2},                             // another type
		{FileBytes("报表.png", png("1")), `"file","file":{"media_id":"m-2"}`, 2},
		{FileBytes("b.png", png("1")), `"file","file":{"media_id":"m-3"}`, 3}, // a name that readers see
		{VoiceBytes("v", []byte(amrHead+"1")), `"voice","voice":{"media_id":"m-4"}`, 4},
		{&video, `"video","video":{"media_id":"m-5","title":"T","description":"D"}`, 5},
		{Image{MediaID: "own"}, `"image","image":{"media_id":"own"}`, 5},
	} {
		if _, err := c.Send(t.Context(), Message{To: to, Body: x.body}); err != nil {
			t.Fatalf("%T: %v", x.body, err)
		}
		if got := s.sent[i]; !strings.Contains(got, x.want) || len(s.uploads) != x.ups {
			t.Errorf("%T: sent %s after %d uploads, want %s after %d", x.body, got, len(s.uploads), x.want, x.ups)
		}
	}
	if err := c.SendChat(t.Context(), ChatMessage{ChatID: "c", Body: ImageFile(path)}); err != nil || len(s.uploads) != 5 || !strings.Contains(s.sent[8], `"m-1"`) {
		t.Errorf("chat: error %v, sent %s", err, s.sent[8])
	}
	if err := os.WriteFile(path, png("2"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Send(t.Context(), Message{To: to, Body: ImageFile(path)}); err != nil || len(s.uploads) != 6 {
		t.Errorf("changed file: error %v, %d uploads", err, len(s.uploads))
	}
}

func TestSendRefusesFiles(t *testing.T) {
	s := newStub(t, func(_ http.ResponseWriter, r *http.Request) { t.Errorf("asked %s", r.URL.Path) })
	c := s.client(t, nil)
	dir := t.TempDir()
	write := func(name string, content []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	both := FileBytes("f", []byte("mytext"))
	both.MediaID = "m"
	for _, x := range []struct {
		body Body
		want string
		is   error
	}{
		{ImageFile(filepath.Join(dir, "none.png")), `none.png": media is missing: no such file or directory`, fs.ErrNotExist},
		{FileFile(dir), "media is missing: it is a directory", nil},
		{VoiceFile(write("empty.amr", nil)), `empty.amr": media is malformed: it has 0 bytes`, nil},
		{VideoFile(write("v.mp4", []byte("not a video"))), "it is not MP4", nil},
		{ImageFile(write("big.png", append(png(""), make([]byte, 11<<20-8)...))), `big.png": media has 11534336 bytes, the limit is 10485760`, nil},
		{ImageBytes("big.png", append(png(""), make([]byte, 11<<20)...)), "image.media has 11534344 bytes, the limit is 10485760", nil},
		{FileBytes("a/b", []byte("mytext")), "file.filename is malformed", nil},
		{Image{}, "image.media_id is missing", nil},
		{both, "file.media_id is in conflict: the body has a media_id and a file to upload", nil},
		{RobotImage{png("1")}, "only robots send pictures so", nil},
		{MarkdownV2{"x"}, "only robots take markdown_v2", nil},
		{Text{Content: "x", Mentioned: []string{"a"}}, "text.mentioned_list is in conflict: only group chats and robots know it", nil},
		{Text{Content: "x", MentionedMobiles: []string{"1"}}, "text.mentioned_mobile_list is in conflict: only robots know it", nil},
	} {
		_, err := c.Send(t.Context(), Message{To: To{All: true}, Body: x.body})
		if err == nil || !strings.Contains(err.Error(), x.want) || !NeverSent(err) || x.is != nil && !errors.Is(err, x.is) {
			t.Errorf("%T: error %v, want one with %q", x.body, err, x.want)
		}
		if hinted, ok := err.(interface{ Hint(Lang) string }); !ok || hinted.Hint(English) == "" {
			t.Errorf("%T: no hint", x.body)
		}
	}
	if _, err := (Message{To: To{All: true}, Body: FileBytes("f", []byte("mytext"))}).MarshalJSON(); err == nil || !strings.Contains(err.Error(), "yet to be uploaded") {
		t.Errorf("JSON of what is not uploaded: error %v", err)
	}
}

// WeCom forgets a file before its time: it goes up again, and the message is sent again, once.
func TestForgottenMedia(t *testing.T) {
	forget := false
	s := newShop(t, func(int) string {
		if forget {
			forget = false
			return `{"errcode":40007,"errmsg":"invalid media_id"}`
		}
		return delivered(0)
	})
	c := s.client(t, nil)
	m := Message{To: To{All: true}, Body: ImageBytes("a.png", png("1"))}
	for range 2 {
		if _, err := c.Send(t.Context(), m); err != nil {
			t.Fatal(err)
		}
		forget = true
	}
	if len(s.uploads) != 2 || len(s.sent) != 3 || !strings.Contains(s.sent[2], `"m-2"`) {
		t.Errorf("uploads %d, messages %s", len(s.uploads), s.sent)
	}
}

// A file that was uploaded just now and is refused stays refused.
func TestRefusedMediaIsNotUploadedTwice(t *testing.T) {
	s := newShop(t, func(int) string { return `{"errcode":40007,"errmsg":"invalid media_id"}` })
	c := s.client(t, nil)
	m := Message{To: To{All: true}, Body: ImageBytes("a.png", png("1"))}
	for i, want := range [][2]int{{1, 1}, {2, 3}} { // the second time it was known
		_, err := c.Send(t.Context(), m)
		if !errors.Is(err, &Error{Code: CodeBadMediaID}) || len(s.uploads) != want[0] || len(s.sent) != want[1] {
			t.Errorf("%d: error %v, %d uploads, %d messages", i, err, len(s.uploads), len(s.sent))
		}
	}
}

func TestOneUploadForAll(t *testing.T) {
	s := newShop(t, delivered)
	c := s.client(t, nil)
	path := filepath.Join(t.TempDir(), "a.png")
	if err := os.WriteFile(path, png(strings.Repeat("1", 1<<20)), 0o600); err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for range 32 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			if _, err := c.Send(t.Context(), Message{To: To{All: true}, Body: ImageFile(path)}); err != nil {
				t.Error(err)
			}
		}()
	}
	wg.Wait()
	if len(s.uploads) != 1 || len(s.sent) != 32 {
		t.Errorf("%d uploads for %d messages", len(s.uploads), len(s.sent))
	}
}

// The caller that uploads gives up; one of those who wait takes over.
func TestUploadIsTakenOver(t *testing.T) {
	arrived := make(chan struct{})
	var n atomic.Int32
	store := newMediaStore(nil, "ww1", "https://e", func(ctx context.Context, _ MediaType, _ *form) (Uploaded, error) {
		if n.Add(1) == 1 {
			close(arrived)
			<-ctx.Done()
			return Uploaded{}, ctx.Err()
		}
		return Uploaded{MediaID: "m"}, nil
	})
	ids := make(chan string, 1)
	body := ImageBytes("a.png", png("1"))
	ctx, giveUp := context.WithCancel(t.Context())
	go func() {
		<-arrived
		go func() {
			_ = store.deliver(t.Context(), body, func(b Body) error { ids <- b.(Image).MediaID; return nil })
			close(ids)
		}()
		giveUp()
	}()
	if err := store.deliver(ctx, body, func(Body) error { return nil }); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	if id := <-ids; id != "m" || n.Load() != 2 {
		t.Errorf("id %q after %d uploads", id, n.Load())
	}
}

// brokenCache is one whose store is away.
type brokenCache struct{}

func (brokenCache) Load(context.Context, string) (CachedMedia, error) {
	return CachedMedia{}, errors.New("away")
}
func (brokenCache) Save(context.Context, string, CachedMedia) error { return errors.New("away") }
func (brokenCache) Drop(context.Context, string, string) error      { return errors.New("away") }

func TestMediaCaches(t *testing.T) {
	m := Message{To: To{All: true}, Body: ImageBytes("a.png", png("1"))}
	s := newShop(t, delivered)
	shared := new(MemoryMediaCache)
	for range 2 { // two clients of one corp
		if _, err := s.client(t, func(c *Config) { c.Media = shared }).Send(t.Context(), m); err != nil {
			t.Error(err)
		}
	}
	if len(s.uploads) != 1 || shared.String() != "wecom.MemoryMediaCache{1 files}" {
		t.Errorf("shared: %d uploads, %v", len(s.uploads), shared)
	}
	if _, err := s.client(t, func(c *Config) { c.Media, c.CorpID = shared, "ww2" }).Send(t.Context(), m); err != nil || len(s.uploads) != 2 {
		t.Errorf("another corp: %v, %d uploads", err, len(s.uploads))
	}
	broken := s.client(t, func(c *Config) { c.Media = brokenCache{} })
	for range 2 {
		if _, err := broken.Send(t.Context(), m); err != nil {
			t.Error(err)
		}
	}
	if len(s.uploads) != 4 {
		t.Errorf("broken: %d uploads", len(s.uploads))
	}
	for key := range shared.entries { // three days later
		shared.entries[key] = CachedMedia{MediaID: "old", ExpiresAt: time.Now()}
	}
	if _, err := s.client(t, func(c *Config) { c.Media = shared }).Send(t.Context(), m); err != nil || len(s.uploads) != 5 {
		t.Errorf("expired: %v, %d uploads", err, len(s.uploads))
	}
}

func TestMemoryMediaCacheSweeps(t *testing.T) {
	var c MemoryMediaCache
	for i := range 1024 {
		_ = c.Save(t.Context(), fmt.Sprint(i), CachedMedia{MediaID: "m", ExpiresAt: time.Now()})
	}
	_ = c.Save(t.Context(), "new", CachedMedia{MediaID: "n", ExpiresAt: time.Now().Add(time.Hour)})
	if len(c.entries) != 1 {
		t.Errorf("%d entries", len(c.entries))
	}
	_ = c.Drop(t.Context(), "new", "another")
	if m, err := c.Load(t.Context(), "new"); err != nil || m.MediaID != "n" {
		t.Errorf("dropped what was another: %+v, %v", m, err)
	}
	_ = c.Drop(t.Context(), "new", "n")
	if len(c.entries) != 0 {
		t.Error("not dropped")
	}
}

// sink reads whatever comes and answers an upload.
func sink(w http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body)
	_, _ = io.WriteString(w, `{"errcode":0,"media_id":"m"}`)
}

// BenchmarkUpload is a file of 100 MB, five times what WeCom takes. All that both sides allocate for
// it, over its whole way, is MB-allocated/op; it must stay under 8.
func BenchmarkUpload(b *testing.B) {
	const size, most = 100 << 20, 8 << 20
	stub := &stub{send: sink}
	stub.Server = newServer(b, stub)
	c, err := New(Config{CorpID: "ww1", AgentID: 1, Secret: testSecret, BaseURL: stub.URL})
	if err != nil {
		b.Fatal(err)
	}
	file := io.NewSectionReader(zerosAt{}, 0, size)
	sum := sha256.New()
	_, _ = io.Copy(sum, io.NewSectionReader(zerosAt{}, 0, size))
	open := func() (io.ReadCloser, error) {
		_, err := file.Seek(0, io.SeekStart)
		return io.NopCloser(file), err
	}
	b.SetBytes(size)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for b.Loop() {
		if _, err := c.uploadForm(b.Context(), MediaFile, newForm("f", size, sum.Sum(nil), open)); err != nil {
			b.Fatal(err)
		}
	}
	runtime.ReadMemStats(&after)
	each := float64(after.TotalAlloc-before.TotalAlloc) / float64(b.N)
	b.ReportMetric(each/(1<<20), "MB-allocated/op")
	if each > most {
		b.Errorf("%.1f MB allocated for one upload", each/(1<<20))
	}
}
