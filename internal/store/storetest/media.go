package storetest

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hongyan-im/hongyan/internal/delivery"
	"github.com/hongyan-im/hongyan/internal/media"
	"github.com/hongyan-im/hongyan/wecom"
)

// TestMedia tests the media stores that open opens, each of them empty.
func TestMedia(t *testing.T, open func(t *testing.T) media.Store) {
	now := beginning
	same := func(t *testing.T, what string, got, want any) {
		t.Helper()
		if diff := cmp.Diff(want, got, alike...); diff != "" {
			t.Errorf("%s (-want +got):\n%s", what, diff)
		}
	}
	file := func(id string, used time.Time) media.Info {
		return media.Info{ID: id, Type: wecom.MediaFile, Name: "报告.txt", Size: 1 << 24, Created: used, Used: used}
	}
	t.Run("a file is kept, and its times go forward alone", func(t *testing.T) {
		s := open(t)
		if _, err := s.Media(t.Context(), "media_a"); !errors.Is(err, delivery.ErrNoMedia) {
			t.Errorf("found: %v", err)
		}
		if err := s.UseMedia(t.Context(), "media_a", now, now); !errors.Is(err, delivery.ErrNoMedia) {
			t.Errorf("used: %v", err)
		}
		want := file("media_a", now)
		for range 2 {
			got, err := s.AddMedia(t.Context(), want)
			if err != nil {
				t.Fatal(err)
			}
			same(t, "stored", got, want)
		}
		// Who uploads it again later uses it.
		again := file("media_a", now.Add(time.Hour))
		again.Name = "another"
		want.Used = again.Used
		got, err := s.AddMedia(t.Context(), again)
		if err != nil {
			t.Fatal(err)
		}
		same(t, "uploaded again", got, want)
		for _, times := range [][2]time.Time{{now, now.Add(time.Minute)}, {now.Add(2 * time.Hour), now}, {now, time.Time{}}} {
			if err := s.UseMedia(t.Context(), "media_a", times[0], times[1]); err != nil {
				t.Fatal(err)
			}
		}
		want.Used, want.Needed = now.Add(2*time.Hour), now.Add(time.Minute)
		if got, err = s.Media(t.Context(), "media_a"); err != nil {
			t.Fatal(err)
		}
		same(t, "used", got, want)
	})
	t.Run("what was not used for long goes, unless it is needed", func(t *testing.T) {
		s := open(t)
		for i, id := range []string{"media_a", "media_b", "media_c", "media_d"} {
			if _, err := s.AddMedia(t.Context(), file(id, now.Add(time.Duration(i)*time.Hour))); err != nil {
				t.Fatal(err)
			}
		}
		if err := s.UseMedia(t.Context(), "media_b", now, now.Add(100*time.Hour)); err != nil {
			t.Fatal(err)
		}
		drop := func(used, needed time.Time, n int, want ...string) {
			t.Helper()
			got, err := s.DropMedia(t.Context(), used, needed, n)
			if err != nil {
				t.Fatal(err)
			}
			same(t, "dropped", got, want)
		}
		drop(now, now, 10)
		drop(now.Add(4*time.Hour), now.Add(4*time.Hour), 1, "media_a")
		drop(now.Add(3*time.Hour), now.Add(4*time.Hour), 10, "media_c")
		drop(now.Add(200*time.Hour), now.Add(101*time.Hour), 10, "media_b", "media_d")
		drop(now.Add(200*time.Hour), now.Add(101*time.Hour), 10)
	})
	t.Run("what WeCom calls a file", func(t *testing.T) {
		s := open(t)
		upload := func(owner, id, name string, at time.Duration) media.Upload {
			u := media.Upload{Owner: owner, Media: id, WeComID: name, At: now.Add(at)}
			if err := s.AddUpload(t.Context(), u); err != nil {
				t.Fatal(err)
			}
			return u
		}
		known := func(owner, id string, want ...media.Upload) {
			t.Helper()
			got, err := s.Uploads(t.Context(), owner, id)
			if err != nil {
				t.Fatal(err)
			}
			same(t, "uploads", got, want)
		}
		later, first := upload("ww1", "media_a", "3b", time.Hour), upload("ww1", "media_a", "3a", 0)
		other, robots := upload("ww1", "media_b", "3c", 0), upload("robot", "media_a", "3d", 2*time.Hour)
		known("ww1", "media_a", first, later)
		known("ww1", "media_b", other)
		known("robot", "media_a", robots)
		known("ww2", "media_a")
		if err := s.DropUpload(t.Context(), later); err != nil {
			t.Fatal(err)
		}
		known("ww1", "media_a", first)
		known("robot", "media_a", robots)
		if n, err := s.DropUploads(t.Context(), now.Add(time.Hour), 1); n != 1 || err != nil {
			t.Errorf("dropped %d, %v", n, err)
		}
		if n, err := s.DropUploads(t.Context(), now.Add(time.Hour), 10); n != 1 || err != nil {
			t.Errorf("dropped %d, %v", n, err)
		}
		known("ww1", "media_a")
		known("robot", "media_a", robots)
	})
}
