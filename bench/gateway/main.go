// Command gateway measures the gateway against the limits of the machine and prints one table:
//
//	go run ./bench/gateway
//
// Everything that is measured runs in a process of its own: this program starts itself again, as the
// gateway, as a WeCom without latency, as the bare handler. Rounds of both sides take turns, so that a
// machine that grows slow slows both; figures are medians of the rounds, ratios are of medians. The
// database is a file on a real disk, and every commit waits for its fsync.
package main

import (
	"flag"
	"fmt"
	"log"
	"os"
	"os/signal"
	"regexp"
	"runtime"
	"syscall"
)

// settings are what the command line says.
type settings struct {
	rounds   int
	messages int // in a round
	waiting  int // in the largest backlog
	stored   int // of which some are searched
	dir      string
	profiles string
	workers  int
}

// row is a line of the table.
type row struct{ what, ratio, absolute, limit string }

// measurements are made in this order.
var measurements = []struct {
	name string
	make func(*settings) []row
}{
	{"accept", measureAccept},
	{"deliver", measureDeliver},
	{"upstream", measureUpstream},
	{"pickup", measurePickup},
	{"fairness", measureFairness},
	{"waiting", measureWaiting},
	{"search", measureSearch},
}

func main() {
	log.SetFlags(0)
	var s settings
	flag.IntVar(&s.rounds, "rounds", 7, "rounds of each side")
	flag.IntVar(&s.messages, "messages", 20000, "messages in a round")
	flag.IntVar(&s.waiting, "waiting", 1_000_000, "messages in the largest backlog")
	flag.IntVar(&s.stored, "stored", 1_000_000, "messages that are searched")
	flag.StringVar(&s.dir, "dir", os.TempDir(), "`FOLDER` on a real disk for the databases")
	flag.StringVar(&s.profiles, "profiles", "", "`FOLDER` for CPU profiles of the gateway, taken in the rounds of accept and deliver")
	flag.IntVar(&s.workers, "workers", 64, "workers of the app in accept + deliver")
	only := flag.String("only", "", "`REGEXP` of what to measure: accept, deliver, upstream, pickup, fairness, waiting, search")
	role := flag.String("role", "", "be one of the other processes; used by the program itself")
	flag.Parse()
	if *role != "" {
		play(*role)
		return
	}
	chosen, err := regexp.Compile(*only)
	check(err)
	disk := lookAtDisk(s.dir)
	interrupted := make(chan os.Signal, 1)
	signal.Notify(interrupted, os.Interrupt, syscall.SIGTERM)
	go func() {
		<-interrupted
		giveUp("interrupted")
	}()
	fmt.Printf("%d cores, %s, %s; database in %s\n\n", runtime.GOMAXPROCS(0), runtime.Version(), disk, s.dir)
	fmt.Println("| what | ratio | absolute | what limits it |")
	fmt.Println("|---|---|---|---|")
	for _, m := range measurements {
		if !chosen.MatchString(m.name) {
			continue
		}
		for _, r := range m.make(&s) {
			fmt.Printf("| %s | %s | %s | %s |\n", r.what, r.ratio, r.absolute, r.limit)
		}
	}
}

// check ends the program: a benchmark in which something goes wrong measures nothing.
func check(err error) {
	if err != nil {
		giveUp("%v", err)
	}
}

func giveUp(format string, args ...any) {
	forgetTemp()
	log.Fatalf(format, args...)
}
