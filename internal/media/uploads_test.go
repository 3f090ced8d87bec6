package media_test

import (
	"context"
	"errors"
	"io"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hongyan-im/hongyan/internal/delivery"
	"github.com/hongyan-im/hongyan/internal/media"
)

// named returns an uploader that gives names in turn, and counts.
func named(n *atomic.Int32) media.Uploader {
	return func(_ context.Context, _ media.Info, file io.ReadSeeker) (string, error) {
		if data, err := io.ReadAll(file); err != nil || string(data) != "some text" {
			return "", errors.New("it is not the file")
		}
		return "3" + string(rune('a'+n.Add(1)-1)), nil
	}
}

// TestNamesOfAttempts: an attempt that begins gets a name that lasts for its retries, and its retries
// get the same one, whatever was uploaded since.
func TestNamesOfAttempts(t *testing.T) {
	s := newShelf(t)
	m := s.put("a.txt", "some text")
	began := s.now
	var n atomic.Int32
	name := func(owner string, attempt time.Duration, want string) {
		t.Helper()
		u, err := s.Upload(t.Context(), owner, m.ID, began.Add(attempt), named(&n))
		if err != nil || u.WeComID != want {
			t.Errorf("an attempt of %v at %v goes by %q, want %q: %v", attempt, s.now.Sub(began), u.WeComID, want, err)
		}
	}
	at := func(d time.Duration) { s.now = began.Add(d) }
	name("ww1", 0, "3a")
	at(time.Second)
	name("ww1", time.Second, "3a")
	name("robot", time.Second, "3b")
	at(67*time.Hour - 1)
	name("ww1", 67*time.Hour-1, "3a")
	at(67*time.Hour + 1)
	name("ww1", 67*time.Hour+1, "3c")
	s.restart()
	name("ww1", 67*time.Hour+1, "3c")
	name("ww1", 67*time.Hour+2, "3c")
	at(70 * time.Hour)
	name("ww1", 66*time.Hour, "3a") // a retry
	name("ww1", 70*time.Hour, "3c")
	at(71 * time.Hour)
	name("ww1", 66*time.Hour, "3c") // which nobody relies on any more
	// WeCom does not know it.
	all, err := s.store.Uploads(t.Context(), "ww1", m.ID)
	if err != nil || len(all) != 2 {
		t.Fatal(all, err)
	}
	if err := s.Forget(t.Context(), all[1]); err != nil {
		t.Fatal(err)
	}
	name("ww1", 71*time.Hour, "3d")
	name("ww1", 67*time.Hour+1, "3d")
	if _, err := s.Upload(t.Context(), "ww1", delivery.MediaPrefix+"x", time.Time{}, named(&n)); !errors.Is(err, delivery.ErrNoMedia) {
		t.Error(err)
	}
	at(80 * time.Hour)
	s.prune(0)
	if all, err = s.store.Uploads(t.Context(), "ww1", m.ID); err != nil || len(all) != 1 {
		t.Errorf("%v %v", all, err)
	}
}

// TestOneUploadForMany: of many who need a file at once one uploads it; who gives up fails nobody else.
func TestOneUploadForMany(t *testing.T) {
	s := newShelf(t)
	m := s.put("a.txt", "some text")
	var n atomic.Int32
	upload := named(&n)
	release, entered := make(chan struct{}), make(chan struct{}, 100)
	slow := func(ctx context.Context, m media.Info, file io.ReadSeeker) (string, error) {
		entered <- struct{}{}
		select {
		case <-release:
			return upload(ctx, m, file)
		case <-ctx.Done():
			return "", ctx.Err()
		}
	}
	first, giveUp := context.WithCancel(t.Context())
	gaveUp := make(chan error, 1)
	go func() {
		_, err := s.Upload(first, "ww1", m.ID, time.Time{}, slow)
		gaveUp <- err
	}()
	<-entered
	var all sync.WaitGroup
	for range 50 {
		all.Go(func() {
			if u, err := s.Upload(t.Context(), "ww1", m.ID, time.Time{}, slow); err != nil || u.WeComID != "3a" {
				t.Errorf("%+v %v", u, err)
			}
		})
	}
	giveUp()
	if err := <-gaveUp; !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	<-entered
	close(release)
	all.Wait()
	if n.Load() != 1 || len(entered) != 0 {
		t.Errorf("%d uploads", n.Load())
	}
	// One that fails fails for all who wait, and is tried again by the next.
	broken := errors.New("WeCom is busy")
	synctest.Test(t, func(t *testing.T) {
		var tries atomic.Int32
		fails := func(context.Context, media.Info, io.ReadSeeker) (string, error) {
			tries.Add(1)
			time.Sleep(time.Second)
			return "", broken
		}
		var all sync.WaitGroup
		l, err := media.Open(media.Config{Dir: s.Dir, Store: oneFile{m}, Now: func() time.Time { return s.now }})
		if err != nil {
			t.Fatal(err)
		}
		for range 10 {
			all.Go(func() {
				if _, err := l.Upload(t.Context(), "ww2", m.ID, time.Time{}, fails); !errors.Is(err, broken) {
					t.Error(err)
				}
			})
		}
		all.Wait()
		if tries.Load() != 1 {
			t.Errorf("%d tries", tries.Load())
		}
	})
}

// oneFile is a store that knows one file, and nothing of WeCom.
type oneFile struct{ info media.Info }

func (o oneFile) AddMedia(context.Context, media.Info) (media.Info, error)     { return o.info, nil }
func (o oneFile) Media(context.Context, string) (media.Info, error)            { return o.info, nil }
func (o oneFile) UseMedia(context.Context, string, time.Time, time.Time) error { return nil }
func (o oneFile) DropMedia(context.Context, time.Time, time.Time, int) ([]string, error) {
	return nil, nil
}
func (o oneFile) Uploads(context.Context, string, string) ([]media.Upload, error) { return nil, nil }
func (o oneFile) AddUpload(context.Context, media.Upload) error                   { return nil }
func (o oneFile) DropUpload(context.Context, media.Upload) error                  { return nil }
func (o oneFile) DropUploads(context.Context, time.Time, int) (int, error)        { return 0, nil }
