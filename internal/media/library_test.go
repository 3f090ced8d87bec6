package media_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/iotest"
	"time"

	"go.uber.org/goleak"

	"github.com/hongyan-im/hongyan/internal/delivery"
	"github.com/hongyan-im/hongyan/internal/media"
	"github.com/hongyan-im/hongyan/internal/store/sqlite"
	"github.com/hongyan-im/hongyan/wecom"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const month = 30 * 24 * time.Hour

// shelf are files with their database, and a clock that is set.
type shelf struct {
	*media.Library
	t     *testing.T
	path  string
	store *sqlite.Outbox
	now   time.Time
}

func newShelf(t *testing.T) *shelf {
	s := &shelf{t: t, path: filepath.Join(t.TempDir(), "hongyan.db"), now: time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)}
	s.open()
	t.Cleanup(func() { _ = s.store.Close() })
	return s
}

func (s *shelf) open() {
	s.t.Helper()
	var err error
	if s.store, err = sqlite.Open(s.path, sqlite.Options{}); err != nil {
		s.t.Fatal(err)
	}
	s.Library, err = media.Open(media.Config{Dir: s.path + "-media", Store: s.store, Unused: month, Now: func() time.Time { return s.now }})
	if err != nil {
		s.t.Fatal(err)
	}
}

// restart ends the process, and begins another.
func (s *shelf) restart() {
	s.t.Helper()
	if err := s.store.Close(); err != nil {
		s.t.Fatal(err)
	}
	s.open()
}

func (s *shelf) put(name, content string) media.Info {
	s.t.Helper()
	m, err := s.Put(s.t.Context(), media.New{Name: name, Body: strings.NewReader(content), Size: int64(len(content))})
	if err != nil {
		s.t.Fatal(err)
	}
	return m
}

// files are the names in the folder.
func (s *shelf) files() (names []string) {
	s.t.Helper()
	entries, err := os.ReadDir(s.Dir)
	if err != nil {
		s.t.Fatal(err)
	}
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

func (s *shelf) wantFiles(n int) {
	s.t.Helper()
	if names := s.files(); len(names) != n {
		s.t.Errorf("the folder has %q, want %d", names, n)
	}
}

// prune wants that many to go.
func (s *shelf) prune(want int) {
	s.t.Helper()
	if n, err := s.Prune(s.t.Context(), 100); n != want || err != nil {
		s.t.Errorf("pruned %d, want %d: %v", n, want, err)
	}
}

func TestSameFileSameID(t *testing.T) {
	s := newShelf(t)
	one := s.put("a.txt", "some text")
	s.now = s.now.Add(time.Hour)
	ids := make([]string, 20)
	var all sync.WaitGroup
	for i := range ids {
		all.Go(func() {
			m, err := s.Put(t.Context(), media.New{Name: "a.txt", Body: iotest.OneByteReader(strings.NewReader("some text")), Size: -1})
			if err != nil {
				t.Error(err)
			}
			ids[i] = m.ID
		})
	}
	all.Wait()
	for _, id := range ids {
		if id != one.ID {
			t.Errorf("%s and %s", one.ID, id)
		}
	}
	s.wantFiles(1)
	got, err := s.Info(t.Context(), one.ID)
	if err != nil || !got.Created.Equal(one.Created) || !got.Used.Equal(s.now) {
		t.Errorf("%+v %v", got, err)
	}
	for _, other := range []media.New{
		{Name: "b.txt", Body: strings.NewReader("some text")},
		{Name: "a.txt", Body: strings.NewReader("some texT")},
	} {
		if m, err := s.Put(t.Context(), other); err != nil || m.ID == one.ID {
			t.Errorf("%s %v", m.ID, err)
		}
	}
	if data, err := s.Read(t.Context(), one.ID); err != nil || string(data) != "some text" {
		t.Errorf("%q %v", data, err)
	}
	info, err := os.Stat(filepath.Join(s.Dir, one.ID))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", info.Mode(), err)
	}
}

