//go:build linux

package faults

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

var (
	seed    = flag.Uint64("seed", 0, "what everything random follows from; 0 takes another one each time")
	kills   = flag.Int("kills", 20, "how often the gateway is killed under load")
	waiting = flag.Int("waiting", 10_000, "how many messages wait when the gateway starts with a backlog")
	program = flag.String("program", "", "the gateway to test; \"\" builds it")
)

// hongyan is the program under test.
var hongyan string

func TestMain(m *testing.M) {
	flag.Parse()
	os.Exit(run(m))
}

func run(m *testing.M) int {
	if *seed == 0 {
		*seed = rand.Uint64()
	}
	fmt.Printf("faults: -seed %d\n", *seed)
	if hongyan = *program; hongyan == "" {
		dir, err := os.MkdirTemp("", "hongyan-faults-")
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		defer os.RemoveAll(dir)
		hongyan = filepath.Join(dir, "hongyan")
		build := exec.Command("go", "build", "-o", hongyan, "../../cmd/hongyan")
		if out, err := build.CombinedOutput(); err != nil {
			fmt.Fprintf(os.Stderr, "go build: %v\n%s", err, out)
			return 1
		}
	}
	return m.Run()
}

// chance is a source of what is random in one test.
func chance(stream uint64) *rand.Rand { return rand.New(rand.NewPCG(*seed, stream)) }

// eventually looks until it is so, and else fails the test with what state says.
func eventually(t testing.TB, within time.Duration, what string, so func() bool, state func() string) {
	t.Helper()
	if soon(within, so) {
		return
	}
	t.Fatalf("not within %v: %s; %s", within, what, state())
}

// soon looks until it is so or the time is up.
func soon(within time.Duration, so func() bool) bool {
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(within); ; <-tick.C {
		if so() {
			return true
		}
		if time.Now().After(deadline) {
			return false
		}
	}
}
