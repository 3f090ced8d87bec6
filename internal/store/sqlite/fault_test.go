package sqlite_test

import (
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/hongyan-im/hongyan/internal/delivery"
	"github.com/hongyan-im/hongyan/internal/store/sqlite"
)

// refused opens what cannot be opened, and expects the error to say these words.
func refused(t *testing.T, path string, words ...string) {
	t.Helper()
	o, err := sqlite.Open(path, sqlite.Options{})
	if err == nil {
		_ = o.Close()
		t.Fatal("it was opened")
	}
	for _, word := range append(words, path) {
		if !strings.Contains(err.Error(), word) {
			t.Errorf("%q does not say %q", err, word)
		}
	}
}

// filled is a database with n messages, closed.
func filled(t *testing.T, n int) (path string) {
	t.Helper()
	path = fresh(t)
	o, err := sqlite.Open(path, sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for range n {
		if _, err := o.Add(t.Context(), newMessage(delivery.Queued, time.Now())); err != nil {
			t.Fatal(err)
		}
	}
	if err := o.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestOpenRefuses(t *testing.T) {
	t.Run("what is no database", func(t *testing.T) {
		path := fresh(t)
		if err := os.WriteFile(path, []byte(strings.Repeat("listen: 127.0.0.1:9470\n", 100)), 0o600); err != nil {
			t.Fatal(err)
		}
		refused(t, path, "no database of hongyan", "restore a backup")
	})
	t.Run("a damaged database", func(t *testing.T) {
		path := filled(t, 200)
		file, err := os.OpenFile(path, os.O_RDWR, 0)
		if err != nil {
			t.Fatal(err)
		}
		info, _ := file.Stat()
		// All but the first pages, which have the schema.
		if _, err := file.WriteAt([]byte(strings.Repeat("x", int(info.Size())-80_000)), 80_000); err != nil {
			t.Fatal(err)
		}
		_ = file.Close()
		refused(t, path, "damaged", "restore a backup")
	})
	t.Run("one of a newer version", func(t *testing.T) {
		path := filled(t, 1)
		db, err := sql.Open("sqlite", path)
		if err != nil {
			t.Fatal(err)
		}
		_, err = db.Exec(`INSERT INTO goose_db_version (version_id, is_applied) VALUES (99999, 1)`)
		if err := errors.Join(err, db.Close()); err != nil {
			t.Fatal(err)
		}
		refused(t, path, "newer version of hongyan", "99999", "use that version")
		if _, err := sqlite.OpenKeys(path); err == nil || !strings.Contains(err.Error(), "newer version") {
			t.Errorf("OpenKeys: %v", err)
		}
	})
	t.Run("a folder that is not there", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "none", "hongyan.db")
		refused(t, path, "make the folder", filepath.Dir(path))
	})
	t.Run("a folder in its place", func(t *testing.T) { refused(t, t.TempDir()) })
	t.Run("what may not be written", func(t *testing.T) {
		if os.Geteuid() == 0 {
			t.Skip("root may write everything")
		}
		path := filled(t, 1)
		if err := os.Chmod(path, 0o400); err != nil {
			t.Fatal(err)
		}
		refused(t, path, "permissions")
	})
}

func TestSecondProcess(t *testing.T) {
	path := fresh(t)
	open(t, path)
	refused(t, path, "in use", fmt.Sprint("number ", os.Getpid()), "stop the other one")
}

func TestNewFileIsForItsOwnerAlone(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("permissions are another matter there")
	}
	path := fresh(t)
	o := open(t, path)
	if _, err := o.Add(t.Context(), newMessage(delivery.Queued, time.Now())); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(path + "*")
	if err != nil || len(files) < 4 { // the database, its log, the log's index, the lock
		t.Fatalf("files %q, %v", files, err)
	}
	for _, file := range files {
		info, err := os.Stat(file)
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %v", file, info.Mode())
		}
	}
}

