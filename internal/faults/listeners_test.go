//go:build linux

package faults

import (
	"bufio"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

var listening = flag.Int("listeners", 10_000, "how many clients listen to events at once")

// ear is a client that listens to events.
type ear struct {
	conn  net.Conn
	lines *bufio.Scanner
}

// listen connects a client, and reads until it misses nothing any more.
func (g *gateway) listen(last string) (*ear, error) {
	addr := strings.TrimPrefix(g.process.Load().url, "http://")
	conn, err := net.DialTimeout("tcp", addr, 20*time.Second)
	if err != nil {
		return nil, err
	}
	e := &ear{conn, bufio.NewScanner(conn)}
	e.lines.Buffer(make([]byte, 0, 512), 64<<10)
	_ = conn.SetDeadline(time.Now().Add(2 * time.Minute))
	if last != "" {
		last = "Last-Event-ID: " + last + "\r\n"
	}
	fmt.Fprintf(conn, "GET /v1/events HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\n%s\r\n", addr, g.key, last)
	return e, e.until(": hongyan")
}

// until reads to the line that begins so.
func (e *ear) until(beginning string) error {
	_, err := e.line(beginning)
	return err
}

func (e *ear) line(beginning string) (string, error) {
	for e.lines.Scan() {
		if strings.HasPrefix(e.lines.Text(), beginning) {
			return strings.TrimPrefix(e.lines.Text(), beginning), nil
		}
	}
	return "", fmt.Errorf("the stream ended before a line %q: %v", beginning, e.lines.Err())
}

// enoughFiles makes sure that this process and that of the gateway may each have a connection for every
// client. Go has raised the soft limit to the hard one in both.
func enoughFiles(t *testing.T, clients int) {
	t.Helper()
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		t.Fatal(err)
	}
	const others = 500 // database, WeCom, callers
	if need := uint64(clients + others); limit.Max < need {
		tell := t.Skipf
		if os.Getenv("CI") != "" {
			tell = t.Fatalf
		}
		tell("%d clients need %d open files, the hard limit is %d (ulimit -Hn)", clients, need, limit.Max)
	}
}

// metric reads a number from the gateway's metrics.
func (g *gateway) metric(name string) int {
	g.t.Helper()
	answer, err := g.client.Get(g.process.Load().url + "/metrics")
	if err != nil {
		g.t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		g.t.Fatal(err)
	}
	found := regexp.MustCompile(`(?m)^` + name + ` (\S+)$`).FindSubmatch(text)
	if found == nil {
		g.t.Fatalf("no %s in the metrics", name)
	}
	value, err := strconv.ParseFloat(string(found[1]), 64)
	if err != nil {
		g.t.Fatal(err)
	}
	return int(value)
}

