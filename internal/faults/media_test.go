//go:build linux

package faults

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hongyan-im/hongyan/wecom/simulator"
)

// fileLetter is a file that was uploaded and handed over to one member.
type fileLetter struct{ user, content, media, id string }

// ask makes a request, and returns what was answered; status is 0 if nothing whole was.
func (g *gateway) ask(ctx context.Context, method, path, key, body string) (answer []byte, status int) {
	p := g.process.Load()
	select {
	case <-p.said:
	default:
		return nil, 0
	}
	r, err := http.NewRequestWithContext(ctx, method, p.url+path, strings.NewReader(body))
	if err != nil {
		g.t.Error(err)
		return nil, 0
	}
	r.Header.Set("Authorization", "Bearer "+g.key)
	r.Header.Set("Content-Type", "application/octet-stream")
	if key != "" {
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Idempotency-Key", key)
	}
	resp, err := g.client.Do(r)
	if err != nil {
		return nil, 0
	}
	defer resp.Body.Close()
	if answer, err = io.ReadAll(resp.Body); err != nil {
		return nil, 0
	}
	return answer, resp.StatusCode
}

// insist repeats a request until it is answered with the status, and returns the id of the answer.
func (g *gateway) insist(ctx context.Context, want int, path, key, body string) (string, error) {
	pause := time.NewTicker(10 * time.Millisecond)
	defer pause.Stop()
	for ; ctx.Err() == nil; <-pause.C {
		answer, status := g.ask(ctx, http.MethodPost, path, key, body)
		var said struct{ ID string }
		switch {
		case status == want:
			err := json.Unmarshal(answer, &said)
			return said.ID, err
		case status != 0 && status < http.StatusInternalServerError:
			return "", fmt.Errorf("POST %s: HTTP %d %s", path, status, answer)
		}
	}
	return "", ctx.Err()
}

// TestKilledWithFiles kills the gateway while files are uploaded, and sent: whatever was answered is kept,
// each message brings its file to its member once, and nothing else is left.
func TestKilledWithFiles(t *testing.T) {
	w := newWeCom(t)
	w.fault(
		simulator.Fault{Call: "message/send", AgentID: crm.AgentID, Latency: 15 * time.Millisecond},
		simulator.Fault{Call: "media/upload", Latency: 30 * time.Millisecond},
	)
	g := newGateway(t, w, nil)
	k := &killer{g: g, w: w, random: chance(7)}
	w.serve(k.late(20 * time.Millisecond))
	g.start()

	var mu sync.Mutex
	var all []fileLetter
	stop := make(chan struct{})
	var wg sync.WaitGroup
	t.Cleanup(wg.Wait)
	const callers = 6
	for caller := range callers {
		wg.Go(func() {
			random := chance(uint64(2000 + caller))
			for n := 0; ; n++ {
				select {
				case <-stop:
					return
				case <-t.Context().Done():
					return
				default:
				}
				l := fileLetter{user: user(caller + callers*n), content: fmt.Sprintf("file %d, which many send", random.IntN(5))}
				if random.IntN(3) > 0 {
					l.content = fmt.Sprintf("file %d of %d\n", n, caller) + strings.Repeat("0123456789abcdef", random.IntN(10_000))
				}
				var err error
				if l.media, err = g.insist(t.Context(), http.StatusCreated, "/v1/media?name=report.txt", "", l.content); err == nil {
					l.id, err = g.insist(t.Context(), http.StatusAccepted, "/v1/messages", fmt.Sprintf("f%d-%d", caller, n),
						fmt.Sprintf(`{"app":%q,"to":{"users":[%q]},"msgtype":"file","file":{"media_id":%q}}`, crm.Name, l.user, l.media))
				}
				if err != nil {
					if t.Context().Err() == nil {
						t.Error(err)
					}
					return
				}
				mu.Lock()
				all = append(all, l)
				mu.Unlock()
				k.happens(accepting)
			}
		})
	}
	g.process.Load().kill()
	rounds := min(max(*kills/2, 5), 30) // each message has a member of its own
	for range rounds {
		k.once()
	}
	g.start()
	close(stop)
	wg.Wait()

	for _, l := range all {
		g.becomes(l.id, "sent", time.Minute)
	}
	for _, l := range all {
		got := w.sim.Messages(simulator.Filter{User: l.user, MsgType: "file"})
		if len(got) != 1 {
			t.Errorf("-seed %d: %s got %d files of %s", *seed, l.user, len(got), l.id)
			continue
		}
		var body struct {
			MediaID string `json:"media_id"`
		}
		if err := json.Unmarshal(got[0].Body, &body); err != nil {
			t.Fatal(err)
		}
		if m, ok := w.sim.Media(corpID, body.MediaID); !ok || string(m.Data) != l.content || m.Name != "report.txt" {
			t.Errorf("-seed %d: %s of %s got %d bytes of %q", *seed, l.user, l.id, len(m.Data), m.Name)
		}
	}
	// What is in the folder is known, and all of it whole.
	dir := strings.TrimPrefix(g.Database, "sqlite:") + "-media"
	eventually(t, 20*time.Second, "the folder has what is known", func() bool { return len(g.unknownFiles(dir)) == 0 },
		func() string { return fmt.Sprint(g.unknownFiles(dir)) })
	stats := w.sim.Stats()
	t.Logf("-seed %d: %d kills, %d messages, %d uploads, %d repetitions suppressed by WeCom", *seed, rounds+1, len(all), stats.Calls["media/upload"], stats.DuplicatesSuppressed)
}

// unknownFiles are the files in the folder that the gateway does not know.
func (g *gateway) unknownFiles(dir string) (names []string) {
	files, err := os.ReadDir(dir)
	if err != nil {
		g.t.Fatal(err)
	}
	for _, f := range files {
		if _, status := g.ask(g.t.Context(), http.MethodGet, "/v1/media/"+f.Name(), "", ""); status != http.StatusOK {
			names = append(names, f.Name())
		}
	}
	return names
}