// small is a disk of its own, of so many megabytes.
func small(t *testing.T, megabytes int) (dir string) {
	t.Helper()
	dir = t.TempDir()
	if err := mount(dir, megabytes); err != nil {
		t.Skipf("a disk to fill cannot be mounted here: %v", err)
	}
	t.Cleanup(func() {
		if err := unmount(dir); err != nil {
			t.Error(err)
		}
	})
	return dir
}

func TestFullDisk(t *testing.T) {
	dir := small(t, 4)
	o := open(t, filepath.Join(dir, "hongyan.db"))
	var stored []delivery.MessageID
	var err error
	// One failure is not the end: a fresh connection takes the log's pages over into the file.
	for failures := 0; failures < 5; {
		m := newMessage(delivery.Queued, time.Now())
		if _, err = o.Add(t.Context(), m); err == nil {
			stored = append(stored, m.ID)
			continue
		}
		expectFault(t, err, "the disk is full")
		failures++
	}
	for range 1000 { // the last pages are still free
		if err = o.Ready(t.Context()); err != nil {
			break
		}
	}
	expectFault(t, err, "the disk is full")
	expectThere(t, o, stored)

	// What is there can be read; and once there is room, work goes on by itself.
	if err := remount(dir, 16, false); err != nil {
		t.Fatal(err)
	}
	recovered(t, o, stored)
}

func TestReadOnlyDisk(t *testing.T) {
	dir := small(t, 16)
	path := filepath.Join(dir, "hongyan.db")
	o, err := sqlite.Open(path, sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	m := newMessage(delivery.Queued, time.Now())
	if _, err := o.Add(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	if err := o.Close(); err != nil {
		t.Fatal(err)
	}
	if err := remount(dir, 16, true); err != nil {
		t.Fatal(err)
	}
	refused(t, path, "read-only")
	if err := remount(dir, 16, false); err != nil {
		t.Fatal(err)
	}
	recovered(t, open(t, path), []delivery.MessageID{m.ID})
}

// TestFileTooLarge meets a fault in the middle of a run that every system can make: a limit of
// SQLite's own, which it answers like a full disk.
func TestFileTooLarge(t *testing.T) {
	o := open(t, fresh(t))
	stored := []delivery.MessageID{}
	sqlite.LimitPages(t, o, 60)
	var err error
	for range 1000 {
		m := newMessage(delivery.Queued, time.Now())
		if _, err = o.Add(t.Context(), m); err != nil {
			break
		}
		stored = append(stored, m.ID)
	}
	expectFault(t, err, "the disk is full")
	if len(stored) == 0 {
		t.Fatal("nothing was stored")
	}
	// The next batch has a fresh connection, which knows nothing of the limit.
	recovered(t, o, stored)
}

func expectFault(t *testing.T, err error, words string) {
	t.Helper()
	if !errors.Is(err, delivery.ErrStorage) || !strings.Contains(err.Error(), words) {
		t.Fatalf("the error is %v", err)
	}
}

func expectThere(t *testing.T, o *sqlite.Outbox, ids []delivery.MessageID) {
	t.Helper()
	for _, id := range ids {
		if _, err := o.Message(t.Context(), id); err != nil {
			t.Fatalf("%v of %d: %v", id, len(ids), err)
		}
	}
}

// recovered expects the outbox to work again, with all that was stored.
func recovered(t *testing.T, o *sqlite.Outbox, stored []delivery.MessageID) {
	t.Helper()
	if err := o.Ready(t.Context()); err != nil {
		t.Fatal(err)
	}
	m := newMessage(delivery.Queued, time.Now())
	if _, err := o.Add(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	expectThere(t, o, append(stored, m.ID))
	depth, err := o.Depth(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if n := depth[delivery.Queued]; n != len(stored)+1 {
		t.Errorf("%d messages are there instead of %d", n, len(stored)+1)
	}
}
