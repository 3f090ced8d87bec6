package command

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// patience is how long a test waits for what should happen at once.
const patience = 20 * time.Second

// running is a command that goes on until it is stopped.
type running struct {
	t      *testing.T
	lines  chan string
	cancel context.CancelFunc
	code   chan int
	errOut bytes.Buffer // read it after stop or wait
}

// start runs a command in this process.
func start(t *testing.T, env map[string]string, args ...string) *running {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	out, in := io.Pipe()
	r := &running{t: t, lines: make(chan string, 1000), cancel: cancel, code: make(chan int, 1)}
	go func() {
		defer close(r.lines)
		for scanner := bufio.NewScanner(out); scanner.Scan(); {
			r.lines <- scanner.Text()
		}
	}()
	go func() {
		defer in.Close()
		r.code <- Run(ctx, args, Std{
			In: strings.NewReader(""), Out: in, Err: &r.errOut,
			Getenv: func(name string) string { return env[name] },
			Environ: func() (list []string) {
				for name, value := range env {
					list = append(list, name+"="+value)
				}
				return list
			},
		})
	}()
	return r
}

// line returns the next line that holds text.
func (r *running) line(text string) string {
	r.t.Helper()
	for deadline := time.After(patience); ; {
		select {
		case line, ok := <-r.lines:
			if !ok {
				r.t.Fatalf("no line with %q; exit code %d, standard error: %s", text, <-r.code, &r.errOut)
			}
			if strings.Contains(line, text) {
				return line
			}
		case <-deadline:
			r.t.Fatalf("no line with %q in time", text)
		}
	}
}

// stop is Ctrl-C. It returns the exit code.
func (r *running) stop() int {
	r.t.Helper()
	r.cancel()
	return r.wait()
}

// wait returns the exit code of a command that ends by itself.
func (r *running) wait() int {
	r.t.Helper()
	defer r.cancel()
	select {
	case code := <-r.code:
		for range r.lines { // lets the reader end
		}
		return code
	case <-time.After(patience):
		r.t.Fatal("the command does not end")
		return -1
	}
}

// address reads the line in which a simulator says where it is.
func (r *running) address() string {
	r.t.Helper()
	return r.addressOf("simulator")
}

// addressOf reads the line in which a server says where it is.
func (r *running) addressOf(server string) string {
	r.t.Helper()
	fields := strings.Fields(r.line(server + "  "))
	return strings.TrimSuffix(fields[1], "/")
}

func get(t *testing.T, client *http.Client, url string) *http.Response {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	if resp.StatusCode != http.StatusOK {
		t.Fatalf("GET %s: %s", url, resp.Status)
	}
	return resp
}

func body(t *testing.T, client *http.Client, url string) string {
	t.Helper()
	resp := get(t, client, url)
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// testClient has connections of its own, so that none is left when the test looks for leaks.
func testClient(t *testing.T) *http.Client {
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}

// noLeaks fails the test if it leaves goroutines behind.
func noLeaks(t *testing.T) {
	already := goleak.IgnoreCurrent()
	t.Cleanup(func() { goleak.VerifyNone(t, already) })
}