// TestListeners has ten thousand clients listen who hear nothing for long: they cost little memory, they
// hold up nobody, all of them hear of a message, those who leave leave nothing behind, and those who
// stay do not keep the gateway from ending.
func TestListeners(t *testing.T) {
	enoughFiles(t, *listening)
	w := newWeCom(t)
	g := newGateway(t, w, nil)
	p := g.start()
	before, _ := g.timed(texts(crm.Name, "before", 0, 100))
	idle, goroutines := p.resident(), g.metric("go_goroutines")
	ears := make([]*ear, *listening)
	t.Cleanup(func() {
		for _, e := range ears {
			if e != nil {
				_ = e.conn.Close()
			}
		}
	})
	g.each(len(ears), func(i int) error {
		e, err := g.listen("")
		ears[i] = e
		return err
	})
	grown := p.resident() - idle
	if n := g.metric("hongyan_event_clients"); n != len(ears) {
		t.Errorf("%d listen, says the gateway, of %d", n, len(ears))
	}
	most := g.metric("go_goroutines") - goroutines
	beside, longest := g.timed(texts(crm.Name, "beside", 1000, 100))
	began := time.Now()
	id := g.post(letter{users: users(1, 1), text: "heard by all"})
	g.each(len(ears), func(i int) error {
		if err := ears[i].until(`data: {"id":"` + id + `","app":"crm"`); err != nil {
			return err
		}
		return ears[i].until(`data: {"id":"` + id + `","part":1,"app":"crm","status":"sent"`)
	})
	heard := time.Since(began)
	after := p.resident() - idle
	t.Logf("%d listen: %.1f KiB each (%.1f after 101 messages were told to all); a message took %v before, %v beside (longest %v); all had heard of one after %v",
		len(ears), float64(grown)/float64(len(ears))/1024, float64(after)/float64(len(ears))/1024, before, beside, longest, heard.Round(time.Millisecond))
	if n := g.metric("hongyan_event_clients_dropped_total"); n != 0 {
		t.Errorf("%d were dropped", n)
	}
	leaving := len(ears) * 9 / 10
	for _, e := range ears[:leaving] {
		_ = e.conn.Close()
	}
	left := 0
	eventually(t, 20*time.Second, "those who left are gone", func() bool {
		left = g.metric("go_goroutines") - goroutines
		return g.metric("hongyan_event_clients") == len(ears)-leaving && left <= most/10+20
	}, func() string { return fmt.Sprintf("%d goroutines of %d are left", left, most) })
	t.Logf("%d goroutines while all listened, %d when %d had left", most, left, leaving)
	if most := 96 << 10; after/len(ears) > most {
		t.Errorf("%d bytes of memory for each who listens", after/len(ears))
	}
	began = time.Now()
	if code := p.terminate(30 * time.Second); code != 0 {
		t.Errorf("exit code %d", code)
	}
	if took := time.Since(began); took > 4*time.Second {
		t.Errorf("those who listen kept the gateway from ending for %v", took)
	}
	if last, err := ears[leaving].line("0"); err != nil || last != "" {
		t.Errorf("the stream was cut off: %q %v", last, err) // its end is a chunk of no bytes
	}
}

// each does something many times, a hundred at once.
func (g *gateway) each(n int, do func(i int) error) {
	g.t.Helper()
	var all sync.WaitGroup
	turn := make(chan struct{}, 100)
	for i := range n {
		turn <- struct{}{}
		all.Go(func() {
			defer func() { <-turn }()
			if err := do(i); err != nil {
				g.t.Error(err)
			}
		})
	}
	all.Wait()
	if g.t.Failed() {
		g.t.FailNow()
	}
}

// TestEventsAfterKill: a client that goes on after the gateway was killed hears of every end, those that
// it missed among them.
func TestEventsAfterKill(t *testing.T) {
	t.Parallel()
	w := newWeCom(t)
	g := newGateway(t, w, nil)
	p := g.start()
	e, err := g.listen("")
	if err != nil {
		t.Fatal(err)
	}
	first := g.post(letter{users: users(0, 1), text: "heard"})
	last := ""
	for heard := false; !heard; {
		if last, err = e.line("id: "); err != nil {
			t.Fatal(err)
		}
		data, err := e.line("data: ")
		if err != nil {
			t.Fatal(err)
		}
		heard = strings.Contains(data, first) && strings.Contains(data, `"status":"sent"`)
	}
	_ = e.conn.Close()
	missed := g.postAll(texts(crm.Name, "missed", 10, 50))
	p.kill()
	g.start()
	for _, id := range missed {
		g.becomes(id, "sent", 20*time.Second)
	}
	if e, err = g.listen(last); err != nil {
		t.Fatal(err)
	}
	defer e.conn.Close()
	if name, err := e.line("event: "); err != nil || name != "reset" {
		t.Errorf("first %q %v", name, err)
	}
	want := map[string]bool{}
	for _, id := range missed {
		want[id] = true
	}
	for len(want) > 0 {
		data, err := e.line(`data: {"id":"`)
		if err != nil {
			t.Fatalf("%d were never told: %v", len(want), err)
		}
		id, _, _ := strings.Cut(data, `"`)
		if strings.Contains(data, `"status":"sent"`) {
			delete(want, id)
		}
	}
	if _, status, err := g.call(t.Context(), http.MethodGet, "/v1/messages/"+first, nil); err != nil || status != http.StatusOK {
		t.Error(status, err)
	}
}
