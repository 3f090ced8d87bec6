//go:build linux

package faults

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// startTimeout is how long the gateway may take until it says where it listens.
const startTimeout = 60 * time.Second

// process is a gateway that runs, or ran.
type process struct {
	t      testing.TB
	cmd    *exec.Cmd
	url    string        // where it listens, once it has said so
	said   chan struct{} // closed when it has
	exited chan struct{} // closed when it has ended
	stderr tail
	began  time.Time
	quiet  bool // what it said is of no interest when the test fails
}

// lookAtSources has go test see what the program is made of: else it would not see that it changed, and
// answer from its cache. It counts only what a test looks at, so TestMain is too early.
var lookAtSources = sync.OnceFunc(func() {
	for _, sources := range []string{"../../cmd", "../../internal", "../../wecom"} {
		_ = filepath.WalkDir(sources, func(path string, _ fs.DirEntry, _ error) error {
			_, err := os.Stat(path)
			return err
		})
	}
})

// launch starts the program. It ends with the test at the latest.
func launch(t testing.TB, args ...string) *process {
	t.Helper()
	return launchHeard(t, nil, args...)
}

// launchHeard is launch, with somebody who is told all that the program writes on standard error.
func launchHeard(t testing.TB, hears io.Writer, args ...string) *process {
	t.Helper()
	lookAtSources()
	p := &process{t: t, cmd: exec.Command(hongyan, args...), said: make(chan struct{}), exited: make(chan struct{})}
	p.cmd.Stderr = &p.stderr
	if hears != nil {
		p.cmd.Stderr = io.MultiWriter(&p.stderr, hears)
	}
	// The thread that starts it stays as long as the process of the test.
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	p.cmd.WaitDelay = 5 * time.Second
	stdout, stdin, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	p.cmd.Stdout = stdin
	p.began = time.Now()
	err = p.cmd.Start()
	stdin.Close()
	if err != nil {
		t.Fatalf("starting hongyan: %v", err)
	}
	go p.listen(stdout)
	go func() {
		_ = p.cmd.Wait()
		close(p.exited)
	}()
	t.Cleanup(func() {
		p.kill()
		if p.stderr.crashed() {
			t.Errorf("hongyan panicked, or has a data race")
		}
		if t.Failed() && !p.quiet {
			t.Logf("hongyan %s (pid %d, %v) said:\n%s", strings.Join(args, " "), p.cmd.Process.Pid, p.cmd.ProcessState, p.stderr.String())
		}
	})
	return p
}

var address = regexp.MustCompile(`http://[0-9.:\[\]a-f]+`)

func (p *process) listen(stdout *os.File) {
	defer stdout.Close()
	lines := bufio.NewScanner(stdout)
	for lines.Scan() {
		if url := address.FindString(lines.Text()); url != "" && p.url == "" {
			p.url = url
			close(p.said)
		}
	}
}

var errEnded = errors.New("it ended")

// up waits until it listens.
func (p *process) up() error {
	timer := time.NewTimer(startTimeout)
	defer timer.Stop()
	select {
	case <-p.said:
		return nil
	case <-p.exited:
		return errEnded
	case <-timer.C:
		return errors.New("it does not say where it listens")
	}
}

// kill ends it without warning.
func (p *process) kill() {
	_ = p.cmd.Process.Kill() // it may have ended
	<-p.exited
}

// terminate asks it to end, and returns its exit code.
func (p *process) terminate(within time.Duration) int {
	p.t.Helper()
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		p.t.Fatalf("SIGTERM: %v", err)
	}
	return p.code(within)
}

// code waits for its end.
func (p *process) code(within time.Duration) int {
	p.t.Helper()
	timer := time.NewTimer(within)
	defer timer.Stop()
	select {
	case <-p.exited:
	case <-timer.C:
		p.t.Fatalf("hongyan still runs after %v", within)
	}
	return p.cmd.ProcessState.ExitCode()
}

// resident is how much memory it holds, in bytes.
func (p *process) resident() int {
	p.t.Helper()
	status, err := os.ReadFile("/proc/" + strconv.Itoa(p.cmd.Process.Pid) + "/status")
	if err != nil {
		p.t.Fatal(err)
	}
	found := regexp.MustCompile(`VmRSS:\s+(\d+) kB`).FindSubmatch(status)
	if found == nil {
		p.t.Fatalf("no VmRSS in %q", status)
	}
	kilobytes, _ := strconv.Atoi(string(found[1]))
	return kilobytes << 10
}

// tail keeps the beginning and the end of what is written to it.
type tail struct {
	mu          sync.Mutex
	first, last bytes.Buffer
	crash       bool
}

const tailBytes = 8 << 10

var _ io.Writer = (*tail)(nil)

func (b *tail) Write(data []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.crash = b.crash || bytes.Contains(data, []byte("panic")) || bytes.Contains(data, []byte("DATA RACE"))
	if b.first.Len() < tailBytes {
		b.first.Write(data)
		return len(data), nil
	}
	b.last.Write(data)
	if n := b.last.Len() - tailBytes; n > tailBytes {
		b.last.Next(n)
	}
	return len(data), nil
}

// crashed reports whether a panic or, if the program was built to look for them, a data race was told.
func (b *tail) crashed() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.crash
}

func (b *tail) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.last.Len() == 0 {
		return b.first.String()
	}
	return b.first.String() + "\n…\n" + b.last.String()
}
