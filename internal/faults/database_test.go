//go:build linux

package faults

import (
	"database/sql"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	_ "modernc.org/sqlite"
)

// refuses starts the gateway, which is to end with exit code 1 and to say these words.
func (g *gateway) refuses(words ...string) {
	g.t.Helper()
	p := g.launch()
	code := p.code(startTimeout)
	said := p.stderr.String()
	if code != 1 {
		g.t.Errorf("exit code %d, and it said:\n%s", code, said)
	}
	for _, word := range words {
		if !strings.Contains(said, word) {
			g.t.Errorf("it does not say %q:\n%s", word, said)
		}
	}
	g.t.Logf("it said: %s", said)
}

// TestDatabaseRefused damages the database between two processes. The gateway does not start, and does
// when the database is as it was.
func TestDatabaseRefused(t *testing.T) {
	for _, c := range []struct {
		name   string
		damage func(t *testing.T, file string)
		says   []string
	}{
		{"overwritten in the middle", func(t *testing.T, file string) { overwrite(t, file, 0.3, 0.7) }, []string{"damaged", "backup"}},
		{"overwritten at the beginning", func(t *testing.T, file string) { overwrite(t, file, 0, 0.01) }, []string{"not", "backup"}},
		{"from a newer version", newer, []string{"newer version"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := newWeCom(t)
			g := newGateway(t, w, func(s *settings) { s.Apps[0].Rate = 1e-6 }) // one goes, the others wait
			p := g.start()
			letters := texts(crm.Name, "waits", 0, 300)
			g.postAll(letters)
			if code := p.terminate(time.Minute); code != 0 {
				t.Fatalf("exit code %d after SIGTERM", code)
			}
			file := strings.TrimPrefix(g.Database, "sqlite:")
			if _, err := os.Stat(file + "-wal"); err == nil {
				t.Fatal("a gateway that ended in peace left a part of its database in a -wal file")
			}
			intact, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			c.damage(t, file)
			damaged, _ := os.ReadFile(file)
			g.refuses(append(c.says, file)...)
			if after, _ := os.ReadFile(file); string(after) != string(damaged) {
				t.Error("it changed a file that it does not understand")
			}
			if err := os.WriteFile(file, intact, 0o600); err != nil {
				t.Fatal(err)
			}
			g.change(func(s *settings) { s.Apps[0].Rate = 0 })
			g.start()
			w.arrive(letters, 30*time.Second)
		})
	}
}

// overwrite writes noise over a part of a file.
func overwrite(t *testing.T, path string, from, to float64) {
	t.Helper()
	file, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	size, err := file.Seek(0, io.SeekEnd)
	if err != nil {
		t.Fatal(err)
	}
	random := chance(uint64(size))
	noise := make([]byte, int(float64(size)*(to-from)))
	for i := range noise {
		noise[i] = byte(random.IntN(256))
	}
	if _, err := file.WriteAt(noise, int64(float64(size)*from)); err != nil {
		t.Fatal(err)
	}
}

// newer has the schema say that a later hongyan made it.
func newer(t *testing.T, file string) {
	t.Helper()
	db, err := sql.Open("sqlite", file)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec(`INSERT INTO goose_db_version (version_id, is_applied) VALUES (4711, 1)`); err != nil {
		t.Fatal(err)
	}
}

// TestSecondProcess starts a second gateway on the database of one that runs.
func TestSecondProcess(t *testing.T) {
	t.Parallel()
	w := newWeCom(t)
	g := newGateway(t, w, nil)
	first := g.start()
	g.refuses("in use", strings.TrimPrefix(g.Database, "sqlite:"))
	g.process.Store(first)
	letters := texts(crm.Name, "of the first", 0, 10)
	g.postAll(letters)
	w.arrive(letters, 10*time.Second)
}