// TestRestart: what was answered is there after a restart, and what was not leaves nothing.
func TestRestart(t *testing.T) {
	s := newShelf(t)
	kept := s.put("a.txt", "some text")
	for _, body := range []io.Reader{
		io.MultiReader(strings.NewReader(strings.Repeat("x", 1<<20)), iotest.ErrReader(io.ErrUnexpectedEOF)),
		iotest.ErrReader(os.ErrDeadlineExceeded),
	} {
		_, err := s.Put(t.Context(), media.New{Name: "b.txt", Body: body, Size: -1})
		var broken *media.BodyError
		if !errors.As(err, &broken) {
			t.Errorf("%v", err)
		}
	}
	s.wantFiles(1)
	// The process was killed in an upload, and another time between a file's place and its row.
	orphan := strings.Repeat("a", 52)
	for _, name := range []string{"123.part", delivery.MediaPrefix + orphan, "somebody's.txt"} {
		if err := os.WriteFile(filepath.Join(s.Dir, name), []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s.restart()
	s.wantFiles(3)
	s.prune(0)
	s.wantFiles(2)
	if data, err := s.Read(t.Context(), kept.ID); err != nil || string(data) != "some text" {
		t.Errorf("%q %v", data, err)
	}
}

// TestAnotherDatabase: a gateway that is started with an empty database by mistake leaves the files of the
// real one alone.
func TestAnotherDatabase(t *testing.T) {
	s := newShelf(t)
	kept := []media.Info{s.put("a.txt", "some text"), s.put("b.txt", "some text"), s.put("c.txt", "some text")}
	if err := s.store.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(s.path, s.path+".away"); err != nil {
		t.Fatal(err)
	}
	s.open()
	s.put("d.txt", "some text")
	s.prune(0)
	s.wantFiles(4)
	if err := s.store.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(s.path+".away", s.path); err != nil {
		t.Fatal(err)
	}
	s.open()
	s.prune(0)
	s.wantFiles(3)
	for _, m := range kept {
		if _, err := s.Read(t.Context(), m.ID); err != nil {
			t.Error(err)
		}
	}
}

func TestWhatIsPruned(t *testing.T) {
	s := newShelf(t)
	unused, used, needed := s.put("a.txt", "not used"), s.put("b.txt", "used later"), s.put("c.txt", "needed later")
	keep := func(m media.Info, until time.Time) {
		t.Helper()
		file, err := s.Keep(t.Context(), m.ID, until)
		if err != nil || file != (delivery.File{Type: wecom.MediaFile, Size: m.Size}) {
			t.Errorf("%+v %v", file, err)
		}
	}
	keep(needed, s.now.Add(37*24*time.Hour)) // a delay and a ttl, both as long as may be
	if got, _ := s.Info(t.Context(), needed.ID); s.Expires(got).Before(s.now.Add(37 * 24 * time.Hour)) {
		t.Errorf("it expires at %v", s.Expires(got))
	}
	s.now = s.now.Add(month - time.Hour)
	s.prune(0)
	keep(used, s.now.Add(time.Hour))
	commits := s.store.Stats().Commits
	for range 10 { // a message a minute costs no commit of its own
		s.now = s.now.Add(time.Minute)
		keep(used, s.now.Add(time.Hour))
	}
	if n := s.store.Stats().Commits - commits; n != 0 {
		t.Errorf("%d commits", n)
	}
	s.now = s.now.Add(time.Hour)
	s.prune(1)
	if _, err := s.Keep(t.Context(), unused.ID, s.now); !errors.Is(err, delivery.ErrNoMedia) {
		t.Errorf("kept: %v", err)
	}
	s.now = s.now.Add(7 * 24 * time.Hour)
	s.prune(0) // the message has just ended
	s.now = s.now.Add(25 * time.Hour)
	s.prune(1)
	s.wantFiles(1)
	// It can be uploaded again.
	if again := s.put("a.txt", "not used"); again.ID != unused.ID {
		t.Errorf("%s", again.ID)
	}
	s.wantFiles(2)
	s.Unused = 0
	s.now = s.now.Add(100 * month)
	s.prune(0)
}

// TestPruneAndPut: a file that is uploaded while it is forgotten is there, or is not: never the one half.
func TestPruneAndPut(t *testing.T) {
	s := newShelf(t)
	var all sync.WaitGroup
	var ticks atomic.Int64
	s.Unused, s.Now = time.Millisecond, func() time.Time { return time.UnixMilli(1_800_000_000_000 + ticks.Add(1)) }
	for n := range 4 {
		all.Go(func() {
			for i := range 20 {
				m, err := s.Put(t.Context(), media.New{Name: fmt.Sprint(i % 3), Body: strings.NewReader("some text"), Size: -1})
				if err != nil {
					t.Error(n, err)
				}
				_, err = s.Info(t.Context(), m.ID)
				if data, wrong := s.Read(t.Context(), m.ID); err == nil && wrong != nil && !errors.Is(wrong, delivery.ErrNoMedia) {
					t.Error(string(data), wrong)
				}
			}
		})
	}
	pruned := 0
	stop, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		for {
			select {
			case <-stop:
				return
			default:
				n, err := s.Prune(context.Background(), 2)
				if err != nil {
					t.Error(err)
				}
				pruned += n
			}
		}
	}()
	all.Wait()
	close(stop)
	<-done
	if pruned == 0 {
		t.Error("nothing was pruned meanwhile")
	}
	for _, name := range s.files() {
		if _, err := s.Read(t.Context(), name); err != nil {
			t.Errorf("nobody knows %s: %v", name, err)
		}
	}
}
