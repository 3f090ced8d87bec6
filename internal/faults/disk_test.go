//go:build linux

package faults

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/hongyan-im/hongyan/wecom/simulator"
)

// smallDisk mounts a disk of so many bytes, until the test ends. Only root can.
func smallDisk(t *testing.T, size int) string {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("a small disk needs root: it is a tmpfs that the test mounts")
	}
	dir := t.TempDir()
	if err := syscall.Mount("hongyan-faults", dir, "tmpfs", 0, fmt.Sprintf("size=%d", size)); err != nil {
		if os.Getenv("CI") == "" && errors.Is(err, syscall.EPERM) {
			t.Skipf("this root may not mount a tmpfs: %v", err)
		}
		t.Fatalf("mounting a tmpfs: %v", err)
	}
	t.Cleanup(func() {
		// Processes end in cleanups that come before.
		if err := syscall.Unmount(dir, 0); err != nil {
			t.Errorf("unmounting the small disk: %v", err)
			_ = syscall.Unmount(dir, syscall.MNT_DETACH)
		}
	})
	return dir
}

// fill writes a file until the disk is full.
func fill(t *testing.T, path string) {
	t.Helper()
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	for size := 1 << 20; size > 0; {
		if _, err := file.Write(make([]byte, size)); err == nil {
			continue
		} else if !errors.Is(err, syscall.ENOSPC) {
			t.Fatalf("filling the disk: %v", err)
		}
		size /= 2
	}
}

// TestDiskFull fills the disk under the database while messages are on their way, and empties it again.
func TestDiskFull(t *testing.T) {
	for _, c := range []struct {
		name   string
		killed bool // before there is room again: what was sent meanwhile could not be recorded
	}{{"it goes on", false}, {"it is killed", true}} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			diskFull(t, c.killed)
		})
	}
}

func diskFull(t *testing.T, killed bool) {
	const workers = 50
	disk := smallDisk(t, 48<<20)
	w := newWeCom(t)
	w.fault(simulator.Fault{Call: "message/send", AgentID: crm.AgentID, Latency: time.Second})
	g := newGateway(t, w, func(s *settings) {
		s.Database = "sqlite:" + filepath.Join(disk, "hongyan.db")
		s.Apps[0].Workers = workers
	})
	p := g.start()
	before := texts(crm.Name, "before", 0, 4*workers)
	ids := g.postAll(before)
	eventually(t, 10*time.Second, "messages are on their way", func() bool { return len(w.calls()) >= workers },
		func() string { return fmt.Sprint(len(w.calls())) })

	// While the disk is full, nothing more is accepted; before that, what fits into the files that
	// are there.
	filler := filepath.Join(disk, "filler")
	fill(t, filler)
	during := texts(ops.Name, strings.Repeat("while the disk is full; ", 80), 1000, 5000)
	accepted, refusal, status := 0, message{}, 0
	for i := range during {
		during[i].key = fmt.Sprintf("during-%d", i)
		var err error
		if refusal, status, err = g.call(t.Context(), "POST", "/v1/messages", &during[i]); err != nil {
			t.Fatal(err)
		}
		if status != http.StatusAccepted {
			break
		}
		accepted++
	}
	problem := string(refusal.raw)
	if status != http.StatusServiceUnavailable || !strings.Contains(problem, `"code":`) || !strings.Contains(problem, "full") {
		t.Fatalf("POST on a full disk: %d %s", status, problem)
	}
	t.Logf("%d accepted while the disk was filled, and then %s", accepted, problem)
	asked := 0 // what it writes to find out may still fit for a while
	eventually(t, 10*time.Second, "/readyz answers 503", func() bool {
		asked++
		_, status, _ := g.call(t.Context(), "GET", "/readyz", nil)
		return status == http.StatusServiceUnavailable
	}, func() string { return fmt.Sprintf("it was asked %d times", asked) })
	eventually(t, 10*time.Second, "what was on its way arrives", func() bool { return w.sim.Stats().Delivered >= workers },
		func() string { return fmt.Sprint(w.sim.Stats().Delivered) })
	for _, id := range ids {
		g.get(id)
	}

	w.fault()
	if killed {
		p.kill()
	}
	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}
	if killed {
		p = g.start()
	}
	began := time.Now()
	l := &load{g: g, letters: append(before, during[:accepted]...)}
	again := during[accepted : accepted+50]
	within, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	for _, next := range again {
		if !l.deliver(within, next) {
			t.Fatalf("not accepted again, though there is room: %v", l.refused)
		}
	}
	t.Logf("50 were accepted within %v after there was room", time.Since(began).Round(time.Millisecond))
	w.arrive(l.letters, 30*time.Second)
	for _, id := range ids {
		g.becomes(id, "sent", 10*time.Second)
	}
	if _, status, err := g.call(t.Context(), "GET", "/readyz", nil); status != http.StatusOK {
		t.Errorf("GET /readyz when there is room: %d %v", status, err)
	}
	select {
	case <-p.exited:
		t.Error("it was not the same process")
	default:
	}
}

// TestDiskReadOnly has the gateway find its database on a disk that is read-only. (A kernel makes no
// disk so on which a process has a file open for writing, so it cannot happen to one that runs.)
func TestDiskReadOnly(t *testing.T) {
	t.Parallel()
	disk := smallDisk(t, 48<<20)
	w := newWeCom(t)
	g := newGateway(t, w, func(s *settings) {
		s.Database = "sqlite:" + filepath.Join(disk, "hongyan.db")
		s.Apps[0].Rate = 1e-6 // one goes, the others wait
	})
	g.start()
	letters := texts(crm.Name, "waits", 0, 20)
	g.postAll(letters)
	g.process.Load().kill()
	remount := func(flags uintptr) {
		t.Helper()
		if err := syscall.Mount("", disk, "", syscall.MS_REMOUNT|flags, ""); err != nil {
			t.Fatalf("remounting: %v", err)
		}
	}
	remount(syscall.MS_RDONLY)
	g.refuses("read-only", "check the mount")
	remount(0)
	g.change(func(s *settings) { s.Apps[0].Rate = 0 })
	g.start()
	w.arrive(letters, 30*time.Second)
}
