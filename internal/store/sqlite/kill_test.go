package sqlite_test

import (
	"bufio"
	"context"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"sync"
	"testing"
	"time"

	"github.com/hongyan-im/hongyan/internal/delivery"
	"github.com/hongyan-im/hongyan/internal/store/sqlite"
	"github.com/hongyan-im/hongyan/internal/webhook"
)

var (
	kills    = flag.Int("kills", 5, "how often TestKill kills its child")
	killSeed = flag.Uint64("kill-seed", 0, "when TestKill kills; 0 is another one each time")
)

// childFile is the variable of the environment that makes this program the child of TestKill.
const childFile = "HONGYAN_STORE_CHILD"

func TestMain(m *testing.M) {
	if path := os.Getenv(childFile); path != "" {
		child(path)
	}
	verifyMain(m)
}

// child adds, claims and settles messages, and claims and settles what is told of them. It says what it
// was promised: "added ID", "sent ID" and "told ID". It never ends by itself.
func child(path string) {
	o, err := sqlite.Open(path, sqlite.Options{})
	if err != nil {
		fmt.Println("failed", err)
		os.Exit(1)
	}
	ctx := context.Background()
	for range 4 {
		go func() {
			for {
				m := newMessage(delivery.Queued, time.Now())
				m.Producer, m.CallbackURL = childHook.Producer, childHook.Origin+"/hook"
				if _, err := o.Add(ctx, m); err != nil {
					fmt.Println("failed", err)
				}
				fmt.Println("added", int64(m.ID))
			}
		}()
	}
	go tellAll(ctx, o.Webhooks())
	for {
		claimed, err := o.Claim(ctx, time.Now(), []delivery.Want{{Sender: "crm", N: 16}}, func(due []*delivery.Delivery) []delivery.Decision {
			return make([]delivery.Decision, len(due))
		})
		if err != nil {
			fmt.Println("failed", err)
		}
		for _, d := range claimed[0].Deliveries {
			if _, err := o.Settle(ctx, sent(&d)); err != nil {
				fmt.Println("failed", err)
			}
			fmt.Println("sent", int64(d.ID.Message))
		}
	}
}

var childHook = webhook.Receiver{Producer: "shop", Origin: "https://example.com"}

// tellAll takes what is to be told.
func tellAll(ctx context.Context, hooks webhook.Store) {
	for {
		claimed, err := hooks.Claim(ctx, time.Now(), time.Now().Add(time.Minute), []webhook.Want{{Receiver: childHook, N: 16}})
		if err != nil {
			fmt.Println("failed", err)
			continue
		}
		for _, j := range claimed[0].Jobs {
			if err := hooks.Settle(ctx, webhook.Settlement{ID: j.ID, Attempt: j.Attempts, Status: webhook.Delivered, At: time.Now()}); err != nil {
				fmt.Println("failed", err)
			}
			fmt.Println("told", int64(j.ID.Message))
		}
	}
}

// told is beyond all statuses of a delivery: somebody was told of its end.
const told delivery.Status = 99

// TestKill kills a process at random moments, as kill -9 does. All that its outbox answered must be
// there afterwards, and ids must go on growing.
func TestKill(t *testing.T) {
	seed := *killSeed
	if seed == 0 {
		seed = rand.Uint64()
	}
	t.Logf("-kill-seed=%d -kills=%d", seed, *kills)
	random := rand.New(rand.NewPCG(seed, 0))
	path := fresh(t)
	promised := map[delivery.MessageID]delivery.Status{}
	var greatest delivery.MessageID
	for round := range *kills {
		before := greatest
		for id, status := range run(t, path, time.Duration(50+random.IntN(400))*time.Millisecond) {
			if status == delivery.Queued && id <= before {
				t.Errorf("round %d gave the id %v again, or a smaller one", round, id)
			}
			promised[id] = max(promised[id], status)
			greatest = max(greatest, id)
		}
		verify(t, path, promised)
	}
	if len(promised) < 10**kills {
		t.Errorf("only %d messages in %d rounds", len(promised), *kills)
	}
	t.Logf("%d messages", len(promised))
}

// run starts a child, kills it after a while, and returns what it was promised.
func run(t *testing.T, path string, while time.Duration) map[delivery.MessageID]delivery.Status {
	t.Helper()
	command := exec.Command(os.Args[0])
	command.Env = append(os.Environ(), childFile+"="+path)
	out, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	promised := map[delivery.MessageID]delivery.Status{}
	var once sync.Once
	lines := bufio.NewReader(out)
	for {
		line, err := lines.ReadString('\n')
		if err == io.EOF {
			break // a line that is cut was not said
		}
		if err != nil {
			t.Fatal(err)
		}
		// The time runs from the first promise on, however long the start takes.
		once.Do(func() { time.AfterFunc(while, func() { _ = command.Process.Kill() }) })
		var what string
		var id delivery.MessageID
		if _, err := fmt.Sscan(line, &what, &id); err != nil {
			t.Fatalf("the child said %q", line)
		}
		promised[id] = max(promised[id], map[string]delivery.Status{"added": delivery.Queued, "sent": delivery.Sent, "told": told}[what])
	}
	_ = command.Wait() // it was killed
	return promised
}

// verifyHook: what ended is to be told, and nothing else; what was told stays so.
func verifyHook(t *testing.T, o *sqlite.Outbox, id delivery.MessageID, m *delivery.Message, status delivery.Status) {
	t.Helper()
	jobs, err := o.Webhooks().OfMessage(t.Context(), id)
	switch {
	case err != nil || m == nil:
		t.Fatal(err)
	case m.Status().Final() != (len(jobs) == 1) || len(jobs) > 1:
		t.Errorf("%v is %s, and there are %d things to tell", id, m.Status(), len(jobs))
	case status == told && jobs[0].Status != webhook.Delivered:
		t.Errorf("%v was told, and is %s", id, jobs[0].Status)
	case len(jobs) == 1 && jobs[0].Status == webhook.Failed:
		t.Errorf("%v was given up", id)
	}
}

// verify looks for what was promised.
func verify(t *testing.T, path string, promised map[delivery.MessageID]delivery.Status) {
	t.Helper()
	o, err := sqlite.Open(path, sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for id, status := range promised {
		m, err := o.Message(t.Context(), id)
		switch {
		case err != nil:
			t.Errorf("%v is lost: %v", id, err)
		case status >= delivery.Sent && m.Deliveries[0].Status != delivery.Sent:
			t.Errorf("%v was settled, and is %s", id, m.Deliveries[0].Status)
		}
		verifyHook(t, o, id, m, status)
	}
	orphans, err := o.Orphans(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range orphans {
		if _, err := o.Settle(t.Context(), sent(&d)); err != nil {
			t.Fatal(err)
		}
	}
	depth, err := o.Depth(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if n := depth[delivery.Sending]; n != 0 {
		t.Errorf("%d deliveries are on their way that are nobody's, and no orphans", n)
	}
	if err := o.Close(); err != nil {
		t.Fatal(err)
	}
}
